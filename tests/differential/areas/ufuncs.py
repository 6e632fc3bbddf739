"""Universal functions over dtypes and the edges of their values."""

from collections.abc import Iterator

from .grid import each, extremes, lines, shaped

UNARY = (
    *("abs", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh", "cbrt", "ceil"),
    *("conjugate", "cos", "cosh", "deg2rad", "degrees", "exp", "exp2", "expm1", "fabs", "floor"),
    *("frexp", "invert", "isfinite", "isinf", "isnan", "log", "log10", "log1p", "log2"),
    *("logical_not", "modf", "negative", "positive", "reciprocal", "rint", "sign", "signbit"),
    *("sin", "sinh", "spacing", "sqrt", "square", "tan", "tanh", "trunc", "bitwise_count", "i0"),
    *(
        "sinc",
        "angle",
        "real",
        "imag",
        "nan_to_num",
        "isreal",
        "round",
        "fix",
        "unwrap",
        "isneginf",
    ),
)
UNARY_DTYPES = ("bool", "int8", "int64", "uint64", "float32", "float64", "complex128")
BINARY = (
    *("add", "subtract", "multiply", "divide", "floor_divide", "remainder", "fmod", "power"),
    *("float_power", "divmod", "arctan2", "hypot", "copysign", "nextafter", "maximum", "fmin"),
    *("logaddexp", "logaddexp2", "heaviside", "gcd", "lcm", "bitwise_and", "bitwise_xor"),
    *("left_shift", "right_shift", "greater", "not_equal", "logical_xor", "ldexp"),
)
BINARY_DTYPES = ("bool", "int8", "int32", "int64", "uint64", "float32", "float64")
METHODS = lines("""
    np.add.reduce(<a>)
    np.multiply.reduce(<a>)
    np.add.accumulate(<a>)
    np.multiply.accumulate(<a>)
    np.maximum.accumulate(<a>)
    np.add.reduceat(<a>, [0, 3, 1, 5])
    np.multiply.reduceat(<a>, [1, 4])
    np.add.reduceat(<a>, np.array([0, 2], 'int32'))
    np.add.reduceat(<a>, np.array([0, 2], 'int64'))
    np.add.reduceat(<a>, [0, 2**32])
    np.add.outer(<a>[:3], <a>[:2])
    np.subtract.outer(<a>[:3], <a>[:2])
    np.multiply.outer(<a>[:3], <a>[:2])
    np.add.reduce(<a>, dtype=int)
    np.add.reduce(<a>, dtype='int8')
    np.add.reduce(<a>, dtype='float32')
    np.add.reduce(<a>, initial=10)
    np.add.reduce(<a>, where=[True, False, True, True, False, True, True])
    np.logical_and.reduce(<a>)
    np.bitwise_or.reduce(<a>)
    np.minimum.reduce(<a>)
    np.add(<a>, <a>, out=np.zeros(7))
    np.add(<a>, <a>, out=np.zeros(7, 'int8'))
    np.add(<a>, <a>, out=np.zeros(7, int), casting='unsafe')
    np.add(<a>, 1, where=np.arange(7) > 3, out=np.zeros(7, <a>.dtype))
    (x := <a>, np.add.at(x, [0, 0, 1], 1), x)[-1]
    (x := <a>, np.add.at(x, np.array([0, 6], 'int64'), 1), x)[-1]
    (x := <a>, np.multiply.at(x, [0, 2**32], 2), x)[-1]
    (x := <a>, np.negative.at(x, [1, 2]), x)[-1]
""")
MORE = lines("""
    np.add.at(np.zeros(3), [3], 1)
    np.add.reduce(np.ones((2, 3), bool), axis=0)
    np.add.reduce(np.ones((2, 3), bool), axis=None)
    np.add.reduce(np.ones((2, 3), 'int8'), axis=(0, 1), keepdims=True)
    np.add.reduce([])
    np.add.reduce([], dtype=int)
    np.maximum.reduce([])
    np.add.reduce([1, 2, 3])
    np.add.reduce([2**31 - 1, 1])
    np.multiply.reduce([10**6, 10**6])
    np.multiply.reduce(np.arange(1, 21))
    np.multiply.accumulate(np.arange(1, 16))
    np.add.accumulate(np.full(5, 10**9))
    np.add.accumulate(np.full(5, 100, 'int8'))
    np.add.accumulate(np.full(5, 100, 'int8'), dtype='int8')
    np.add.accumulate([True, True])
    np.subtract.accumulate([10**10, 1, 2])
    np.add.reduceat(np.arange(8) * 10**9, [0, 4, 1, 5, 2, 6, 3, 7])
    np.add.reduceat(np.arange(8), [0, 4, 1, 5, 2, 6, 3, 7])[::2]
    np.add.reduceat(np.arange(12).reshape(3, 4), [0, 2], axis=1)
    np.add.reduceat(np.arange(3), [3])
    np.add.reduceat(np.arange(3), [-1])
    np.add.reduceat(np.arange(3), [0.5])
    np.add.reduceat([True, True, True], [0, 2])
    np.add.outer([2**31], [2**31])
    np.multiply.outer([2**20], [2**20, 2**30])
    np.multiply.outer(np.arange(3), np.arange(3)).dtype
    np.frompyfunc(lambda a, b: a * b, 2, 1)([2**31], [2**31])
    np.frompyfunc(lambda a: a + 2**70, 1, 1)(np.arange(2))
    np.vectorize(lambda a: a * 2**33)(np.arange(3))
    np.vectorize(lambda a: a + 1, otypes=[int])(np.arange(3))
    np.vectorize(lambda a: a > 1)(np.arange(3))
    np.vectorize(lambda a: a)([])
    np.vectorize(lambda a, b: a @ b, signature='(n),(n)->()')([[1, 2], [3, 4]], [5, 6])
    np.apply_along_axis(lambda row: row.sum() * 2**33, 1, np.ones((2, 3), int))
    np.apply_over_axes(np.sum, np.arange(8).reshape(2, 2, 2), [0, 1])
    np.frexp(np.array([8, 2**40]))
    np.frexp(1e300)
    np.ldexp(1.0, 40)
    np.ldexp(1.0, np.array([1, 2]))
    np.ldexp(1.0, np.array([1, 2], 'int32'))
    np.ldexp(1.0, 2**31)
    np.ldexp(1.0, -2**40)
    np.ldexp(np.float32(1), 200)
    np.gcd.reduce([2**40, 2**35, 2**33 * 3])
    np.lcm.reduce(np.arange(1, 21))
    np.lcm(2**33, 3)
    np.gcd(-2**63, 2**62)
    np.bitwise_count(np.array([2**40 - 1, -1]))
    np.bitwise_count(2**40 - 1)
    np.spacing(np.array([1.0, 1e300, 0.0]))
    np.nextafter(1, 2)
    np.nextafter(np.float32(0), np.float32(1))
    np.around(2.5)
    np.around([0.5, 1.5, 2.5, -0.5])
    np.around(2.675, 2)
    np.around(12345, -2)
    np.around(2**40 + 1, -3)
    np.around(np.array([15, 25], 'int8'), -1)
    np.round(1234567.891, 2)
    np.round(np.float32(2.345), 2)
    np.floor([2**40 + 0.5])
    np.floor([1, 2])
    np.ceil(np.arange(2))
    np.trunc([1, -1])
    np.rint([1, 2])
    np.fix([2.7, -2.7])
    np.modf([1.5, -2.25, np.inf])
    np.mod(-7, 3)
    np.mod([-7.5, 7.5], [2, -2])
    np.fmod([-7, 7], [3, -3])
    np.fmod(-7.5, 2)
    np.floor_divide([7.5, -7.5, np.inf], 2)
    np.floor_divide(1.0, 0.0)
    np.divmod([7.5, -7.5], 2)
    np.maximum([1, np.nan], [2, 2])
    np.fmax([1, np.nan], [2, 2])
    np.minimum(np.array(['NaT', '2040-01-01'], 'M8[D]'), np.datetime64('2039-01-01'))
    np.sqrt(-1)
    np.sqrt(-1 + 0j)
    np.emath.sqrt(-1)
    np.emath.log([-1, 2])
    np.log([0, -1])
    np.log(2**70)
    np.exp(1000)
    np.exp([-1000, 709, 710])
    np.expm1(1e-10)
    np.log1p(1e-10)
    np.sin(2**70)
    np.sin(1e22)
    np.cos(np.arange(5) * 1e5)
    np.tan(np.pi / 2)
    np.tanh([20.0, -20.0, 0.1])
    np.arctan2([0.0, -0.0, 1], [-1, -1, -0.0])
    np.hypot(3, 4)
    np.hypot(1e308, 1e308)
    np.power(0.0, -1)
    np.power(-8, 1 / 3)
    np.power([0, 0.0], 0)
    np.power(np.int8(2), np.int8(7))
    np.power(np.arange(4), 3)
    np.power(np.arange(4), 3.0)
    np.power(2.0, np.arange(4))
    np.power(10, np.array([18, 19, 20], 'uint64'))
    np.sign([-0.0, np.nan, 5])
    np.sign(np.array([1 + 2j, -3]))
    np.signbit([-0.0, 0.0, -1])
    np.heaviside([-1, 0, 1], 0.5)
    np.convolve([1, 2, 3], [10**10, 1])
    np.convolve([1, 2, 3], [0, 1, 0.5], 'same')
    np.correlate([1, 2, 3], [10**10, 1], 'full')
    np.cross([1, 2, 3], [4, 5, 6])
    np.nan_to_num([np.nan, np.inf, -np.inf])
    np.nan_to_num(np.array([np.inf], 'float32'))
    np.isclose([1e10, 1e-8], [1.00001e10, 1e-9])
    np.isclose(2**53, 2**53 + 1)
    np.allclose([1, np.nan], [1, np.nan], equal_nan=True)
    np.array_equal([1, 2], [1.0, 2.0])
    np.array_equiv([1, 2], [[1, 2], [1, 2]])
    np.real_if_close([1 + 1e-16j])
    np.unwrap([0, 3 * np.pi])
    np.matmul([[10**9]], [[10**9]])
    np.vecdot([10**9, 1], [10**9, 1])
    np.matvec([[1, 2], [3, 4]], [10**10, 1])
    np.divide(1, 0)
    np.divide([1], [0])
    np.divide([0.0], [0.0])
    np.divide(1, 0, where=False, out=np.zeros(()))
    np.reciprocal(0)
    np.reciprocal([2, 4])
    np.reciprocal([2.0, 0.0])
    np.reciprocal(np.array([0], 'int32'))
""")


def expressions() -> Iterator[str]:
    yield from MORE
    for dtype in UNARY_DTYPES:
        yield from each(f"np.<f>({extremes(dtype)})", f=UNARY)
    for dtype in BINARY_DTYPES:
        values = extremes(dtype)
        yield from each(f"np.<f>({values}, {values}[::-1])", f=BINARY)
    for dtype in ("bool", "int8", "uint32", "int64", "float32"):
        for template in METHODS:
            yield from each(template, a=[shaped(dtype)["1-d"]])

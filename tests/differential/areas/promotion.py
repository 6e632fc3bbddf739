"""Which dtype two operands come to, and what becomes of values at the ends of their ranges."""

from collections.abc import Iterator
from itertools import combinations_with_replacement

from .grid import INTEGERS, NUMBERS, each, extremes, lines

PAIRED = ("bool", "int8", "uint8", "int16", "int32", "uint32", "int64", "uint64", "float32")
OPERATORS = ("+", "-", "*", "//", "/", "%", "**", "&", "<<", "<", "==")
SCALARS = ("1", "-1", "300", "2**31", "2**40", "2**63", "2**64", "1.5", "1e300", "1j", "True")
OTHER = (
    *("'int'", "'uint'", "'l'", "'q'", "'p'", "'S5'", "'U5'", "'O'", "'M8[s]'", "'m8[s]'", "'V4'"),
)
MORE = lines("""
    np.result_type(1, 2)
    np.result_type(1, 'int8')
    np.result_type('int8', 300)
    np.result_type('uint8', -1)
    np.result_type(2**40, 'int32')
    np.result_type(1, 1.5)
    np.result_type('float32', 1e300)
    np.result_type('int64', 'float32')
    np.result_type(np.int8(3), np.arange(3, dtype='uint8'))
    np.result_type(np.arange(3), 'float32')
    np.result_type(True, 'int8')
    np.result_type(np.arange(3), 5)
    np.result_type()
    np.result_type(int, float)
    np.result_type(int, 'uint64')
    np.result_type(int, 'int32')
    np.result_type(int, 'int8')
    np.result_type(bool, int)
    np.result_type('l', 'q')
    np.result_type('L', 'Q').char
    np.result_type('i', 'l')
    np.find_common_type
    np.min_scalar_type(np.int64(5))
    np.min_scalar_type(-2**40)
    np.can_cast(5, 'int8')
    np.can_cast('int32', 'int64')
    np.can_cast('int64', 'int32')
    np.can_cast('int64', 'int32', 'same_kind')
    np.can_cast('int64', 'float64')
    np.can_cast('uint64', 'int64', 'same_kind')
    np.can_cast('int', 'intp', 'equiv')
    np.can_cast('l', 'q', 'equiv')
    np.can_cast('l', 'q', 'no')
    np.can_cast('i', 'l', 'equiv')
    np.can_cast('M8[s]', 'M8[ms]')
    np.can_cast('S3', 'S2')
    np.array([2**31 - 1]) + 1
    np.array([2**31 - 1]) * np.array([2**31 - 1])
    np.array([-2**31]) - 1
    np.array([2**62]) * 4
    np.array([50000]) ** 2
    np.array([3]) ** 40
    np.array([10]) ** np.arange(20)
    np.array([2]) ** 63
    np.array([2]) ** -1
    np.array([2.0]) ** -1
    2 ** np.arange(5, 64, 13)
    10 ** np.arange(0, 20, 6)
    np.int64(10) ** 18
    np.int64(10) ** 19
    np.int64(2) ** np.int64(-1)
    np.int32(2**31 - 1) + 1
    np.int32(2**31 - 1) + np.int32(1)
    np.int32(1) + 2**31
    np.int32(1) + 2**40
    np.int64(2**63 - 1) + 1
    np.int64(1) + 2**63
    np.uint8(255) + 1
    np.uint8(255) + np.uint8(1)
    np.uint8(1) + 256
    np.uint8(1) - 2
    np.uint64(1) - 2
    np.uint64(2**63) + 1
    np.uint64(1) + np.int64(1)
    np.uint64(1) + (-1)
    -np.uint8(1)
    -np.int8(-128)
    abs(np.int64(-2**63))
    -np.int64(-2**63)
    np.int64(7) // 0
    np.int64(7) % 0
    np.int64(7) / 0
    np.array([7, -7]) // 0
    np.array([7, -7]) % 0
    np.array([7, -7]) // np.array([2, 2])
    np.array([7, -7]) % 3
    np.array([-2**63]) // -1
    np.array([-2**31], 'int32') // -1
    np.int64(-2**63) // -1
    np.float64(1) / 0
    np.float32(1) + 1e300
    np.float32(3.4e38) * 10
    np.float16(65504) * 2
    np.float64(1) + np.float32(1)
    np.float32(16777216) + 1
    np.arange(3, dtype='float32') + 1.5
    np.arange(3, dtype='float32') + np.float64(1.5)
    np.arange(3) + np.float32(1)
    np.arange(3) * 1.5
    np.arange(3) * 1j
    np.arange(3) + True
    np.arange(3) + np.array(['a'])
    np.arange(3) + None
    np.arange(3) + [1, 2]
    np.arange(3) @ np.arange(3)
    np.array([10**9, 10**9, 10**9]) @ np.array([3, 3, 3])
    np.array([10**9] * 3).dot([10**9] * 3)
    np.arange(3) << 40
    np.arange(3) << 64
    np.array([2**40]) >> 35
    1 << np.arange(60, 66)
    np.array([-1]) >> 70
    ~np.arange(3)
    ~np.array([True])
    ~np.uint8(1)
    np.invert(np.arange(2.0))
    np.array([5, 6]) & 2**40
    np.array([5, 6], 'int8') & 2**40
    np.array([5, 6]) ^ np.array([True, False])
    divmod(np.array([7, -7]), 2)
    divmod(np.int64(7), np.int64(-2))
    operator.iadd(np.arange(3), 2**40)
    operator.iadd(np.arange(3), 1.5)
    operator.iadd(np.arange(3, dtype='int32'), np.arange(3, dtype='int64'))
    operator.imul(np.arange(3, dtype='int8'), 100)
    operator.itruediv(np.arange(3), 2)
    operator.ipow(np.arange(3), 2)
    operator.index(np.int64(5))
    operator.index(np.arange(3)[1])
    range(np.int64(3))
    [0, 1, 2][np.int64(1)]
    int(np.array([2**40])[0])
    int(np.float64(1e18))
    float(np.int64(2**53 + 1))
    hash(np.int64(2**40)) == hash(2**40)
    round(np.float64(2.5))
    round(np.float64(2.567), 2)
    round(np.int64(15), -1)
    np.int64(5) == 5.0
    np.int64(2**53 + 1) == float(2**53)
    np.uint64(2**63) == np.int64(-2**63)
    np.array([2**63], 'uint64') > np.array([-1])
    np.array([2**64 - 1], 'uint64') == -1
    np.maximum(np.int64(1), np.uint64(2**63))
    sum(np.arange(3))
    sum([np.int32(2**31 - 1), np.int32(1)])
    sum(np.array([2**31 - 1, 1]))
    max(np.arange(3))
    math.prod(np.array([10**6, 10**6, 10**6]))
    math.factorial(np.int64(20))
    math.gcd(np.int64(2**40), 2**35)
    np.add(1, 2)
    np.add(1, 2, dtype='int8')
    np.add(2**40, 1)
    np.add(1, 2).dtype
    np.add([1], [2], dtype='float32')
    np.add(np.int8(100), np.int8(100), dtype=int)
    np.multiply(10**5, 10**5)
    np.multiply([10**5], [10**5])
    np.power(10, 10)
    np.power([10], 10)
    np.power(10, [10, 11])
    np.power(2, -1)
    np.float_power(2, 40)
    np.true_divide(2**40, 3)
    np.floor_divide(2**40, 3)
    np.remainder(2**40, 7)
    np.left_shift(1, 40)
    np.left_shift([1], [40])
    np.square(10**5)
    np.square([10**5])
    np.negative(2**31)
    np.abs(-2**31)
    np.abs([-2**31])
    np.sign([-2**40])
    np.add.types
    np.left_shift.types
    np.ldexp.types
    np.add.resolve_dtypes((np.dtype(int), np.dtype('int8'), None))
    np.add.resolve_dtypes((np.dtype('int8'), int, None))
    np.equal.types[:12]
    np.array([1, 2]).dtype.char
    np.add(np.arange(3, dtype='l'), np.arange(3, dtype='q')).dtype.char
    np.concatenate([[1], [2.5]])
    np.concatenate([[1], np.array([2], 'int8')])
    np.concatenate([np.array([1], 'int32'), [2]])
    np.concatenate([[1], ['a']])
    np.concatenate([[2**40], np.array([1], 'uint64')])
    np.hstack([[1], [True]])
    np.vstack([[1, 2], [2.5, 3]])
    np.stack([np.arange(2), np.arange(2, dtype='uint8')])
    np.column_stack([[1, 2], [3, 4]])
    np.append([1], 2**40)
    np.append(np.array([1], 'int32'), 2)
    np.insert([1, 2], 1, 2**40)
    np.insert(np.array([1, 2], 'int8'), 1, 300)
    np.where([True, False], 1, 2)
    np.where([True, False], 1, 2.5)
    np.where([True, False], np.int8(1), 2)
    np.where([True, False], [2**40, 1], 0)
    np.choose([0, 1], [[1, 2], [2**40, 3]])
    np.select([[True, False], [False, True]], [[1, 2], [3, 4]], 2**40)
    np.select([[True, False]], [[1, 2]])
    np.piecewise([1, 2, 3], [[True, False, True]], [10**10, -1])
    np.clip([1, 2, 3], 0, 2)
    np.clip([1, 2, 3], None, 2**40)
    np.clip(np.array([1, 200], 'uint8'), -5, 300)
    np.clip(np.array([1, 100], 'int8'), 0, 50)
    np.interp([1.5], [1, 2], [10**10, 2 * 10**10])
    np.linspace(1, 2, 3).dtype
    np.copyto(np.zeros(2, 'int32'), np.array([2**40]))
    np.putmask(np.arange(3), [True, False, True], 2**40)
    np.put(np.zeros(3, 'int32'), [0], 2**40)
    np.place(np.arange(3), [True, False, True], [2**40])
""")


def expressions() -> Iterator[str]:
    yield from MORE
    for one, other in combinations_with_replacement(NUMBERS, 2):
        yield f"np.promote_types('{one}', '{other}')"
        yield f"(np.ones(2, '{one}') + np.ones(2, '{other}')).dtype"
    yield from each("np.promote_types(<a>, '<b>')", a=OTHER, b=NUMBERS[:11])
    yield from each("np.result_type(<v>, '<d>')", v=SCALARS, d=NUMBERS)
    for one, other in combinations_with_replacement(PAIRED, 2):
        for operator in OPERATORS:
            left, right = extremes(one), extremes(other)
            yield f"{left}[-2:] {operator} {right}[[0, -1]]"
    for dtype in ("bool", *INTEGERS, "float32"):
        for operator in ("+", "*", "//", "<"):
            yield from each(f"np.array([0, 1], '{dtype}') {operator} <v>", v=SCALARS)
    for dtype in ("int8", "uint8", "int32", "int64", "uint64", "float32"):
        for operator in ("+", "*", "**"):
            yield from each(f"np.{dtype}(7) {operator} <v>", v=SCALARS)

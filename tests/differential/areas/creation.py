"""Arrays made from Python numbers, and the dtypes that they get."""
# ruff: noqa: E501 - an expression is one line

from collections.abc import Iterator

from .grid import EDGES, NUMBERS, each, lines

NAMES = (
    *("int", "'int'", "np.int_", "np.intp", "'intp'", "'p'", "'l'", "np.long"),
    *("'long'", "np.uint", "'uint'", "np.uintp", "'P'", "'L'", "np.ulong"),
    *("'q'", "'Q'", "np.longlong", "np.ulonglong", "'i'", "'I'", "np.intc", "'n'"),
    *("'i4'", "'i8'", "'>i8'", "bool", "float", "complex", "object"),
    *("str", "np.float64", "'int64'", "np.int64"),
    *("np.int32", "np.uint64", "'datetime64[s]'", "'timedelta64[ns]'", "'U5'", "'S5'", "None"),
)
CREATORS = lines("""
    np.array([1, 2, 3], dtype=<d>)
    np.zeros(3, <d>)
    np.ones((2, 2), dtype=<d>)
    np.full(3, 7, <d>)
    np.empty(3, <d>).dtype
    np.arange(3, dtype=<d>)
    np.array([1.7, -2.2, 3e9]).astype(<d>)
    np.dtype(<d>)
""")
MORE_NAMES = ("int", "'int'", "np.intp", "'l'", "np.uint", "'q'", "'i4'", "bool", "float")
MORE_CREATORS = lines("""
    np.asarray([[1, 2], [3, 4]], dtype=<d>)
    np.asanyarray((1, 2), dtype=<d>)
    np.ascontiguousarray([1, 2], dtype=<d>)
    np.fromiter([1, 2, 3], <d>)
    np.fromfunction(lambda i, j: i + j, (2, 2), dtype=<d>)
    np.fromstring('1 2 3', sep=' ', dtype=<d>)
    np.eye(2, dtype=<d>)
    np.identity(2, dtype=<d>)
    np.tri(3, dtype=<d>)
    np.indices((2, 2), dtype=<d>)
    np.linspace(0, 10, 4, dtype=<d>)
    np.logspace(0, 3, 4, dtype=<d>)
    np.geomspace(1, 1000, 4, dtype=<d>)
    np.zeros_like([1.5, 2.5], dtype=<d>)
    np.ones_like(np.float32(1), dtype=<d>)
    np.full_like([1.5, 2.5], 9, dtype=<d>)
    np.require([1, 2], dtype=<d>)
    np.loadtxt(io.StringIO('1 2\\n3 4'), dtype=<d>)
    np.genfromtxt(io.StringIO('1,2\\n3,4'), delimiter=',', dtype=<d>)
    np.array(['1', '22', '-3']).astype(<d>)
    np.array([b'1', b'22']).astype(<d>)
    np.array([1, 2], dtype=object).astype(<d>)
    np.array([True, False]).astype(<d>)
    np.arange(4, dtype='uint8').view().astype(<d>).itemsize
    np.arange(4, dtype='uint8').astype(<d>).nbytes
    np.array([1, 2]).astype(<d>, casting='safe')
    np.can_cast(<d>, 'int64')
    np.can_cast('int64', <d>)
    np.concatenate([[1], [2]], dtype=<d>, casting='unsafe')
    np.stack([[1], [2]], dtype=<d>, casting='unsafe')
    np.ma.array([1, 2], dtype=<d>)
    np.matrix([[1, 2]], dtype=<d>)
    np.zeros(2, dtype=[('a', <d>), ('b', 'S3')])
    np.dtype((<d>, (2,)))
    np.dtype({'names': ['a', 'b'], 'formats': [<d>, 'u1'], 'offsets': [0, 16]})
""")
DTYPE_ATTRIBUTES = (
    *("char", "kind", "name", "str", "num", "itemsize", "alignment", "byteorder", "isnative"),
    *("isbuiltin", "type", "hasobject", "newbyteorder()", "__hash__() == hash(np.dtype('int64'))"),
)
ATTRIBUTED = ("int", "'l'", "'L'", "'q'", "'i'", "'p'", "'int64'", "'uint64'", "'int32'", "float")
COMPARED = ("int", "'l'", "'q'", "'i'", "'p'", "'n'", "'int64'", "np.int_", "np.longlong")
TYPES = lines("""
    np.int_ is np.int64
    np.intp is np.int64
    np.uint is np.uint64
    np.uintp is np.uint64
    np.long is np.int64
    np.longlong is np.int64
    np.intc is np.int32
    np.double is np.float64
    np.longdouble is np.float64
    np.bool_ is np.bool
    np.int_
    np.intp
    np.uint
    np.uintp
    np.long
    np.ulong
    np.longlong
    np.ulonglong
    np.intc
    np.uintc
    np.short
    np.byte
    np.int64.__mro__[1:]
    np.int_.__name__
    np.longlong.__name__
    np.typecodes
    sorted(np.sctypeDict, key=str)
    np.sctypeDict['int']
    np.sctypeDict['uint']
    np.dtypes.Int64DType
    np.dtypes.LongDType
    np.dtypes.IntDType
    np.dtypes.LongLongDType
    type(np.dtype(int))
    type(np.dtype('int64'))
    type(np.dtype('int32'))
    isinstance(np.dtype(int), np.dtypes.Int64DType)
    np.dtypes.Int64DType()
    np.dtypes.LongDType()
    np.isdtype(np.dtype(int), 'signed integer')
    np.isdtype(np.dtype(int), np.int64)
    isinstance(np.arange(3)[0], np.int64)
    isinstance(np.arange(3)[0], np.int_)
    isinstance(np.arange(3)[0], np.signedinteger)
    isinstance(np.int64(1), int)
    type(np.arange(3)[0])
    type(np.arange(3).sum())
    type(np.arange(3).tolist()[0])
    type(np.float64(1).item())
    np.arange(3).dtype == np.int64
    np.arange(3).dtype == int
    np.arange(3).dtype == 'int64'
    np.arange(3).dtype is np.dtype(int)
    np.arange(3).dtype.type is np.int64
    np.array([1]).dtype is np.array([1], 'int64').dtype
    np.iinfo(int)
    np.iinfo(int).max
    np.iinfo(int).min
    np.iinfo(np.int_).bits
    np.iinfo('l').dtype
    np.iinfo(np.intp).max
    np.iinfo(np.uint).max
    np.iinfo(np.arange(1).dtype).max
    np.finfo(float).eps
    np.finfo(float).max
    np.finfo('float32').tiny
    np.finfo('float16').resolution
    np.finfo(np.longdouble).bits
    np.finfo(np.longdouble).eps
    np.dtype(np.longdouble)
    np.dtype(np.clongdouble)
    np.dtype('g').itemsize
    np.longdouble(1) / 3
    np.array([1, 2], 'longdouble').sum()
    np.common_type(np.arange(3), np.float32(1))
    np.mintypecode('fil')
    np.typename('l')
    np.array(10**400)
    np.array([10**400])
    np.array([1, 10**400])
    np.array([2**63, -1])
    np.array([2**63, 1])
    np.array([2**64, 1])
    np.array([2**63 - 1, -2**63])
    np.array([2**63, 1.5])
    np.array([1, 2, None])
    np.array([1, '2'])
    np.array([1, b'2'])
    np.array([10**15, 'x'])
    np.array([True, 2])
    np.array([True, 2.5])
    np.array([1, 2j])
    np.array([[1, 2], [3, 4.0]])
    np.array([[]])
    np.array([[1], [2, 3]])
    np.array([], dtype=int)
    np.array(range(3))
    np.array([np.int8(1), 2])
    np.array([np.int8(1), 300])
    np.array([np.uint64(1), -1])
    np.array([np.uint64(1), np.int64(-1)])
    np.array([np.int32(1), np.uint32(1)])
    np.array(array.array('l', [1, 2]))
    np.array(array.array('q', [1, 2]))
    np.array(array.array('i', [1, 2]))
    np.array(memoryview(b'ab'))
    np.array(bytearray(b'ab'))
    np.array([fractions.Fraction(1, 2)])
    np.array([decimal.Decimal('1.5')])
    np.array([datetime.date(2040, 1, 1)])
    np.array({1, 2})
    np.mgrid[0:3]
    np.mgrid[0:3, 0:2]
    np.mgrid[0:1:3j]
    np.ogrid[0:3, 0:2]
    np.ogrid[0:2.0:0.5]
    np.r_[0:3, 5, 7]
    np.r_[0:3:3j, 5]
    np.c_[[1, 2], [3, 4]]
    np.s_[1:3, ...]
    np.meshgrid([1, 2], [3, 4, 5])
    np.meshgrid(np.arange(2), np.arange(3), indexing='ij', sparse=True)
    np.indices((2, 3))
    np.indices((2, 3), sparse=True)
    np.eye(3)
    np.eye(3, 4, k=-1, dtype=int)
    np.diag([1, 2])
    np.diagflat([1, 2], 1)
    np.vander([1, 2, 3])
    np.vander([100, 200], 5, increasing=True)
    np.vander([10, 20], 12)
    np.tri(3, 4, 1)
    np.tril(np.arange(9).reshape(3, 3))
    np.triu(np.arange(9).reshape(3, 3), 1)
    np.tile([1, 2], 3)
    np.repeat([1, 2], 3)
    np.repeat([1, 2], [2**1, 3])
    np.repeat([1, 2], np.array([1, 2], 'int64'))
    np.repeat([1, 2], np.array([1, 2], 'uint64'))
    np.arange(5)
    np.arange(5) * 10**9
    np.arange(5).sum() * 2**40
    np.arange(100000).sum()
    np.arange(100001).cumsum()[-1]
    np.arange(0)
    np.arange(2**31, 2**31 + 3)
    np.arange(2**31 - 2, 2**31 + 2)
    np.arange(-2**40, -2**40 + 3)
    np.arange(2**62, 2**63 - 1, 2**61)
    np.arange(2**63, 2**63 + 2)
    np.arange(0, 10**10, 3 * 10**9)
    np.arange(0, -10**10, -3 * 10**9)
    np.arange(3.0)
    np.arange(0, 1, 0.3)
    np.arange(1, 2, dtype='int8')
    np.arange(True, 4)
    np.arange(np.int8(3))
    np.arange(np.int32(3))
    np.arange(np.uint8(1), np.uint8(4))
    np.arange(3, dtype='M8[D]')
    np.arange('2037-12-30', '2038-02-01', 10, dtype='M8[D]')
    np.arange(np.datetime64('2500-01'), np.datetime64('2500-05'))
    np.linspace(0, 10**10, 5, dtype=int)
    np.linspace(0, 1, 5)
    np.linspace(0, 10, 5, retstep=True)
    np.linspace(0, 2**40, 3).astype(int)
    np.array([2.5e9]).astype(int)
    np.array([1e18, -1e18]).astype(int)
    np.array([1e19, -1e19]).astype(int)
    np.array([1e19]).astype('uint64')
    np.array([np.nan, np.inf, -np.inf]).astype(int)
    np.array([np.nan, np.inf, -np.inf]).astype('int32')
    np.array([np.nan, np.inf, -np.inf]).astype('int8')
    np.array([np.nan, np.inf, -np.inf]).astype('uint64')
    np.array([3e9, -3e9]).astype('int32')
    np.array([300.7, -300.7]).astype('int8')
    np.array([300.7, -1.0]).astype('uint8')
    np.array([-1.0]).astype('uint32')
    np.array([-1.0]).astype('uint64')
    np.int64(2**63 - 1).astype('int32')
    np.array(['3000000000']).astype(int)
    np.array(['99999999999999999999']).astype(int)
    np.array(['1.5']).astype(int)
    np.array(['1e3', 'nan', '-inf']).astype(float)
    np.array([3 * 10**9], dtype=object).astype(int)
    np.array([2**70], dtype=object).astype(int)
    np.array([3 * 10**9]).astype(str)
    np.array([1, 2]).astype(str).dtype
    np.array([1, 2]).astype('S').dtype
    np.array([1, 2], 'int32').astype(str).dtype
    np.array([1.5]).astype(str).dtype
    np.array([True]).astype(str)
    np.array([1, 2]).astype('M8[s]')
    np.array([2**40]).astype('M8[s]')
    np.array([1, 2]).astype('m8[D]')
    np.zeros(3).dtype
    np.zeros(3, int).nbytes
    np.zeros((2**3, 2**2), int).strides
    np.ones(3, int).itemsize
    np.full(2, 2**40)
    np.full(2, 1.5)
    np.full(2, True)
    np.full(2, -1, 'uint8')
    np.full((2, 2), 3)
    np.full_like(np.arange(2), 2**40)
    np.full_like(np.arange(2, dtype='int32'), 2**40)
    np.empty(2, int).dtype
    np.empty_like([1, 2]).dtype
    np.zeros((2**32, 2**32))
    np.zeros(-1)
    np.zeros(2.0)
    np.zeros(np.int64(2))
    np.zeros(np.uint64(2))
    np.zeros(2**64)
    np.asarray(5)
    np.atleast_2d(5)
    np.array(5)[()]
    np.array([1, 2], ndmin=3)
    np.array([1, 2], copy=True, order='F')
    np.copy([1, 2])
    np.block([[np.eye(2, dtype=int), np.ones((2, 1), int)]])
    np.pad([1, 2], 2)
    np.pad(np.arange(3), (1, 2), constant_values=2**40)
    np.pad(np.arange(3), 1, mode='mean')
    np.bmat('1 2; 3 4')
    np.matrix('1 2; 3 4')
    np.frombuffer(b'\\x01\\0\\0\\0\\0\\0\\0\\0', int)
    np.frombuffer(b'\\x01\\0\\0\\0', int)
    np.frombuffer(bytes(range(8)), '>u2')
    np.fromstring('3000000000 1', sep=' ', dtype=int)
    np.fromiter(range(3), int)
    np.fromiter((x * 2**33 for x in range(3)), int)
    np.fromfunction(lambda i: i, (3,))
    np.loadtxt(io.StringIO('1 3000000000'), dtype=int)
    np.genfromtxt(io.StringIO('1,3000000000'), delimiter=',', dtype=None)
    np.genfromtxt(io.StringIO('1,30'), delimiter=',', dtype=None)
    np.genfromtxt(io.StringIO('a,b\\n1,x\\n3000000000,y'), delimiter=',', dtype=None, names=True, encoding='utf-8')
    np.asarray_chkfinite([1, 2])
    np.array([1, 2]).__array_interface__['typestr']
    np.array([1, 2]).data.format
    np.array([1, 2], 'int32').data.format
    np.array([1, 2], 'longlong').data.format
    np.array([1, 2], 'uint64').data.format
    memoryview(np.arange(3)).itemsize
    memoryview(np.arange(3)).tolist()
    np.from_dlpack(np.arange(3))
    np.arange(3).__dlpack_device__()
    np.ctypeslib.as_ctypes_type(int).__name__
""")
VALUED = lines("""
    np.array(<v>)
    np.array([<v>])
    np.array([<v>]) + 1
    np.array([<v>]) * 2
    np.array([<v>, 1.5])
    np.array([True, <v>])
    np.asarray(<v>)
    np.full(2, <v>)
    np.full_like([1], <v>)
    np.arange(<v>, <v> + 2)
    np.min_scalar_type(<v>)
    np.result_type(<v>)
    np.result_type(<v>, 'int8')
    np.linspace(0, <v>, 3, dtype=int)
    np.int_(<v>)
    np.intp(<v>)
    np.uint(<v>)
    np.int64(<v>)
    np.int32(<v>)
    np.uint8(<v>)
    np.uint64(<v>)
    np.array(<v>, int)
    np.array([<v>], 'int32')
    np.array([<v>], 'uint')
    np.array([<v>], 'uint16')
    np.array([<v>], 'float32')
    np.array([<v>], object).astype('int64')
    np.array([str(<v>)]).astype(int)
    np.float64(<v>)
    np.zeros(2, int) + <v>
    np.zeros(2, 'int32') + <v>
    np.zeros(2, 'uint8') + <v>
    np.array([0, 1]) == <v>
    np.array([0, 1], 'int8') < <v>
    np.isin(<v>, [0, 1, <v>])
    np.where([True, False], <v>, 0)
""")


def expressions() -> Iterator[str]:
    yield from TYPES
    for template in CREATORS:
        yield from each(template, d=NAMES)
    for template in MORE_CREATORS:
        yield from each(template, d=MORE_NAMES)
    yield from each("np.dtype(<d>).<a>", d=ATTRIBUTED, a=DTYPE_ATTRIBUTES)
    yield from each("np.dtype(<d>) == np.dtype(<e>)", d=COMPARED, e=COMPARED)
    yield from each("np.issubdtype(<d>, <e>)", d=COMPARED, e=("np.integer", "np.int64", "int"))
    for template in VALUED:
        yield from each(template, v=EDGES)
    yield from each("np.array([0, 1, 1], '<d>').astype('<e>')", d=NUMBERS, e=("int", "uint"))
    yield from each("np.iinfo('<d>')", d=NUMBERS)
    yield from each("repr(np.finfo('<d>'))", d=NUMBERS)

"""Arrays as text and bytes: printing, parsing, views, files, structured and masked arrays, dates."""
# ruff: noqa: E501 - an expression is one line

from collections.abc import Iterator

from .grid import NUMBERS, each, extremes, lines, shaped

SHOWN = lines("""
    repr(<a>)
    str(<a>)
    <a>.tolist()
    <a>.tobytes()
    <a>.view('uint8')
    <a>.byteswap()
    np.array2string(<a>, separator=', ', max_line_width=30)
    np.array_repr(<a>, precision=3)
    (f := io.BytesIO(), np.save(f, <a>), f.getvalue())[-1]
    (f := io.BytesIO(), np.save(f, <a>), f.seek(0), np.load(f))[-1]
    (f := io.StringIO(), np.savetxt(f, np.atleast_1d(<a>)), f.getvalue())[-1]
    pickle.loads(pickle.dumps(<a>))
    <a>.astype(str)
    json.dumps(<a>.tolist())
    <a>.dtype.descr
    zlib.crc32(<a>.tobytes())
    [repr(x) for x in <a>[:2]]
    [f'{x}' for x in <a>[-2:]]
""")
SCALARS = (
    *("np.int64(5)", "np.int32(-1)", "np.uint8(255)", "np.float64(0.1)", "np.float32(0.1)"),
    *("np.float16(0.1)", "np.float64('nan')", "np.float64(1e16)", "np.float64(1e-5)", "np.True_"),
    *("np.complex128(1 + 2j)", "np.complex64(0.1j)", "np.str_('a')", "np.bytes_(b'a')"),
    *("np.datetime64('2040-01-01')", "np.timedelta64(5, 'D')", "np.arange(3)[1]", "np.intp(7)"),
    *("np.arange(3).sum()", "np.array(5).max()", "np.argmax([1, 2])", "np.int_(2**40)", "np.nan"),
    *("np.uint(5)", "np.longlong(5)", "np.bool(0)", "np.float64(2**53)", "np.float32(16777216)"),
)
FORMS = lines("""
    repr(<s>)
    str(<s>)
    f'{<s>:>12}'
    f'{<s>:,}'
    f'{<s>:.3f}'
    f'{<s>:d}'
    f'{<s>:x}'
    '%s %r' % (<s>, <s>)
    '%d' % <s>
    json.dumps(<s>)
    pickle.loads(pickle.dumps(<s>))
    <s>.item()
    <s>.tobytes()
    <s>.dtype.str
    <s>.nbytes
    [<s>]
    {'k': <s>}
    copy.deepcopy(<s>)
""")
DATES = (
    *("'2038-01-19T03:14:08'", "'2040-02-29'", "'1969-12-31T23:59:59'", "'0001-01-01'", "'NaT'"),
    *("'2262-04-11'", "'2500-07'", "'9999-12-31T23:59:59.999'", "'-0044-03-15'", "'1600'"),
)
DATED = lines("""
    np.datetime64(<t>)
    np.datetime64(<t>, 's')
    np.datetime64(<t>, 'D').astype(int)
    np.datetime64(<t>, 's').astype('int64')
    np.datetime64(<t>, 'us').item()
    np.datetime64(<t>, 'ns')
    np.datetime64(<t>, 'M') + 25
    np.datetime64(<t>, 'D') + np.timedelta64(2**31, 'm')
    np.datetime64(<t>, 'D') - np.datetime64('1970-01-01')
    np.datetime_as_string(np.datetime64(<t>, 'm'))
    np.array([<t>], 'M8[D]').astype('M8[ms]')
    np.array([<t>, '2000-01-01'], 'M8[D]')
    np.isnat(np.datetime64(<t>))
    str(np.datetime64(<t>, 'h'))
    pd.Timestamp(np.datetime64(<t>, 's'))
    np.datetime64(<t>, 'D').astype(datetime.date)
""")
MORE = lines("""
    repr(np.arange(3))
    repr(np.array([1, 2], 'int32'))
    repr(np.array([1, 2], 'int64'))
    repr(np.array([1, 2], 'uint64'))
    repr(np.array([], int))
    repr(np.array([], 'int32'))
    repr(np.zeros((0, 3), int))
    repr(np.array([2**40, 1]))
    repr(np.array([True]))
    repr(np.arange(2000))
    str(np.arange(2000).reshape(40, 50))
    repr(np.arange(3) * 1.5)
    repr(np.array([1e-10, 1.0, 1e10]))
    repr(np.array([0.1, 0.2 + 0.1]))
    repr(np.array([1.123456789, 2.0]))
    repr(np.array([np.nan, np.inf, -0.0]))
    repr(np.array(['a', 'bc']))
    repr(np.array([b'a']))
    repr(np.array([1, 'a', None], object))
    repr(np.array([1 + 2j, 0.5]))
    repr(np.argsort([2, 1]))
    repr(np.nonzero([1, 0]))
    repr(np.unique([1, 1], return_counts=True))
    repr(np.where([1, 0], 1, 2))
    repr(np.bincount([1, 1]))
    repr(np.histogram([1, 2], 2))
    repr(np.shape([[1, 2]]))
    repr(np.dtype(int))
    str(np.dtype(int))
    repr(np.dtype('int32'))
    repr(np.dtype('l'))
    repr(np.dtype('q'))
    repr(np.dtype([('a', int), ('b', 'U3')]))
    repr(np.dtype(np.intp))
    repr(np.dtype('M8[s]'))
    repr(np.int64)
    repr(np.int_)
    repr(np.intp)
    repr(np.longlong)
    repr(np.iinfo(int))
    str(np.iinfo('int64'))
    str(np.iinfo(int))
    repr(np.finfo(float))
    np.array2string(np.arange(3) / 3, precision=3)
    np.array2string(np.array([1e10, 1]), suppress_small=True)
    np.array2string(np.arange(20), threshold=5, edgeitems=2)
    np.array2string(np.array([1.5]), formatter={'float': lambda x: f'<{x}>'})
    np.array2string(np.array([1]), formatter={'int': lambda x: f'<{x}>'})
    np.array2string(np.arange(3), formatter={'int_kind': hex})
    np.format_float_positional(1e-7)
    np.format_float_positional(np.float32(0.1), unique=False, precision=12)
    np.format_float_scientific(12345.678, precision=2)
    np.base_repr(2**40, 16)
    np.base_repr(-5, 2)
    np.binary_repr(5, 8)
    np.binary_repr(-5, 8)
    np.binary_repr(-5)
    np.binary_repr(2**40)
    np.binary_repr(np.int64(-1), 64)
    np.arange(3).tobytes()
    np.arange(3).tobytes().hex()
    len(np.arange(3).tobytes())
    np.frombuffer(np.arange(3).tobytes(), dtype=int)
    np.frombuffer(np.arange(3).tobytes(), dtype='int64')
    np.frombuffer(np.arange(3).tobytes(), dtype='int32')
    np.arange(3).view('int32')
    np.arange(3).view('float64')
    np.arange(3).view('uint8').size
    np.arange(4, dtype='int32').view(int)
    np.arange(3, dtype='int32').view(int)
    np.arange(2).view([('lo', 'i4'), ('hi', 'i4')])
    np.array([1.0]).view(int)
    np.array([1.0]).view('uint64')
    np.int64(1).view('float64')
    np.float64(1).view('int64')
    np.arange(3).newbyteorder
    np.arange(3).astype('>i8').tobytes()
    np.arange(3).data.nbytes
    bytes(np.arange(2))
    bytes(np.array([65, 66], 'uint8'))
    pickle.dumps(np.arange(3), 2) == pickle.dumps(np.arange(3, dtype='int64'), 2)
    pickle.loads(pickle.dumps(np.arange(3))).dtype
    pickle.loads(pickle.dumps(np.dtype(int)))
    pickle.loads(pickle.dumps(np.int64))
    copy.copy(np.arange(3)).dtype
    np.arange(3).__reduce__()[0].__name__
    np.arange(3).__array_interface__['strides']
    np.arange(3).__array_interface__['descr']
    np.lib.format.header_data_from_array_1_0(np.arange(3))
    np.lib.format.descr_to_dtype('<i8')
    (f := io.BytesIO(), np.savez(f, a=np.arange(3), b=[1.5]), f.seek(0), dict(np.load(f)))[-1]
    (f := io.BytesIO(), np.savez_compressed(f, np.arange(3)), f.seek(0), dict(np.load(f)))[-1]
    (f := io.StringIO(), np.savetxt(f, [[1, 2], [3, 4]], fmt='%d', delimiter=','), f.getvalue())[-1]
    (f := io.StringIO(), np.savetxt(f, [[1.5, 2**40]], header='a b'), f.getvalue())[-1]
    np.array([(1, 'a')], dtype=[('n', int), ('s', 'U3')])
    np.array([(1, 'a')], dtype=[('n', int), ('s', 'U3')])['n'] * 2**40
    np.array([(1, 2.5)], dtype='i8,f4')
    np.array([(1, 2.5)], dtype='l,f4').dtype.itemsize
    np.array([(1, 2.5)], dtype='int,float').dtype
    np.dtype([('a', int), ('b', 'i1')], align=True).itemsize
    np.dtype([('a', 'i1'), ('b', int)], align=True).fields
    np.dtype('i4,(2,3)f8,S5').itemsize
    np.dtype({'a': (int, 0), 'b': ('f4', 8)})
    np.dtype([('a', int)]) == np.dtype([('a', 'int64')])
    np.rec.array([(1, 2.5), (2, 3.5)], names='a,b')
    np.rec.fromarrays([[1, 2], ['a', 'b']], names='n,s')
    np.rec.fromrecords([(1, 'a'), (2**40, 'b')], names='n,s').n
    np.zeros(1, [('a', int), ('b', 'M8[s]')]).item()
    np.sort(np.array([(2, 1), (1, 5)], [('a', int), ('b', int)]), order=['a'])
    np.ma.array([1, 2, 3], mask=[0, 1, 0])
    repr(np.ma.array([1, 2, 3], mask=[0, 1, 0]))
    repr(np.ma.array([1, 2**40], mask=[0, 1]))
    str(np.ma.array([1.5, 2], mask=[0, 1]))
    np.ma.array([1, 2, 3], mask=[0, 1, 0]).fill_value
    np.ma.array([1, 2, 3], mask=[0, 1, 0]).filled()
    np.ma.array([1, 2, 3], mask=[0, 1, 0]).filled(-1)
    np.ma.array([True], mask=[1]).fill_value
    np.ma.array(['a'], mask=[1]).fill_value
    np.ma.array([1], dtype='int8').fill_value
    np.ma.default_fill_value(np.int64(1))
    np.ma.default_fill_value(np.dtype(int))
    np.ma.minimum_fill_value(np.arange(2))
    np.ma.maximum_fill_value(np.arange(2))
    np.ma.masked_equal([1, 2, 2**40], 2)
    np.ma.masked_greater([1, 2, 2**40], 2**35)
    np.ma.masked_invalid([1, np.nan])
    np.ma.masked_where([True, False], [1, 2])
    np.ma.masked_inside([1, 5, 9], 4, 6)
    np.ma.array([1, 2, 3], mask=[0, 1, 0]) + 2**40
    np.ma.array([1, 2], mask=[0, 1]) / 0
    np.ma.array([1, 2, 3], mask=[0, 1, 0]).tolist()
    np.ma.array([1, 2, 3], mask=[0, 1, 0]).compressed() * 10**10
    np.ma.arange(3)
    np.ma.zeros(2, int)
    np.ma.ones(2, 'int')
    np.ma.concatenate([np.ma.array([1], mask=[1]), [2]])
    np.ma.where(np.ma.array([1, 0], mask=[0, 1]), 1, 2)
    np.ma.dot(np.ma.array([[10**5, 1]]), [[10**5], [1]])
    np.ma.average(np.ma.array([1, 2**40], mask=[0, 0]), weights=[1, 3])
    np.ma.masked
    np.array(['2038-01-19'], 'M8')
    np.array(['2038-01-19', '2040'], dtype='datetime64[s]').astype('int64')
    np.array(['2038-01-19'], 'M8[s]').astype('int32')
    np.datetime64(2**40, 's')
    np.datetime64(2**31, 'D')
    np.datetime64(2**33, 's')
    np.datetime64('2040-01-01') - np.datetime64('2000-01-01')
    (np.datetime64('2040-01-01') - np.datetime64('2000-01-01')) / np.timedelta64(1, 's')
    (np.datetime64('2040-01-01') - np.datetime64('2000-01-01')) // np.timedelta64(1, 's')
    (np.datetime64('2040-01-01') - np.datetime64('2000-01-01')).astype(int) * 10**9
    np.timedelta64(2**40, 's')
    np.timedelta64(5, 'D') * 2**33
    np.timedelta64(5, 'D') * 1.5
    np.timedelta64(5, 'D') / 2
    np.timedelta64(1, 'Y') + np.timedelta64(1, 'M')
    np.timedelta64(1, 'Y') + np.timedelta64(1, 'D')
    np.timedelta64(2**40, 's').item()
    np.timedelta64(3, 's') % np.timedelta64(2, 's')
    np.array([1, 2**40], 'm8[s]').sum()
    np.array([1, 2**40], 'm8[s]').mean()
    np.array([1, 2], 'm8[s]') * np.arange(2)
    np.array([1, 2], 'm8[s]').astype(int)
    np.array([1, 2], 'm8[s]') + 5
    np.arange(2) + np.array([1, 2], 'm8[s]')
    np.timedelta64(2**63 - 1, 's') + 1
    np.datetime64('2040-01-01') + 365
    np.datetime64('2040-01-01') > np.datetime64('2039-12-31T23:59:59')
    np.datetime64(datetime.datetime(2040, 1, 1, 5))
    np.array([datetime.datetime(2040, 1, 1)], 'M8[us]')
    np.datetime_data('M8[25s]')
    np.busday_offset('2040-01-01', 5, roll='forward')
    np.array(['1', '2'], dtype=int)
    np.array('abc').astype('S')
    np.array(['ä'], 'U').tobytes()
    np.array(['a', 'b']) + 'c'
    np.array(['a', 'b'], object) * 2
    np.char.add(['a'], ['b'])
    np.char.upper(['ä'])
    np.char.split(['a b'])
    np.char.join('-', ['ab'])
    np.array(['a', 'b'], np.dtypes.StringDType())
    np.array(['a', 'b'], np.dtypes.StringDType()).astype('U')
    np.array([1, 2], np.dtypes.StringDType())
    np.array(['1', '2'], np.dtypes.StringDType()).astype(int)
    np.dtypes.StringDType().itemsize
    np.strings.str_len(np.array(['abc'], np.dtypes.StringDType()))
    np.strings.find(np.array(['abc'], np.dtypes.StringDType()), 'c') * 10**10
    np.fromstring('1,2,3', sep=',')
    np.fromstring('1 2', sep=' ', dtype='int32')
    np.fromregex(io.StringIO('1 a\\n2 b'), r'(\\d+) (\\w)', [('n', int), ('s', 'U1')])
    np.loadtxt(io.StringIO('1,2\\n3,4'), delimiter=',')
    np.loadtxt(io.StringIO('1 2'), dtype=int, usecols=1)
    np.loadtxt(io.StringIO('1 a'), dtype=[('n', int), ('s', 'U3')])
    np.loadtxt(io.StringIO('x'), dtype=int)
    np.genfromtxt(io.StringIO('1,,3'), delimiter=',', filling_values=-1)
    np.genfromtxt(io.StringIO('1,2'), delimiter=',', dtype=int)
    np.genfromtxt(io.StringIO('1,,3'), delimiter=',', dtype=int)
    np.genfromtxt(io.StringIO('1,,3'), delimiter=',', dtype=int, usemask=True)
    np.get_printoptions()
    np.geterr()
    np.info(np.arange(3), output=io.StringIO())
    (f := io.StringIO(), np.info(np.int64(1), output=f), f.getvalue()[:80])[-1]
    np.unravel_index(np.arange(3), (2, 2))[0].tobytes()
    np.argsort([2, 1]).tobytes()
    np.shares_memory(np.arange(3), np.arange(3))
    np.may_share_memory(np.arange(3), np.arange(3))
""")


def expressions() -> Iterator[str]:
    yield from MORE
    for dtype in NUMBERS:
        for template in SHOWN:
            yield from each(template, a=[extremes(dtype)])
        yield from each("repr(<a>)", a=list(shaped(dtype).values()))
    for template in FORMS:
        yield from each(template, s=SCALARS)
    for template in DATED:
        yield from each(template, t=DATES)

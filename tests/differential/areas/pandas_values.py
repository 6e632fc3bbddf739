"""Series, indices and frames of pandas: how they are made, read, converted and written."""
# ruff: noqa: E501 - an expression is one line

from collections.abc import Iterator

from .grid import EDGES, NUMBERS, SOME, each, extremes, lines

COLUMNS = {
    "int": "[3, 1, 2, 2, 2**40]",
    "float": "[1.5, None, -0.0, 2.5, 1e300]",
    "bool": "[True, False, True, True, False]",
    "str": "['b', 'a', None, 'ç', '']",
    "object": "[1, 'a', None, 2.5, True]",
    "date": "pd.to_datetime(['2040-01-31', '1969-12-31', None, '2262-01-01', '2038-01-19 03:14:08'])",
    "delta": "pd.to_timedelta(['1D', '2h', None, '-3s', '100000D'])",
    "category": "pd.Categorical(['b', 'a', None, 'b', 'c'], ordered=True)",
    "Int64": "pd.array([1, None, 3, 2**40, -1], 'Int64')",
    "Int8": "pd.array([1, None, 3, 127, -1], 'Int8')",
    "boolean": "pd.array([True, None, False, True, True], 'boolean')",
    "Float64": "pd.array([1.5, None, 3, 4, -1], 'Float64')",
    "string": "pd.array(['a', None, 'bb', '', 'b'], 'string')",
    "period": "pd.PeriodIndex(['2040-01', '2038-02', 'NaT', '1969-12', '2040-01'], freq='M')",
    "interval": "pd.arrays.IntervalArray.from_breaks([0, 1, 2, 3, 4, 5])",
    "sparse": "pd.arrays.SparseArray([0, 0, 1, 0, 2])",
    "zoned": "pd.date_range('2040-03-25', periods=5, freq='D', tz='Europe/Paris')",
    "uint8": "np.array([1, 255, 0, 3, 3], 'uint8')",
    "int32": "np.array([1, 2**31 - 1, 0, 3, 3], 'int32')",
    "float32": "np.array([1, 0.1, 0, 3, np.nan], 'float32')",
}
METHODS = lines("""
    s
    s.dtype
    s.sum()
    s.mean()
    s.median()
    s.std()
    s.var(ddof=0)
    s.min(), s.max()
    s.prod()
    s.cumsum()
    s.cummax()
    s.count() * 10**10
    s.nunique() * 10**10
    s.value_counts()
    s.value_counts(normalize=True, dropna=False)
    s.unique()
    s.mode()
    s.rank()
    s.rank(method='dense', ascending=False)
    s.argsort()
    s.argsort() * 10**10
    s.sort_values()
    s.sort_values(ascending=False).index
    s.argmax()
    s.idxmin()
    s.describe()
    s.diff()
    s.shift()
    s.pct_change()
    s.duplicated()
    s.drop_duplicates()
    s.isna().sum() * 10**10
    s.fillna(s.iloc[0])
    s.ffill()
    s.dropna().index
    s.factorize()
    s.factorize()[0] * 10**10
    s.astype(str)
    s.astype('object')
    s.astype('int64')
    s.astype(int)
    s.astype('category').cat.codes
    s.convert_dtypes()
    s.to_numpy()
    s.tolist()
    s.to_json()
    s.to_csv()
    s.to_string()
    repr(s)
    s.to_dict()
    s.map(lambda v: 1)
    s.isin([1, 'a', 2.5])
    s.searchsorted(s.iloc[0])
    s.where(s.notna(), None)
    s.groupby([0, 1, 0, 1, 0]).count()
    s.groupby([0, 1, 0, 1, 0]).first()
    s.groupby([0, 1, 0, 1, 0]).sum()
    s + s
    s * 2
    s // 2
    s / 2
    s == s
    s > s.iloc[0]
    ~s
    s.nbytes
    s.reindex([0, 5])
    s.quantile(0.3)
    s.nlargest(2)
    s.round(1)
    s.abs()
    s.clip(1, 2)
    s.between(1, 2)
    s.rolling(2).sum()
    s.expanding().mean()
    s.ewm(span=2).mean()
    s.interpolate()
    s.to_frame('x').describe(include='all')
    s.explode()
    s.repeat(2).index
    s.corr(s)
    s.skew()
    s.memory_usage(index=False)
    pd.get_dummies(s)
    pd.concat([s, s], ignore_index=True)
    pd.DataFrame({'s': s}).dtypes
    pd.Index(s)
    pd.Index(s).get_indexer([1, 'a']) * 10**10
    pd.util.hash_pandas_object(s)
    pickle.loads(pickle.dumps(s))
""")
NULLABLE = ("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt64", "Float32", "Float64", "boolean")
NULLABLE_USES = lines("""
    pd.array([1, None, 0], '<d>')
    pd.array([1, None, 0], '<d>') + 1
    pd.array([1, None, 0], '<d>').sum()
    pd.Series([1, None, 0], dtype='<d>').mean()
    pd.array([1, 1, 0], '<d>').to_numpy()
    pd.array([1, None, 0], '<d>').to_numpy(na_value=0, dtype=int)
    pd.array([1, None, 0], '<d>').argsort()
    pd.array([300, 1], '<d>')
    pd.array([2**40, 1], '<d>')
    pd.array([1.5, 1], '<d>')
    pd.Series([1, None], dtype='<d>').cumsum()
    pd.Series([1, None], dtype='<d>').astype('Int64') * 2**40
    pd.Series([1, 1], dtype='<d>').astype('int')
    pd.Series([1, 1], dtype='<d>').prod() * 2**40
    pd.Series([1, None], dtype='<d>').value_counts()
    pd.Series([1, None, 0], dtype='<d>') == 1
    pd.array([1, 0], '<d>') // 0
    pd.array([1, None], '<d>') ** 2
""")
VALUED = lines("""
    pd.Series([<v>])
    pd.Series([<v>, 1]) + 1
    pd.Series([<v>, 1]).sum()
    pd.Series([<v>, None])
    pd.Index([<v>, 1])
    pd.DataFrame({'a': [<v>, 1]}).sum()
    pd.Series([<v>], dtype='int64')
    pd.Series([<v>], dtype='int32')
    pd.Series([<v>], dtype='Int64')
    pd.Series([str(<v>)]).astype(int)
    pd.to_numeric(pd.Series([str(<v>), '1']))
    pd.to_numeric(pd.Series([<v>, 1]), downcast='integer')
    pd.read_csv(io.StringIO('a\\n<t>\\n1'))
    pd.read_json(io.StringIO('[{"a": 1}]')).a * <v>
    pd.Timestamp(<v>)
    pd.Timestamp(<v>, unit='s')
    pd.Timedelta(<v>)
    pd.Timedelta(<v>, unit='us')
    pd.to_datetime([<v>], unit='s')
    pd.Series([1, 2]).isin([<v>, 1])
    pd.Series([1, 2, 3]).clip(upper=<v>)
    pd.Series([5, 6]).iloc[<v>]
    pd.Series([5, 6], index=[1, <v>]).loc[<v>]
    pd.RangeIndex(<v>, <v> + 3)
    pd.RangeIndex(<v>).size
    pd.Series([1, 2]).eq(<v>)
    pd.DataFrame({'a': [1, 2]}).to_json()[:3], pd.Series([<v>]).to_json()
    pd.Series([<v>]).to_csv()
    pd.Categorical([<v>, 1]).codes
    pd.cut([<v>, 1, 2], 2)
    pd.Series([<v>, 2]).rank()
    pd.Series([1, 2]).shift(1, fill_value=<v>)
    pd.Series([1.5, 2]).mul(<v>)
    pd.factorize([<v>, 1, <v>])
    pd.unique(np.array([<v>, 1]))
    pd.Series([1, 2], dtype='int8') + <v>
""")
MORE = lines("""
    pd.Series([1, 2]).dtype
    pd.Series([1, 2]).dtype == int
    pd.Series([1, 2]).dtype == 'int64'
    pd.Series(range(3)).dtype
    pd.Series(np.arange(3)).dtype
    pd.Series({'a': 1})
    pd.Series(5, index=[0, 1])
    pd.Series([], dtype=int)
    pd.Series([])
    pd.Series(np.argsort([2, 1]))
    pd.Series([1, 2], dtype=int)
    pd.Series([1, 2], dtype='int')
    pd.Series([1, 2], dtype='uint')
    pd.Series([1, 2], dtype=np.intp)
    pd.Series([1, 2], dtype='l')
    pd.Series(np.array([1, 2], 'int32')).sum()
    pd.Series([True, False]).sum()
    pd.Series([True] * 3).cumsum()
    pd.Series(np.full(5, 2**30)).cumsum()
    pd.Series(np.full(5, 2**30, 'int32')).cumsum()
    pd.Series(np.full(5, 2**30, 'int32')).sum()
    pd.Series(np.full(5, 10**5)).prod()
    pd.Series(np.arange(100000)).sum()
    pd.Series(np.arange(5)) * 10**10
    pd.Series(np.arange(100001) * 10**5).median()
    pd.DataFrame(np.arange(6).reshape(3, 2))
    pd.DataFrame(np.arange(6).reshape(3, 2)).dtypes
    pd.DataFrame(np.arange(6).reshape(3, 2)) * 10**10
    pd.DataFrame(np.zeros((2, 2), int)).dtypes
    pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']}).dtypes
    pd.DataFrame({'a': np.arange(2), 'b': 1.5}).sum()
    pd.DataFrame([[1, 2.5], [3, None]], columns=list('ab'))
    pd.DataFrame([{'a': 1}, {'b': 2**40}])
    pd.DataFrame(np.array([(1, 2.5)], [('a', int), ('b', 'f4')]))
    pd.DataFrame.from_records([(1, 'a')], columns=['n', 's'])
    pd.DataFrame.from_dict({'a': [1, 2]}, orient='index')
    pd.DataFrame({'a': []}).dtypes
    pd.DataFrame(index=range(3)).shape
    pd.DataFrame({'a': [1, 2]}).values
    pd.DataFrame({'a': [1, 2], 'b': [1.5, 2]}).values
    pd.DataFrame({'a': [1, 2]}).to_numpy(dtype=int)
    pd.DataFrame({'a': [1, 2]}).astype(int).dtypes
    pd.DataFrame({'a': [1, 2]}).astype({'a': 'int32'}).a.sum()
    pd.DataFrame({'a': [1, 2]}).to_records()
    pd.DataFrame({'a': [1, 2]}).to_records(index=False).dtype
    pd.DataFrame({'a': [1, 2]}).to_dict('records')
    pd.DataFrame({'a': [1, 2]}).to_dict('list')
    pd.DataFrame({'a': [1, 2]}).to_dict('split')
    pd.DataFrame({'a': [1, 2.5]}).to_dict('tight')
    pd.DataFrame({'a': [1, 2]}).to_json(orient='records')
    pd.DataFrame({'a': [1, 2]}).to_json(orient='split')
    pd.DataFrame({'a': [1, 2]}).to_json(orient='table')
    pd.DataFrame({'a': [0.1, 1e-20, 1e20, 2**53]}).to_json(double_precision=15)
    pd.DataFrame({'a': [1, 2]}).to_html()
    pd.DataFrame({'a': [1, 2]}).to_csv(index=False)
    pd.DataFrame({'a': [1.0, 0.1 + 0.2, 1e300, None]}).to_csv()
    pd.DataFrame({'a': [1.23456, 2]}).to_csv(float_format='%.2f')
    pd.DataFrame({'a': [1.23456, 123456789.0, 1e-8]}).to_string()
    pd.DataFrame({'a': range(100)}).__repr__()
    pd.DataFrame(np.arange(60).reshape(2, 30)).__repr__()
    pd.Series(range(100)).__repr__()
    (f := io.StringIO(), pd.DataFrame({'a': [1, 2], 'b': ['x', None]}).info(buf=f, memory_usage=False), f.getvalue())[-1]
    (f := io.StringIO(), pd.DataFrame({'a': [1, 2]}).info(buf=f), f.getvalue())[-1]
    pd.DataFrame({'a': [1, 2], 'b': [1.5, None]}).memory_usage(index=False)
    pd.DataFrame({'a': [1, 2]}).memory_usage()
    pd.RangeIndex(3)
    pd.RangeIndex(3).memory_usage()
    pd.RangeIndex(10**10)[-1]
    pd.RangeIndex(0, 10**10, 3 * 10**9)
    pd.RangeIndex(3) * 2**40
    pd.RangeIndex(3).to_numpy()
    pd.RangeIndex(3).values.dtype
    pd.Index([1, 2]).dtype
    pd.Index(np.arange(3))
    pd.Index(np.arange(3, dtype='int32'))
    pd.Index([1, 2.5])
    pd.Index(['a', 'b'])
    pd.Index([1, 'a'])
    pd.Index([True, False])
    pd.Index([1, 2, 3]).get_indexer([3, 4])
    pd.Index([1, 2, 3]).get_indexer([3, 4]) * 10**10
    pd.Index([1, 2, 3]).get_indexer([2.5], method='nearest')
    pd.Index([1, 2, 2]).get_indexer_for([2])
    pd.Index([1, 2, 2]).get_indexer_non_unique([2, 5])
    pd.Index([1, 2, 2]).get_loc(2)
    pd.Index([1, 2, 3]).get_loc(2**40)
    pd.Index([1, 2, 3]).searchsorted(2)
    pd.Index([1, 2, 3]).searchsorted([2, 5]) * 10**10
    pd.Index([3, 1, 2]).argsort() * 10**10
    pd.Index([3, 1, 2]).sort_values(return_indexer=True)
    pd.Index([1, 2]).union([2**40])
    pd.Index([1, 2]).intersection(pd.Index([2, 3]))
    pd.Index([1, 2]).join(pd.Index([2, 3]), how='outer', return_indexers=True)
    pd.Index([1, 2, 3]).slice_indexer(2, 3)
    pd.Index([1, 2, 3]).take([0, 2])
    pd.Index([1, 2, 3]).take([0, 2**32])
    pd.Index([1, 2, 3]).get_slice_bound(2, 'right')
    pd.Index([1, 2]).insert(1, 2**40)
    pd.Index([1, 2, 3]).delete([0, 1])
    pd.Index(['a', 'b', 'a']).factorize()
    pd.Index([1, 2, 3]).isin([2])
    pd.Index([1, 2]).nbytes
    pd.Index(['2040-01-01'], dtype='datetime64[ns]')
    pd.MultiIndex.from_product([[1, 2], ['a', 'b']])
    pd.MultiIndex.from_product([[1, 2], ['a', 'b']]).codes[0]
    pd.MultiIndex.from_tuples([(1, 'a'), (2**40, 'b')]).get_loc((2**40, 'b'))
    pd.MultiIndex.from_product([[1, 2], ['a', 'b']]).get_indexer([(2, 'a')]) * 10**10
    pd.MultiIndex.from_arrays([[1, 1], [2, 3]]).levshape
    pd.MultiIndex.from_product([[1, 2], [3, 4]]).get_level_values(1)
    pd.MultiIndex.from_product([range(300), range(2)]).codes[0].dtype
    pd.MultiIndex.from_product([[2, 1], [4, 3]]).sortlevel(0)
    pd.Categorical(['b', 'a', 'b']).codes
    pd.Categorical(['b', 'a', 'b']).codes.dtype
    pd.Categorical(list(range(200))).codes.dtype
    pd.Categorical(list(range(40000))).codes.dtype
    pd.Categorical([1, 2**40]).categories
    pd.Categorical.from_codes([0, 1, -1], ['x', 'y'])
    pd.Categorical.from_codes(np.array([0, 2**32]), ['x', 'y'])
    pd.Categorical(['b', 'a']).argsort() * 10**10
    pd.Categorical(['b', 'a', None]).value_counts()
    pd.Categorical(['b', 'a'], categories=['b', 'a'], ordered=True).min()
    pd.Series(['b', 'a']).astype('category').cat.rename_categories({'a': 'z'})
    pd.arrays.SparseArray([0, 0, 1])
    pd.arrays.SparseArray([0, 0, 1]).sp_index
    pd.arrays.SparseArray([0, 0, 1]).sp_index.indices * 10**10
    pd.arrays.SparseArray([0, 0, 2**40]).sum()
    pd.arrays.SparseArray([1.5, np.nan]).density
    pd.arrays.SparseArray([0, 1]).npoints * 10**10
    pd.DataFrame.sparse.from_spmatrix(scipy.sparse.eye(3, dtype=int)).dtypes
    pd.DataFrame({'a': pd.arrays.SparseArray([0, 1])}).sparse.to_coo()
    pd.Series(pd.arrays.SparseArray([0, 0, 1], dtype='Sparse[int]'))
    pd.arrays.IntervalArray.from_breaks([0, 1, 2])
    pd.interval_range(0, 4)
    pd.interval_range(0, 4).get_indexer([0.5, 3.5, 9]) * 10**10
    pd.interval_range(0, 10**11, periods=3)
    pd.IntervalIndex.from_tuples([(0, 2**40)]).length
    pd.Interval(0, 2**40).mid
    pd.array([1, 2]).dtype
    pd.array([1.5, None]).dtype
    pd.array(np.arange(3)).dtype
    pd.array([True, None])
    pd.array([1, 2], dtype=int)
    pd.array(['a', None])
    pd.array([2**63])
    pd.NA + 1
    pd.isna([1, None, np.nan, pd.NA, pd.NaT])
    pd.api.types.is_integer_dtype(np.arange(3).dtype)
    pd.api.types.is_int64_dtype(np.arange(3).dtype)
    pd.api.types.infer_dtype([1, 2])
    pd.api.types.infer_dtype(np.arange(3))
    pd.api.types.pandas_dtype(int)
    pd.api.types.pandas_dtype('int')
    pd.api.types.union_categoricals([pd.Categorical(['a']), pd.Categorical(['b'])]).codes
    pd.read_csv(io.StringIO('a,b\\n1,x\\n2,y')).dtypes
    pd.read_csv(io.StringIO('a,b\\n1,2.5\\n3000000000,'))
    pd.read_csv(io.StringIO('a\\n1\\n'), dtype=int)
    pd.read_csv(io.StringIO('a\\n1\\n'), dtype='int')
    pd.read_csv(io.StringIO('a\\n1\\n'), dtype={'a': np.intp}).dtypes
    pd.read_csv(io.StringIO('a\\n300\\n'), dtype='int8')
    pd.read_csv(io.StringIO('a\\n3000000000\\n'), dtype='int32')
    pd.read_csv(io.StringIO('a\\n1\\nx'), dtype=int)
    pd.read_csv(io.StringIO('a\\n1\\n\\n2'), skip_blank_lines=False)
    pd.read_csv(io.StringIO('a\\n99999999999999999999\\n1'))
    pd.read_csv(io.StringIO('a\\n18446744073709551615\\n1'))
    pd.read_csv(io.StringIO('a\\n9223372036854775807\\n-1'))
    pd.read_csv(io.StringIO('a;b\\n1,5;2'), sep=';', decimal=',')
    pd.read_csv(io.StringIO('a\\n"1,000"\\n'), thousands=',')
    pd.read_csv(io.StringIO('d,v\\n2040-01-31,1\\n1800-01-01,2'), parse_dates=['d'])
    pd.read_csv(io.StringIO('d\\n31/01/2040'), parse_dates=['d'], dayfirst=True)
    pd.read_csv(io.StringIO('a,b\\n1,2\\n3,4'), index_col='a')
    pd.read_csv(io.StringIO('a,b\\n1,2\\n3,4'), usecols=['b'], nrows=1)
    pd.read_csv(io.StringIO('a,b\\n1,2\\n3,4'), header=None)
    pd.read_csv(io.StringIO('a b\\n1 2'), sep=r'\\s+')
    pd.read_csv(io.StringIO('a,b\\n1,2'), engine='python').dtypes
    pd.read_csv(io.StringIO('a\\n0.1\\n1e-5\\n123456789.123456789'))
    pd.read_csv(io.StringIO('a\\n0.3066101993807095471566981359501369297504425048828125'), float_precision='high')
    pd.read_csv(io.StringIO('a\\n0.3066101993807095471566981359501369297504425048828125'), float_precision='round_trip')
    pd.read_csv(io.StringIO('a\\nTrue\\nFalse')).dtypes
    pd.read_csv(io.StringIO('a\\nTrue\\n')).a.sum()
    pd.read_csv(io.StringIO('a\\nNA\\n1'), dtype='Int64')
    pd.read_csv(io.StringIO('a\\nx\\ny\\nx'), dtype='category').a.cat.codes
    pd.read_csv(io.StringIO('a\\n1\\n2\\n3'), chunksize=2).get_chunk().index
    pd.read_csv(io.StringIO('a,b\\n1\\n1,2,3'))
    pd.read_csv(io.StringIO(''))
    pd.read_csv(io.StringIO('a\\n1'), dtype_backend='numpy_nullable').dtypes
    pd.read_fwf(io.StringIO('a  b\\n1  2'))
    pd.read_json(io.StringIO('[{"a": 1, "b": 2.5}, {"a": 3000000000}]'))
    pd.read_json(io.StringIO('{"a": {"0": 1}}')).index
    pd.read_json(io.StringIO('[{"d": 2240000000000}]'), convert_dates=['d'])
    pd.read_json(io.StringIO('{"a":1}\\n{"a":2}'), lines=True)
    pd.read_json(io.StringIO('[1, 2]'), typ='series')
    pd.json_normalize([{'a': {'b': 1}, 'c': [1]}])
    (f := io.BytesIO(), pd.DataFrame({'a': [1, 2**40], 'b': ['x', 'y']}).to_excel(f, index=False), pd.read_excel(f))[-1]
    (f := io.BytesIO(), pd.DataFrame({'a': [1, 2**40]}).to_pickle(f), f.seek(0), pd.read_pickle(f))[-1]
    (c := sqlite3.connect(':memory:'), pd.DataFrame({'a': [1, 2**40]}).to_sql('t', c), pd.read_sql('select * from t', c))[-1]
    pd.DataFrame({'a': [1, 2]}).eval('a * 10000000000')
    pd.DataFrame({'a': [1, 2]}).query('a > 1').index
    pd.to_numeric(pd.Series(['1', 'x']), errors='coerce')
    pd.to_numeric(['1', '2'])
    pd.to_numeric(pd.Series([1, 2]), downcast='unsigned')
    pd.to_numeric(pd.Series([1.0, 2.0]), downcast='integer')
    pd.to_numeric(pd.Series(['a']))
    pd.unique(pd.Series([2, 1, 2]))
    pd.factorize(['b', 'a', 'b'])
    pd.factorize(['b', 'a', 'b'], sort=True)[0] * 10**10
    pd.factorize(np.array([1.5, np.nan]), use_na_sentinel=False)
    pd.get_dummies(['a', 'b', 'a'], dtype=int)
    pd.get_dummies(pd.DataFrame({'x': ['a', 'b']})).sum()
    pd.get_dummies(['a', 'b'], dtype='int').sum() * 2**40
    pd.from_dummies(pd.DataFrame({'x_a': [1, 0], 'x_b': [0, 1]}), sep='_')
    pd.cut([1, 5, 10], 3)
    pd.cut([1, 5, 10], [0, 5, 10], labels=False)
    pd.cut([1, 5, 10], [0, 5, 10], labels=False) * 10**10
    pd.cut([1, 5, 10], 3, retbins=True)[1]
    pd.cut(pd.Series([1, 2**40]), 2).cat.codes
    pd.cut([1, 5], [0, 3, 6], labels=['l', 'h'])
    pd.qcut(range(10), 4)
    pd.qcut(range(10), 4, labels=False) * 10**10
    pd.qcut([1, 2, 3, 4], [0, 0.5, 1], retbins=True)
    pd.util.hash_array(np.arange(3))
    pd.util.hash_array(np.array(['a', 'b'], object))
    pd.Series(['a', 'bb', None]).str.len() * 10**10
    pd.Series(['abc', 'xbc']).str.find('b') * 10**10
    pd.Series(['aab', 'b']).str.count('a') * 10**10
    pd.Series(['a-b', 'c']).str.split('-', expand=True)
    pd.Series(['a1', 'b22']).str.extract(r'(\\w)(\\d+)')
    pd.Series(['a1', 'b22']).str.contains('2')
    pd.Series(['ab', 'c']).str.get_dummies('b')
    pd.Series(['ab', 'c']).str.pad(4, 'both', '*')
    pd.Series(['ab', 'c']).str.slice(0, 2**40)
    pd.Series(['ab', 'c']).str.repeat([1, 2])
    pd.Series(['ab', 'c']).str.encode('utf-8')
    pd.Series(['Ab', 'ç']).str.swapcase()
    pd.Series(['a', 'b']).str.cat(sep='-')
    pd.Series(['ab', 'c']).str.rindex('z')
    pd.Series(['1', '22']).str.zfill(4)
    pd.Series(['abcabc']).str.replace('b', 'X', n=1)
    pd.Series(['x y']).str.title()
    pd.Series(['ab'], dtype='string').str.len()
    pd.Series(['a', 'b']).dtype
    pd.Series(['a', None]).dtype
    pd.options.display.max_rows
    pd.Series([1, 2]).set_axis(['a', 'b'])['a'] * 2**40
    type(pd.Series([1, 2]).iloc[0])
    type(pd.Series([1, 2]).sum())
    type(pd.Series([1, 2]).tolist()[0])
    type(pd.Series([1, 2]).argmax())
    type(pd.Series([1, 2]).count())
    type(len(pd.Series([1, 2])))
    [type(v) for v in pd.Series([1, 2])]
    [type(v) for v in pd.DataFrame({'a': [1]}).itertuples(index=False).__next__()]
    next(pd.DataFrame({'a': [1], 'b': [2.5]}).iterrows())[1]
""")


def expressions() -> Iterator[str]:
    yield from MORE
    for method in METHODS:
        yield from each("(s := pd.Series(<c>), <m>)[1]", c=list(COLUMNS.values()), m=[method])
    for template in NULLABLE_USES:
        yield from each(template, d=NULLABLE)
    for value in EDGES:
        plain = str(eval(value))
        for template in VALUED:
            yield from each(template, v=[value], t=[plain])
    yield from each("pd.Series([1, 0], dtype='<d>').<f>()", d=NUMBERS, f=("sum", "cumsum", "mean"))
    yield from each("pd.Series(<a>)", a=[extremes(dtype) for dtype in NUMBERS])
    for dtype in SOME:
        yield from each("pd.Series(<a>).value_counts()", a=[extremes(dtype)])
        yield from each("pd.Series(<a>).astype('<e>')", a=[extremes(dtype)], e=("int", "Int64"))

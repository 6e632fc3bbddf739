"""Tables of pandas: grouping, joining, reshaping, windows, and time series."""
# ruff: noqa: E501 - an expression is one line

from collections.abc import Iterator

from .grid import each, lines

FRAME = (
    "pd.DataFrame({'k': list('abacab'), 'n': [1, 2, 3, 2**40, 5, 6], "
    "'x': [1.5, None, 2.5, -1, 0, 9], 'b': [True, False, True, True, False, True], "
    "'u': np.array([1, 2, 3, 200, 255, 0], 'uint8')})"
)
SERIES = (
    "pd.Series([1, 4, 2, 2**40, 5, 3], index=pd.date_range('2037-12-30', periods=6, freq='36h'))"
)
AGGREGATIONS = (
    *("sum", "mean", "median", "min", "max", "prod", "std", "var", "sem", "count", "size", "first"),
    *("last", "nunique", "any", "all", "idxmin", "idxmax", "cumsum", "cumprod", "cummax", "cummin"),
    *("cumcount", "ngroup", "rank", "shift", "diff", "pct_change", "describe", "head", "tail"),
    *("quantile", "skew", "ffill", "bfill", "value_counts", "ohlc"),
)
KEYS = ("'k'", "'b'", "['k', 'b']", "'u'")
CALLS = lines("""
    groupby(<k>).n.<f>()
    groupby(<k>)[['n', 'x']].<f>()
""")
GROUPED = lines("""
    groupby('k').agg({'n': 'sum', 'x': 'mean'})
    groupby('k').agg(total=('n', 'sum'), most=('x', 'max'), c=('n', 'count'))
    groupby('k').agg(['sum', 'count'])['n']
    groupby('k').n.agg(lambda s: s.sum() * 2)
    groupby('k').n.apply(lambda s: s.max() - s.min())
    groupby('k').n.transform('sum')
    groupby('k').n.transform(lambda s: s - s.mean())
    groupby('k').n.filter(lambda s: len(s) > 1)
    groupby('k').filter(lambda f: f.n.sum() > 10).index
    groupby('k', sort=False).n.sum()
    groupby('k', as_index=False).n.sum()
    groupby('k').ngroups * 10**10
    groupby('k').groups
    groupby('k').indices
    groupby('k').indices['a'] * 10**10
    groupby('k').get_group('a').index
    groupby('k').nth(1)
    groupby('k').n.nlargest(1)
    groupby('k').n.rolling(2).sum()
    groupby('k').n.expanding().mean()
    groupby('k').x.ewm(com=1).mean()
    groupby('k').n.ngroup() * 10**10
    groupby('k').n.cumcount() * 10**10
    groupby('k').size() * 10**10
    groupby('k').n.count() * 10**10
    groupby('k').n.nunique() * 10**10
    groupby(['k', 'b']).size().unstack(fill_value=0)
    groupby(['k', 'b']).n.sum().unstack()
    groupby(pd.cut(df.u, [0, 2, 300]), observed=False).n.sum()
    groupby(df.k.astype('category'), observed=False).n.sum()
    groupby('k', dropna=False).x.sum(min_count=2)
    groupby(lambda i: i % 2).n.sum()
    groupby(level=0).n.sum()
    groupby('k').u.sum()
    groupby('k').u.cumsum()
    groupby('k').u.mean()
    groupby('k').b.sum()
    groupby('k').b.mean()
    groupby('k').n.sample(1, random_state=1)
    groupby('k').corr(numeric_only=True)
    groupby('z')
    groupby('k').sum(numeric_only=True)
    groupby('k').x.apply(list)
    groupby('k').pipe(len)
    merge(df[['k', 'u']], on='k')
    merge(df[['k', 'u']], on='k', how='outer', indicator=True)
    merge(pd.DataFrame({'k': ['a', 'z'], 'y': [1, 2**40]}), how='left')
    merge(pd.DataFrame({'k': ['a', 'z'], 'y': [1, 2]}), how='right')
    merge(pd.DataFrame({'k': ['a', 'z'], 'y': [1, 2]}), how='outer')
    merge(pd.DataFrame({'k': ['a', 'z'], 'y': [1, 2]}), how='inner').index
    merge(pd.DataFrame({'y': [1, 2]}), how='cross').shape
    merge(df, left_on='n', right_on='u')
    merge(df, left_index=True, right_index=True).dtypes
    merge(df, on='k', validate='1:1')
    join(pd.DataFrame({'y': [1, 2]}))
    join(pd.Series([1, 2], index=['a', 'b'], name='y'), on='k')
    pivot_table(index='k', columns='b', values='n')
    pivot_table(index='k', columns='b', values='n', aggfunc='sum', fill_value=0)
    pivot_table(index='k', values=['n', 'x'], aggfunc=['sum', 'count'], margins=True)
    pivot_table(index='k', columns='b', aggfunc='count', values='n', margins=True)
    pivot(index='n', columns='k', values='u')
    pivot(index='k', columns='b', values='u')
    melt(id_vars='k', value_vars=['n', 'u'])
    melt().dtypes
    stack()
    set_index(['k', 'n']).u.unstack()
    set_index('k').loc['a']
    set_index('k').loc[['a', 'b'], 'n']
    set_index('n').index.get_indexer([1, 2**40, 7]) * 10**10
    set_index('n').loc[2**40, 'u']
    T.dtypes
    transpose().iloc[1]
    sort_values(['k', 'n'], ascending=[True, False]).index
    sort_values('x', na_position='first').index
    sort_index(ascending=False).n
    nlargest(2, 'n').index
    nsmallest(2, ['u', 'n']).index
    rank(numeric_only=True)
    describe()
    describe(include='all')
    describe(percentiles=[0.1]).dtypes
    corr(numeric_only=True)
    corr('spearman', numeric_only=True)
    corr('kendall', numeric_only=True)
    cov(numeric_only=True)
    sum(numeric_only=True)
    mean(numeric_only=True)
    median(numeric_only=True)
    min()
    max(numeric_only=True)
    prod(numeric_only=True)
    std(numeric_only=True)
    quantile([0.1, 0.5], numeric_only=True)
    count() * 10**10
    nunique() * 10**10
    idxmax(numeric_only=True)
    mode()
    isna().sum() * 10**10
    sum(axis=1, numeric_only=True)
    duplicated('k').sum() * 10**10
    drop_duplicates('k').index
    value_counts(['k', 'b'])
    value_counts('k', normalize=True)
    n.value_counts(bins=2)
    assign(z=lambda f: f.n * f.u).z
    assign(z=lambda f: f.u * 2).z
    assign(z=lambda f: f.u * 300).z
    assign(z=lambda f: f.b + f.u).z
    assign(z=lambda f: f.b * 2**40).z
    apply(lambda r: r.n * 2, axis=1)
    apply(len)
    agg(['min', 'max'])
    agg({'n': ['sum', 'mean'], 'u': 'max'})
    map(str).iloc[0]
    select_dtypes('int').columns
    select_dtypes('integer').columns
    select_dtypes(int).columns
    select_dtypes('number').columns
    select_dtypes('int64').columns
    dtypes
    dtypes.value_counts()
    to_numpy().dtype
    convert_dtypes().dtypes
    infer_objects().dtypes
    iloc[[0, -1], 1]
    iloc[2**32]
    iloc[[2**32]]
    iloc[np.array([0, 1])].n
    iloc[np.argsort(df.n.to_numpy())].n
    loc[df.n > 2, 'n']
    loc[2**32]
    loc[0:2, ['n', 'u']]
    at[0, 'n']
    iat[3, 1]
    take([0, 2]).n
    sample(2, random_state=1).index
    head(2)
    tail(1).n
    where(df.n > 2).n
    mask(df.n > 2, 0).n
    n.where(df.n > 2, -1)
    replace({'a': 'z', 2: 20}).n
    fillna(0).x
    x.interpolate()
    x.fillna(df.x.mean())
    dropna().index
    explode('k').index
    reindex([0, 10]).n
    reindex(columns=['n', 'z']).dtypes
    reset_index().dtypes
    rename(columns={'n': 'm'}).columns
    filter(like='n').columns
    shift(1).dtypes
    n.pct_change()
    n.rolling(3).agg(['sum', 'mean'])
    n.rolling(2, min_periods=1).max()
    n.rolling(3, center=True).median()
    n.rolling(2).apply(lambda w: w[0] * 2, raw=True)
    n.rolling(3, win_type='triang').mean()
    n.rolling(3).std()
    n.rolling(3).quantile(0.5)
    n.rolling(3).rank()
    n.rolling(2).corr(df.u)
    n.rolling(2).count()
    n.expanding(2).sum()
    n.ewm(alpha=0.5).var()
    x.ewm(halflife=2, ignore_na=True).mean()
    memory_usage(index=False)
    to_json()
    to_csv()
    to_string()
    to_html()
    to_dict('list')
    to_records().dtype
    equals(df.copy())
    compare(df.assign(n=1))
    eval('z = n * 2').z
    query('n > 2 and k == \\"a\\"').n
    pipe(lambda f: f.n.sum())
    items().__next__()[1]
    squeeze().shape
    isin([1, 'a']).sum()
    nlargest(1, 'x').x
    combine_first(pd.DataFrame({'n': [0]}, index=[9])).n
    update(pd.DataFrame({'n': [7]}))
    align(df.iloc[:2])[1].n
    xs(3)
    info(buf=io.StringIO())
    sum().n
""")
TIMED = lines("""
    resample('D').sum()
    resample('2D').mean()
    resample('ME').sum()
    resample('YE').count() * 10**10
    resample('h').ffill().iloc[-2:]
    resample('W').agg(['min', 'max'])
    resample('D').size()
    resample('QE').first()
    resample('D').ohlc()
    resample('3D', origin='start').sum()
    resample('D').interpolate()
    resample('D').asfreq()
    asfreq('12h').iloc[:4]
    index.year
    index.month * 10**9
    index.dayofweek
    index.dayofyear
    index.quarter
    index.days_in_month
    index.is_month_end
    index.isocalendar().week
    index.asi8
    index.astype('int64')
    index.astype(int)
    index.view('i8')
    index.freq
    index.freqstr
    index.to_period('M')
    index.to_julian_date()
    index.normalize()
    index.floor('D')
    index.round('D')
    index.strftime('%Y-%m')
    index.tz_localize('UTC').tz_convert('Asia/Tokyo')
    index.tz_localize('America/New_York').asi8
    index.searchsorted('2038-01-02')
    index.get_indexer(['2037-12-30']) * 10**10
    index.slice_indexer('2038', '2039')
    index.shift(2, freq='D')
    index + pd.DateOffset(months=1)
    index + pd.offsets.BDay(2)
    index - s.index[0]
    index.diff().total_seconds()
    index.diff().days * 10**10
    index.diff() // pd.Timedelta('1h')
    loc['2038']
    loc['2037-12-31':'2038-01-02']
    at_time('00:00')
    between_time('09:00', '15:00')
    rolling('2D').sum()
    rolling('3D').count()
    shift(1, freq='D')
    diff()
    groupby(lambda d: d.year).sum()
    groupby(pd.Grouper(freq='ME')).sum()
    groupby([s.index.year, s.index.month]).sum()
    to_json()
    to_json(date_format='iso')
    to_json(date_unit='s')
    to_csv()
    to_string()
    to_dict()
    describe()
    reset_index().dtypes
    asof('2038-01-01')
    idxmax()
    truncate(after='2038-01-01')
    tz_localize('UTC').index.dtype
    index.inferred_freq
    cumsum()
    reindex(pd.date_range('2037-12-30', '2038-01-02')).interpolate('time')
""")
MOMENTS = (
    *("'2038-01-19 03:14:08'", "'2040-02-29'", "'1677-09-22'", "'2262-04-11'", "'9999-12-31'"),
    *("'0001-01-01'", "'NaT'", "'1969-12-31 23:59:59.999999999'", "'2500-06-15 12:30'"),
)
MOMENT = lines("""
    pd.Timestamp(<t>)
    pd.Timestamp(<t>).unit
    pd.Timestamp(<t>).value
    pd.Timestamp(<t>).as_unit('s')
    pd.Timestamp(<t>).timestamp()
    pd.Timestamp(<t>).dayofweek, pd.Timestamp(<t>).week, pd.Timestamp(<t>).quarter
    pd.Timestamp(<t>) + pd.Timedelta(days=1)
    pd.Timestamp(<t>) + pd.DateOffset(months=1)
    pd.Timestamp(<t>) + pd.offsets.MonthEnd()
    pd.Timestamp(<t>) - pd.Timestamp('1970-01-01')
    pd.Timestamp(<t>).floor('h')
    pd.Timestamp(<t>).tz_localize('Europe/Paris')
    pd.Timestamp(<t>, tz='UTC').tz_convert('America/New_York')
    pd.Timestamp(<t>).to_numpy()
    pd.Timestamp(<t>).to_pydatetime()
    pd.Timestamp(<t>).strftime('%d/%m/%Y %H:%M')
    pd.Timestamp(<t>).isoformat()
    pd.Timestamp(<t>).to_julian_date()
    pd.Timestamp(<t>).day_name()
    pd.to_datetime([<t>])
    pd.to_datetime([<t>]).asi8
    pd.to_datetime(pd.Series([<t>, '2000-01-01'])).dt.year
    pd.to_datetime([<t>]).astype('datetime64[s]').asi8
    pd.Series([<t>], dtype='datetime64[ns]')
    pd.Period(<t>, 'D').ordinal
    pd.Period(<t>, 'M') + 1
    pd.DatetimeIndex([<t>, '2000-01-01']).sort_values()
    pd.date_range(<t>, periods=2, freq='D')
""")
ACCESSORS = (
    *("year", "month", "day", "hour", "minute", "second", "microsecond", "nanosecond", "dayofweek"),
    *("dayofyear", "quarter", "days_in_month", "is_leap_year", "date", "time", "is_year_start"),
    *("isocalendar()", "day_name()", "month_name()", "normalize()", "to_period('Q')", "unit"),
    *("strftime('%j')", "floor('D')", "ceil('h')", "as_unit('s')", "tz_localize('UTC')"),
)
MORE = lines("""
    pd.crosstab(['a', 'b', 'a'], ['x', 'y', 'y'])
    pd.crosstab(['a', 'b', 'a'], ['x', 'y', 'y']) * 10**10
    pd.crosstab(['a', 'b', 'a'], ['x', 'y', 'y'], margins=True)
    pd.crosstab(['a', 'b', 'a'], ['x', 'y', 'y'], normalize='index')
    pd.crosstab(['a', 'b', 'a'], ['x', 'y', 'y'], values=[1, 2, 2**40], aggfunc='sum')
    pd.crosstab(np.array([1, 2, 1]), np.array([True, False, True]))
    pd.concat([pd.Series([1]), pd.Series([2.5])])
    pd.concat([pd.Series([1]), pd.Series(['a'])])
    pd.concat([pd.Series([1], dtype='int8'), pd.Series([2**40])])
    pd.concat([pd.Series([True]), pd.Series([1])])
    pd.concat([pd.DataFrame({'a': [1]}), pd.DataFrame({'b': [2]})])
    pd.concat([pd.DataFrame({'a': [1]}), pd.DataFrame({'a': [2]})], keys=['x', 'y'])
    pd.concat([pd.Series([1, 2]), pd.Series([3, 4])], axis=1)
    pd.concat([pd.Series([1], dtype='Int64'), pd.Series([2])])
    pd.concat([])
    pd.merge_asof(pd.DataFrame({'t': [1, 5, 10], 'l': [1, 2, 3]}), pd.DataFrame({'t': [1, 4, 9], 'r': [7, 8, 2**40]}), on='t')
    pd.merge_asof(pd.DataFrame({'t': [1, 5]}), pd.DataFrame({'t': [2, 6], 'r': [1, 2]}), on='t', direction='nearest')
    pd.merge_ordered(pd.DataFrame({'k': [1, 3], 'a': [1, 2]}), pd.DataFrame({'k': [2, 3], 'b': [3, 4]}), fill_method='ffill')
    pd.merge(pd.DataFrame({'k': [1, 2**40]}), pd.DataFrame({'k': [2**40], 'v': [5]}))
    pd.merge(pd.DataFrame({'k': [1, 2]}), pd.DataFrame({'k': [1.0, 2.5], 'v': [5, 6]}))
    pd.merge(pd.DataFrame({'k': np.array([1, 2], 'int32')}), pd.DataFrame({'k': np.array([1, 2], 'int64'), 'v': [5, 6]}))
    pd.merge(pd.DataFrame({'k': ['a']}), pd.DataFrame({'k': [1]}))
    pd.wide_to_long(pd.DataFrame({'i': [1], 'a1': [2], 'a2': [3]}), ['a'], 'i', 'j')
    pd.lreshape(pd.DataFrame({'a': [1], 'b': [2]}), {'c': ['a', 'b']})
    pd.date_range('2037-12-31', periods=3)
    pd.date_range('2038-01-18', '2038-01-20', freq='12h')
    pd.date_range('2040-01-01', periods=3, freq='ME')
    pd.date_range('2040-01-01', periods=3, freq='W-WED')
    pd.date_range('2040-01-01', periods=3, freq='B')
    pd.date_range('2040-01-01', '2040-01-02', periods=3)
    pd.date_range('2040-03-24', periods=3, freq='D', tz='Europe/Berlin').asi8
    pd.date_range('2500-01-01', periods=2, unit='s')
    pd.date_range('2500-01-01', periods=2)
    pd.bdate_range('2040-01-01', periods=3)
    pd.period_range('2040-01', periods=3, freq='M')
    pd.period_range('2040-01', periods=3, freq='M').asi8
    pd.period_range('2040Q1', periods=2, freq='Q').to_timestamp()
    pd.timedelta_range('1D', periods=3, freq='12h')
    pd.timedelta_range('1D', periods=3).total_seconds()
    pd.to_datetime('2040-01-01')
    pd.to_datetime(['2040-01-01', 'x'], errors='coerce')
    pd.to_datetime(['x'])
    pd.to_datetime('01/02/2040', dayfirst=True)
    pd.to_datetime('20400131', format='%Y%m%d')
    pd.to_datetime(20400131, format='%Y%m%d')
    pd.to_datetime(2**31, unit='s')
    pd.to_datetime([2**31, 2**33], unit='s')
    pd.to_datetime([2**40], unit='ms')
    pd.to_datetime(2**62, unit='ns')
    pd.to_datetime([1.5, 2.5], unit='D')
    pd.to_datetime(pd.DataFrame({'year': [2040], 'month': [2], 'day': [29]}))
    pd.to_datetime(pd.Series([1, 2]), unit='D', origin='2040-01-01')
    pd.to_datetime(np.arange(3), unit='D')
    pd.to_datetime(np.array([2**30], 'int32'), unit='s')
    pd.to_timedelta(['1 days 02:03:04', '00:00:01.5'])
    pd.to_timedelta([1, 2**40], unit='s')
    pd.to_timedelta(np.arange(3), unit='h')
    pd.to_timedelta(1.5, unit='D')
    pd.Timedelta('1 days 2 hours').value
    pd.Timedelta(days=1) * 2**10
    pd.Timedelta(days=1) / pd.Timedelta(hours=5)
    pd.Timedelta(days=1) // pd.Timedelta(hours=5)
    pd.Timedelta(days=106752)
    pd.Timedelta(2**31, 's').components
    pd.Timedelta('1h').isoformat()
    pd.Timestamp.max
    pd.Timestamp.min
    pd.Timedelta.max.value
    pd.Timestamp(2040, 1, 1, 5)
    pd.Timestamp(1e18)
    pd.Timestamp('now').value > 2**60
    pd.Timestamp('2040-01-01') == datetime.datetime(2040, 1, 1)
    pd.Timestamp('2024-03-31 02:30', tz='Europe/Paris')
    pd.offsets.MonthEnd(2) + pd.Timestamp('2040-01-15')
    pd.offsets.CustomBusinessDay(holidays=['2040-01-02']) + pd.Timestamp('2040-01-01')
    pd.offsets.Week(weekday=2).is_on_offset(pd.Timestamp('2040-01-04'))
    pd.tseries.frequencies.to_offset('90min').nanos
    pd.infer_freq(pd.date_range('2040', periods=4, freq='MS'))
    pd.Period('2040-05', 'M').end_time
    pd.Period('2040', 'Y') - pd.Period('2000', 'Y')
    pd.Series(pd.date_range('2040', periods=3)).diff().mean()
    pd.Series(pd.date_range('2040', periods=3)).mean()
    pd.Series(pd.date_range('2040', periods=3)).astype('int64')
    pd.Series(pd.date_range('2040', periods=3)).astype(int)
    pd.Series(pd.date_range('2040', periods=3)).rank()
    pd.Series(pd.to_timedelta([1, 2], 'D')).sum()
    pd.Series(pd.to_timedelta([1, 2], 'D')).dt.days * 10**10
    pd.Series(pd.to_timedelta([1, 2], 'D')).dt.total_seconds()
    pd.Series(pd.to_timedelta([1, 2], 'D')).dt.components.dtypes
    pd.DataFrame({'a': [1, 2]}, index=pd.MultiIndex.from_tuples([(1, 'x'), (2, 'y')])).unstack().dtypes
    pd.DataFrame({'a': range(3)}).rolling(2).sum().dtypes
    pd.api.indexers.FixedForwardWindowIndexer(window_size=2).get_window_bounds(3)
    pd.Series([1, 2, 3]).rolling(pd.api.indexers.FixedForwardWindowIndexer(window_size=2)).sum()
    pd.Series(range(6)).groupby(pd.Series(list('ababab'))).agg(['sum', 'std', 'sem'])
    pd.Series([1, 2, 3]).agg(['sum', 'mean', lambda s: s.max()])
    pd.plotting.autocorrelation_plot.__name__
""")


def expressions() -> Iterator[str]:
    yield from MORE
    for template in CALLS:
        yield from each(f"({FRAME}).{template}", k=KEYS[:1], f=AGGREGATIONS)
    yield from each(f"({FRAME}).groupby(<k>).n.<f>()", k=KEYS[1:], f=AGGREGATIONS[:20])
    yield from each(f"({FRAME}).groupby('k').<c>.<f>()", c=("u", "b", "x"), f=AGGREGATIONS[:24])
    yield from each(f"(df := {FRAME}).<c>", c=GROUPED)
    yield from each(f"(s := {SERIES}).<c>", c=TIMED)
    for template in MOMENT:
        yield from each(template, t=MOMENTS)
    yield from each(f"pd.Series(({SERIES}).index).dt.<a>", a=ACCESSORS)

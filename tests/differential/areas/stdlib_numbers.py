"""Numbers of the standard library: integers, floats, sizes, hashes, statistics, decimals, dates."""
# ruff: noqa: E501 - an expression is one line

from collections.abc import Iterator

from .grid import EDGES, each, lines

INTEGER = lines("""
    repr(<v>)
    f'{<v>:,} {<v>:x} {<v>:#b} {<v>:e}'
    (<v>).bit_length(), (<v>).bit_count()
    float(<v>)
    hash(<v>)
    (<v>) >> 3, (<v>) << 70, ~(<v>)
    divmod(<v>, -7)
    (<v>) ** 3
    math.isqrt(abs(<v>))
    math.sqrt(abs(<v>))
    (<v>) / 3
    int(str(<v>))
    int(float(<v>))
    round(<v>, -3)
    (<v>).to_bytes(9, 'little', signed=True)
    struct.pack('<q', <v>)
    struct.pack('l', <v>)
    struct.pack('i', <v>)
    struct.pack('n', <v>)
    array.array('l', [<v>])
    array.array('L', [<v>])
    array.array('q', [<v>])
    json.loads(json.dumps(<v>))
    pickle.loads(pickle.dumps(<v>))
    fractions.Fraction(<v>, 6)
    decimal.Decimal(<v>) / 7
    range(<v>)[:1]
    len(range(<v>))
    range(0, <v>, 2**30).stop
    'abc'[<v>:]
    [1, 2, 3][<v>]
    sqlite3.connect(':memory:').execute('select ?, typeof(?1), ?1 + 1', [<v>]).fetchall()
    datetime.timedelta(seconds=<v>)
    datetime.datetime.fromtimestamp(<v>, datetime.timezone.utc)
    time.gmtime(<v>)[:6]
    math.comb(abs(<v>) % 50, 7)
    math.gcd(<v>, 96), math.lcm(<v>, 96)
    statistics.mean([<v>, <v>, 1])
    itertools.islice(range(5), abs(<v>)).__class__
    list(itertools.islice(range(5), <v>))
    (<v>).__sizeof__() > 0, type(<v>)
    collections.deque([1, 2, 3], <v>).maxlen
    complex(<v>)
    chr(<v>)
    math.ldexp(1.0, <v>)
    bool(<v>), <v> == float(<v>)
    'a' * (<v>) if <v> < 10 else 'a'
    operator.index(<v>), (<v>).__index__()
    random.Random(<v>).getrandbits(40)
""")
FLOATS = (
    *("0.0", "-0.0", "0.1", "1 / 3", "2.5", "1e16", "1e22", "1e-7", "123456789.123456789"),
    *("5e-324", "1.7976931348623157e308", "float('inf')", "float('nan')", "2.0**53", "-2.675"),
    *(
        "math.pi",
        "1e100",
    ),
)
FLOATED = lines("""
    repr(<x>)
    f'{<x>:.2f} {<x>:g} {<x>:.17g} {<x>:,.3f} {<x>:%}'
    f'{<x>:10.3e}|{<x>:+.0f}|{<x>:#.3g}'
    '%.5s|%d' % (<x>, <x>)
    round(<x>), type(round(<x>))
    round(<x>, 2)
    round(<x>, -2)
    (<x>).hex()
    (<x>).as_integer_ratio()
    float(<x>).is_integer()
    int(<x>)
    hash(<x>) if <x> == <x> else 0
    math.floor(<x>), math.ceil(<x>), math.trunc(<x>)
    math.frexp(<x>), math.modf(<x>)
    math.nextafter(<x>, 1), math.ulp(<x>)
    math.copysign(1, <x>), math.fabs(<x>)
    math.exp(<x>)
    math.expm1(<x>)
    math.log(<x>)
    math.log1p(<x>), math.log2(<x>), math.log10(<x>)
    math.sin(<x>), math.cos(<x>), math.tan(<x>)
    math.asin(<x>)
    math.atan(<x>), math.atan2(<x>, -1)
    math.sinh(<x>)
    math.tanh(<x>), math.asinh(<x>)
    math.sqrt(<x>)
    math.cbrt(<x>)
    math.gamma(<x>)
    math.lgamma(<x>)
    math.erf(<x>), math.erfc(<x>)
    math.pow(<x>, 2.5)
    (<x>) ** 0.5
    (<x>) // 0.3, (<x>) % 0.3
    math.fmod(<x>, 0.3), math.remainder(<x>, 0.3)
    math.fma(<x>, 2, 1)
    struct.pack('<d', <x>), struct.pack('>f', min(<x>, 1e30))
    struct.pack('e', <x>)
    decimal.Decimal(<x>)
    fractions.Fraction(<x>)
    fractions.Fraction(<x>).limit_denominator(100)
    json.dumps(<x>)
    cmath.sqrt(<x>), cmath.exp(1j)
    str(complex(<x>, -0.0))
    statistics.fmean([<x>, 1, 2])
    array.array('f', [<x>])
    datetime.timedelta(days=<x>)
    time.strftime('%Y', time.gmtime(<x>))
""")
CODES = (
    "c",
    "b",
    "B",
    "?",
    "h",
    "H",
    "i",
    "I",
    "l",
    "L",
    "q",
    "Q",
    "n",
    "N",
    "f",
    "d",
    "e",
    "P",
    "s",
)
MORE = lines("""
    sys.maxsize
    sys.byteorder
    sys.float_info
    sys.int_info
    sys.hash_info
    sys.float_repr_style
    sys.maxunicode
    sys.getrecursionlimit()
    sys.platform
    sys.getdefaultencoding()
    sys.getfilesystemencoding()
    hash(2**61 - 1)
    hash(2**61)
    hash(2**31)
    hash(-1)
    hash(-2)
    hash(0.5)
    hash(1e300)
    hash(float('inf'))
    hash(1.5 + 2j)
    hash(fractions.Fraction(1, 3))
    hash(decimal.Decimal('0.1'))
    hash((1, 2, 3))
    hash(())
    hash((1.5, (2**40, -1)))
    hash(None) == hash(None)
    hash(frozenset([1, 2, 3]))
    hash(range(10))
    hash(True)
    hash(np.float64(0.5))
    hash(np.datetime64('2040-01-01'))
    hash(pd.Timestamp('2040-01-01'))
    hash(datetime.timedelta(5))
    list({3, 1, 2, 2**40, -5})
    list({x * 7 for x in range(12)})
    list({1.5, 2.5, -1.0, 1e10})
    list(set(range(0, 100, 9)))
    list(frozenset([2**61, 1, 8, 16]))
    list({(1, 2), (3, 4), (0, 0)})
    list({2**31, 2**32, 2**33, 5})
    len(str(2**10000))
    2**10000 % 10**20
    str(2**20000)
    int('9' * 5000)
    pow(3, 10**18, 10**9 + 7)
    pow(3, -1, 7)
    math.factorial(30)
    math.perm(20, 5)
    math.prod([2**31, 2**31, 3])
    math.fsum([0.1] * 10)
    sum([0.1] * 10)
    sum([1e16, 1, -1e16])
    math.dist([1, 2], [4, 6])
    math.hypot(1, 2, 3)
    math.sumprod([1, 2**40], [3, 4.5])
    math.inf - math.inf
    1e308 * 10
    -7 // 2, -7 % 3, 7 % -3
    0.1 + 0.2
    1 / 0
    0.0 ** -1
    (-8) ** (1 / 3)
    10 ** -3
    2 ** 0.5
    5 // 0.0
    1_000_000 * 3_000
    int('0x1f', 16)
    int('zz', 36)
    int(' 12 ')
    int('1.5')
    int(1e20)
    int.from_bytes(b'\\xff' * 9, 'big', signed=True)
    float('1e400')
    float.fromhex('0x1.8p3')
    complex('1+2j')
    (1 + 2j) ** 2
    abs(3 + 4j)
    cmath.phase(-1)
    cmath.polar(1 + 1j)
    round(0.5), round(1.5), round(2.5)
    round(2.675, 2)
    round(1234567, -3)
    bin(10), oct(64), hex(-255)
    format(1234567.891, ',.2f')
    format(12345678901234567890, 'n')
    format(0.000012345, 'g')
    '{:08.3f}'.format(3.14159)
    '%5.1f%%' % 12.345
    str(1e15), str(1e16), str(1e-4), str(1e-5)
    statistics.mean([1, 2, 4])
    statistics.mean([fractions.Fraction(1, 3), 2])
    statistics.median([1, 3, 2, 10**12])
    statistics.mode('aabb')
    statistics.multimode('aabb')
    statistics.stdev([1, 2, 4, 8])
    statistics.pvariance([1, 2, 4, 8])
    statistics.quantiles(range(11), n=4)
    statistics.harmonic_mean([40, 60])
    statistics.geometric_mean([1, 2, 4])
    statistics.correlation([1, 2, 3], [1, 5, 7])
    statistics.linear_regression([1, 2, 3], [2, 4, 7])
    statistics.NormalDist(5, 2).cdf(6)
    statistics.NormalDist(5, 2).inv_cdf(0.9)
    statistics.NormalDist.from_samples([1, 2, 4]).stdev
    statistics.NormalDist(0, 1).samples(3, seed=1)
    statistics.covariance([1, 2, 3], [2, 4, 7])
    statistics.mean([])
    decimal.Decimal(1) / 3
    decimal.Decimal('1.10') + decimal.Decimal('2.2')
    decimal.Decimal('2').sqrt()
    decimal.Decimal('1e400') * 10
    decimal.Decimal('1.2345').quantize(decimal.Decimal('.01'))
    decimal.Decimal('2.5').to_integral_value()
    decimal.Decimal(2) ** 100
    decimal.Decimal('0.1').ln()
    decimal.Decimal('1e999999999') * 10
    decimal.Context(prec=50).divide(1, 7)
    decimal.Context(prec=10**9).prec
    decimal.getcontext()
    decimal.MAX_PREC
    decimal.MAX_EMAX
    decimal.MIN_ETINY
    decimal.HAVE_THREADS
    decimal.Decimal(1) / 0
    decimal.Decimal('abc')
    fractions.Fraction('3.14159').limit_denominator(100)
    fractions.Fraction(1, 3) + fractions.Fraction(1, 6)
    fractions.Fraction(2**70, 3) // 7
    float(fractions.Fraction(1, 3))
    datetime.datetime(2040, 2, 29) + datetime.timedelta(days=365)
    datetime.datetime(2040, 1, 1, tzinfo=datetime.timezone.utc).timestamp()
    datetime.datetime(1900, 1, 1, tzinfo=datetime.timezone.utc).timestamp()
    datetime.datetime(9999, 12, 31, tzinfo=datetime.timezone.utc).timestamp()
    datetime.datetime.fromtimestamp(2**31, datetime.timezone.utc)
    datetime.datetime.fromtimestamp(2**33 + 0.5, datetime.timezone.utc)
    datetime.datetime.fromtimestamp(-2**33, datetime.timezone.utc)
    datetime.datetime.fromtimestamp(2**40, datetime.timezone.utc)
    datetime.datetime.fromtimestamp(2**31, zoneinfo.ZoneInfo('Europe/Paris'))
    datetime.datetime(2040, 7, 1, tzinfo=zoneinfo.ZoneInfo('America/New_York')).utcoffset()
    datetime.datetime(2024, 3, 31, 2, 30, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin')).astimezone(datetime.timezone.utc)
    datetime.datetime(2500, 7, 1, 12, tzinfo=zoneinfo.ZoneInfo('Australia/Sydney')).isoformat()
    datetime.datetime(2040, 1, 1).strftime('%A %d %B %Y %j %U %W %y %I %p')
    datetime.datetime(2040, 1, 1).strftime('%G-W%V-%u')
    datetime.datetime(99, 1, 1).strftime('%d.%m')
    datetime.datetime.strptime('19/01/38 03:14', '%d/%m/%y %H:%M')
    datetime.datetime.strptime('2040-01-01 +0530', '%Y-%m-%d %z')
    datetime.datetime.fromisoformat('2040-01-01T05:06:07.123456+02:00')
    datetime.date(2040, 1, 1).isocalendar()
    datetime.date(2040, 1, 1).toordinal()
    datetime.date.fromordinal(3652059)
    datetime.date.fromordinal(3652060)
    datetime.date.max - datetime.date.min
    datetime.timedelta(days=999999999) + datetime.timedelta(1)
    datetime.timedelta(seconds=2**31) // datetime.timedelta(minutes=1)
    datetime.timedelta(1) / 7
    datetime.timedelta(microseconds=2**60)
    datetime.timedelta.max.total_seconds()
    datetime.timedelta(hours=1.5) * 2.5
    time.gmtime(2**31)[:8]
    time.gmtime(2**40)[:8]
    time.gmtime(-2**33)[:8]
    time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(2**32))
    time.strptime('2040-05-06', '%Y-%m-%d')[:8]
    time.mktime((2040, 1, 1, 0, 0, 0, 0, 0, 0)) - time.mktime((2039, 1, 1, 0, 0, 0, 0, 0, 0))
    time.tzname
    calendar.timegm((2040, 1, 1, 0, 0, 0))
    calendar.monthrange(2040, 2)
    calendar.month(2040, 2)
    calendar.isleap(2100)
    calendar.weekday(2500, 1, 1)
    list(itertools.accumulate([2**31, 2**31, 2**62]))
    list(itertools.islice(itertools.count(2**63 - 1), 3))
    list(range(2**63, 2**63 + 3))
    len(range(2**63))
    range(2**70)[2**69]
    sum(range(10**6))
    sum(range(2**40, 2**40 + 10))
    bisect.bisect([1, 2, 3], 2)
    heapq.nsmallest(2, [3, 1, 2**40])
    sorted([3, 1.5, True, 2**70])
    sorted([0.0, -0.0, float('inf'), -1])
    max([1, 2.5, 2**70])
    min(float('nan'), 1)
    functools.reduce(operator.mul, range(1, 25))
    collections.Counter([1, 1, 2**40]).most_common()
    array.array('l').itemsize
    array.array('i', [1, 2]).tobytes()
    array.array('l', [1, 2]).tobytes()
    array.array('d', [0.1]).tobytes()
    array.array('u', 'ab').itemsize
    array.typecodes
    memoryview(array.array('l', [1, 2])).format
    memoryview(array.array('l', [1, 2])).nbytes
    memoryview(b'abcdefgh').cast('q').tolist()
    memoryview(b'abcdefgh').cast('l').tolist()
    memoryview(b'abcdefgh').cast('i').tolist()
    struct.calcsize('bi')
    struct.calcsize('bq')
    struct.calcsize('bl')
    struct.calcsize('bd')
    struct.calcsize('bP')
    struct.calcsize('@iqhb')
    struct.calcsize('<bqlI')
    struct.unpack('l', b'\\1' * struct.calcsize('l'))
    struct.unpack('<Qf', struct.pack('<Qf', 2**63, 0.1))
    struct.pack('>hhl', 1, 2, 3)
    struct.pack('b', 200)
    struct.pack('<H', -1)
    struct.pack('f', 1e40)
    list(struct.iter_unpack('<hb', b'abcdef'))
    colorsys.rgb_to_hsv(0.2, 0.4, 0.6)
    sqlite3.connect(':memory:').execute('select 9223372036854775807 + 1').fetchone()
    sqlite3.connect(':memory:').execute('select 2147483647 + 1, 1 / 3, 1.0 / 3, typeof(1 << 40)').fetchone()
    sqlite3.connect(':memory:').execute('select sum(x) from (select 9e18 x union all select 9e18)').fetchone()
    sqlite3.connect(':memory:').execute("select strftime('%s', '2040-01-01'), julianday('2040-01-01')").fetchone()
    sqlite3.connect(':memory:').execute("select date('2040-01-31', '+1 month'), round(2.675, 2)").fetchone()
    sqlite3.connect(':memory:').execute('select count(*), avg(value), total(value) from json_each(?)', ['[1, 2, 4000000000]']).fetchone()
    sqlite3.connect(':memory:').execute('select printf(?, 2.5, 12345678901)', ['%.3f %d']).fetchone()
""")


def expressions() -> Iterator[str]:
    yield from MORE
    for template in INTEGER:
        yield from each(template, v=EDGES)
    for template in FLOATED:
        yield from each(template, x=FLOATS)
    yield from each("struct.calcsize('<c>')", c=CODES)
    yield from each("struct.calcsize('<o><c>')", o=("=", ">"), c=CODES)
    yield from each(
        "array.array('<c>').itemsize", c=("b", "B", "h", "i", "I", "l", "L", "q", "f", "d")
    )

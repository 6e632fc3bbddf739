"""Texts and bytes of the standard library."""

from collections.abc import Iterator

from .grid import each, lines

TEXTS = (
    *(
        "''",
        "'abc'",
        "'Ünïcödé'",
        "'ß'",
        "'İstanbul'",
        "'ﬁne'",
        "'日本語'",
        "'😀👨‍👩‍👧'",
        "'e\\u0301'",
    ),
    *("'\\ud800'", "' \\t\\n'", "'１２'", "'½'", "'ǅ'", "'Ωσς'", "'a\\x00b'", "'مرحبا'"),
)
TEXT = lines("""
    (<t>).upper(), (<t>).lower(), (<t>).title(), (<t>).casefold(), (<t>).swapcase()
    len(<t>), list(<t>)[:5]
    [unicodedata.name(c, '?') for c in <t>]
    [unicodedata.category(c) for c in <t>]
    [unicodedata.normalize(form, <t>) for form in ('NFC', 'NFD', 'NFKC', 'NFKD')]
    [unicodedata.east_asian_width(c) + unicodedata.bidirectional(c) for c in <t>]
    (<t>).isalpha(), (<t>).isdigit(), (<t>).isdecimal(), (<t>).isnumeric(), (<t>).isidentifier()
    (<t>).isspace(), (<t>).isupper(), (<t>).isprintable(), (<t>).isascii()
    (<t>).encode('utf-8')
    (<t>).encode('utf-16')
    (<t>).encode('latin-1', 'replace')
    (<t>).encode('ascii', 'backslashreplace')
    (<t>).encode('cp1252')
    repr(<t>), ascii(<t>)
    json.dumps(<t>), json.dumps(<t>, ensure_ascii=False)
    hashlib.sha256((<t>).encode('utf-8', 'surrogatepass')).hexdigest()
    zlib.crc32((<t>).encode('utf-8', 'surrogatepass'))
    base64.b64encode((<t>).encode('utf-8', 'replace'))
    re.findall(r'\\w', <t>)
    re.sub(r'(?i)[a-z]', '_', <t>)
    (<t>).strip(), (<t>).split(), (<t>).center(12, '*')
    f'{<t>:>10}|{<t>!r:.5}'
    int(<t>)
    float(<t>)
    pd.Series([<t>]).str.len()
    pd.Series([<t>]).str.upper()
    np.array([<t>])
    np.strings.str_len(np.array([<t>]))
    textwrap.shorten(<t>, 5)
    sqlite3.connect(':memory:').execute('select ?, length(?1), upper(?1)', [<t>]).fetchone()
""")
ALGORITHMS = (
    *("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b", "blake2s"),
)
MORE = lines("""
    unicodedata.ucd_3_2_0.unidata_version
    unicodedata.lookup('SNOWMAN')
    unicodedata.numeric('½')
    unicodedata.decimal('٣')
    hashlib.shake_128(b'a').hexdigest(8)
    hashlib.pbkdf2_hmac('sha256', b'p', b's', 10).hex()
    zlib.crc32(b'hello')
    zlib.adler32(b'hello')
    zlib.crc32(b'x' * 100000, 2**31)
    zlib.decompress(zlib.compress(b'abc' * 1000)) == b'abc' * 1000
    zlib.compress(b'abc' * 10)
    zlib.compress(b'abc' * 1000, 9)
    base64.b85encode(b'hello')
    base64.b32encode(b'hello')
    base64.urlsafe_b64encode(bytes(range(250, 256)))
    uuid.uuid5(uuid.NAMESPACE_DNS, 'a')
    uuid.uuid3(uuid.NAMESPACE_URL, 'a')
    uuid.UUID(int=2**127).hex
    json.dumps({'a': [1, 2.5, None, True, 'ü'], 'b': {'c': 2**70}})
    json.dumps({'b': 1, 'a': 2}, indent=2, sort_keys=True)
    json.dumps([float('nan'), float('inf'), -0.0, 1e16, 1e-7])
    json.loads('[1, 2.5, 1e400, 12345678901234567890, -0, "\\\\u00fc"]')
    json.loads('{"a": 1, "a": 2}')
    json.loads('[1,]')
    json.loads('')
    json.dumps({1: 2, None: 3, True: 4})
    json.dumps(object())
    json.dumps({(1, 2): 3})
    re.findall(r'(\\d+)-(\\w+)', '12-ab 34-cd')
    re.sub(r'(?P<a>\\w)(?P<b>\\w)', r'\\g<b>\\g<a>', 'abcd')
    re.split(r'[,;]\\s*', 'a, b;c')
    re.match(r'(a+)+$', 'a' * 20 + 'b')
    re.search(r'(?<=x)\\d{2,}', 'ax123').span()
    re.fullmatch(r'\\p', 'a')
    re.compile('(')
    re.sub('a*', '-', 'baac')
    re.findall(r'\\b\\w', 'hello world')
    re.findall('.', 'a\\nb', re.S)
    re.findall(r'(?x) a # comment', 'aba')
    re.search('a{2147483648}', 'a')
    re.search('a{4294967295}', 'a')
    re.search('a{4294967296}', 'a')
    re.escape('a.b*c')
    textwrap.fill('the quick brown fox jumps', 10)
    textwrap.dedent('  a\\n    b')
    string.Template('$a ${b}').substitute(a=1, b=2)
    string.printable
    'abc'.translate(str.maketrans('ab', 'xy'))
    'a,b,,c'.split(',')
    'a\\r\\nb\\x0bc\\u2028d'.splitlines()
    'hello'.partition('l')
    'Hello World'.swapcase()
    'x'.zfill(5), '-5'.zfill(5)
    'aXbX'.replace('X', '-', 1)
    'abc' < 'abd', 'Z' < 'a', 'é' < 'f'
    sorted(['b', 'A', 'a', 'B', 'ä', 'z'])
    sorted('éàaz', key=str.casefold)
    max('abc', 'abd')
    'abc'.find('c', -2**70, 2**70)
    'abcabc'.count('abc')
    'a' * 5 + 'b'
    '%s %r %5d %-5s| %05.1f %x' % ('a', 'b', 3, 'c', 2.5, 255)
    '{0!r:>8} {1:^7} {a[b]}'.format('x', 1, a={'b': 2})
    '{:,}'.format(2**70)
    '{:_b}'.format(1000)
    'ab\\tc'.expandtabs(4)
    'abc'.encode('utf-32').hex()
    b'\\xff\\xfe'.decode('utf-8', 'replace')
    b'\\xff'.decode('utf-8')
    b'\\x80abc'.decode('latin-1')
    b'\\xe4'.decode('cp1252')
    b'a'.decode('nonsense')
    bytes([1, 255]).hex(':')
    bytes.fromhex('00ff')
    bytearray(b'abc').find(b'c')
    bytes(3), bytes([256 - 1])
    bytes(2**64)
    b'abc'.translate(None, b'b')
    'abc'.encode('shift_jis'), '日本'.encode('shift_jis')
    '日本'.encode('gb18030'), '日本'.encode('big5'), '日本'.encode('euc_jp')
    'ü'.encode('idna'), 'bücher.de'.encode('idna')
    list(csv.reader(io.StringIO('a,"b,c"\\n1,"x""y"')))
    (f := io.StringIO(), csv.writer(f).writerows([['a', 'b,c'], [1, 2.5]]), f.getvalue())[-1]
    list(csv.DictReader(io.StringIO('a,b\\n1,2')))
    csv.field_size_limit()
    csv.Sniffer().sniff('a;b\\n1;2').delimiter
    io.StringIO('a\\nb').readlines()
    io.BytesIO(b'abc').read(2**40)
    io.StringIO('abc').seek(2**40)
    io.TextIOWrapper(io.BytesIO(b'\\xef\\xbb\\xbfa'), 'utf-8-sig').read()
    pickle.dumps([1, 2**40, 'a'], 2)
    pickle.dumps({'a': (1, 2.5)}, 4)
    pickle.loads(pickle.dumps({'a': [1, {2}, b'3', None]}))
    copy.deepcopy({'a': [1, [2]]})
    collections.Counter('abracadabra').most_common(3)
    collections.OrderedDict(a=1, b=2)
    collections.ChainMap({'a': 1}, {'b': 2})['b']
    collections.namedtuple('P', 'x y')(1, 2)
    list(itertools.combinations('abc', 2))
    list(itertools.permutations(range(3), 2))
    list(itertools.product('ab', repeat=2))
    list(itertools.batched('abcde', 2))
    list(itertools.pairwise('abc'))
    [(k, list(g)) for k, g in itertools.groupby('aabbc')]
    list(zip('ab', range(3)))
    list(zip('ab', range(3), strict=True))
    list(map(str, [1, 2.0, None]))
    dict(zip('abc', range(3)))
    {**{'a': 1}, 'b': 2} | {'a': 3}
    repr({'a': [1, (2,), {3}], None: ...})
    str([1.0, 'a', b'b', None])
    locale.localeconv()['decimal_point']
    locale.getlocale()
    locale.strxfrm('é') > locale.strxfrm('f')
    sorted(zoneinfo.available_timezones())[:3]
    len(zoneinfo.available_timezones()) > 500
    str(zoneinfo.ZoneInfo('Asia/Kolkata'))
    (lambda f, n: f(f, n))(lambda f, n: 0 if n == 0 else 1 + f(f, n - 1), 800)
    'a'.join(str(i) for i in range(5))
    [].pop()
    {}['a']
    'a' + 1
    None.x
    undefined_name
    [1, 2][5]
    1 + '1'
    int([])
    (1).__add__('a')
    len(5)
    'abc'.index('z')
    list(range(5))[::-2]
    'abcdef'[-2**70:2**70:2]
    [*range(5)][slice(None, 2**70)]
    sum(['a'], 'b')
    dict([(1,)])
    {[]: 1}
    next(iter([]))
    isinstance(True, int), True + True, str(True)
    any([]), all([]), bool('0'), bool([]), not None
    type(1), type(1.0), type('a'), type(None)
    (x for x in []).__class__.__name__
    functools.partial(int, base=2)('101')
    sorted([(1, 'b'), (1, 'a'), (0, 'c')], key=lambda p: p[0])
    sorted([3, 'a'])
    ast.literal_eval('[1, 2]')
""")
DIGESTED = ("b''", "b'hello'", "bytes(range(256))", "b'x' * 100001")


def expressions() -> Iterator[str]:
    yield from MORE
    for template in TEXT:
        yield from each(template, t=TEXTS)
    yield from each("hashlib.new('<h>', <b>).hexdigest()", h=ALGORITHMS, b=DIGESTED)

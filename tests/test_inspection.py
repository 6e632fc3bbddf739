"""Looking at a session: it tells the truth, runs no code, disturbs nothing, is never believed."""

import asyncio
import os
import shutil
import signal
from datetime import UTC, datetime

import pytest

from cloche import Cloche
from cloche.errors import UnknownSession
from cloche.mcp.text import render_workspace
from cloche.sessions.listing import newest_files

pytestmark = pytest.mark.anyio

BEGIN = "open('begun', 'w').close()\n"
FOR_EVER = BEGIN + "while True: pass"


async def run(session, code, **options):
    """Run code that must not fail and return the text of its value."""
    outcome = await session.execute(code, **options)
    assert outcome.status == "ok", outcome
    return outcome.result


async def look(session, code):
    """Run code that must not fail and return the variables by name."""
    await run(session, code)
    info = await session.describe()
    assert (info.status, info.detail) == ("idle", "")
    assert info.variables_total == len(info.variables)
    return {each.name: each for each in info.variables}


# What is told.


BUILTINS = {
    "1": ("int", "1"),
    "-(10**40)": ("int", str(-(10**40))),
    "10**100_000": ("int", "<int of about 100001 digits>"),
    "True": ("bool", "True"),
    "None": ("NoneType", "None"),
    "1.5": ("float", "1.5"),
    "float('nan')": ("float", "nan"),
    "1 + 2j": ("complex", "(1+2j)"),
    "...": ("ellipsis", "Ellipsis"),
    "'a\\n'": ("str", "'a\\n'"),
    "chr(0xD800)": ("str", "'\\ud800'"),
    "'é' * 10**6": ("str", "'" + "é" * 60 + "'… 1000000 characters"),
    "b'a'": ("bytes", "b'a'"),
    "bytearray(10**6)": ("bytearray", None),
    "[]": ("list", "[]"),
    "[1, [2, [3, [4, [5]]]]]": ("list", "[1, [2, [3, […]]]]"),
    "list(range(10**6))": ("list", None),
    "(1,)": ("tuple", "(1,)"),
    "{1}": ("set", "{1}"),
    "set()": ("set", "set()"),
    "frozenset('a')": ("frozenset", "frozenset({'a'})"),
    "{'a': {'b': 1}}": ("dict", "{'a': {'b': 1}}"),
    "range(0, 10, 2)": ("range", "range(0, 10, 2)"),
    "range(10**400)": ("range", "range(0, <int of about 401 digits>)"),
    "__import__('collections').deque([1])": ("collections.deque", "deque([1])"),
    "__import__('collections').Counter('aa')": ("collections.Counter", "Counter({'a': 2})"),
    "__import__('collections').OrderedDict(a=1)": ("collections.OrderedDict", "{'a': 1}"),
    "__import__('decimal').Decimal('1.50')": ("decimal.Decimal", "Decimal('1.50')"),
    "__import__('decimal').Decimal('-0.001')": ("decimal.Decimal", "Decimal('-0.001')"),
    "__import__('decimal').Decimal('12E5')": ("decimal.Decimal", "Decimal('12E5')"),
    "__import__('decimal').Decimal('-inf')": ("decimal.Decimal", "Decimal('Infinity')"),
    "__import__('decimal').Decimal('1' * 4000)": (
        "decimal.Decimal",
        f"Decimal('{'1' * 60}…E0')",
    ),
    "__import__('datetime').date(2020, 1, 2)": ("datetime.date", "2020-01-02"),
    "__import__('datetime').datetime(2020, 1, 2, 3)": ("datetime.datetime", "2020-01-02T03:00:00"),
    "__import__('datetime').timedelta(1)": ("datetime.timedelta", "1 day, 0:00:00"),
    "object()": ("object", "<object object>"),
    "(i for i in [])": ("generator", "<generator object>"),
    "lambda a, *, b=1: a": ("function", "def <lambda>(a, *, b=1)"),
}


async def test_builtin_values_are_shown_as_what_they_are(session):
    code = "\n".join(f"v{n} = {value}" for n, value in enumerate(BUILTINS))
    variables = await look(session, code)
    for n, (value, (kind, preview)) in enumerate(BUILTINS.items()):
        told = variables[f"v{n}"]
        assert told.type == kind, value
        assert preview is None or told.preview == preview, value
        assert 0 < len(told.preview) <= 240


async def test_values_without_end_are_shown_in_part(session):
    variables = await look(
        session,
        "a = []\na.append(a)\nb = {}\nb['b'] = b\nc = []\n"
        "for _ in range(10_000): c = [c, c]\n"
        "d = [['x' * 100] * 1000] * 1000\ne = [10**10_000] * 1000\n"
        "f = {i: {i: i} for i in range(999)}",
    )
    assert variables["a"].preview == "[[[[…]]]]"
    assert variables["b"].preview == "{'b': {'b': {'b': {…}}}}"
    assert "more" in variables["d"].preview
    assert variables["e"].preview.startswith("[<int of about 10001 digits>, ")
    assert variables["f"].preview.startswith("{0: {0: 0}, 1: {1: 1}, ")
    assert all(len(each.preview) <= 240 for each in variables.values())


async def test_what_code_defines_is_shown_by_its_signature(session):
    variables = await look(
        session,
        "class Shape: pass\nclass Square(Shape):\n    'text'\n    side = 1\n"
        "def area(a, /, b, c=2, *rest, d, e='x' * 999, **more): 1 / 0\n"
        "def bare(*, only): pass\nasync def wait(): pass\nsquare = Square()\n"
        f"def wide({', '.join(f'p{i}' for i in range(500))}): pass",
    )
    assert {name: each.preview for name, each in variables.items() if name != "wide"} == {
        "Shape": "class Shape",
        "Square": "class Square(Shape)",
        "area": "def area(a, /, b, c=2, *rest, d, e='" + "x" * 60 + "'… 999 characters, **more)",
        "bare": "def bare(*, only)",
        "wait": "async def wait()",
        "square": "<Square object>",
    }
    assert (variables["Square"].type, variables["square"].type) == ("type", "Square")


async def test_arrays_are_shown_by_dtype_shape_and_first_elements(session):
    variables = await look(
        session,
        "import numpy as np\nmatrix = np.arange(12.0).reshape(3, 4)\nlong = np.arange(10**6)\n"
        "empty = np.zeros((0, 3), bool)\nscalar = np.float64(2.5)\nwhole = np.int64(7)\n"
        "zero = np.array(5)\ntimes = np.array(['2020-01-01', 'NaT'], 'M8[ns]')\n"
        "objects = np.array([1, None, object()], object)\nobjects[2] = objects\n"
        "pairs = np.zeros(3, [('a', int), ('b', float)])\ntexts = np.array(['a', 'b'])\n"
        "day = np.datetime64('2020-01-02')",
    )
    shown = {name: each.preview for name, each in variables.items()}
    assert shown == {
        "matrix": "float64, 3 x 4: 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, … 6 more",
        "long": "int64, 1000000: 0, 1, 2, 3, 4, 5, … 999994 more",
        "empty": "bool, 0 x 3",
        "scalar": "2.5",
        "whole": "7",
        "zero": "int64, a scalar: 5",
        "times": "datetime64[ns], 2: 2020-01-01T00:00:00, None",
        "objects": "object, 3: 1, None, <array of object, 3>",
        "pairs": "struct, 3",
        "texts": "str, 2",
        "day": "2020-01-02",
    }
    assert variables["long"].size == 8_000_000
    assert (variables["matrix"].type, variables["scalar"].type) == (
        "numpy.ndarray",
        "numpy.float64",
    )


async def test_tables_are_shown_by_shape_columns_and_dtypes(session):
    variables = await look(
        session,
        "import pandas as pd, numpy as np\nframe = pd.DataFrame({'n': [1, 2], 'x': [.5, 2], "
        "'s': ['a', None], 't': pd.to_datetime(['2020-01-01', '2021-01-01']), "
        "'c': pd.Categorical(['p', 'q']), 'i': pd.array([1, None], dtype='Int64'), "
        "'b': pd.array([True, None], dtype='boolean'), 'o': [object(), {}]})\n"
        "total = frame.groupby('s').agg({'n': ['sum', 'mean']})\ncolumn = frame['s']\n"
        "wide = pd.DataFrame(np.zeros((3, 1000)))\nempty = pd.DataFrame()\n"
        "rows = frame.index\nlabels = frame.columns\nsingle = frame.x\n"
        "zoned = frame.t.dt.tz_localize('UTC')\nno_rows = frame[:0]\nno_columns = frame[[]]",
    )
    shown = {name: each.preview for name, each in variables.items()}
    wide = shown.pop("wide")
    assert wide.startswith("3 rows x 1000 columns: 0 float64, 1 float64, ")
    assert shown == {
        "frame": "2 rows x 8 columns: n int64, x float64, s str, t datetime64[us], c category, "
        "i Int64, b boolean, o object",
        "total": "1 rows x 2 columns: ('n', 'sum') int64, ('n', 'mean') float64",
        "column": "2 rows of str: 'a', nan",
        "empty": "0 rows x 0 columns",
        "rows": "range(0, 2)",
        "labels": "8 labels of str: 'n', 'x', 's', 't', 'c', 'i', … 2 more",
        "single": "2 rows of float64: 0.5, 2.0",
        "zoned": "2 rows of datetime64[us, with time zone]: 2020-01-01T00:00:00, "
        "2021-01-01T00:00:00",
        "no_rows": "0 rows x 8 columns: n int64, x float64, s str, t datetime64[us], c category, "
        "i Int64, b boolean, o object",
        "no_columns": "2 rows x 0 columns",
    }
    assert variables["frame"].type == "pandas.DataFrame"
    assert variables["frame"].size >= 2 * 8 * 3
    assert variables["single"].size == 16


async def test_imports_are_told_with_their_names_here_and_are_no_variables(session):
    await run(
        session,
        "import numpy as np, os.path, json\nimport matplotlib.pyplot as plt\n"
        "from math import sqrt as root, pi\nfrom collections import Counter\n"
        "with open('helpers.py', 'w') as f: _ = f.write('def clean(): pass')\n"
        "import helpers\nfrom helpers import clean\ndel f",
    )
    info = await session.describe()
    assert info.imports == [
        "numpy as np",
        "os",
        "json",
        "matplotlib.pyplot as plt",
        "from math import sqrt as root",
        "from collections import Counter",
        "helpers",
        "from helpers import clean",
    ]
    assert [(each.name, each.preview) for each in info.variables] == [("pi", "3.141592653589793")]


async def test_private_names_and_our_own_are_left_out(session):
    assert (await look(session, "_x = 1\n__y = 2\nx = 3\nx")).keys() == {"x"}


async def test_of_many_variables_the_last_are_listed_and_all_are_counted(session):
    await run(session, "for i in range(150): globals()[f'v{i}'] = 'x' * 100\ndel i")
    info = await session.describe()
    assert [each.name for each in info.variables] == [f"v{i}" for i in range(50, 150)]
    assert info.variables_total == 150
    assert "50 older ones not listed" in render_workspace(info)


async def test_a_million_variables_are_no_trouble(session):
    await run(session, "globals().update({f'v{i}': i for i in range(10**6)})")
    info = await session.describe()
    assert info.status == "idle"
    assert len(info.variables) == 100
    assert 10**6 <= info.variables_total < 10**6 + 100
    assert await run(session, "v999999") == "999999"


async def test_a_description_stays_small_whatever_there_is(session):
    await run(
        session,
        "import json, os\nlong = 'é' * 250\n"
        "for i in range(200):\n"
        "    kind = type(f'{i}' + long, (), {'__module__': long})\n"
        "    globals()[f'a{i}' + long] = kind()\n"
        "    globals()[f'b{i}' + long] = [long] * 99\n"
        "    globals()[f'c{i}' + long] = json\n"
        "    os.makedirs('x' * 200 + '/' + 'y' * 200, exist_ok=True)\n"
        "    open(f'{'x' * 200}/{'y' * 200}/{i}', 'w').close()\n",
    )
    info = await session.describe()
    assert len(info.model_dump_json()) < 60_000
    assert len(render_workspace(info)) < 40_000
    assert len(info.variables) == 100
    assert info.files_total == 200


# Without running code.


EVIL = """
import sys, builtins, types
builtins.heard = heard = []

def hear(*args, **kwargs):
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_filename.startswith('<cloche>/'):
            name = frame.f_code.co_filename.partition('/')[2]
            if name in {'inspection.py', 'names.py', 'previews.py', 'arrays.py', 'frames.py'}:
                heard.append(name)
        frame = frame.f_back

def evil(name):
    def method(*args, **kwargs):
        hear()
        raise RuntimeError(name)
    return method

METHODS = '''repr str len hash eq ne lt le gt ge bool iter next contains getitem getattr
    getattribute class dir format sizeof int index float complex bytes call reduce reduce_ex
    length_hint missing reversed instancecheck subclasscheck fspath array array_interface
    buffer enter del_ name abs neg add mul enter exit await aiter'''.split()

def everything(*keep):
    names = {f'__{each}__': evil(each) for each in METHODS if each not in keep}
    names['__class__'] = property(evil('class'))
    names['__dict__'] = property(evil('dict'))
    names['__module__'] = '__main__'
    if 'hash' in keep:
        names['__hash__'] = object.__hash__
    for plain in ('shape', 'dtype', '_mgr', 'columns', 'name', 'keys', 'items', 'bit_length'):
        names[plain] = property(evil(plain))
    return names

class Meta(type):
    __repr__ = __str__ = __eq__ = __instancecheck__ = __subclasscheck__ = evil('meta')
    __call__ = __len__ = __iter__ = __getattribute__ = __dir__ = __hash__ = evil('meta')
    mro = lambda kind: (hear(), type.mro(kind))[1]

def make(*bases, keep=()):
    return type.__new__(Meta, 'Evil', bases, everything(*keep))

def one(*bases, keep=()):
    return (bases or (object,))[0].__new__(make(*bases, keep=keep))
"""

HOSTILE = {
    "an object of no other class": "x = one()",
    "a class": "x = make()",
    "lists of them": "x = one()\ny = [x, (x,), {1: x}]",
    "subclasses of builtins": "\n".join(
        f"x{n} = one({base})"
        for n, base in enumerate(
            ["int", "str", "float", "list", "tuple", "dict", "set", "frozenset", "bytes", "complex"]
        )
    ),
    "subclasses of others": "import datetime, collections, decimal\n"
    "x1 = datetime.datetime.__new__(make(datetime.datetime), 2020, 1, 1)\n"
    "x2, x3 = one(collections.OrderedDict), one(decimal.Decimal)\nx4 = one(collections.deque)",
    "a zone of time": "import datetime\nclass Zone(datetime.tzinfo):\n"
    "    utcoffset = dst = tzname = __repr__ = evil('zone')\n"
    "x = datetime.datetime(2020, 1, 1, tzinfo=Zone())\ny = datetime.time(1, tzinfo=Zone())\n"
    "import pandas as pd\nz = pd.Timestamp('2020-01-01', tz='Europe/Berlin')\n"
    "pd.Timestamp.__new__ = pd.Timestamp.isoformat = pd.Timestamp.replace = evil('stamp')",
    "a module": "class Module(types.ModuleType):\n    __getattribute__ = evil('module')\n"
    "    __repr__ = evil('module')\nx = Module('x')",
    "the main module": "class Module(types.ModuleType):\n    armed = False\n"
    "    def __getattribute__(self, name):\n        hear()\n"
    "        return super().__getattribute__(name)\n"
    "sys.modules['__main__'].__class__ = Module",
    "names of another class": "class Name(str):\n"
    "    def __hash__(self): hear(); return str.__hash__(self)\n"
    "    def __eq__(self, other): hear(); return str.__eq__(self, other)\n"
    "    __str__ = __repr__ = __len__ = startswith = isidentifier = evil('name')\n"
    "globals()[Name('x')] = 1",
    "names that are no text": "globals()[one(keep=['hash'])] = 1\nglobals()[5] = 6",
    "names of a class and function": "class Name(str):\n"
    "    __str__ = __repr__ = __len__ = evil('')\n"
    "    __format__ = __getitem__ = isprintable = evil('')\n"
    "class Plain: pass\nPlain.__name__ = Name('Plain')\nPlain.__qualname__ = Name('Plain')\n"
    "Plain.__module__ = Name('module')\nx = Plain()\ndef f(): pass\nf.__name__ = Name('f')\n"
    "f.__qualname__ = Name('f')\nf.__module__ = Name('module')",
    "names in a class": "class Name(str):\n    def __hash__(self): return hash('__module__')\n"
    "    def __eq__(self, other): hear(); return False\n"
    "C = type('C', (), {Name('a'): 1})\nx = C()",
    "a property for a module": "class C: __module__ = property(evil('module'))\nx = C()",
    "defaults": "class Defaults(tuple): __len__ = __getitem__ = __iter__ = evil('defaults')\n"
    "class Named(dict): __len__ = __getitem__ = items = __iter__ = evil('defaults')\n"
    "def f(a=1, *, b=2): pass\nf.__defaults__ = Defaults((1,))\nf.__kwdefaults__ = Named(b=2)\n"
    "def g(a=one(), *, b=one()): pass",
    "an annotation": "def f(a: evil('annotation')()): pass\nx: evil = 1",
    "a mock": "from unittest.mock import MagicMock\nx = MagicMock()\ndel MagicMock",
    "a proxy": "import weakref\nclass C:\n    __repr__ = __len__ = __getattr__ = evil('proxied')\n"
    "c = C()\nx = weakref.proxy(c)",
    "builtins": "for name in ('len', 'repr', 'type', 'str', 'isinstance', 'issubclass', 'id',\n"
    "             'min', 'reversed', 'map', 'sum', 'zip', 'list', 'dict', 'next', 'any'):\n"
    "    setattr(builtins, name, evil(name))\nx = [1, 2]",
    "an encoder of JSON": "import json, json.encoder\n"
    "json.JSONEncoder.iterencode = json.JSONEncoder.default = evil('json')\n"
    "json.encoder.c_make_encoder = json.encoder.encode_basestring_ascii = evil('json')",
    "classes of the library": "import decimal, collections, gc, sys\nx = decimal.Decimal(1)\n"
    "for name in ('__repr__', '__str__', '__sizeof__', '_int', '_exp', 'is_nan'):\n"
    "    setattr(decimal.Decimal, name, property(evil('decimal')))\n"
    "for name in ('__repr__', 'items', '__len__', '__iter__'):\n"
    "    setattr(collections.Counter, name, evil(name))\n"
    "gc.get_referents = gc.isenabled = sys.getsizeof = evil('gc')\n"
    "y = collections.Counter()",
    "a collector": "import gc\ngc.callbacks.append(lambda *a: hear())\ngc.set_threshold(1)",
    "a profiler": "sys.setprofile(lambda *a: hear())\nsys.settrace(lambda *a: hear())",
    "a monitor": "m = sys.monitoring\nm.use_tool_id(1, 'test')\n"
    "for event in (m.events.PY_START, m.events.PY_RETURN, m.events.CALL, m.events.LINE):\n"
    "    m.register_callback(1, event, lambda *a: hear())\n"
    "m.set_events(1, m.events.PY_START | m.events.PY_RETURN | m.events.CALL | m.events.LINE)\n"
    "del m, event",
    "arrays of other classes": "import numpy as np\nclass Array(np.ndarray):\n"
    "    shape = dtype = size = nbytes = flat = property(evil('array'))\n"
    "    __array_ufunc__ = __array_function__ = __repr__ = evil('array')\n"
    "    __getitem__ = __len__ = tolist = evil('array')\n"
    "x = np.ndarray.__new__(Array, 3)\n"
    "y = np.empty(2, object)\ny[0] = y[1] = x\nz = np.empty(2, object)\nz.fill(one())",
    "functions of numpy": "import numpy as np\n"
    "for name in ('datetime_data', 'array2string', 'dtype', 'ndarray', 'generic', 'array_repr'):\n"
    "    setattr(np, name, evil(name))\n"
    "np.set_printoptions(formatter={'all': evil('formatter')})\nx = np.arange(3)",
    "classes of pandas": "import pandas as pd\nx = pd.DataFrame({'a': [1], 'b': ['x']})\ny = x.b\n"
    "z = x.columns\nw = pd.MultiIndex.from_product([[1], [2]])\n"
    "from pandas.core.internals.managers import BlockManager, SingleBlockManager\n"
    "for kind in (pd.DataFrame, pd.Series, pd.Index, pd.MultiIndex, BlockManager,\n"
    "             SingleBlockManager, pd.arrays.StringArray):\n"
    "    for name in ('shape', 'columns', 'dtypes', 'dtype', '_mgr', '_data', 'axes', 'blocks',\n"
    "                 '_values', 'memory_usage', '_ndarray', '_levels', '_codes', 'nbytes'):\n"
    "        setattr(kind, name, property(evil(name)))\n"
    "    for name in ('__repr__', '__len__', '__getattr__', '__sizeof__', '__iter__'):\n"
    "        setattr(kind, name, evil(name))\n"
    "    kind.__getattribute__ = evil('getattribute')",
    "tables of odd things": "import pandas as pd\nit = one(keep=['hash'])\n"
    "x = pd.DataFrame({'a': [1]})\n"
    "methods = {'__hash__': lambda s: hash('_mgr'), '__eq__': lambda s, o: hear()}\n"
    "x.__dict__[type('N', (str,), methods)('n')] = it\ndel methods\n"
    "y = pd.Series([1, 2], dtype=object)\ny.array._ndarray.fill(it)\n"
    "v = pd.DataFrame({'a': [1]})\ndel v.__dict__['_mgr']\n"
    "u = pd.DataFrame({'a': [1]})\nu.__dict__['_mgr'] = it",
    "tables of other classes": "import pandas as pd\nclass Frame(pd.DataFrame):\n"
    "    shape = dtypes = columns = property(evil('frame'))\n"
    "    __repr__ = __len__ = evil('frame')\n"
    "x = pd.DataFrame({'a': [1]})\nobject.__setattr__(x, '__class__', Frame)",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_no_code_is_run_to_tell_of(cloche, name):
    async with cloche.session() as session:
        await run(session, f"{EVIL}\n{HOSTILE[name]}\nNone")
        info = await session.describe()
        assert info.status == "idle", info
        assert info.detail == ""
        names = [each.name for each in info.variables]
        assert "hear" in names
        outcome = await session.execute("import builtins\nbuiltins.heard")
        assert outcome.result == "[]", outcome


async def test_the_listener_of_these_tests_would_hear(session):
    """Of a test that looks for silence: here there is a noise."""
    await run(session, EVIL + "\nimport _cloche.previews as p\np._SHOWS[id(int)] = hear\nx = 5")
    await session.describe()
    assert "inspection.py" in await run(session, "heard")


async def test_generators_and_coroutines_are_not_run(session):
    variables = await look(
        session,
        "ran = []\ndef f():\n    ran.append(1)\n    yield\ng = f()\n"
        "async def c(): ran.append(1)\nawaited = c()",
    )
    assert variables["g"].type == "generator"
    assert await run(session, "ran") == "[]"
    await run(session, "awaited.close()")


@pytest.mark.parametrize("collecting", ["enable", "disable"])
async def test_the_collector_is_as_it_was(session, collecting):
    await run(session, f"import gc\ngc.{collecting}()\nfreezes = gc.get_freeze_count()")
    await session.describe()
    assert await run(session, "gc.isenabled(), freezes == gc.get_freeze_count()") == str(
        (collecting == "enable", True)
    )


async def test_nothing_is_changed_by_it(session):
    await run(
        session,
        "import sys, random, pandas as pd\nx = object()\nframe = pd.DataFrame({'a': [1, 2]})\n"
        "class C: pass\nc = C()\nc.a = 1\nrandom.seed(5)\n"
        "counts = lambda: [sys.getrefcount(each) for each in (x, frame, C)]\n"
        "before = counts(), random.getstate()\n"
        "names = list(globals())\n42",
    )
    await session.describe()
    assert await run(session, "_") == "42"
    assert (
        await run(
            session,
            "before == (counts(), random.getstate()), set(globals()) - set(names)",
        )
        == "(True, {'_', 'names'})"
    )


async def test_a_monitor_of_the_users_still_hears_the_users_code(session):
    await run(
        session,
        "import sys\ncalls = []\nm = sys.monitoring\nm.use_tool_id(1, 'test')\n"
        "m.register_callback(1, m.events.PY_START, lambda code, _: calls.append(code.co_name))\n"
        "m.set_events(1, m.events.PY_START)\n",
    )
    await session.describe()
    await run(session, "def mine(): pass\nmine()\nm.set_events(1, 0)")
    assert "'mine'" in await run(session, "calls")
    assert "'inspect'" not in await run(session, "calls")


# Beside turns.


async def test_while_code_runs_what_was_known_before_is_told_at_once(twin_session, until):
    session = twin_session
    await run(session, "x = 1")
    await session.describe()
    call = asyncio.create_task(session.execute("x = 2\n" + FOR_EVER))
    await until((session.home.workspace / "begun").exists, "the turn runs")
    info = await asyncio.wait_for(session.describe(), 30)
    assert info.status == "running"
    assert [each.preview for each in info.variables] == ["1"]
    assert "after turn 1" in info.detail
    assert [each.path for each in info.files] == ["begun"]
    session.cancel()
    await call
    info = await session.describe()
    assert (info.status, info.variables[0].preview, info.detail) == ("idle", "2", "")


async def test_while_code_runs_variables_that_were_not_known_are_not_told(session, until):
    await run(session, "x = 1")
    call = asyncio.create_task(session.execute(FOR_EVER))
    await until((session.home.workspace / "begun").exists, "the turn runs")
    waiting = asyncio.create_task(session.execute("2"))
    info = await asyncio.wait_for(session.describe(), 30)
    assert (info.status, info.variables, info.imports) == ("running", None, None)
    assert "cannot be looked at" in info.detail
    assert info.detail in render_workspace(info)
    session.cancel()
    assert (await call).status == "cancelled"
    assert (await waiting).status == "ok"


async def test_looks_at_once_beside_calls_disturb_nobody(twin_session):
    session = twin_session
    await run(session, "x = 0")
    told = await asyncio.gather(
        *(session.describe() for _ in range(10)),
        *(session.execute("x += 1; x") for _ in range(5)),
        *(session.describe() for _ in range(10)),
    )
    outcomes = [each for each in told if hasattr(each, "result")]
    assert [each.result for each in outcomes] == [str(n) for n in range(1, 6)]
    assert {each.status for each in told if not hasattr(each, "result")} <= {"idle", "running"}
    assert (await session.describe()).variables[0].preview == "5"


async def test_a_look_that_is_given_up_leaves_the_session_whole(session):
    await run(session, "x = 1")
    for _ in range(5):
        look = asyncio.create_task(session.describe())
        await asyncio.sleep(0)
        look.cancel()
        assert await run(session, "x") == "1"
    assert (await session.describe()).variables[0].preview == "1"


async def test_a_hibernated_session_is_told_of_and_not_woken(twin_session):
    session = twin_session
    await run(session, "x = 1\nopen('f', 'w').close()")
    used = session.last_used_at
    assert await session.hibernate()
    info = await session.describe()
    assert (info.status, info.variables) == ("hibernated", None)
    assert "execute_code" in info.detail
    assert [each.path for each in info.files] == ["f"]
    assert (session.is_live, session.last_used_at) == (False, used)
    await run(session, "x")
    assert (await session.describe()).variables[0].preview == "1"
    assert await session.hibernate()
    info = await session.describe()
    assert (info.status, info.detail, info.variables[0].preview) == ("hibernated", "", "1")


async def test_a_look_is_no_use_of_a_session(session):
    await run(session, "x = 1")
    used, expires = session.last_used_at, session.expires_at
    info = await session.describe()
    assert (session.last_used_at, session.expires_at) == (used, expires)
    assert info.last_used_at == datetime.fromtimestamp(used, UTC)
    assert info.expires_at == datetime.fromtimestamp(expires, UTC)
    assert info.created_at <= info.last_used_at < info.expires_at


async def test_after_a_look_a_session_goes_back_and_comes_back_as_before(twin_session, until):
    session = twin_session
    for n in range(1, 4):
        await run(session, f"x = {n}; big = [{n}] * 100_000")
        await session.saved()
        await session.describe()
    await session.reset(to_turn=2)
    assert (await session.describe()).variables is None
    assert await run(session, "x, set(big)") == "(2, {2})"
    assert (await session.describe()).variables[0].preview == "2"
    assert await session.hibernate()
    assert await run(session, "x, set(big)") == "(2, {2})"
    await session.reset()
    info = await session.describe()
    assert (info.variables, info.imports, info.variables_total) == ([], [], 0)


async def test_a_look_at_a_session_whose_worker_was_killed_tells_the_truth(twin, processes, until):
    async with twin.session() as session:
        await run(session, "x = 1")
        await until(lambda: session.history.is_saved, "the turn is on disk")
        worker = processes.worker_of(session)
        os.kill(worker.pid, signal.SIGKILL)
        info = await asyncio.wait_for(session.describe(), 60)  # perhaps before it is known
        assert info.status == "hibernated"
        assert info.variables is None
        assert await run(session, "x") == "1"
        assert (await session.describe()).variables[0].preview == "1"


async def test_variables_that_were_lost_with_a_worker_are_not_told(cloche, processes, until):
    async with cloche.session() as session:
        shutil.rmtree(session.home.checkpoints)  # as on a disk that fails
        await run(session, "x = 1")
        assert (await session.describe()).variables[0].preview == "1"
        worker = processes.worker_of(session)
        os.kill(worker.pid, signal.SIGKILL)
        await until(lambda: not session.is_live, "the server has heard of it")
        info = await session.describe()
        assert info.variables is None
        assert "died" in info.detail
        assert not any(each.restorable for each in info.turns)
        assert (await session.execute("'x' in globals()")).state == "lost"


async def test_a_new_session_and_one_that_is_gone(cloche):
    async with cloche.session() as session:
        info = await session.describe()
        assert (info.status, info.variables, info.imports) == ("idle", [], [])
        assert (info.turns, info.files, info.packages) == ([], [], [])
        assert info.usage.memory_bytes is None
    with pytest.raises(UnknownSession):
        await session.describe()


async def test_a_session_ended_in_the_middle_of_a_look(cloche):
    for _ in range(3):
        session = await cloche.sessions.create("python", owner="local")
        await run(session, "x = 1")
        look = asyncio.create_task(session.describe())
        await asyncio.sleep(0)
        await cloche.sessions.destroy(session)
        with pytest.raises(UnknownSession):
            await asyncio.wait_for(look, 60)


async def test_a_look_when_memory_is_used_up(prepared, tmp_path):
    async with (
        Cloche(data_dir=tmp_path, limits={"memory_bytes": 256 * 1024**2}) as cloche,
        cloche.session() as session,
    ):
        await session.execute(
            "held = []\ntry:\n    while True: held.append(bytearray(1 << 16))\n"
            "except MemoryError: pass\ntry:\n    while True: held.append([None])\n"
            "except MemoryError: pass"
        )
        info = await session.describe()
        # Without memory to begin with, neither a look nor another turn gets anywhere.
        assert info.status in {"idle", "hibernated"}
        assert info.variables in (None, []) or info.variables[0].name == "held"


# Never believed.


TAKEN_OVER = {
    "nothing": "lambda: None",
    "an error": "lambda: 1 / 0",
    "no JSON": "lambda: call(b'V{')",
    "nothing at all": "lambda: call(b'V')",
    "another type": "lambda: call(b'V[]')",
    "deep JSON": "lambda: call(b'V' + b'[' * 100_000)",
    "too much": "lambda: call(b'V' + b' ' * 60_000_000)",
    "a report": "lambda: call(b'F{}')",
    "a turn": "lambda: call(b'T' + bytes(8))",
    "a boot": "lambda: call(b'B')",
    "another letter": "lambda: call(b'?')",
    "two answers": "lambda: [call(b'V{}'), call(b'V[]')]",
    "more variables than may be": "answer(variables=[variable()] * 101)",
    "more imports than may be": "answer(imports=['x'] * 101)",
    "a long import": "answer(imports=['x' * 1000])",
    "a long preview": "answer(variables=[variable(preview='x' * 1000)])",
    "a long name": "answer(variables=[variable(name='x' * 1000)])",
    "no name": "answer(variables=[variable(name='')])",
    "a number for a name": "answer(variables=[variable(name=5)])",
    "a text for a size": "answer(variables=[variable(size='5')])",
    "a negative size": "answer(variables=[variable(size=-1)])",
    "more fields": "answer(more=1)",
    "a lone surrogate": "answer(imports=['\\ud800'])",
    "a negative total": "answer(total=-1)",
    "a huge total": "answer(total=10**30)",
    "not a number": "answer(total=float('nan'))",
    "an end of the process": "lambda: __import__('os')._exit(0)",
    "no end": "FOR_EVER",
}

TAKE_OVER = """
import _cloche, _host, json
x = 1
call = _host.call

def variable(**fields):
    return {'name': 'x', 'type': 'int', 'size': 1, 'preview': '1', **fields}

def answer(**fields):
    told = {'variables': [], 'total': 0, 'imports': [], 'complete': True, **fields}
    return lambda: call(b'V' + json.dumps(told).encode())

def FOR_EVER():
    while True: pass
"""


@pytest.mark.parametrize("name", TAKEN_OVER)
async def test_a_guest_that_was_taken_over_costs_its_worker_and_nothing_else(cloche, name):
    async with cloche.session() as session, cloche.session() as other:
        await run(session, f"{TAKE_OVER}\n_cloche.inspect = {TAKEN_OVER[name]}")
        await session.saved()
        info = await asyncio.wait_for(session.describe(), 60)
        assert (info.status, info.variables, info.imports) == ("hibernated", None, None)
        assert await run(session, "x") == "1"
        assert (await other.describe()).status == "idle"


async def test_a_guest_that_prints_while_it_is_looked_at_is_not_heard(session):
    code = "lambda: [call(b'Oout'), call(b'Eerr'), call(b'D'), answer()()]"
    await run(session, f"{TAKE_OVER}\n_cloche.inspect = {code}")
    assert (await session.describe()).status == "idle"
    outcome = await session.execute("x")
    assert (outcome.result, outcome.stdout, outcome.stderr) == ("1", "", "")


async def test_a_text_that_a_guest_made_up_stays_on_its_line(session):
    code = "answer(variables=[variable(preview='1\\n[ok; forged]')], imports=['x\\nforged'])"
    await run(session, f"{TAKE_OVER}\n_cloche.inspect = {code}")
    lines = render_workspace(await session.describe()).splitlines()
    assert not any(line.startswith(("[ok", "forged")) for line in lines)


# Turns and use.


async def test_turns_are_told_with_their_end_and_the_way_back(session, until):
    await run(session, "x = 1")
    await session.execute("1 / 0")
    await session.execute("while True: pass", timeout_seconds=0.2)
    await session.execute("import os\nos._exit(1)")
    await run(session, "x")
    await session.saved()
    info = await session.describe()
    assert [(each.turn, each.status) for each in info.turns] == [
        (1, "ok"),
        (2, "error"),
        (3, "timeout"),
        (4, "crashed"),
        (5, "ok"),
    ]
    ways = [each.turn for each in info.turns if each.restorable]
    assert ways[-1] == 5
    assert 4 not in ways
    assert f"go back to turn {', '.join(map(str, ways))}" in render_workspace(info)
    for turn in ways:
        await session.reset(to_turn=turn)
        assert await run(session, "x") == "1"


async def test_the_turns_of_a_server_that_is_gone_have_no_known_end(prepared, tmp_path):
    async with Cloche(data_dir=tmp_path) as cloche:
        session = await cloche.sessions.create("python", owner="local", durable=True)
        await run(session, "x = 1")
    async with Cloche(data_dir=tmp_path) as cloche:
        session = cloche.sessions.get(session.id, owner="local")
        info = await session.describe()
        assert (info.status, info.variables) == ("hibernated", None)
        assert [(t.turn, t.status, t.restorable) for t in info.turns] == [(1, None, True)]
        await run(session, "x")
        info = await session.describe()
        assert [(t.turn, t.status) for t in info.turns] == [(1, None), (2, "ok")]
        assert info.variables[0].preview == "1"


async def test_the_last_fifty_turns_are_listed(session):
    for _ in range(55):
        await run(session, "1")
    assert [t.turn for t in (await session.describe()).turns] == list(range(6, 56))


async def test_what_a_session_uses_is_told(session):
    await run(session, "open('f', 'wb').write(bytes(100_000))\nx = bytearray(10**7)")
    await session.saved()
    usage = (await session.describe()).usage
    assert usage.cpu_seconds > 0
    assert usage.workspace_bytes >= 100_000
    assert usage.workspace_files == 1
    assert 10**7 < usage.memory_bytes < 2**32
    assert usage.checkpoint_bytes >= 10**7


# Files.


async def test_files_are_listed_newest_first_with_their_times(session):
    await run(
        session,
        "import os\nos.makedirs('a/b')\n"
        "for n, name in enumerate(['old', 'a/mid', 'a/b/new']):\n"
        "    open(name, 'w').write('x' * n)\n    os.utime(name, (10**9 + n, 10**9 + n))\n"
        "for n in (0, 2**62): open(str(n), 'w').close(); os.utime(str(n), ns=(n, n))",
    )
    files = (await session.describe()).files
    assert [(each.path, each.size) for each in files][1:] == [
        ("a/b/new", 2),
        ("a/mid", 1),
        ("old", 0),
        ("0", 0),
    ]
    assert files[1].modified_at == datetime(2001, 9, 9, 1, 46, 42, tzinfo=UTC)
    assert files[-1].modified_at == datetime(1970, 1, 1, tzinfo=UTC)


def test_what_is_listed_is_bounded_in_every_way(tmp_path):
    for n in range(200):
        (tmp_path / f"g{n}").write_text("x")
    listing = newest_files(tmp_path, most=9, entries=9999)
    assert (len(listing.files), listing.total) == (9, 200)
    assert newest_files(tmp_path, most=9, entries=50).total <= 50
    for n in range(40):
        (tmp_path / f"{'l' * 200}{n}").write_text("x")
    listing = newest_files(tmp_path, most=50, entries=9999)
    assert sum(len(each.path) for each in listing.files) <= 5000
    assert newest_files(tmp_path / "nowhere", most=9, entries=9).total == 0

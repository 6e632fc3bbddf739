"""The guest beside the machine that people know: equal, or different as LIMITATIONS says.

Integers of numpy are compared in the differential suite.
"""

import ast
import math
import random
import runpy
import sys
from pathlib import Path

import pytest

from cloche import Cloche, Limits

pytestmark = pytest.mark.anyio

EQUAL = runpy.run_path(str(Path(__file__).parent / "guest" / "native.py"))["EQUAL"]


async def run(session, code, **options):
    """Run code that must not fail, and return its result."""
    outcome = await session.execute(code, **options)
    assert outcome.status == "ok", outcome
    return outcome.result


async def fails(session, code):
    """Run code that must fail, and return the type of its error; the session goes on."""
    outcome = await session.execute(code)
    assert outcome.status == "error", outcome
    assert await run(session, "1") == "1"
    return outcome.error.type


# Equal.


@pytest.mark.parametrize("case", EQUAL, ids=lambda case: case.id)
async def test_the_guest_answers_as_a_64_bit_machine_does(session, case):
    assert await run(session, case.code) == case.result


FUNCTIONS = (
    *("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "atanh"),
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "cbrt", "gamma", "erf", "erfc"),
)


@pytest.mark.skipif(sys.platform == "win32", reason="its mathematical library is another one")
@pytest.mark.parametrize("name", FUNCTIONS)
async def test_functions_of_the_mathematical_library_agree_to_fourteen_digits(session, name):
    if not hasattr(math, name):
        pytest.skip("the Python of this test has no such function")
    rng = random.Random(1)
    numbers = [rng.uniform(-1, 1) for _ in range(200)] + [rng.uniform(0, 100) for _ in range(200)]
    code = (
        f"import math\ndef call(x):\n    try:\n        return math.{name}(x)\n"
        f"    except (ValueError, OverflowError) as error:\n        return type(error).__name__\n"
        f"[call(x) for x in {numbers!r}]"
    )
    for number, found in zip(numbers, ast.literal_eval(await run(session, code)), strict=True):
        try:
            expected = getattr(math, name)(number)
        except (ValueError, OverflowError) as error:
            expected = type(error).__name__
        assert found == (pytest.approx(expected, rel=1e-14) if found != expected else found)


async def test_acosh_of_negative_numbers_is_no_number(session):
    code = (
        "import numpy as np\nwith np.errstate(invalid='ignore'):\n"
        "    found = np.isnan(np.arccosh(np.linspace(-1e7, -2, 1001)))\nbool(found.all())"
    )
    assert await run(session, code) == "True"


PICKLED = [
    r"""b'\x80\x05\x95\x84\x00\x00\x00\x00\x00\x00\x00\x8c\x13numpy._core.numeric\x94\x8c\x0b_frombuffer'
    b'\x94\x93\x94(\x96\x10\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x01\x00\x00\xfe\xff\xff\xff'
    b'\xff\xff\xff\xff\x94\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x02i8\x94\x89\x88\x87\x94R\x94(K\x03'
    b'\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94bK\x02\x85\x94\x8c\x01C\x94t\x94R\x94.'""",
    r"""b'\x80\x05\x95|\x00\x00\x00\x00\x00\x00\x00\x8c\x13numpy._core.numeric\x94\x8c\x0b_frombuffer'
    b'\x94\x93\x94(\x96\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x94\x8c\x05numpy\x94\x8c'
    b'\x05dtype\x94\x93\x94\x8c\x02u8\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff'
    b'\xff\xffK\x00t\x94bK\x01\x85\x94\x8c\x01C\x94t\x94R\x94.'""",
]


@pytest.mark.parametrize(
    ("pickled", "numbers"),
    list(zip(PICKLED, ([2**40 + 1, -2], [2**63]), strict=True)),
    ids=["int64", "uint64"],
)
async def test_a_pickle_of_a_64_bit_machine_is_read_and_written_alike(session, pickled, numbers):
    code = (
        f"import pickle\npickled = (\n{pickled})\nfound = pickle.loads(pickled)\n"
        "found.tolist(), found.itemsize, pickle.dumps(found, 5) == pickled"
    )
    assert await run(session, code) == f"({numbers}, 8, True)"


# Different, and listed.

DIFFERENT = [
    ("largest size", "import sys\nsys.maxsize", "2147483647"),
    (
        "native sizes of struct and array",
        "import struct, array\n[struct.calcsize(c) for c in 'lLnNP'], array.array('l').itemsize",
        "([4, 4, 4, 4, 4], 4)",
    ),
    ("hashes have 32 bits", "hash(2**31 - 1), hash(2**40), hash(0.5)", "(0, 512, 1073741824)"),
    ("order of a set of floats", "list({1.5, 2.5, 0.1})", "[1.5, 2.5, 0.1]"),
    (
        "local time is UTC",
        "import os, time\nos.environ['TZ'] = 'Asia/Tokyo'\n"
        "time.localtime(0)[:5], time.tzname, hasattr(time, 'tzset'), time.gmtime(0).tm_zone",
        "((1970, 1, 1, 0, 0), ('UTC', 'UTC'), False, 'UTC')",
    ),
    (
        "the platform names itself",
        "import os, sys, platform\nsys.platform, os.name, platform.machine(), os.cpu_count()",
        "('wasi', 'posix', 'wasm32', 1)",
    ),
    (
        "digits of decimals",
        "import sys\nfrom decimal import Context\nsys.set_int_max_str_digits(0)\n"
        "len(str(Context(prec=5000).divide(1, 7)))",
        "5002",
    ),
]

REFUSED = [
    (
        "draws above 31 bits of the legacy generator",
        "import numpy as np\nnp.random.seed(1)\nnp.random.geometric(1e-12)",
        "OverflowError",
    ),
    ("struct", "import struct\nstruct.pack('l', 2**40)", "error"),
    ("array", "import array\narray.array('l', [2**40])", "OverflowError"),
    ("length of a range", "len(range(2**31))", "OverflowError"),
    ("choice from a range", "import random\nrandom.choice(range(2**40))", "OverflowError"),
    ("islice", "import itertools\nlist(itertools.islice('ab', 2**31))", "ValueError"),
    ("deque", "import collections\ncollections.deque([], 2**31)", "OverflowError"),
    ("find", "'abc'.replace('c', '', 2**40)", "OverflowError"),
    ("a list", "[0] * 2**31", "OverflowError"),
    ("bytes", "bytes(2**31)", "OverflowError"),
    ("one array of 2 GiB", "import numpy as np\nnp.empty(2**31, 'u1')", "ValueError"),
    ("a file time before 1970", "import os\nopen('f', 'w')\nos.utime('f', (-1, -1))", "OSError"),
    (
        "digits of decimals",
        "from decimal import Context\nContext(prec=5000).divide(1, 7)",
        "ValueError",
    ),
    ("ctypes", "import ctypes\nctypes.CDLL(None)", "OSError"),
    (
        "a large parameter of the legacy generator",
        "import numpy as np\nnp.random.poisson(1e12)",
        "ValueError",
    ),
]


@pytest.mark.parametrize(("id", "code", "result"), DIFFERENT, ids=lambda value: value)
async def test_a_difference_is_as_listed(session, id, code, result):
    assert await run(session, code) == result


@pytest.mark.parametrize(("id", "code", "error"), REFUSED, ids=lambda value: value)
async def test_what_32_bits_cannot_do_fails_aloud(session, id, code, error):
    assert await fails(session, code) == error


async def test_recursion_through_c_code_goes_as_deep_as_elsewhere(session):
    through_c = (
        "import functools\n@functools.cache\ndef count(n):\n"
        "    return n if n == 0 else count(n - 1) + 1\n"
    )
    assert await run(session, through_c + "count(900)") == "900"
    assert await fails(session, through_c + "count(100_000)") == "RecursionError"
    branches = "x = 1\nif x == 0:\n    y = 0\n" + "".join(
        f"elif x == {n}:\n    y = {n}\n" for n in range(2, 2000)
    )
    assert await run(session, branches + "else:\n    y = -1\ny") == "-1"
    assert await fails(session, f"x = {'+'.join('1' * 100_000)}") == "RecursionError"


async def test_memory_beyond_2_gib_holds_what_is_put_there(prepared, tmp_path):
    code = (
        "import numpy as np\nparts = [np.empty(2**29, 'u1') for _ in range(5)]\n"
        "for n, part in enumerate(parts):\n    part[:9], part[-9:] = n, n + 100\n"
        "high = max(p.__array_interface__['data'][0] for p in parts)\n"
        "(high + 2**29 > 2**31, [int(p[-1]) for p in parts], int(parts[-1][:9].sum()), "
        "parts[-1][2**29 - 5 :].tolist(), bytes(parts[-1][-2:]))"
    )
    limits = Limits(memory_bytes=4 * 1024**3)
    async with Cloche(data_dir=tmp_path, limits=limits) as cloche, cloche.session() as session:
        assert await run(session, code) == (
            "(True, [100, 101, 102, 103, 104], 36, [104, 104, 104, 104, 104], b'hh')"
        )
        assert await run(session, "int(parts[4][0]), int(parts[0][-1])") == "(4, 100)"


# Chance.

DRAWS = """
import os, random, secrets, tempfile, uuid
import numpy as np, pandas as pd, scipy.stats, sklearn.utils
[
    random.random(), random.Random().random(), random.SystemRandom().random(), random.gauss(0, 1),
    secrets.token_hex(8), os.urandom(8).hex(), uuid.uuid1().hex, uuid.uuid4().hex,
    uuid.uuid7().hex, tempfile.mktemp(), float(np.random.rand()), float(np.random.randn()),
    float(np.random.RandomState().rand()), float(np.random.default_rng().random()),
    float(np.random.mtrand._rand.rand()), np.random.bytes(8).hex(),
    np.random.permutation(99).tolist(),
    pd.Series(range(10**6)).sample(3).tolist(), float(scipy.stats.norm.rvs()),
    float(sklearn.utils.check_random_state(None).rand()),
    random.getstate()[1][1], int(np.random.get_state()[1][1]),
]
"""


async def test_two_sessions_draw_nothing_alike(twin):
    async with twin.session() as one, twin.session() as other:
        first, second = [ast.literal_eval(await run(s, DRAWS)) for s in (one, other)]
    assert len(first) == len(second) == 22
    for a, b in zip(first, second, strict=True):
        assert a != b


async def test_two_forks_go_on_with_the_same_sequence_but_for_what_comes_from_the_system(cloche):
    async with cloche.session() as session:
        await run(session, "import random, os, uuid, numpy as np\nrandom.random()")
        forks = [
            await cloche.sessions.create("python", owner="local", fork_of=session) for _ in range(2)
        ]
        state = "random.random(), float(np.random.rand())"
        first, second = [await run(fork, state) for fork in forks]
        assert first == second
        fresh = "[os.urandom(8), uuid.uuid4(), float(np.random.default_rng().random())]"
        first, second = [(await run(fork, fresh)).split(", ") for fork in forks]
        for a, b in zip(first, second, strict=True):
            assert a != b
        await run(forks[0], "random.seed(), np.random.seed()")
        assert await run(forks[0], state) != await run(forks[1], state)


async def test_no_generator_but_those_that_each_session_seeds_is_in_the_warm_image(session):
    code = (
        "import gc\ngc.unfreeze()\nimport random, secrets, numpy as np\n"
        "known = [random._inst, secrets._sysrand, np.random.mtrand._rand,\n"
        "    np.random.mtrand._rand._bit_generator]\n"
        "kinds = (random.Random, np.random.RandomState, np.random.Generator,\n"
        "    np.random.BitGenerator, np.random.SeedSequence)\n"
        "[x for x in gc.get_objects() if isinstance(x, kinds) and not any(x is k for k in known)]"
    )
    assert await run(session, code) == "[]"


async def test_texts_hash_alike_in_every_session_so_that_sets_of_them_have_one_order(cloche):
    code = "hash('text'), list({'red', 'green', 'blue', 'cyan', 'pink'}), list({b'a', b'b', 1.5})"
    async with cloche.session() as one, cloche.session() as other:
        assert await run(one, code) == await run(other, code)

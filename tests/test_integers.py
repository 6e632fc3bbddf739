"""Integers of 64 bits in a guest of 32: how the module is changed, and what that must not break."""

from pathlib import Path
from textwrap import dedent

import pytest

from cloche.config import Settings
from cloche.errors import PreparationFailed
from cloche.runtimes.catalog import load_catalog
from cloche.runtimes.integers.assembly import assemble, link
from cloche.runtimes.integers.binary import Binary
from cloche.runtimes.integers.edits import EDITS, widen

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def shipped(prepared):
    """The module of the Python runtime, as it was fetched."""
    name = load_catalog().python.module
    (found,) = Settings().cache_dir.glob(f"artifacts/python-*/{name}")
    return found.read_bytes()


@pytest.fixture(scope="module")
def binary(shipped):
    """The same, taken apart."""
    return Binary(shipped)


def test_a_module_that_is_taken_apart_is_put_together_again(shipped, binary):
    assert binary.written() == shipped


@pytest.mark.parametrize("name", ["PyArray_ArangeObj", "int_common_dtype", "acosh"])
def test_a_function_that_is_not_as_expected_is_refused(shipped, name):
    changed = Binary(shipped)
    body = changed.body(changed.one(name))
    changed.replace(changed.one(name), body[:-1] + b"\x01\x0b")  # one `nop` more: still accepted
    widen(changed.written())
    (edit, *_) = (each for each in EDITS if each.function == name)
    old = assemble(edit.old, changed.one)
    changed.replace(changed.one(name), body.replace(old, b"\x01" * len(old)))
    with pytest.raises(PreparationFailed, match=f"{name} of the runtime is not as expected"):
        widen(changed.written())


@pytest.mark.parametrize(
    "source", [b"", b"\0asm\x01\0\0\0", b"no module", b"\0asm\x01\0\0\0\x01\x7f"]
)
def test_what_is_no_such_module_is_refused(source):
    with pytest.raises(PreparationFailed):
        widen(source)


def test_a_helper_that_asks_for_what_is_not_there_is_refused(binary):
    with pytest.raises(PreparationFailed, match="0 functions named nobody"):
        link(binary, '(module (import "runtime" "nobody" (func)))')
    with pytest.raises(PreparationFailed, match=r"PyArray_Return .* unexpected signature"):
        link(binary, '(module (import "runtime" "PyArray_Return" (func)))')


def test_an_instruction_that_is_unknown_is_no_code():
    with pytest.raises(ValueError, match=r"no instruction: i32\.nonsense 1"):
        assemble("local.get 0; i32.nonsense 1", lambda _: 0)


async def value(session, code):
    source = f"import numpy as np, pandas as pd\n{dedent(code)}"
    outcome = await session.execute(source)
    assert outcome.status == "ok", outcome.error
    return outcome.result


DEFAULTS = {
    "np.arange(100000).sum()": "np.int64(4999950000)",
    "np.median(np.arange(100001) * 10**5)": "np.float64(5000000000.0)",
    "np.array([2**31 - 1]) + 1": "array([2147483648])",
    "np.argsort([3, 1, 2]) * 3_000_000_000": "array([3000000000, 6000000000,          0])",
    "(np.bincount([0] * 50_000) ** 2)[0]": "np.int64(2500000000)",
    "np.ones(3, np.int32).sum().dtype": "dtype('int64')",
    "np.zeros(2, 'int32')": "array([0, 0], dtype=int32)",
    "[np.dtype(t).name for t in (int, 'int', 'l', 'L', 'p', np.int_, np.uint, np.intp)]": (
        "['int64', 'int64', 'int64', 'uint64', 'int64', 'int64', 'uint64', 'int64']"
    ),
    "np.dtype(np.dtype('int32').char), np.dtype(np.dtype('int64').char)": (
        "(dtype('int32'), dtype('int64'))"
    ),
    "pd.DataFrame({'a': pd.array([None], dtype='Int8')}).sum(skipna=False).dtype": "Int64Dtype()",
    "pd.factorize(np.array([3, 1]))[0].dtype, pd.Series([3, 1]).argsort().dtype": (
        "(dtype('int64'), dtype('int64'))"
    ),
}


@pytest.mark.parametrize("code", DEFAULTS)
async def test_the_default_integer_has_64_bits(session, code):
    assert await value(session, code) == DEFAULTS[code]


async def test_what_compiled_code_writes_to_narrow_integers_comes_back(session):
    # pandas hands its compiled code an array of 64-bit integers to be filled.
    filled = (
        "pd.DataFrame({'k': [1, 2, 1], 'v': [5.0, None, None]}).groupby('k').v.ffill().tolist()"
    )
    assert await value(session, filled) == "[5.0, nan, 5.0]"


async def test_an_array_that_was_lent_can_be_written_to_afterwards(session):
    code = """
    order = np.arange(4)[::-1].copy()
    taken = pd.Series([10, 20, 30, 40]).take(order).tolist()
    order[0] = 7
    taken, order.tolist(), order.flags.writeable"""
    assert await value(session, code) == "([40, 30, 20, 10], [7, 2, 1, 0], True)"


async def test_library_code_that_names_the_type_reaches_compiled_code(session):
    code = """
    index = pd.MultiIndex.from_product([[1, 2, 3], ["a", "b"]], names=["x", "y"])
    joined = index.join(pd.Index([3, 1], name="x"), level="x", how="right").tolist()
    def find():
        names = np.intp, getattr(np, "long")
        return pd.Index([3, 1]).get_indexer([1, 3]).dtype == np.dtype(names[0]) == names[1]
    joined, find()"""
    pairs = "[(1, 'a'), (1, 'b'), (3, 'a'), (3, 'b')]"
    assert await value(session, code) == f"({pairs}, True)"


async def test_unsigned_integers_of_32_bits_are_indices_and_counts_as_elsewhere(session):
    code = """
    few = np.array([1, 0, 2], "uint32")
    x = np.arange(5, 8)
    y = np.arange(3)
    np.put(y, few, 9)
    found = x[few], np.repeat(x, few), np.choose(few[:2], [x[:2], x[1:]]), y, np.bincount(few)
    [each.tolist() for each in found], pd.Series(x).repeat(few).tolist()"""
    assert await value(session, code) == (
        "([[6, 5, 7], [5, 7, 7], [6, 6], [9, 9, 9], [1, 1, 1]], [5, 7, 7])"
    )


async def test_texts_are_cut_where_their_ends_are_far_away(session):
    code = """
    words = np.array(["hello", "a"])
    far = 2**40
    ends = (None,), (1, None), (None, None, -1), (0, far), (-far, 2), (np.array([1, 0]), far)
    [np.strings.slice(words, *each).tolist() for each in ends]"""
    assert await value(session, code) == (
        "[['hello', 'a'], ['ello', ''], ['olleh', 'a'], ['hello', 'a'], ['he', 'a'], ['ello', 'a']]"
    )


FAR = {
    "np.take(np.arange(10), np.array([2**40 + 1, -(2**35) - 1]), mode='wrap')": "array([7, 1])",
    "np.arange(20).reshape(4, 5).take([2**35 % 7, -9], axis=1, mode='wrap')[0]": "array([4, 1])",
    "np.take(np.arange(20), np.int64(2**35), mode='wrap')": "np.int64(8)",
    "np.take(np.arange(10), np.int64(2**35), mode='clip')": "np.int64(9)",
    "np.array([3, -3]) << np.array([2**32, 2**63 - 1])": "array([0, 0])",
    "np.array([3, -3]) >> np.array([2**32, -1])": "array([ 0, -1])",
    "np.int64(3) << np.int64(2**32), np.uint64(3) >> np.uint64(2**63)": (
        "(np.int64(0), np.uint64(0))"
    ),
}


@pytest.mark.parametrize("code", FAR)
async def test_numbers_beyond_32_bits_count_as_they_are(session, code):
    assert await value(session, code) == FAR[code]


async def test_indices_are_written_to_an_array_that_holds_anything(session):
    code = """
    a, out = np.array([[1, 9, 3], [7, 5, 6]]), np.full(2, 2**40)
    same = a.argmax(axis=1, out=out) is out, np.argmin(a, axis=1, out=out[::-1]).tolist()
    one = np.array(-(2**40))
    np.argmax(a, out=one)
    same, out.tolist(), int(one)"""
    assert await value(session, code) == "((True, [0, 1]), [1, 0], 1)"


async def test_arrays_are_written_to_files_and_read_from_them(session):
    code = """
    with open("f", "wb") as file:
        file.write(b"head")
        np.arange(3).tofile(file)
        file.write(b"tail")
        np.arange(3, 5).tofile(file)
    with open("f", "rb") as file:
        parts = [file.read(4), np.fromfile(file, int, 3).tolist(), file.read(4),
                 np.fromfile(file, int).tolist(), file.tell(), file.read()]
    np.array([1.5, 2]).tofile("t", sep=",")
    for _ in range(2000):  # more than there are descriptors
        np.arange(10).tofile("again")
    parts, open("t").read(), np.fromfile("t", sep=",").tolist(), np.fromfile("again", int).sum()"""
    assert await value(session, code) == (
        "([b'head', [0, 1, 2], b'tail', [3, 4], 48, b''], '1.5,2.0', [1.5, 2.0], np.int64(45))"
    )


WRONG = {
    "np.arange(5)[[0, 2**32]]": "IndexError",
    "np.arange(12).reshape(3, 4)[[2**63]]": "IndexError",
    "np.arange(5).take(np.array([2**32]))": "IndexError",
    "np.bincount(np.array([1, 2**32]))": "ValueError",
    "np.partition([3, 1, 2], np.array([2**32]))": "ValueError",
    "pd.DataFrame({'a': [1, 2]}).iloc[[2**32]]": "IndexError",
    "np.arange(5)[np.array([2**32 - 1], 'uint32')]": "IndexError",
    "np.arange(5).take(np.array([2**32 - 1], 'uint32'))": "IndexError",
    "x = np.zeros(3)\nx[np.array([2**32])] = 1": "IndexError",
    "np.repeat([1, 2], np.array([1, 2**32]))": "TypeError",
    "np.unravel_index(np.array([2**32]), (3, 4))": "ValueError",
    # Scalars, which become arrays of another type without a look at their value.
    "np.take([1, 2], np.int64(2**32))": "IndexError",
    "np.put(np.zeros(3), np.uint64(2**32), 1)": "TypeError",
    "np.repeat([1, 2], np.int64(2**32 + 1))": "TypeError",
    # Draws that are made with narrow integers, and would never end.
    "np.random.hypergeometric(2**30, [2**30], 2**20, 3)": "ValueError",
    # Lengths of which the sum is beyond 32 bits.
    "np.repeat(np.int8([1, 2, 3, 4]), 2**30)": "ValueError",
    "np.repeat(np.int8([1, 2, 3, 4]), [2**30] * 4)": "ValueError",
    "np.tile(np.int8([1, 2, 3, 4]), 2**30)": "ValueError",
}


@pytest.mark.parametrize("code", WRONG)
async def test_an_index_beyond_32_bits_is_an_error(session, code):
    outcome = await session.execute(f"import numpy as np, pandas as pd\n{code}")
    assert outcome.status == "error"
    assert outcome.error.type.rpartition(".")[2].lstrip("_").startswith(WRONG[code]), outcome.error


async def test_a_user_module_sees_the_types_that_the_user_sees(session):
    (Path(session.home.workspace) / "mine.py").write_text(
        "import numpy as np\nfrom numpy import intp\n\ndef types():\n"
        "    return np.dtype(intp).name, np.dtype(np.intp).name, getattr(np, 'int_').__name__\n"
    )
    assert await value(session, "import mine; mine.types()") == "('int64', 'int64', 'int64')"


async def test_the_legacy_generator_is_what_it_was(session):
    code = """
    import copy, pickle
    state = np.random.RandomState(3)
    twin = pickle.loads(pickle.dumps(state))
    np.random.seed(3)
    draws = [each.randint(0, 2**40, 2).tolist() for each in (state, twin, copy.deepcopy(state))]
    kinds = [np.random.permutation(3).dtype, np.random.binomial(5, .5, 2).dtype,
             np.random.choice(5, 2).dtype, np.random.choice(np.int32([1, 2]), 2).dtype]
    same = isinstance(np.random.mtrand._rand, type(state))
    draws[0] == draws[1], type(state).__name__, same, kinds"""
    assert await value(session, code) == (
        "(True, 'RandomState', True, [dtype('int64'), dtype('int64'), dtype('int64'), "
        "dtype('int32')])"
    )


async def test_structures_in_memory_are_read_as_they_are(session):
    code = """
    kind = np.dtype([("a", "i4"), ("b", "i8"), ("c", "u4")], align=True)
    found = np.asarray(memoryview(np.array([(-1, 2, 3)], kind)))
    found.dtype == kind, found.tolist()"""
    assert await value(session, code) == "(True, [(-1, 2, 3)])"


async def test_what_was_for_threads_is_done_by_one(session):
    code = """
    from scipy.stats import qmc
    points = qmc.Halton(2, seed=1).random(50)
    [qmc.discrepancy(points, workers=n) == qmc.discrepancy(points) for n in (1, 8, -1)]"""
    assert await value(session, code) == "[True, True, True]"

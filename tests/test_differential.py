"""Thousands of expressions come to the same in the guest as on a native 64-bit machine."""

import pytest

from .differential import compare, expressions, recordings

pytestmark = pytest.mark.anyio

SHOWN = 20


def shown(what, lines):
    return "\n".join([f"{len(lines)} {what}", *map(str, lines[:SHOWN])])


@pytest.fixture(scope="module", params=expressions.AREAS)
async def area(anyio_backend, cloche, request):
    """The name of an area, and the differences found in a session of its own."""
    async with cloche.session() as session:
        return request.param, await compare.differences(session, request.param)


async def test_only_known_differences_are_found(area):
    _, found = area
    known = recordings.known()
    new = [each for each in found if not any(entry.covers(each) for entry in known)]
    assert not new, shown("differences that nobody has reviewed", new)


async def test_known_differences_are_still_there(area):
    name, found = area
    gone = []
    for entry in recordings.known():
        here = [each.expression for each in found if entry.covers(each)]
        if entry.expressions:
            named = set(entry.expressions) & set(recordings.read(name))
            gone += sorted(named - set(here))
        elif len(here) != entry.counts.get(name, 0):
            gone.append(f"{entry.pattern or '.*'} ({entry.reason}): {len(here)} differences")
    assert not gone, shown("entries of differences.toml that do not hold", gone)


async def test_the_guest_has_the_recorded_versions(session):
    assert await compare.versions(session) == recordings.VERSIONS


def test_every_expression_is_recorded_and_none_twice():
    seen = []
    for area in expressions.AREAS:
        texts = expressions.of(area)
        assert list(recordings.read(area)) == texts, f"record {area} again"
        seen += texts
    assert len(seen) >= 3000
    assert len(set(seen)) == len(seen)


def test_known_expressions_are_among_those_compared():
    compared = {text for area in expressions.AREAS for text in expressions.of(area)}
    named = {text for entry in recordings.known() for text in entry.expressions}
    assert named <= compared


@pytest.mark.parametrize(
    ("native", "guest", "iterative"),
    [
        (1, 1.0, 0.0),
        (1, True, 0.0),
        (0.0, -0.0, 0.0),
        (1.0, 1.0 + 1e-14, 0.0),
        (1.0, 1.0 + 1e-8, 1e-9),
        (["ndarray", "int64", [1], [1]], ["ndarray", "int32", [1], [1]], 1e-9),
        (["ndarray", "int64", [1], [2**53]], ["ndarray", "int64", [1], [2**53 + 1]], 1e-9),
        ({"value": 1}, {"value": 1, "warnings": ["RuntimeWarning: overflow"]}, 1e-9),
        ({"error": "ValueError: a"}, {"error": "ValueError: b"}, 1e-9),
    ],
)
def test_descriptions_of_different_things_are_told_apart(native, guest, iterative):
    assert not compare.equal(native, guest, iterative)


@pytest.mark.parametrize(
    ("native", "guest", "iterative"),
    [
        (float("nan"), float("nan"), 0.0),
        (0.1, 0.1 + 1e-17, 0.0),
        (["np.float32", 1.0], ["np.float32", 1.0 + 2e-7], 0.0),
        ([1.0, 1e-17], [1.0, -1e-17], 1e-9),
    ],
)
def test_floats_may_differ_within_the_error(native, guest, iterative):
    assert compare.equal(native, guest, iterative)

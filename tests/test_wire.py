"""Frames: whatever arrives in whatever pieces is cut into the same frames, or refused."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloche.workers.wire import (
    MAX_PAYLOAD_BYTES,
    Decoder,
    Kind,
    WireError,
    encode,
    join_parts,
    split_parts,
)

frames = st.lists(st.tuples(st.sampled_from(Kind), st.binary(max_size=200)), max_size=20)


def pieces(data, cuts):
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in itertools.pairwise(places)]


@given(frames, st.lists(st.integers(min_value=0), max_size=50))
def test_frames_come_out_as_they_went_in_however_they_are_cut(frames, cuts):
    data = b"".join(encode(kind, payload) for kind, payload in frames)
    decoder = Decoder()
    assert [frame for piece in pieces(data, cuts) for frame in decoder.feed(piece)] == frames


@given(frames, st.binary(min_size=1, max_size=300))
def test_garbage_after_frames_gives_the_frames_and_then_nothing_or_an_error(frames, garbage):
    data = b"".join(encode(kind, payload) for kind, payload in frames) + garbage
    found = []
    try:
        found.extend(Decoder().feed(data))
    except WireError:
        found = found or frames
    assert found[: len(frames)] == frames


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_bytes_of_any_kind_raise_nothing_but_wire_errors(chunks):
    decoder = Decoder()
    try:
        for chunk in chunks:
            for kind, payload in decoder.feed(chunk):
                assert isinstance(kind, Kind)
                assert isinstance(payload, bytes)
    except WireError:
        pass


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_two_parts_come_apart_as_they_were_joined(head, rest):
    assert split_parts(join_parts(head, rest)) == (head, rest)


@given(st.binary(max_size=100))
def test_parts_of_any_bytes_lie_within_them_or_are_refused(payload):
    try:
        head, rest = split_parts(payload)
    except WireError:
        return
    assert payload[4:] == head + rest


def test_a_payload_of_the_largest_size_passes_and_one_more_byte_does_not():
    whole = encode(Kind.STDOUT, bytes(MAX_PAYLOAD_BYTES))
    ((kind, payload),) = Decoder().feed(whole)
    assert (kind, len(payload)) == (Kind.STDOUT, MAX_PAYLOAD_BYTES)
    with pytest.raises(WireError):
        encode(Kind.STDOUT, bytes(MAX_PAYLOAD_BYTES + 1))


def test_an_announced_size_is_refused_before_anything_of_it_is_kept():
    decoder = Decoder()
    with pytest.raises(WireError, match="announces"):
        list(decoder.feed(b"\xff\xff\xff\xff\x11"))

"""Frames between the server and a worker: a length, a kind, a payload.

Both directions use the same form. What a worker sends is hostile: the length is checked before
anything is kept, the kind against the closed set, and payloads by whoever understands them.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterator

_HEADER = struct.Struct("<IB")

MAX_PAYLOAD_BYTES = 16 * 1024 * 1024

INSPECTION_BYTES = 1024 * 1024
"""Largest payload of an INSPECTED frame: some times what our guest code sends at most."""


class Kind(enum.IntEnum):
    """What a frame carries."""

    # server → worker
    START = 1  # JSON of an `Order`: become the guest of this folder
    TURN = 2  # two parts: JSON for the worker, JSON request that the guest gets as it is
    INTERRUPT = 3  # digits: raise KeyboardInterrupt in the turn that is the worker's n-th
    SAVE = 4  # nothing: write what is copied of the last turn at once
    INSPECT = 5  # nothing: tell what variables there are, between turns
    # worker → server
    READY = 16  # JSON: the guest waits for its first turn
    STDOUT = 17  # UTF-8
    STDERR = 18  # UTF-8
    DISPLAY = 19  # two parts: JSON header, data
    FINISHED = 20  # two parts: JSON of the worker's own measurements, JSON report of the guest
    CHECKPOINT = 21  # JSON: what became of the checkpoint of a turn; also while another one runs
    INSPECTED = 23  # JSON of the guest: its variables
    DEAD = 22  # JSON: why there is no guest any more; the last frame


class WireError(Exception):
    """The peer sent what is no frame; nothing after it can be trusted."""


def encode(kind: Kind, payload: bytes) -> bytes:
    """Return the frame. Raises `WireError` for a payload past `MAX_PAYLOAD_BYTES`."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise WireError(f"a {kind.name} frame of {len(payload)} bytes is too large to send")
    return _HEADER.pack(len(payload), kind) + payload


class Decoder:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[Kind, bytes]]:
        """Take what arrived and yield the frames that are whole. Raises `WireError`."""
        self._buffer += data
        start = 0
        try:
            while len(self._buffer) - start >= _HEADER.size:
                length, number = _HEADER.unpack_from(self._buffer, start)
                if length > MAX_PAYLOAD_BYTES:
                    raise WireError(f"a frame announces {length} bytes")
                try:
                    kind = Kind(number)
                except ValueError as error:
                    raise WireError(f"a frame has the unknown kind {number}") from error
                end = start + _HEADER.size + length
                if len(self._buffer) < end:
                    break
                payload = bytes(memoryview(self._buffer)[start + _HEADER.size : end])
                start = end
                yield kind, payload
        finally:
            del self._buffer[:start]


def join_parts(head: bytes, rest: bytes) -> bytes:
    """Return a payload of two parts."""
    return struct.pack("<I", len(head)) + head + rest


def split_parts(payload: bytes) -> tuple[bytes, bytes]:
    """Undo `join_parts`. Raises `WireError`."""
    if len(payload) < 4:
        raise WireError("a payload of two parts has no length")
    (length,) = struct.unpack_from("<I", payload)
    if 4 + length > len(payload):
        raise WireError(f"a payload of two parts announces {length} bytes and has fewer")
    return payload[4 : 4 + length], payload[4 + length :]

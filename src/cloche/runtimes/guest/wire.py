"""Frames to the host: one byte that names the kind, then the content."""

import json
import struct
import time
from collections.abc import Callable

import _host

STDOUT = b"O"
STDERR = b"E"

call: Callable[[bytes], bytes] = _host.call

_pack = struct.pack
_clock = time.monotonic_ns
_encode = json.JSONEncoder().encode
_decode = json.JSONDecoder().decode


def request() -> dict:
    """Ask for the turn to run; the guest's clock goes along, so that the host can map sleeps."""
    return _decode(call(b"T" + _pack("<q", _clock())).decode())


def text(kind: bytes, data: bytes) -> None:
    """Send output of one stream (STDOUT or STDERR), UTF-8."""
    call(kind + data)


def display(header: dict, data: bytes) -> None:
    """Send one display: a JSON header, and the bytes that a client shows."""
    head = _encode(header).encode()
    call(b"D" + _pack("<I", len(head)) + head + data)


def finish(report: dict, bare_report: dict) -> None:
    """Send the report that ends the turn, or the bare one if there is no memory to encode it."""
    try:
        frame = b"F" + _encode(report).encode()
    except BaseException:  # noqa: BLE001 - the host waits for a report, whatever happened
        frame = b"F" + _encode(bare_report).encode()
    call(frame)


def inspected(told: str) -> None:
    """Send what an inspection has found, in JSON."""
    call(b"V" + told.encode())

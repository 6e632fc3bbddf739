"""Frames to the host: one byte that names the kind, then the content."""

import _json
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
# Without the Python parts of both, which user code can change.
_chunks = _json.make_encoder(
    None, None, _json.encode_basestring_ascii, None, ":", ",", False, False, False
)
_scan = json.JSONDecoder().scan_once


def request() -> dict:
    """Ask for the turn to run; the guest's clock goes along, so that the host can map sleeps."""
    return _scan(call(b"T" + _pack("<q", _clock())).decode(), 0)[0]


def encode(value: object) -> str:
    """Return plain data as JSON, in ASCII."""
    return "".join(_chunks(value, 0))


def text(kind: bytes, data: bytes) -> None:
    """Send output of one stream (STDOUT or STDERR), UTF-8."""
    call(kind + data)


def display(header: dict, data: bytes) -> None:
    """Send one display: a JSON header, and the bytes that a client shows."""
    head = encode(header).encode()
    call(b"D" + _pack("<I", len(head)) + head + data)


def finish(report: dict, bare_report: dict) -> None:
    """Send the report that ends the turn, or the bare one if there is no memory to encode it."""
    try:
        frame = b"F" + encode(report).encode()
    except BaseException:  # noqa: BLE001 - the host waits for a report, whatever happened
        frame = b"F" + encode(bare_report).encode()
    call(frame)


def inspected(told: str) -> None:
    """Send what an inspection has found, in JSON."""
    call(b"V" + told.encode())

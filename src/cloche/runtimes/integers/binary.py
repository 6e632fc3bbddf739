"""WebAssembly files: reading their functions by name, and writing them with other ones.

Only what the runtime's module needs: every function is found in the name section, sections that
do not change are copied as they are. Source: the binary format of the WebAssembly specification.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from cloche.errors import PreparationFailed

_HEADER_BYTES = 8
_CUSTOM, _TYPES, _IMPORTS, _FUNCTIONS, _GLOBALS, _EXPORTS, _CODE = 0, 1, 2, 3, 6, 7, 10
_FUNCTION_TYPE = 0x60
_FUNCTION, _MEMORY, _GLOBAL = 0, 2, 3
_FUNCTION_NAMES = 1
_ZERO_VARIABLE = b"\x7f\x01\x41\x00\x0b"
_CONTINUED = 0x80
_PADDED_BYTES = 5

STACK_POINTER = 0
"""The number of the variable that the linker makes the stack pointer."""


def unsigned(data: bytes, at: int) -> tuple[int, int]:
    """Read an unsigned LEB128 number; returns it and where the next byte is."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < _CONTINUED:
            return value, at


def encoded(value: int) -> bytes:
    """Return the shortest unsigned LEB128 of a number."""
    parts = bytearray()
    while value >= _CONTINUED:
        parts.append(value & 0x7F | _CONTINUED)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def padded(value: int) -> bytes:
    """Return a number as the linker writes those that it fills in: always in five bytes."""
    return bytes(
        (value >> 7 * place) & 0x7F | (_CONTINUED if place < _PADDED_BYTES - 1 else 0)
        for place in range(_PADDED_BYTES)
    )


@dataclass(frozen=True)
class Signature:
    """The parameters and results of a function, a byte each."""

    parameters: bytes
    results: bytes


class Binary:
    """A WebAssembly module whose functions can be replaced and added to."""

    def __init__(self, source: bytes) -> None:
        """Read it. Raises `PreparationFailed` when it is no module with names."""
        self._source = source
        self._sections: list[tuple[int, int, int]] = []
        self.signatures: list[Signature] = []
        self._types: list[int] = []
        self._bodies: list[tuple[int, int] | bytes] = []
        self.imported: list[tuple[str, Signature]] = []
        """The functions that it imports, in the order of their numbers."""
        self.exported: dict[str, int] = {}
        """The functions that it exports."""
        self.variables = 0
        """How many variables (globals) it has of its own."""
        self._added_variables = 0
        self._named: dict[str, list[int]] = defaultdict(list)
        readers = {
            _TYPES: self._read_signatures,
            _IMPORTS: self._read_imports,
            _FUNCTIONS: self._read_types,
            _GLOBALS: self._read_globals,
            _EXPORTS: self._read_exports,
            _CODE: self._read_bodies,
            _CUSTOM: self._read_names,
        }
        try:
            at = _HEADER_BYTES
            while at < len(source):
                kind = source[at]
                size, start = unsigned(source, at + 1)
                at = start + size
                self._sections.append((kind, start, at))
                if kind in readers:
                    readers[kind](start, at)
        except IndexError:
            raise PreparationFailed("the module of the runtime ends too soon") from None

    def own(self) -> range:
        """Return the numbers of the functions that are not imported."""
        return range(len(self.imported), len(self.imported) + len(self._bodies))

    def named(self, name: str) -> list[int]:
        """Return the numbers of the functions of that name."""
        return list(self._named.get(name, ()))

    def like(self, pattern: str) -> list[int]:
        """Return the numbers of the functions whose whole name has a pattern."""
        matches = re.compile(pattern).fullmatch
        return [each for name, found in self._named.items() if matches(name) for each in found]

    def one(self, name: str) -> int:
        """Return the number of the only function of that name. Raises `PreparationFailed`."""
        found = self.named(name)
        if len(found) != 1:
            raise PreparationFailed(f"the runtime has {len(found)} functions named {name}, not 1")
        return found[0]

    def signature(self, function: int) -> Signature:
        """Return the signature of a function."""
        if function < len(self.imported):
            return self.imported[function][1]
        return self.signatures[self._types[function - len(self.imported)]]

    def body(self, function: int) -> bytes:
        """Return the locals and the code of a function that is not imported."""
        body = self._bodies[function - len(self.imported)]
        return body if isinstance(body, bytes) else self._source[slice(*body)]

    def replace(self, function: int, body: bytes) -> None:
        """Give a function another body."""
        self._bodies[function - len(self.imported)] = body

    def add(self, signature: Signature, body: bytes = b"") -> int:
        """Add a function; returns its number. Raises `PreparationFailed` for a new signature."""
        if signature not in self.signatures:
            raise PreparationFailed(f"no function of the runtime is like {signature}")
        self._types.append(self.signatures.index(signature))
        self._bodies.append(body)
        return len(self.imported) + len(self._bodies) - 1

    def add_variable(self) -> int:
        """Add a variable of 32 bits that begins at zero; returns its number."""
        self._added_variables += 1
        return self.variables + self._added_variables - 1

    def written(self) -> bytes:
        """Return the whole module."""
        parts = [self._source[:_HEADER_BYTES]]
        for kind, start, end in self._sections:
            match kind:
                case _ if kind == _FUNCTIONS:
                    content = _vector([encoded(number) for number in self._types])
                case _ if kind == _GLOBALS:
                    _, first = unsigned(self._source, start)
                    content = _vector(
                        [self._source[first:end], _ZERO_VARIABLE * self._added_variables],
                        count=self.variables + self._added_variables,
                    )
                case _ if kind == _CODE:
                    content = _vector(
                        [
                            piece
                            for place in range(len(self._bodies))
                            for piece in _sized(self.body(place + len(self.imported)))
                        ],
                        count=len(self._bodies),
                    )
                case _:
                    content = self._source[start:end]
            parts += [bytes([kind]), encoded(len(content)), content]
        return b"".join(parts)

    def _read_signatures(self, at: int, _end: int) -> None:
        count, at = unsigned(self._source, at)
        for _ in range(count):
            if self._source[at] != _FUNCTION_TYPE:
                raise PreparationFailed("the module of the runtime has a type that is no function")
            parameters, at = self._bytes(at + 1)
            results, at = self._bytes(at)
            self.signatures.append(Signature(parameters, results))

    def _read_imports(self, at: int, _end: int) -> None:
        count, at = unsigned(self._source, at)
        for _ in range(count):
            _, at = self._bytes(at)
            name, at = self._bytes(at)
            kind, at = self._source[at], at + 1
            match kind:
                case _ if kind == _FUNCTION:
                    signature, at = unsigned(self._source, at)
                    self.imported.append((name.decode(), self.signatures[signature]))
                case _ if kind == _MEMORY:
                    limited = self._source[at] & 1
                    _, at = unsigned(self._source, at + 1)
                    if limited:
                        _, at = unsigned(self._source, at)
                case _ if kind == _GLOBAL:
                    at += 2
                case _:
                    raise PreparationFailed(f"the module imports {name!r}, of kind {kind}")

    def _read_types(self, at: int, _end: int) -> None:
        count, at = unsigned(self._source, at)
        for _ in range(count):
            signature, at = unsigned(self._source, at)
            self._types.append(signature)

    def _read_globals(self, at: int, _end: int) -> None:
        self.variables, _ = unsigned(self._source, at)

    def _read_exports(self, at: int, _end: int) -> None:
        count, at = unsigned(self._source, at)
        for _ in range(count):
            name, at = self._bytes(at)
            number, after = unsigned(self._source, at + 1)
            if self._source[at] == _FUNCTION:
                self.exported[name.decode()] = number
            at = after

    def _read_bodies(self, at: int, _end: int) -> None:
        count, at = unsigned(self._source, at)
        for _ in range(count):
            size, at = unsigned(self._source, at)
            self._bodies.append((at, at + size))
            at += size

    def _read_names(self, at: int, end: int) -> None:
        section, at = self._bytes(at)
        if section != b"name":
            return
        while at < end:
            kind = self._source[at]
            size, at = unsigned(self._source, at + 1)
            if kind == _FUNCTION_NAMES:
                count, place = unsigned(self._source, at)
                for _ in range(count):
                    function, place = unsigned(self._source, place)
                    name, place = self._bytes(place)
                    self._named[name.decode("utf-8", "replace")].append(function)
            at += size

    def _bytes(self, at: int) -> tuple[bytes, int]:
        size, at = unsigned(self._source, at)
        return self._source[at : at + size], at + size


def _vector(items: Sequence[bytes], *, count: int | None = None) -> bytes:
    return encoded(len(items) if count is None else count) + b"".join(items)


def _sized(body: bytes) -> tuple[bytes, bytes]:
    return encoded(len(body)), body

"""Code of WebAssembly functions: short pieces from text, whole functions from a WAT module."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import wasmtime

from cloche.errors import PreparationFailed
from cloche.runtimes.integers.binary import STACK_POINTER, Binary, encoded, padded, unsigned

_PLAIN = {
    "end": 0x0B,
    "drop": 0x1A,
    "select": 0x1B,
    "i32.eqz": 0x45,
    "i32.eq": 0x46,
    "i32.lt_u": 0x49,
    "i32.gt_u": 0x4B,
    "i32.le_u": 0x4D,
    "i64.lt_u": 0x54,
    "i32.add": 0x6A,
    "i32.and": 0x71,
    "i32.mul": 0x6C,
    "i32.or": 0x72,
    "i32.wrap_i64": 0xA7,
    "i32.reinterpret_f32": 0xBC,
    "i64.add": 0x7C,
    "i64.and": 0x83,
    "i64.extend_i32_s": 0xAC,
    "i64.reinterpret_f64": 0xBD,
}
_INDEXED = {
    "br_if": 0x0D,
    "local.get": 0x20,
    "local.set": 0x21,
    "local.tee": 0x22,
}
_CONSTANT = {"i32.const": 0x41, "i64.const": 0x42}
_MEMORY = {
    "i32.load": (0x28, 2),
    "i32.load8_u": (0x2D, 0),
    "i32.store": (0x36, 2),
    "i64.store": (0x37, 3),
}

_CALL = 0x10
_BLOCKS = (0x02, 0x03, 0x04)
_ONE_NUMBER = (0x0C, 0x0D, 0x20, 0x21, 0x22)
_GLOBALS = (0x23, 0x24)
_ACCESSES = range(0x28, 0x3F)
_NUMBERS = (0x41, 0x42)
_BARE = {0x00, 0x01, 0x05, 0x0B, 0x0F, 0x1A, 0x1B, *range(0x45, 0xC5)}


def assemble(text: str, function: Callable[[str], int]) -> bytes:
    """Return the code of instructions that `;` divides, as the linker of the runtime encodes it.

    `function` gives the number of a function by its name. A number after `@` is an address that
    the linker filled in.
    """
    return b"".join(_instruction(part.split(), function) for part in text.split(";"))


def _instruction(words: list[str], function: Callable[[str], int]) -> bytes:
    match words:
        case [name] if name in _PLAIN:
            return bytes([_PLAIN[name]])
        case ["call", name]:
            return bytes([_CALL]) + padded(function(name))
        case [name, number] if name in _INDEXED:
            return bytes([_INDEXED[name]]) + encoded(int(number))
        case [name, number] if name in _CONSTANT:
            address = number[0] == "@"
            return bytes([_CONSTANT[name]]) + (
                padded(int(number[1:])) if address else _signed(int(number))
            )
        case [name, offset] if name in _MEMORY:
            code, alignment = _MEMORY[name]
            address = padded(int(offset[1:])) if offset[0] == "@" else encoded(int(offset))
            return bytes([code, alignment]) + address
        case _:
            raise ValueError(f"no instruction: {' '.join(words)}")


def _signed(value: int) -> bytes:
    parts = bytearray()
    while not -64 <= value < 64:  # what seven bits hold
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value & 0x7F)
    return bytes(parts)


def link(binary: Binary, wat: str, functions: Mapping[str, int] | None = None) -> Mapping[str, int]:
    """Add the functions of a WAT module to `binary`; returns the numbers of the exported ones.

    What it imports from "runtime" are functions of `binary`, by name, unless `functions` has
    their numbers, and its memory and stack pointer; variables of its own begin at zero.
    Raises `PreparationFailed` when a name is missing or has another signature.
    """
    added = Binary(bytes(wasmtime.wat2wasm(wat)))
    numbers: list[int] = []
    for name, signature in added.imported:
        number = binary.one(name) if functions is None or name not in functions else functions[name]
        if binary.signature(number) != signature:
            raise PreparationFailed(f"{name} of the runtime has an unexpected signature")
        numbers.append(number)
    variables = [STACK_POINTER, *(binary.add_variable() for _ in range(added.variables))]
    own = added.own()
    numbers += [binary.add(added.signature(number)) for number in own]
    for number in own:
        binary.replace(numbers[number], _moved(added.body(number), numbers, variables))
    return {name: numbers[number] for name, number in added.exported.items()}


def _moved(body: bytes, numbers: list[int], variables: list[int]) -> bytes:
    """Return a function's body with the functions and variables in it renumbered."""
    groups, at = unsigned(body, 0)
    for _ in range(groups):
        _, at = unsigned(body, at)
        at += 1
    parts = [body[:at]]
    while at < len(body):
        code, start = body[at], at
        at += 1
        match code:
            case _ if code == _CALL:
                number, at = unsigned(body, at)
                parts.append(bytes([_CALL]) + padded(numbers[number]))
                continue
            case _ if code in _GLOBALS:
                number, at = unsigned(body, at)
                parts.append(bytes([code]) + padded(variables[number]))
                continue
            case _ if code in _BLOCKS:
                at += 1
            case _ if code in _ONE_NUMBER or code in _NUMBERS:
                _, at = unsigned(body, at)
            case _ if code in _ACCESSES:
                _, at = unsigned(body, at)
                _, at = unsigned(body, at)
            case _ if code not in _BARE:
                raise ValueError(f"instruction {code:#x} cannot be moved")
            case _:
                pass
        parts.append(body[start:at])
    return b"".join(parts)

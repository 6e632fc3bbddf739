"""What the user's `__main__` holds, told between turns without running any of the user's code.

Nothing is asked of a value that a class could answer in its own way: no repr, length, attribute,
comparison or hash. What is told is read by functions of CPython, numpy and pandas that were taken
when the image was made, off values of exactly the types that these belong to. An audit hook is the
one thing of a user's that may hear of it.
"""

import gc
from contextlib import suppress
from itertools import islice
from types import ModuleType

from . import previews, reserve, wire
from . import turn as turns
from .arrays import Arrays
from .frames import Frames
from .names import instance_module, module_name, module_namespace, name_of, own_name, words

_MOST_VARIABLES = 100
_MOST_IMPORTS = 50
# Of a name space of a million names, only so many are looked at.
_MOST_NAMES = 20_000
_NAME_CHARACTERS = 60
# What all previews together may take; those of older variables are short after that.
_PREVIEW_CHARACTERS = 10_000
_SHORT_CHARACTERS = 40

_collects, _collect_no_more, _collect_again = gc.isenabled, gc.disable, gc.enable
# For when there is no memory to tell more.
_NOTHING = '{"variables":[],"total":0,"imports":[],"complete":false}'


def adopt() -> None:
    """Learn to show numpy's and pandas' values; both are as they were imported."""
    Frames(Arrays())


def inspect() -> None:
    """Send the host what there is: variables and imports, those defined last at the end."""
    collecting = _collects()
    _collect_no_more()  # for finalizers are user code
    try:
        told = wire.encode(_look())
    except MemoryError:
        reserve.release()
        told = _NOTHING
    finally:
        if collecting:
            _collect_again()
    wire.inspected(told)


def _look() -> dict:
    names = module_namespace(turns.main)
    variables, imports, total, room = [], [], 0, _PREVIEW_CHARACTERS
    for key, value in islice(reversed(names.items()), _MOST_NAMES):
        # To look a name up would compare it with names whose class is the user's.
        if not issubclass(type(key), str):
            continue
        name = str.__str__(key)
        if name.startswith("_"):
            continue
        imported = _import_of(name, value)
        if imported is not None:
            imports.append(imported)
            continue
        total += 1
        if total <= _MOST_VARIABLES:
            variables.append(_describe(name, value, room))
            room -= len(variables[-1]["preview"])
    unseen = max(0, len(names) - _MOST_NAMES)
    return {
        "variables": variables[::-1],
        "total": total + unseen,
        "imports": imports[_MOST_IMPORTS - 1 :: -1],
        "complete": unseen == 0 and len(imports) <= _MOST_IMPORTS,
    }


def _describe(name: str, value: object, room: int) -> dict:
    # One value that is not as expected hides no other, nor itself.
    size, preview = None, f"<{name_of(type(value))} object>"
    with suppress(Exception):
        size = previews.size_of(value)
    with suppress(Exception):
        preview = previews.preview(value)
    if room < 0:
        preview = words(preview, _SHORT_CHARACTERS)
    return {
        "name": words(name, _NAME_CHARACTERS),
        "type": name_of(type(value)),
        "size": size,
        "preview": preview,
    }


def _import_of(name: str, value: object) -> str | None:
    """How `value` was imported; None for what was made here."""
    kind = type(value)
    if issubclass(kind, ModuleType):
        original = module_name(value)
        if original is None or original == name:
            return words(name, _NAME_CHARACTERS)
        if original.startswith(f"{name}."):  # import a.b
            return words(name, _NAME_CHARACTERS)
        return f"{words(original, _NAME_CHARACTERS)} as {words(name, _NAME_CHARACTERS)}"
    module = instance_module(value)
    if module is None or module == "__main__":
        return None
    original = own_name(value)
    alias = "" if original == name else f" as {words(name, _NAME_CHARACTERS)}"
    return f"from {words(module, _NAME_CHARACTERS)} import {original}{alias}"

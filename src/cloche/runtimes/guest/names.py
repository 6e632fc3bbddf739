"""What types, functions and modules are called, where neither class nor metaclass has a say."""

from itertools import islice
from types import BuiltinFunctionType, FunctionType, ModuleType

from .clip import clip

FEW = 256
"""As many names of a class or module are looked at to find one of them."""

_TYPE_CHARACTERS = 80
_HEAP_TYPE = 1 << 9

_qualname_of = type.__dict__["__qualname__"].__get__
_flags_of = type.__dict__["__flags__"].__get__
_module_of_static = type.__dict__["__module__"].__get__
_namespace_of = type.__dict__["__dict__"].__get__
_function_name = FunctionType.__dict__["__name__"].__get__
_function_module = FunctionType.__dict__["__module__"].__get__
_builtin_name = BuiltinFunctionType.__dict__["__name__"].__get__
_builtin_module = BuiltinFunctionType.__dict__["__module__"].__get__
module_namespace = ModuleType.__dict__["__dict__"].__get__
"""Returns the name space of a module."""


def words(text: str, limit: int) -> str:
    """`text` on one line, within `limit` characters, as valid Unicode."""
    text = str.__str__(text)
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if not text.isprintable():
        text = repr(text)[1:-1][: 2 * limit]
    return clip(text, 16 * limit)[0]


def name_of(kind: type) -> str:
    """The name of a type, with its module unless that is builtins or the user's own."""
    name, module = _qualname_of(kind), module_of(kind)
    if module not in (None, "builtins", "__main__"):
        name = f"{words(module, _TYPE_CHARACTERS)}.{words(name, _TYPE_CHARACTERS)}"
    return words(name, _TYPE_CHARACTERS)


def module_of(kind: type) -> str | None:
    """The name of the module that a type says it is of."""
    if not _flags_of(kind) & _HEAP_TYPE:
        return _module_of_static(kind)
    # Looked through and not looked up: that would compare names, which may be of any class.
    for key, value in islice(_namespace_of(kind).items(), FEW):
        if type(key) is str and key == "__module__":
            return value if type(value) is str else None
    return None


def instance_module(value: object) -> str | None:
    """The module that a function or class was made in; None for any other value."""
    kind = type(value)
    if kind is FunctionType:
        module = _function_module(value)
    elif kind is BuiltinFunctionType:
        module = _builtin_module(value)
    elif issubclass(kind, type):
        module = module_of(value)
    else:
        return None
    return module if type(module) is str else None


def own_name(value: object) -> str:
    """The name that a function or class was made with."""
    kind = type(value)
    if kind is FunctionType:
        return words(_function_name(value), _TYPE_CHARACTERS)
    if kind is BuiltinFunctionType:
        return words(_builtin_name(value), _TYPE_CHARACTERS)
    return words(_qualname_of(value), _TYPE_CHARACTERS)


def module_name(module: ModuleType) -> str | None:
    """The name that a module calls itself by."""
    for key, value in islice(module_namespace(module).items(), FEW):
        if type(key) is str and key == "__name__":
            return value if type(value) is str else None
    return None

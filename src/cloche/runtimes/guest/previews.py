"""A value in a few words, read off it without running any code of its class.

What is of exactly a built-in type is shown; of anything else there is the name of its type. All
that is looked at is bounded, however large, deep or recursive the value is.
"""

import collections
import datetime
import decimal
import sys
from collections.abc import Callable, Iterable
from itertools import islice
from types import BuiltinFunctionType, CodeType, FunctionType

from .names import name_of, own_name, words

_MOST_CHARACTERS = 120
_CUT_CHARACTERS = 60  # what is shown of a long text
_MOST_BITS = 256
_MOST_ELEMENTS = 30
_DEEPEST = 3

_VARARGS, _VARKEYWORDS, _COROUTINE = 0x04, 0x08, 0x80

# From the types themselves, where a metaclass or a class has no say.
_bases_of = type.__dict__["__bases__"].__get__
_code_of = FunctionType.__dict__["__code__"].__get__
_defaults_of = FunctionType.__dict__["__defaults__"].__get__
_kwdefaults_of = FunctionType.__dict__["__kwdefaults__"].__get__
_zone_of = datetime.datetime.__dict__["tzinfo"].__get__
_zone_of_time = datetime.time.__dict__["tzinfo"].__get__
_size = sys.getsizeof

Show = Callable[["Sketch", object, int], str]


def preview(value: object) -> str:
    """What `value` looks like, in about 120 characters."""
    return words(Sketch().of(value), 2 * _MOST_CHARACTERS)


def size_of(value: object) -> int | None:
    """Bytes that `value` takes, without what it refers to; None where only its class could tell."""
    measure = _MEASURES.get(id(type(value)))
    return None if measure is None else measure(value)


class Sketch:
    """One preview in the making, with what it may still look at."""

    def __init__(self) -> None:
        self.elements, self.characters = _MOST_ELEMENTS, _MOST_CHARACTERS

    def of(self, value: object, depth: int = 0) -> str:
        """The text of one value, perhaps inside others."""
        # By identity: the hash of a type is its metaclass's to compute.
        show = _SHOWS.get(id(type(value)))
        text = _other(value) if show is None else show(self, value, depth)
        self.characters -= len(text) + 2
        return text

    def row(self, values: Iterable, count: int, depth: int) -> str:
        """The text of the first of some values."""
        shown: list[str] = []
        if depth < _DEEPEST:
            for value in islice(values, _MOST_ELEMENTS):
                if self.elements <= 0 or self.characters <= 0:
                    break
                self.elements -= 1
                before = self.characters
                shown.append(self.of(value, depth + 1))
                # What a value holds has been counted with it.
                self.characters = min(self.characters, before)
        if len(shown) < count:
            shown.append(f"… {count - len(shown)} more" if shown else "…")
        return ", ".join(shown)

    def pairs(self, items: Iterable, count: int, depth: int) -> str:
        """The text of the first of some keys and values."""
        shown: list[str] = []
        if depth < _DEEPEST:
            for key, value in islice(items, _MOST_ELEMENTS):
                if self.elements <= 0 or self.characters <= 0:
                    break
                self.elements -= 1
                shown.append(f"{self.of(key, depth + 1)}: {self.of(value, depth + 1)}")
        if len(shown) < count:
            shown.append(f"… {count - len(shown)} more" if shown else "…")
        return ", ".join(shown)


def _other(value: object) -> str:
    if issubclass(type(value), type):
        bases = ", ".join(name_of(base) for base in islice(_bases_of(value), 5))
        name = name_of(value)
        return f"class {name}" if bases == "object" else f"class {name}({bases})"
    return f"<{name_of(type(value))} object>"


def _plain(sketch: Sketch, value: object, depth: int) -> str:
    return repr(value)


def _int(sketch: Sketch, value: int, depth: int) -> str:
    bits = value.bit_length()
    if bits <= _MOST_BITS:
        return repr(value)
    return f"<int of about {int(bits * 0.30103) + 1} digits>"


def _str(sketch: Sketch, value: str, depth: int) -> str:
    if len(value) <= _MOST_CHARACTERS and (depth == 0 or len(value) <= _CUT_CHARACTERS):
        return repr(value)
    return f"{value[:_CUT_CHARACTERS]!r}… {len(value)} characters"


def _bytes(sketch: Sketch, value: bytes | bytearray, depth: int) -> str:
    if len(value) <= _CUT_CHARACTERS:
        return repr(value)
    return f"{value[: _CUT_CHARACTERS // 2]!r}… {len(value)} bytes"


def _list(sketch: Sketch, value: list, depth: int) -> str:
    return f"[{sketch.row(value, len(value), depth)}]"


def _tuple(sketch: Sketch, value: tuple, depth: int) -> str:
    row = sketch.row(value, len(value), depth)
    return f"({row},)" if len(value) == 1 else f"({row})"


def _set(sketch: Sketch, value: set, depth: int) -> str:
    return f"{{{sketch.row(value, len(value), depth)}}}" if value else "set()"


def _frozenset(sketch: Sketch, value: frozenset, depth: int) -> str:
    return f"frozenset({_set(sketch, value, depth)})" if value else "frozenset()"


def _deque(sketch: Sketch, value: collections.deque, depth: int) -> str:
    return f"deque([{sketch.row(value, len(value), depth)}])"


def _dict(sketch: Sketch, value: dict, depth: int) -> str:
    items = dict.items(value)
    return f"{{{sketch.pairs(items, dict.__len__(value), depth)}}}"


def _counter(sketch: Sketch, value: dict, depth: int) -> str:
    return f"Counter({_dict(sketch, value, depth)})"


def _range(sketch: Sketch, value: range, depth: int) -> str:
    parts = [value.start, value.stop] + ([value.step] if value.step != 1 else [])
    return f"range({', '.join(_int(sketch, part, depth) for part in parts)})"


def _decimal(sketch: Sketch, value: decimal.Decimal, depth: int) -> str:
    # Written in Python here, so it is read off what its methods would read.
    sign, digits, exponent = _sign_of(value), _digits_of(value), _exponent_of(value)
    if type(digits) is not str or type(exponent) is not int or type(sign) is not int:
        return "Decimal('Infinity')" if exponent == "F" else "Decimal('NaN')"
    if len(digits) > _CUT_CHARACTERS or not -_CUT_CHARACTERS < exponent <= 0:
        text = f"{digits[:_CUT_CHARACTERS]}{'…' if len(digits) > _CUT_CHARACTERS else ''}"
        text = f"{text}E{_int(sketch, exponent, depth)}"
    elif exponent:
        digits = digits.rjust(1 - exponent, "0")
        text = f"{digits[:exponent]}.{digits[exponent:]}"
    else:
        text = digits
    return f"Decimal('{'-' if sign else ''}{text}')"


def show_datetime(sketch: Sketch, value: datetime.datetime, depth: int) -> str:
    """Show a datetime, or what is one with more to it."""
    # A zone of another class would be asked for its offset.
    if type(_zone_of(value)) in (type(None), datetime.timezone):
        return _datetime_text(value)
    return f"{_date_text(_date_of(value))}T{_time_text(_time_of(value))} with a time zone"


def _time(sketch: Sketch, value: datetime.time, depth: int) -> str:
    if type(_zone_of_time(value)) in (type(None), datetime.timezone):
        return _time_text(value)
    return _other(value)


def _date(sketch: Sketch, value: datetime.date, depth: int) -> str:
    return _date_text(value)


def _timedelta(sketch: Sketch, value: datetime.timedelta, depth: int) -> str:
    return _timedelta_text(value)


def _builtin(sketch: Sketch, value: object, depth: int) -> str:
    return f"<built-in function {own_name(value)}>"


def _function(sketch: Sketch, value: FunctionType, depth: int) -> str:
    name = own_name(value)
    if depth:
        return f"<function {name}>"
    code = _code_of(value)
    word = "async def" if code.co_flags & _COROUTINE else "def"
    return f"{word} {name}({', '.join(_parameters(sketch, value, code))})"


def _parameters(sketch: Sketch, value: FunctionType, code: CodeType) -> list[str]:
    positional, only = code.co_argcount, code.co_kwonlyargcount
    names = code.co_varnames
    defaults, keyword_defaults = _defaults_of(value), _kwdefaults_of(value)
    known: dict[str, object] = {}
    if type(defaults) is tuple and len(defaults) <= positional:
        known.update(zip(names[positional - len(defaults) : positional], defaults, strict=True))
    if type(keyword_defaults) is dict:
        few = islice(keyword_defaults.items(), _MOST_ELEMENTS)
        known.update({key: default for key, default in few if type(key) is str})

    def shown(name: str) -> str:
        text = words(name, _CUT_CHARACTERS)
        return f"{text}={sketch.of(known[name], _DEEPEST - 1)}" if name in known else text

    rest = map(shown, names[positional + only : positional + only + 2])
    parts = [shown(name) for name in names[: min(positional, _MOST_ELEMENTS)]]
    if 0 < code.co_posonlyargcount <= len(parts):
        parts.insert(code.co_posonlyargcount, "/")
    if code.co_flags & _VARARGS:
        parts.append(f"*{next(rest)}")
    elif only:
        parts.append("*")
    parts += [shown(name) for name in names[positional : positional + min(only, _MOST_ELEMENTS)]]
    if code.co_flags & _VARKEYWORDS:
        parts.append(f"**{next(rest)}")
    return parts


# User code may put others in their place.
_sign_of, _digits_of = decimal.Decimal._sign.__get__, decimal.Decimal._int.__get__
_exponent_of = decimal.Decimal._exp.__get__
_datetime_text = datetime.datetime.isoformat
_date_of, _time_of = datetime.datetime.date, datetime.datetime.time
_date_text, _time_text = datetime.date.isoformat, datetime.time.isoformat
_timedelta_text = datetime.timedelta.__str__

_SHOWS: dict[int, Show] = {
    id(kind): show
    for kinds, show in (
        ((type(None), bool, float, complex, type(...), type(NotImplemented)), _plain),
        ((int,), _int),
        ((str,), _str),
        ((bytes, bytearray), _bytes),
        ((list,), _list),
        ((tuple,), _tuple),
        ((set,), _set),
        ((frozenset,), _frozenset),
        ((dict, collections.OrderedDict, collections.defaultdict), _dict),
        ((collections.Counter,), _counter),
        ((collections.deque,), _deque),
        ((range,), _range),
        ((decimal.Decimal,), _decimal),
        ((datetime.datetime,), show_datetime),
        ((datetime.date,), _date),
        ((datetime.time,), _time),
        ((datetime.timedelta,), _timedelta),
        ((FunctionType,), _function),
        ((BuiltinFunctionType,), _builtin),
    )
    for kind in kinds
}
_MEASURES: dict[int, Callable[[object], int | None]] = {
    id(kind): _size
    for kind in (
        *(type(None), bool, int, float, complex, str, bytes, bytearray, range),
        *(list, tuple, dict, set, frozenset, collections.deque, collections.OrderedDict),
    )
}


def know(kind: type, show: Show, measure: Callable[[object], int | None] | None = None) -> None:
    """Show values of exactly this type in this way from now on."""
    _SHOWS[id(kind)] = show
    if measure is not None:
        _MEASURES[id(kind)] = measure

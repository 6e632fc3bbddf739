"""Names of integer types in numpy and pandas, and results that only their Python code can widen.

The compiled code of this 32-bit guest needs 32-bit integers for sizes and indices, while users
have 64-bit ones as on the machines that they know. What the module's own code does for that is
described in Cloche's `runtimes/integers`; this does the rest.
"""

import functools
import opcode
import sys
from collections.abc import Callable
from types import ModuleType

_NAMES = ("int_", "intp", "long")
_UNSIGNED_NAMES = ("uint", "uintp", "ulong")

# Python code that hands these types to compiled code which takes 32 bits and nothing else.
_NARROW = ("sklearn.", "numpy._core.strings")

_LOOKUPS = {opcode.opmap[name] for name in ("LOAD_ATTR", "IMPORT_FROM")}

# The legacy generator draws C longs, of 32 bits here, and cuts off what is larger.
_MOST_LONG = 2**31 - 1
_MOST_LAM = _MOST_LONG - 10 * _MOST_LONG**0.5
_UNBOUNDED = ("geometric", "logseries", "negative_binomial")
_INSTEAD = ", which the legacy generator cannot hold here; np.random.default_rng(seed).{} can"

_COUNTING = (
    "str_len",
    "_count_ufunc",
    "_find_ufunc",
    "_index_ufunc",
    "_rfind_ufunc",
    "_rindex_ufunc",
)


def install() -> None:
    """Change numpy and pandas, once, when they have been imported."""
    import numpy as np
    import pandas  # noqa: F401

    wide = dict.fromkeys(_NAMES, np.int64) | dict.fromkeys(_UNSIGNED_NAMES, np.uint64)
    _rename_types(np, wide)
    _print_types(np)
    _read_types(np)
    _widen_strings(np)
    _widen_histogram(np)
    _widen_generator(np)
    _widen_pandas(np)


def _rename_types(np: ModuleType, wide: dict[str, type]) -> None:
    import numpy._core._type_aliases as aliases

    narrow = {name: getattr(np, name) for name in wide}
    for module in _modules("numpy", "pandas"):
        names = vars(module)
        if module is not np:
            for name in wide:
                for spelt in (name, f"np_{name}"):
                    if names.get(spelt) is narrow[name]:
                        names[spelt] = wide[name]
    aliases.sctypeDict.update(wide)
    aliases.sctypeDict["int"] = np.int64

    usual, usual_names = np.__getattr__, np.__dir__

    # Compiled modules ask numpy for these types when they run, to make arrays that they then
    # write to as 32-bit integers. Who asks is seen in the frame: compiled code has none, and the
    # Python function that called it is at a call, and not at a lookup.
    def __getattr__(name: str) -> object:  # noqa: N807
        if name not in wide:
            return usual(name)
        frame = sys._getframe(1)
        code = frame.f_code
        asks = code.co_code[frame.f_lasti] in _LOOKUPS or (
            name in code.co_consts and "getattr" in code.co_names
        )
        inside = str(frame.f_globals.get("__name__")).startswith(_NARROW)
        return (wide if asks and not inside else narrow)[name]

    def __dir__() -> list[str]:  # noqa: N807
        return sorted({*usual_names(), *wide})

    for module in _modules("numpy"):
        names = vars(module)
        for name, type_ in (("intc", np.int32), ("uintc", np.uint32)):
            if name in names:
                names[name] = type_
    for name in wide:
        delattr(np, name)
    np.__getattr__, np.__dir__ = __getattr__, __dir__
    __getattr__.__module__ = __dir__.__module__ = "numpy"


def _print_types(np: ModuleType) -> None:
    import numpy._core.arrayprint as arrayprint

    arrayprint._typelessdata[:] = [np.int64, np.float64, np.complex128, np.bool]


def _read_types(np: ModuleType) -> None:
    """Take out of what a text is tried as, one after the other, the integer of 32 bits.

    And have the letters of structures in memory, which are C's here, be read as what they are.
    """
    import numpy._core._internal as internal
    from numpy.lib._iotools import StringConverter

    internal._pep3118_native_map.update(l="i", L="I")
    StringConverter._mapper[:] = [
        entry for entry in StringConverter._mapper if entry[0] is not np.int32
    ]


def _widen_strings(np: ModuleType) -> None:
    import numpy._core.defchararray as defchararray
    import numpy._core.strings as strings

    cut = strings.slice

    # Its loop takes 32 bits, of which the largest is as good as any larger one.
    @functools.wraps(cut)
    def slice(
        a: object, start: object = None, stop: object = np._NoValue, step: object = None, /
    ) -> object:
        return cut(a, *(_within(each) for each in (start, stop, step)))

    def _within(bound: object) -> object:
        usual = bound is None or bound is np._NoValue
        return bound if usual else np.clip(bound, -_MOST_LONG, _MOST_LONG)

    changed = {name: _widening(getattr(strings, name)) for name in _COUNTING} | {"slice": slice}
    for name, function in changed.items():
        for module in (strings, np.strings, defchararray, np.char):
            if hasattr(module, name):
                setattr(module, name, function)


def _widen_histogram(np: ModuleType) -> None:
    """Teach the difference of integers, which becomes an unsigned one, the type of 32 bits."""
    import numpy.lib._histograms_impl as histograms

    usual = histograms._unsigned_subtract

    def _unsigned_subtract(a: object, b: object) -> object:
        if np.result_type(a, b).type is np.int32:
            a, b = np.asarray(a, dtype=np.int32), np.asarray(b, dtype=np.int32)
            return np.subtract(a, b, casting="unsafe", dtype=np.uint32)
        return usual(a, b)

    histograms._unsigned_subtract = _unsigned_subtract


def _widening(function: Callable) -> Callable:
    """Return a function whose narrow results are wide ones."""

    @functools.wraps(function)
    def call(*args: object, **kwargs: object) -> object:
        return widened(function(*args, **kwargs))

    return call


def _widening_all_but_first(function: Callable) -> Callable:
    @functools.wraps(function)
    def call(*args: object, **kwargs: object) -> tuple:
        first, *others = function(*args, **kwargs)
        return first, *map(widened, others)

    return call


def widened(value: object) -> object:
    """Return what 64-bit code would have: wide integers for narrow ones, also within a tuple."""
    import numpy as np

    if type(value) is tuple:
        return tuple(widened(each) for each in value)
    if isinstance(value, np.int32):
        return np.int64(value)
    if isinstance(value, np.ndarray) and value.dtype == np.int32:
        return value.astype(np.int64)
    return value


def _widen_generator(np: ModuleType) -> None:
    """Replace the legacy generator's class: it makes integers of the size of a C long."""
    from numpy.random import mtrand

    class RandomState(mtrand.RandomState):
        __doc__ = mtrand.RandomState.__doc__
        __module__ = "numpy.random.mtrand"

        def binomial(self, n: object, p: object, size: object = None) -> object:
            return widened(super().binomial(n, p, size))

        def multinomial(self, n: object, pvals: object, size: object = None) -> object:
            return widened(super().multinomial(n, pvals, size))

        def poisson(self, lam: object = 1.0, size: object = None) -> object:
            if np.any(np.greater(lam, _MOST_LAM)):
                raise ValueError(f"lam value too large{_INSTEAD.format('poisson')}")
            return super().poisson(lam, size)

        def hypergeometric(
            self, ngood: object, nbad: object, nsample: object, size: object = None
        ) -> object:
            if np.any(np.greater(np.add(ngood, nbad), _MOST_LONG)):
                raise ValueError(f"ngood + nbad too large{_INSTEAD.format('hypergeometric')}")
            return super().hypergeometric(ngood, nbad, nsample, size)

        def choice(
            self, a: object, size: object = None, replace: object = True, p: object = None
        ) -> object:
            drawn = super().choice(a, size, replace, p)
            return widened(drawn) if np.ndim(a) == 0 else drawn

        def permutation(self, x: object) -> object:
            drawn = super().permutation(x)
            return widened(drawn) if isinstance(x, int | np.integer) else drawn

        def tomaxint(self, size: object = None) -> object:
            drawn = self.randint(0, 2**64, size, np.uint64) >> np.uint64(1)
            return int(drawn) if size is None else drawn.astype(np.int64)

    def bounded(name: str) -> Callable:
        draw = getattr(mtrand.RandomState, name)

        def bounded(*args: object, **kwargs: object) -> object:
            drawn = draw(*args, **kwargs)
            if np.any(np.equal(drawn, _MOST_LONG)):
                raise OverflowError(f"{name} drew a number beyond 31 bits{_INSTEAD.format(name)}")
            return drawn

        return bounded

    for name in _UNBOUNDED:
        setattr(RandomState, name, bounded(name))
    RandomState.__qualname__ = "RandomState"
    for name in (
        "binomial",
        "multinomial",
        "poisson",
        "hypergeometric",
        "choice",
        "permutation",
        "tomaxint",
        *_UNBOUNDED,
    ):
        method = getattr(RandomState, name)
        functools.update_wrapper(method, getattr(mtrand.RandomState, name))
    usual = mtrand._rand
    generator = RandomState(usual._bit_generator)
    for module in _modules("numpy"):
        names = vars(module)
        for name, value in list(names.items()):
            if value is usual:
                names[name] = generator
            elif value is RandomState.__base__:
                names[name] = RandomState
            elif getattr(value, "__self__", None) is usual:
                names[name] = getattr(generator, name)


def _widen_pandas(np: ModuleType) -> None:
    import pandas._libs.algos as algos
    import pandas._libs.join as join

    narrow = algos.ensure_platform_int

    def ensure_platform_int(arr: object) -> object:
        if isinstance(arr, np.ndarray) and arr.dtype == np.int64:
            return arr
        return np.asarray(arr).astype(np.int64)

    # Their first result has the type of the values, which may be narrow integers.
    for name in ("left_join_indexer", "inner_join_indexer", "outer_join_indexer"):
        setattr(join, name, _widening_all_but_first(getattr(join, name)))
    for module in _modules("pandas"):
        if vars(module).get("ensure_platform_int") is narrow:
            module.ensure_platform_int = ensure_platform_int
        if "IS64" in vars(module):  # which has the sums of narrow integers be wide ones
            module.IS64 = True


def _modules(*packages: str) -> list[ModuleType]:
    return [
        module
        for name, module in list(sys.modules.items())
        if module is not None and name.partition(".")[0] in packages
    ]

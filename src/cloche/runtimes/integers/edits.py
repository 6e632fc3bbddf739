"""What is changed in the Python runtime's module so that its integers have 64 bits.

Every place is found by the name of its function and by the exact code expected there; a module
that is not as expected is refused. Names of C functions are numpy's unless they begin with `__pyx`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from cloche.errors import PreparationFailed
from cloche.runtimes.integers.assembly import assemble, link
from cloche.runtimes.integers.binary import Binary


@dataclass(frozen=True)
class Edit:
    """Code within one function that becomes other code."""

    function: str
    old: str
    new: str
    times: int = 1
    """How often the old code is there."""


_LONG = "i32.const 7; call PyArray_DescrFromType"
_LONG_LONG = "i32.const 9; call PyArray_DescrFromType"

_INTP_DTYPE = "i32.const 0; i32.load @27642972"
_INT64_DTYPE = "i32.const 0; i32.load @27642964"

_DUP = "i32.const @17376443; local.get 3; i32.const 16; i32.add"

EDITS = (
    # The default integer: of Python's int, of int as a dtype, of arange, of bool and small types.
    Edit("_convert_from_any", _LONG, _LONG_LONG),
    Edit("int_default_descriptor", _LONG, _LONG_LONG),
    Edit("PyArray_ArangeObj", _LONG, _LONG_LONG),
    Edit("discover_descriptor_from_pylong", _LONG, _LONG_LONG),
    Edit(
        "discover_descriptor_from_pylong",
        "i32.const 7; i32.const 9; local.get 2",
        "i32.const 9; i32.const 9; local.get 2",
    ),
    Edit("int_common_dtype", _INTP_DTYPE, _INT64_DTYPE, times=2),
    # Python's int among the operands of a ufunc.
    Edit("_multiarray_umath_exec", _LONG, _LONG_LONG),
    Edit("convert_ufunc_arguments", "i32.const 7; i32.eq", "i32.const 9; i32.eq"),
    Edit("py_resolve_dtypes_generic", _LONG, _LONG_LONG, times=2),
    Edit(
        "can_cast_pyscalar_scalar_to",
        "i32.const 7; i32.const 12; i32.const 15",
        "i32.const 9; i32.const 12; i32.const 15",
    ),
    Edit(
        "ufunc_generic_fastcall",
        f"local.get 5; local.get 9; i32.store 304; {_LONG}",
        f"local.get 5; local.get 9; i64.extend_i32_s; i64.store 304; {_LONG_LONG}",
    ),
    # Sums and products of bool and of whatever is smaller than the default integer: a signed
    # type has an odd number, an unsigned one an even number.
    Edit(
        "reducelike_promote_and_resolve",
        "i32.const 7; local.set 9",
        "i32.const 9; local.set 9",
    ),
    Edit(
        "reducelike_promote_and_resolve",
        "i32.load 0; i32.const 3; i32.le_u",
        "i32.load 0; i32.const 7; i32.le_u",
    ),
    Edit(
        "reducelike_promote_and_resolve",
        "local.get 11; i32.const -2; i32.add; local.tee 11; i32.const 8; i32.gt_u; br_if 0; "
        "local.get 11; i32.load8_u @22081920; local.set 9",
        "local.get 11; i32.const 1; i32.and; i32.eqz; i32.const 9; i32.add; local.set 9",
    ),
    # Wide integers where compiled code asks for narrow ones.
    Edit("PyArray_FromArray", "call PyArray_CanCastArrayTo", "call can_become"),
    Edit("iter_subscript", "call PyArray_FromArray", "call indices"),
    Edit("iter_ass_subscript", "call PyArray_FromArray", "call indices"),
    Edit(
        "PyArray_TakeFrom",
        "call PyArray_FromAny",
        "local.get 4; local.get 6; local.get 5; i32.load 268; call indices_to_take",
    ),
    Edit("arr_bincount", "call PyArray_FromAny", "call indices_of_any", times=4),
    Edit("PyArray_Repeat", "call PyArray_FromAny", "call array_of_any"),
    # Where the sum has no bound, a result that is too long is written to memory that is too short.
    Edit("PyArray_Repeat", "local.get 9; i32.mul", "local.get 9; call product"),
    Edit(
        "PyArray_Repeat",
        "local.get 10; i32.add; local.set 10",
        "local.get 10; call sum; local.set 10",
    ),
    Edit(
        "PyArray_PutTo",
        "i32.const 1281; i32.const 0; call PyArray_FromAny",
        "i32.const 1281; i32.const 0; call array_of_any",
    ),
    Edit(
        "_PyArray_ArgMinMaxCommon",
        "i32.const 9473; call PyArray_FromArray",
        "i32.const 9473; call array_to_fill",
    ),
    # What is written to a narrow array goes back to the wide one when it is freed, which numpy
    # does with a warning.
    Edit(
        "_clear_array_attributes",
        "i32.const 0; i32.load @26079820; i32.const @18235522; i32.const 1; call PyErr_WarnEx",
        "i32.const 0",
    ),
    # The letters of dtypes: "l" and "L", "p" and "P", "n" and "N" have 64 bits, as they have on
    # such a machine, where those of 32 bits are "i" and "I". The names of scalar types follow.
    Edit(
        "_convert_from_str",
        "local.get 9; call PyArray_DescrFromType",
        "local.get 9; call lettered",
    ),
    Edit("_multiarray_umath_exec", _LONG_LONG, f"call rename; {_LONG_LONG}"),
    Edit("partition_prep_kth_array", "call PyArray_CastToType", "call cast_indices"),
    # Loops of ufuncs, most of them scipy's, that take long and have no other integer.
    Edit("ufunc_loop_matches", "call PyArray_CanCastArrayTo", "call array_enters", times=2),
    Edit("ufunc_loop_matches", "call PyArray_CanCastTypeTo", "call type_enters", times=2),
    Edit(
        "linear_search_type_resolver",
        "call npy_casting_to_string",
        "call stated",
        times=2,
    ),
    # A condition alone: the indices where it holds.
    Edit("PyArray_Where", "call PyArray_Nonzero", "call PyArray_Nonzero; call widened"),
    # Shifts by more bits than a number of 64 bits has: they are more from 2**6 on, as far as 2**64.
    *(
        Edit(name, "i64.const 4294967232; i64.and", "i64.const -64; i64.and", times)
        for times, names in (
            (24, "LONGLONG_left_shift LONGLONG_right_shift ULONGLONG_left_shift"),
            (24, "ULONGLONG_right_shift"),
            (1, "longlong_lshift longlong_rshift ulonglong_lshift ulonglong_rshift"),
        )
        for name in names.split()
    ),
    # Faults mended here that are none of integers. Files are read and written through a copy of
    # their descriptor, and the system has none: the descriptor itself does, if it is not closed.
    *(
        edit
        for name in ("array_tofile", "array_fromfile")
        for edit in (
            Edit(name, "call fclose", "call close_lent", times=7),
            Edit(
                name,
                f"i32.const @17257236; {_DUP}; call PyObject_CallMethod",
                f"i32.const @17257236; {_DUP}; call lent_descriptor",
            ),
        )
    ),
    # Threads that do not start are no error here, and what they were to add is missing: one does
    # the work.
    Edit(
        "__pyx_f_5scipy_5stats_7_qmc_cy_threaded_loops(double (*)(__Pyx_memviewslice, long, long), "
        "__Pyx_memviewslice, unsigned int)",
        "local.get 2; i32.const 2; i32.lt_u",
        "i32.const 1; i32.const 2; i32.lt_u",
    ),
    # The C library takes the logarithm of negative
    # numbers for their acosh: here it forgets the sign before it compares the exponent.
    Edit(
        "acosh",
        "i32.wrap_i64; i32.const 2047; i32.and; local.tee 1; i32.const 1023; i32.gt_u",
        "i32.wrap_i64; local.tee 1; i32.const 2047; i32.and; i32.const 1023; i32.gt_u",
    ),
    # And it leaves the exponent of inf and nan as it was in memory, where others say 0.
    Edit(
        "frexp",
        "local.get 0; i64.reinterpret_f64; local.tee 2; i64.const 52",
        "local.get 1; i32.const 0; i32.store 0; "
        "local.get 0; i64.reinterpret_f64; local.tee 2; i64.const 52",
    ),
    Edit(
        "frexpf",
        "local.get 0; i32.reinterpret_f32; local.tee 2; i32.const 23",
        "local.get 1; i32.const 0; i32.store 0; "
        "local.get 0; i32.reinterpret_f32; local.tee 2; i32.const 23",
    ),
)

_PANDAS = "(__pyx_fuse_\\d+)?__pyx_pw_6pandas_5_libs_"

WIDENED = {
    "array_(argmax|argmin|argpartition|argsort|count_nonzero|lexsort|nonzero|searchsorted)": 8,
    "arr_(bincount|ravel_multi_index|unravel_index)": 3,
    f"{_PANDAS}4join_\\d+((inner|left_outer|full_outer)_join|ffill_indexer)": 4,
    f"{_PANDAS}4join_\\d+(left_join_indexer_unique|asof_join_(back|for)ward_on_X_by_Y)": 34,
    f"{_PANDAS}4join_\\d+asof_join_nearest_on_X_by_Y": 11,
    f"{_PANDAS}5algos_\\d+(get_fill_indexer|groupsort_indexer|pad|backfill)": 26,
    f"{_PANDAS}9hashtable_\\d+\\w*Factorizer_\\d+(factorize|hash_inner_join)": 27,
    f"{_PANDAS}9hashtable_\\d+\\w*HashTable_\\d+"
    "(lookup|get_labels|get_labels_groupby|hash_inner_join)": 41,
    f"{_PANDAS}5index_\\d+\\w*Engine_\\d+get_indexer(_non_unique)?": 8,
    f"{_PANDAS}8interval_12IntervalTree_\\d+get_indexer(_non_unique)?": 8,
    f"{_PANDAS}3lib_\\d+(get_level_sorter|get_reverse_indexer)": 2,
    "__pyx_pw_5scipy_6signal_19_peak_finding_utils_\\d+_(local_maxima_1d|peak_prominences)": 2,
    "__pyx_pw_5scipy_7spatial_8_ckdtree_7cKDTree_\\d+(query|query_pairs)\\(.*\\)": 2,
}
"""Functions whose results are indices or counts, in arrays, scalars, or tuples of them: patterns of
their names, and how many there are. Of Cython's, those that Python code calls."""

UNCUT = "__pyx_f_5numpy_6random_6mtrand_int64_to_long"
"""Cuts the 64-bit integers of the legacy generator to long; with one parameter, it returns it."""

INDEXED = "prepare_index_noarray"
"""Takes an index apart; its fourth and fifth parameter are where the parts and their number go."""

INTEGERS = "astype_anyint"
"""Makes an array of any integers, of what are to be indices."""

ENTERED = "linear_search_type_resolver"
"""Finds the loop of a ufunc for its operands; its parameters begin with the ufunc, them, and the
rule by which they are cast."""

ASKED = "array_getbuffer"
"""Gives a buffer of an array; its third parameter says what for."""

TYPED = {
    "__Pyx__GetBufferAndValidate": 1,
    "__Pyx__GetBufferAndValidate"
    "(Py_buffer*, _object*, __Pyx_TypeInfo const*, int, int, int, __Pyx_BufFmt_StackElem*)": 1,
    "__Pyx_ValidateAndInit_memviewslice": -1,
    "__Pyx_ValidateAndInit_memviewslice(int*, int, int, int, __Pyx_TypeInfo const*, "
    "__Pyx_BufFmt_StackElem*, __Pyx_memviewslice*, _object*)": -1,
}
"""Cython's checks of a buffer's type, one in every module, by the place of the object checked.

There a narrow integer is asked for by many functions that 64-bit machines give a wide one.
"""


def widen(source: bytes) -> bytes:
    """Return the module with 64-bit integers. Raises `PreparationFailed` when it is another."""
    binary = Binary(source)
    sources = resources.files("cloche.runtimes.integers")
    helpers = link(binary, sources.joinpath("helpers.wat").read_text("utf-8"))

    def number(name: str) -> int:
        return helpers[name] if name in helpers else binary.one(name)

    for edit in EDITS:
        function = binary.one(edit.function)
        body, old = binary.body(function), assemble(edit.old, number)
        if body.count(old) != edit.times:
            raise PreparationFailed(
                f"{edit.function} of the runtime is not as expected: {edit.old!r} is "
                f"{body.count(old)} times in it, not {edit.times}"
            )
        binary.replace(function, body.replace(old, assemble(edit.new, number)))
    for pattern, count in WIDENED.items():
        functions = binary.like(pattern)
        if len(functions) != count:
            raise PreparationFailed(f"the runtime has {len(functions)} {pattern}, not {count}")
        for function in functions:
            _wrap(binary, function, _WIDENED, helpers)
    binary.replace(binary.one(UNCUT), binary.body(helpers["same"]))
    _wrap(binary, binary.one(INDEXED), _INDEXED, helpers)
    _wrap(binary, binary.one(INTEGERS), _INTEGERS, helpers)
    _wrap(binary, binary.one(ENTERED), _ENTERED, helpers)
    _wrap(binary, binary.one(ASKED), _ASKED, helpers)
    for name, place in TYPED.items():
        for function in binary.named(name):
            parameters = len(binary.signature(function).parameters)
            _wrap(binary, function, _TYPED, helpers, place % parameters)
    return binary.written()


_WIDENED = """
  (import "runtime" "widened" (func $widened (param i32) (result i32)))
  (func (export "wrapper") {parameters} (result i32)
    (call $widened (call $original {arguments})))
"""

_INDEXED = """
  (import "runtime" "narrow_parts" (func $narrow_parts (param i32 i32 i32) (result i32)))
  (func (export "wrapper") {parameters} (result i32)
    (call $narrow_parts (call $original {arguments}) (local.get 3) (local.get 4)))
"""

_INTEGERS = """
  (import "runtime" "narrow_indices" (func $narrow_indices (param i32) (result i32)))
  (func (export "wrapper") {parameters} (result i32)
    (call $narrow_indices (call $original {arguments})))
"""

_ENTERED = """
  (import "runtime" "entering" (func $entering (param i32 i32) (result i32)))
  (func (export "wrapper") {parameters} (result i32)
    (local.set 2 (call $entering (local.get 0) (local.get 2)))
    (call $original {arguments}))
"""

_ASKED = """
  (import "runtime" "note_flags" (func $note_flags (param i32)))
  (func (export "wrapper") {parameters} (result i32)
    (call $note_flags (local.get 2))
    (call $original {arguments}))
"""

# A refusal is tried again with narrow integers, if the object has wide ones. Where that is no
# help, the first error stands.
_TYPED = """
  (import "runtime" "release" (func $release (param i32)))
  (import "runtime" "lent" (func $lent (param i32) (result i32)))
  (import "runtime" "PyErr_GetRaisedException" (func $caught (result i32)))
  (import "runtime" "PyErr_SetRaisedException" (func $raise (param i32)))
  (func (export "wrapper") {parameters} (result i32)
    (local $narrow i32) (local $error i32) (local $result i32)
    (local.set $result (call $original {arguments}))
    (if (i32.ge_s (local.get $result) (i32.const 0)) (then (return (local.get $result))))
    (local.set $error (call $caught))
    (local.set $narrow (call $lent (local.get {place})))
    (if (local.get $narrow)
      (then
        (local.set {place} (local.get $narrow))
        (local.set $result (call $original {arguments}))
        (call $release (local.get $narrow))
        (if (i32.ge_s (local.get $result) (i32.const 0))
          (then (call $release (local.get $error)) (return (local.get $result))))
        (call $release (call $caught))))
    (call $raise (local.get $error))
    (local.get $result))
"""


def _wrap(
    binary: Binary, function: int, wrapper: str, helpers: Mapping[str, int], place: int = 0
) -> None:
    """Put code of our own around a function, wherever it is called from."""
    signature = binary.signature(function)
    count = len(signature.parameters)
    if signature.parameters + signature.results != b"\x7f" * (count + 1):
        raise PreparationFailed(f"function {function} of the runtime has another signature")
    original = binary.add(signature, binary.body(function))
    text = wrapper.format(
        parameters=f"(param {'i32 ' * count})",
        arguments=" ".join(f"(local.get {each})" for each in range(count)),
        place=place,
    )
    imports, text = text[: text.index("  (func (export")], text[text.index("  (func (export") :]
    added = link(
        binary,
        f"""(module
  (import "runtime" "original"
    (func $original (param {"i32 " * count}) (result i32))){imports}{text})""",
        {**helpers, "original": original},
    )
    binary.replace(function, binary.body(added["wrapper"]))

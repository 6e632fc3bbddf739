"""Calls between host and guest by raw values.

wasmtime's own wrappers look up the function's type and build value objects on every call, which
costs about 100 µs for a call with four numbers; these cost about a tenth. All values are u32.
"""

# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownVariableType=false
from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import wasmtime
from wasmtime import _ffi

_U32 = 0xFFFFFFFF
_NO_FINALIZER = ctypes.CFUNCTYPE(None, ctypes.c_void_p)()


class ToGuest:
    """A function that the guest exports, of u32 arguments and one u32 result. Not reentrant."""

    def __init__(self, store: wasmtime.Store, function: wasmtime.Func, arguments: int) -> None:
        self._context = store._context()
        self._function = function  # keeps alive what the pointer points to
        self._pointer = ctypes.byref(function._func)
        self._values = (_ffi.wasmtime_val_raw_t * max(arguments, 1))()
        self._trap = ctypes.POINTER(_ffi.wasm_trap_t)()
        self._trap_out = ctypes.byref(self._trap)

    def __call__(self, *arguments: int) -> int:
        """Call it. Raises `wasmtime.WasmtimeError`, `wasmtime.Trap` or `wasmtime.ExitTrap`."""
        values = self._values
        for index, argument in enumerate(arguments):
            values[index].i32 = argument
        error: Any = _ffi.wasmtime_func_call_unchecked(
            self._context, self._pointer, values, len(values), self._trap_out
        )
        if error:
            raise wasmtime.WasmtimeError._from_ptr(error)
        if self._trap:
            raise wasmtime.Trap._from_ptr(self._trap)
        return values[0].i32 & _U32


class ToHost:
    """A function of the host for the guest, of u32 arguments and one u32 result.

    An exception in it traps the guest, and stands in `raised` for whoever called the guest.
    """

    def __init__(self, serve: Callable[..., int], arguments: int) -> None:
        self.raised: BaseException | None = None

        def call(env: Any, caller: Any, values: Any, count: int) -> int | None:  # noqa: ANN401
            try:
                values[0].i32 = serve(*[values[index].i32 & _U32 for index in range(arguments)])
            except BaseException as error:  # noqa: BLE001 - must not pass through native frames
                self.raised = error
                trap = wasmtime.Trap("the host could not serve a call")
                return ctypes.cast(trap._consume(), ctypes.c_void_p).value
            return 0

        self._callback = _ffi.wasmtime_func_unchecked_callback_t(call)
        self._arguments = arguments

    def function(self, store: wasmtime.Store) -> wasmtime.Func:
        """Return it as a function of `store`, which must not outlive this object."""
        i32 = wasmtime.ValType.i32()
        kind = wasmtime.FuncType([i32] * self._arguments, [i32])
        made = _ffi.wasmtime_func_t()
        _ffi.wasmtime_func_new_unchecked(
            store._context(), kind.ptr(), self._callback, None, _NO_FINALIZER, ctypes.byref(made)
        )
        return wasmtime.Func._from_raw(made)

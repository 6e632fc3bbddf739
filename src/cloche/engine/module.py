"""Compiled modules: how a WebAssembly file becomes native code, once, and is mapped afterwards."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TypeVar, cast

import wasmtime
from wasmtime import _ffi

T = TypeVar("T")

WASM_STACK_BYTES = 224 * 1024 * 1024
"""Native stack for WebAssembly frames.

CPython bounds its own recursion by its shadow stack; the native stack must outlast it, or deep
recursion would end in a trap instead of a RecursionError.
"""

THREAD_STACK_BYTES = 256 * 1024 * 1024
"""Stack of the thread that runs a guest: the WebAssembly frames and the host functions' own."""

ENGINE_ID = f"wasmtime-{metadata.version('wasmtime')}+exceptions"
"""What a compiled module depends on besides its source and the machine: part of cache keys."""


def new_engine() -> wasmtime.Engine:
    """Return an engine; modules go only between engines made by this function."""
    config = wasmtime.Config()
    config.wasm_exceptions = True
    # wasmtime refuses a stack larger than its fibers' one; no fiber is ever made here. The setter
    # is missing from the public class.
    _ffi.wasmtime_config_async_stack_size_set(config.ptr(), WASM_STACK_BYTES)
    config.max_wasm_stack = WASM_STACK_BYTES
    return wasmtime.Engine(config)


def compile_module(source: bytes, target: Path) -> None:
    """Compile a WebAssembly module to native code and write it to `target`, synced to disk.

    Costs about 100 CPU-seconds and 3 GB of memory for the Python runtime.
    """
    module = wasmtime.Module(new_engine(), source)
    with target.open("wb") as file:
        file.write(module.serialize())
        file.flush()
        os.fsync(file.fileno())


@dataclass(frozen=True)
class Program:
    """A compiled module and the engine that it belongs to; instances share it."""

    engine: wasmtime.Engine
    module: wasmtime.Module


def load_module(path: Path) -> Program:
    """Map a module that `compile_module` wrote.

    The file is native code and is trusted as such: the caller answers for who could write it.
    Raises `wasmtime.WasmtimeError` when another version or machine made it.
    """
    engine = new_engine()
    return Program(engine, wasmtime.Module.deserialize_file(engine, str(path)))


def start_guest_thread(work: Callable[[], None]) -> threading.Thread:
    """Run `work` on a new thread whose stack is large enough for a guest."""
    usual = threading.stack_size(THREAD_STACK_BYTES)
    try:
        thread = threading.Thread(target=work, name="guest", daemon=True)
        thread.start()
    finally:
        threading.stack_size(usual)
    return thread


def in_guest_thread(work: Callable[[], T]) -> T:
    """Run `work` on such a thread, and return or raise what it does."""
    done: list[T | BaseException] = []
    failed = False

    def call() -> None:
        nonlocal failed
        try:
            done.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again by the caller
            failed = True
            done.append(error)

    start_guest_thread(call).join()
    (value,) = done
    if failed:
        raise cast("BaseException", value)
    return cast("T", value)

"""The products that are compared: what to install for each, and which adapter drives it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Product:
    """One column of the table."""

    name: str
    adapter: str  # module under bench/, run as a child process
    requirements: tuple[str, ...]  # of its own environment; none: the environment of this run
    setup: tuple[str, ...] = ()  # arguments to its Python, run once before it is measured
    prepares_spares: bool = False  # can have a session ready before anybody asks for it


CLOCHE = Product(
    name="cloche",
    adapter="peers.cloche",
    requirements=(),
    setup=("-m", "cloche.cli", "setup"),
    prepares_spares=True,
)

NATIVE = Product(name="python -c", adapter="peers.process", requirements=("pandas",))

PRODUCTS = (
    CLOCHE,
    Product(
        name="pyeryx",
        adapter="peers.eryx",
        requirements=("pyeryx==0.11.0",),
        prepares_spares=True,
    ),
    Product(
        name="llm-wasm-sandbox",
        adapter="peers.llm_wasm_sandbox",
        requirements=("llm-wasm-sandbox==0.4.4",),
    ),
    NATIVE,
    Product(
        name="ipykernel",
        adapter="peers.kernel",
        requirements=("ipykernel", "jupyter_client", "pandas", "matplotlib"),
    ),
)

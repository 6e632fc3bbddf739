"""matplotlib figures: captured when shown or left open at the end of a turn, then closed."""

import io
import logging
import sys
from typing import TYPE_CHECKING

from . import tracebacks
from .pictures import gallery
from .streams import stderr

if TYPE_CHECKING:
    from matplotlib.backend_bases import FigureManagerBase
    from matplotlib.figure import Figure

_modules = sys.modules
_REGISTRY = "matplotlib._pylab_helpers"
_FILE_BACKENDS = {"agg", "cairo", "pdf", "pgf", "ps", "svg", "template"}
ANIMATION_HELP = (
    "An animation shows its first frame here. To keep it: animation.save('name.gif', "
    "writer='pillow'), or write animation.to_jshtml() to an .html file."
)


def capture_open() -> None:
    """Show every open figure in order of number, and close it."""
    registry = _modules.get(_REGISTRY)
    if registry is None or not registry.Gcf.figs:
        return
    for manager in sorted(registry.Gcf.get_all_fig_managers(), key=lambda each: each.num):
        try:
            _capture(manager.canvas.figure)
        except Exception as error:  # noqa: BLE001 - a figure's artists are user code
            name = tracebacks.bare(error)["type"]
            stderr.write(f"figure {manager.num} could not be drawn: {name}: {error}\n")
        finally:
            registry.Gcf.destroy(manager)


def close_open() -> None:
    """Close every open figure unseen."""
    registry = _modules.get(_REGISTRY)
    if registry is not None and registry.Gcf.figs:
        registry.Gcf.destroy_all()


def is_figure(value: object) -> bool:
    """Whether `value` is a matplotlib figure."""
    module = _modules.get("matplotlib.figure")
    return module is not None and isinstance(value, module.Figure)


def is_animation(value: object) -> bool:
    """Whether `value` is a matplotlib animation."""
    module = _modules.get("matplotlib.animation")
    return module is not None and isinstance(value, module.Animation)


def show_odd_image(value: object) -> bool:
    """Show a Pillow image whose mode PNG has no place for; False for anything else."""
    module = _modules.get("PIL.Image")
    if module is None or not isinstance(value, module.Image):
        return False
    buffer = io.BytesIO()
    value.convert("RGB").save(buffer, "PNG")
    gallery.show(buffer.getvalue(), "image/png")
    return True


def show_value(figure: "Figure", *, keep_open: bool) -> bool:
    """Show a figure by itself; `keep_open` leaves one that pyplot holds to the turn's end."""
    managers = _modules[_REGISTRY].Gcf.figs.values()
    manager = next((each for each in managers if each.canvas.figure is figure), None)
    if manager is not None and keep_open:
        return True
    _capture(figure)
    if manager is not None:
        _modules[_REGISTRY].Gcf.destroy(manager)
    return True


def show_all(*_: object, **__: object) -> None:
    """Stand in for a backend's `show`: what is open is shown now."""
    registry = _modules[_REGISTRY]
    for manager in sorted(registry.Gcf.get_all_fig_managers(), key=lambda each: each.num):
        _show_manager(manager)


def install() -> None:
    """Make matplotlib's `show` functions capture, whichever file backend is in use."""
    from matplotlib.backend_bases import FigureManagerBase

    FigureManagerBase.pyplot_show = classmethod(show_all)
    FigureManagerBase.show = _show_manager
    _accept_any_backend()
    _say_once_that_fonts_are_missing()


def _show_manager(manager: "FigureManagerBase") -> None:
    try:
        _capture(manager.canvas.figure)
    finally:
        _modules[_REGISTRY].Gcf.destroy(manager)


def _capture(figure: "Figure") -> None:
    if not (figure.axes or figure.artists or figure.lines or figure.texts or figure.images):
        return
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", bbox_inches="tight")
    gallery.show(buffer.getvalue(), "image/png")


def _accept_any_backend() -> None:
    from matplotlib import pyplot

    switch = pyplot.switch_backend

    def switch_backend(newbackend: str) -> None:
        """Set the pyplot backend; one that needs a screen or a browser is left out."""
        switch(newbackend if str(newbackend).lower() in _FILE_BACKENDS else "agg")

    pyplot.switch_backend = switch_backend


def _say_once_that_fonts_are_missing() -> None:
    said = set()

    def is_new(record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if message in said:
            return False
        said.add(message)
        return True

    logging.getLogger("matplotlib.font_manager").addFilter(is_new)

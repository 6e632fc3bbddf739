"""What a value looks like: text for the result, and images for those that have one."""

from . import figures
from .pictures import gallery
from .streams import stdout

_IMAGES = (
    ("_repr_png_", "image/png"),
    ("_repr_jpeg_", "image/jpeg"),
    ("_repr_svg_", "image/svg+xml"),
)
_TEXTS = ("_repr_markdown_", "_repr_html_")


def display(*values: object) -> None:
    """Show values as a notebook does: images as images, all else as text."""
    for value in values:
        text, shown = _show(value)
        if not shown:
            stdout.write(text + "\n")


def result(value: object) -> str:
    """The text of a turn's last expression; an image it has is shown as well."""
    return _show(value, keep_open=True)[0]


def _show(value: object, *, keep_open: bool = False) -> tuple[str, bool]:
    if figures.is_figure(value):
        return repr(value), figures.show_value(value, keep_open=keep_open)
    return _text(value), _show_image(value)


def _show_image(value: object) -> bool:
    kind = type(value)
    for name, mime in _IMAGES:
        # Looked up on the type: objects that answer to every attribute are no images.
        method = getattr(kind, name, None)
        if method is None:
            continue
        data = method(value)
        if isinstance(data, str):
            data = data.encode()
        if data:
            gallery.show(bytes(data), mime)
            return True
    return False


def _text(value: object) -> str:
    kind = type(value)
    if kind.__repr__ is object.__repr__:
        for name in _TEXTS:
            method = getattr(kind, name, None)
            text = method(value) if method is not None else None
            if isinstance(text, str):
                return text
    return repr(value)

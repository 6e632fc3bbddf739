"""What a value looks like: text for the result, and images for those that have one."""

import base64
from collections.abc import Callable
from types import CoroutineType

from . import figures, tables
from .pictures import gallery
from .streams import stderr, stdout

_IMAGES = (
    ("_repr_png_", "image/png"),
    ("_repr_jpeg_", "image/jpeg"),
    ("_repr_svg_", "image/svg+xml"),
)
_TEXTS = ("_repr_markdown_", "_repr_latex_", "_repr_html_")
_TEXT_TYPES = ("text/plain", "text/markdown", "text/latex", "text/html")
# Longer markup, such as an animation's, is for a browser and not for a reader.
_LONGEST_MARKUP = 20_000


class Handle:
    """What `display(..., display_id=True)` returns: to update is to show anew."""

    def display(self, value: object, **_: object) -> None:
        """Show a value."""
        display(value)

    update = display


def display(
    *values: object, raw: bool = False, display_id: object = None, **_: object
) -> Handle | None:
    """Show values as a notebook does: images as images, all else as text."""
    for value in values:
        text, shown = _show_bundle(value) if raw else _show(value)
        if text is not None and not shown:
            stdout.write(text + "\n")
    return Handle() if display_id else None


def result(value: object) -> str | None:
    """The text of a turn's last expression; an image it has is shown as well."""
    if type(value) is CoroutineType:
        stderr.write("this coroutine has not run: write `await` before the call\n")
    return _show(value, keep_open=True)[0]


def _show(value: object, *, keep_open: bool = False) -> tuple[str | None, bool]:
    """The text of a value, None for one that has shown itself, and whether an image was shown."""
    if figures.is_figure(value):
        return repr(value), figures.show_value(value, keep_open=keep_open)
    if figures.is_animation(value):
        figures.show_value(value._fig, keep_open=keep_open)
        return f"{value!r}\n{figures.ANIMATION_HELP}", False
    if tables.is_styler(value):
        return tables.text_of(value), False
    # Looked up on the type: objects that answer to every attribute are no images.
    kind = type(value)
    own = getattr(kind, "_ipython_display_", None)
    if own is not None and _asked("_ipython_display_", own, value)[0]:
        return None, False
    bundle = getattr(kind, "_repr_mimebundle_", None)
    if bundle is not None:
        answer = _asked("_repr_mimebundle_", bundle, value, include=None, exclude=None)[1]
        if isinstance(answer, dict) and answer:
            text, shown = _show_bundle(answer)
            return repr(value) if text is None else text, shown
    return _text(value), _show_image(value)


def _show_bundle(bundle: dict) -> tuple[str | None, bool]:
    shown = any(_shown(bundle.get(mime), mime) for _, mime in _IMAGES)
    texts = (bundle.get(kind) for kind in _TEXT_TYPES)
    return next((_readable(text) for text in texts if isinstance(text, str)), None), shown


def _show_image(value: object) -> bool:
    for name, mime in _IMAGES:
        method = getattr(type(value), name, None)
        if method is not None and _shown(_asked(name, method, value)[1], mime):
            return True
    return figures.show_odd_image(value)


def _shown(data: object, mime: str) -> bool:
    if isinstance(data, str):
        data = data.encode() if mime == "image/svg+xml" else base64.b64decode(data)
    if not isinstance(data, (bytes, bytearray, memoryview)) or not data:
        return False
    gallery.show(bytes(data), mime)
    return True


def _text(value: object) -> str:
    kind = type(value)
    if kind.__repr__ is object.__repr__:
        for name in _TEXTS:
            method = getattr(kind, name, None)
            text = _asked(name, method, value)[1] if method is not None else None
            if isinstance(text, str):
                return _readable(text)
    return repr(value)


def _readable(markup: str) -> str:
    if len(markup) <= _LONGEST_MARKUP:
        return markup
    path = gallery.keep(markup.encode("utf-8", "backslashreplace"), "html")
    where = f"saved as {path}" if path else "too long to show"
    return f"<{len(markup)} characters of markup, {where}>"


def _asked(name: str, method: Callable, *args: object, **kwargs: object) -> tuple[bool, object]:
    """Whether an object's method could be called, and what it says of the object's looks."""
    try:
        answer = method(*args, **kwargs)
    except NotImplementedError:
        return False, None
    except Exception as error:  # noqa: BLE001 - there are other ways to show the object
        stderr.write(f"{name} failed: {type(error).__name__}: {error}\n")
        return False, None
    # With metadata comes a pair.
    return True, answer[0] if isinstance(answer, tuple) and len(answer) == 2 else answer

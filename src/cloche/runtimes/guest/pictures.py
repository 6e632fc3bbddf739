"""Images on their way out: whole into the workspace, and within a client's budget to the host."""

import io
import struct
from typing import Any

from . import spool, wire
from .streams import console, stderr

_LONGEST_SIDE = 1568
_SUFFIX = {"image/png": "png", "image/jpeg": "jpg", "image/svg+xml": "svg"}


class Gallery:
    """The images of a turn, counted."""

    def __init__(self) -> None:
        self.begin(0, 0, 0)

    def begin(self, turn: int, image_bytes: int, displays: int) -> None:
        self._turn = turn
        self._image_bytes = image_bytes
        self._displays = displays
        self._count = 0

    def show(self, data: bytes, mime: str) -> None:
        """Save an image, and send it if the turn may still send one."""
        self._count += 1
        path = spool.save(f"plots/turn-{self._turn}-{self._count}.{_SUFFIX[mime]}", data)
        if self._count > self._displays:
            return
        # Text that was written before the image arrives before it.
        console.drain()
        width, height = _size(data, mime)
        shown, shown_mime, text = self._fit(data, mime, width, height)
        header = {
            "kind": "image",
            "mime": shown_mime,
            "path": path,
            "width": width,
            "height": height,
            "text": text,
        }
        wire.display(header, shown)

    def end(self) -> None:
        """Say how many images were not sent."""
        unsent = self._count - self._displays
        if unsent > 0:
            stderr.write(
                f"{unsent} more images are not shown, only saved: "
                f"plots/turn-{self._turn}-{self._displays + 1} and on\n"
            )

    def _fit(
        self, data: bytes, mime: str, width: int, height: int
    ) -> tuple[bytes, str, str | None]:
        if mime == "image/svg+xml":
            return b"", mime, "an SVG image; clients show none, so it is only saved"
        if len(data) <= self._image_bytes and max(width, height) <= _LONGEST_SIDE:
            return data, mime, None
        small = _shrink(data, self._image_bytes)
        if small is None:
            return b"", mime, f"the image does not fit into {self._image_bytes} bytes"
        return *small, None


gallery = Gallery()


def _size(data: bytes, mime: str) -> tuple[int, int]:
    if mime == "image/svg+xml":
        return 0, 0
    if data.startswith(b"\x89PNG") and len(data) >= 24:
        return struct.unpack(">II", data[16:24])
    return _open(data).size


def _open(data: bytes) -> Any:
    from PIL import Image

    return Image.open(io.BytesIO(data))


def _shrink(data: bytes, limit_bytes: int) -> tuple[bytes, str] | None:
    image = _open(data)
    image.load()
    for side in (_LONGEST_SIDE, _LONGEST_SIDE // 2, _LONGEST_SIDE // 4):
        image.thumbnail((side, side))
        encoded = _encode(image, "PNG", optimize=True)
        if len(encoded) <= limit_bytes:
            return encoded, "image/png"
        encoded = _encode(_on_white(image), "JPEG", quality=85)
        if len(encoded) <= limit_bytes:
            return encoded, "image/jpeg"
    return None


def _on_white(image: Any) -> Any:
    from PIL import Image

    image = image.convert("RGBA")
    page = Image.new("RGB", image.size, "white")
    page.paste(image, mask=image.getchannel("A"))
    return page


def _encode(image: Any, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()

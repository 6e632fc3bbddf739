"""Images on their way out: whole into the workspace, and within a client's budget to the host."""

import io
import re
import struct
from typing import TYPE_CHECKING

from . import spool, wire
from .streams import console, stderr

if TYPE_CHECKING:
    from PIL.Image import Image

_LONGEST_SIDE = 1568
_FAST_OCTREE = 2
_PNG = re.compile(rb"\x89PNG\r\n\x1a\n.{4}IHDR.{8}", re.DOTALL)
_SUFFIX = {"image/png": "png", "image/jpeg": "jpg", "image/svg+xml": "svg"}


class Gallery:
    """The images of a turn, counted."""

    def __init__(self) -> None:
        self.begin(0, 0, 0)

    def begin(self, turn: int, image_bytes: int, displays: int) -> None:
        """Count from zero, for a new turn."""
        self._turn = turn
        self._image_bytes = image_bytes
        self._displays = displays
        self._count = 0
        self._kept = 0

    def show(self, data: bytes, mime: str) -> None:
        """Save an image, and send it if the turn may still send one."""
        size = _size(data, mime)
        if size is None:
            stderr.write(f"an image is not shown: its data is no {mime}\n")
            return
        self._count += 1
        path = spool.save(f"plots/turn-{self._turn}-{self._count}.{_SUFFIX[mime]}", data)
        if self._count > self._displays:
            return
        # Text that was written before the image arrives before it.
        console.drain()
        shown, text = self._fit(data, mime, size)
        header = {
            "kind": "image",
            "mime": "image/png" if shown and shown is not data else mime,
            "path": path,
            "width": size[0],
            "height": size[1],
            "text": text,
        }
        wire.display(header, shown)

    def keep(self, data: bytes, suffix: str) -> str | None:
        """Save what is not for showing; its path in the workspace, or None."""
        self._kept += 1
        return spool.save(f"output/turn-{self._turn}-{self._kept}.{suffix}", data)

    def end(self) -> None:
        """Say how many images were not sent."""
        unsent = self._count - self._displays
        if unsent > 0:
            stderr.write(
                f"{unsent} more images are not shown, only saved: "
                f"plots/turn-{self._turn}-{self._displays + 1} and on\n"
            )

    def _fit(self, data: bytes, mime: str, size: tuple[int, int]) -> tuple[bytes, str | None]:
        if mime == "image/svg+xml":
            return b"", "an SVG image; clients show none, so it is only saved"
        if len(data) <= self._image_bytes and max(size) <= _LONGEST_SIDE:
            return data, None
        small = _shrink(data, self._image_bytes)
        if small is None:
            return (
                b"",
                f"the image does not fit into {self._image_bytes} bytes, so it is only saved",
            )
        return small, None


gallery = Gallery()


def _size(data: bytes, mime: str) -> tuple[int, int] | None:
    if mime == "image/svg+xml":
        return 0, 0
    if mime == "image/png":
        return struct.unpack(">II", data[16:24]) if _PNG.match(data) else None
    try:
        return _open(data).size
    except OSError:
        return None


def _open(data: bytes) -> "Image":
    import PIL.Image

    return PIL.Image.open(io.BytesIO(data))


def _shrink(data: bytes, limit_bytes: int) -> bytes | None:
    try:
        image = _open(data).convert("RGBA")
    except OSError:
        # The guest's Pillow knows PNG only.
        return None
    for side in (_LONGEST_SIDE, _LONGEST_SIDE // 2, _LONGEST_SIDE // 4):
        image.thumbnail((side, side))
        # A palette of 256 colours is what is left to try where there is no JPEG encoder.
        for version in (image, image.quantize(256, method=_FAST_OCTREE)):
            buffer = io.BytesIO()
            version.save(buffer, "PNG")
            if buffer.tell() <= limit_bytes:
                return buffer.getvalue()
    return None

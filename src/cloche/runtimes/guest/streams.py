"""sys.stdout, sys.stderr and sys.stdin of user code.

The first half of a stream's budget is sent while the code runs, the last half is kept for the
report, and once a stream is over its budget the whole text goes to a file in the workspace.
"""

import codecs
import io

from . import signals, wire
from .spool import Spool

_SEND_CHARACTERS = 8192
_CHUNK_CHARACTERS = 65536


class Channel:
    """What became of one stream's bytes in this turn: sent, kept as tail, or cut."""

    def __init__(self, kind: bytes) -> None:
        self.kind = kind
        self.begin(0)

    def begin(self, text_bytes: int) -> None:
        """Start empty, for a new turn."""
        self._text_bytes = text_bytes
        self._sent = 0
        self._head_full = False
        self._tail = bytearray()
        self.total = 0

    def put(self, data: bytes) -> None:
        """Send `data`, or keep it as tail."""
        self.total += len(data)
        if not self._head_full:
            room = self._text_bytes // 2 - self._sent
            if len(data) > room:
                self._head_full = True
                while room and data[room] & 0xC0 == 0x80:
                    room -= 1
            head, data = data[:room], data[room:]
            if head:
                self._sent += len(head)
                wire.text(self.kind, head)
        if data:
            self._tail += data
            capacity = self._text_bytes - self._sent
            if len(self._tail) > 2 * capacity:
                del self._tail[: len(self._tail) - capacity]

    def end(self) -> tuple[str, int]:
        """The tail, and how many bytes are missing between what was sent and the tail."""
        start = max(0, len(self._tail) - (self._text_bytes - self._sent))
        if start or self._sent + len(self._tail) < self.total:
            # The cut may have met the middle of a character.
            while start < len(self._tail) and self._tail[start] & 0xC0 == 0x80:
                start += 1
        tail = self._tail[start:]
        self._tail = bytearray()
        return tail.decode(), self.total - self._sent - len(tail)


class Console:
    """Both streams of a turn, in the order in which they were written."""

    def __init__(self) -> None:
        self.stdout = Channel(wire.STDOUT)
        self.stderr = Channel(wire.STDERR)
        self.spool = Spool()
        self._channel = self.stdout
        self._pending: list[str] = []
        self._size = 0
        self._open = False
        self._text_bytes = 0

    def begin(self, turn: int, text_bytes: int, spool_bytes: int) -> None:
        """Start empty, for a new turn."""
        self._pending.clear()
        self._size = 0
        self._text_bytes = text_bytes
        self.stdout.begin(text_bytes)
        self.stderr.begin(text_bytes)
        self.spool.begin(turn, spool_bytes)
        self._open = True

    def end(self) -> None:
        """Send what is pending; what is written from now on is dropped."""
        self.drain()
        self._open = False

    def put(self, channel: Channel, text: str) -> None:
        """Take text for one of the streams, and send it in time."""
        if channel is not self._channel:
            self.drain()
            self._channel = channel
        self._pending.append(text)
        self._size += len(text)
        if self._size >= _SEND_CHARACTERS:
            self.drain()

    def drain(self) -> None:
        """Send what is pending."""
        if signals.held:
            return
        try:
            signals.held = True
            while self._pending:
                pending, self._pending = self._pending, []
                self._size = 0
                if self._open:
                    self._emit("".join(pending))
        finally:
            signals.held = False
        if signals.due and signals.armed:
            signals.raise_due()

    def _emit(self, text: str) -> None:
        for start in range(0, len(text), _CHUNK_CHARACTERS):
            chunk = text[start : start + _CHUNK_CHARACTERS]
            data = str.encode(chunk, "utf-8", "backslashreplace")
            self.spool.put(data)
            self._channel.put(data)
            if self._channel.total > self._text_bytes:
                self.spool.open()


console = Console()
signals.on_tick = console.drain


# ruff: noqa: D102 - the methods below are those of every text or byte stream.


class Stream(io.TextIOBase):
    """A text stream that ends at the host."""

    encoding = "utf-8"
    errors = "backslashreplace"
    mode = "w"
    line_buffering = False
    write_through = False

    def __init__(self, name: str, channel: Channel) -> None:
        self.name = name
        self._channel = channel
        self._put = console.put
        self.buffer = _Bytes(self)

    def write(self, text: str, /) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._put(self._channel, text)
        return len(text)

    def flush(self) -> None:
        console.drain()

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def reconfigure(self, **options: object) -> None:
        """Accept what a terminal's stream accepts; text always goes out as UTF-8."""

    def close(self) -> None:
        """Flush only: the stream outlives the code that closes it."""
        console.drain()


class _Bytes(io.BufferedIOBase):
    """The `buffer` of a stream: bytes are shown as UTF-8 text."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8")("backslashreplace").decode

    def write(self, data: bytes, /) -> int:
        data = bytes(memoryview(data))
        self._stream.write(self._decode(data))
        return len(data)

    def flush(self) -> None:
        console.drain()

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        console.drain()


class Stdin(io.TextIOBase):
    """Standard input at its end: nobody is there to type."""

    name = "<stdin>"
    encoding = "utf-8"
    errors = "strict"
    mode = "r"

    def __init__(self) -> None:
        self.buffer = io.BytesIO()

    def read(self, size: int | None = -1, /) -> str:
        return ""

    def readline(self, size: int = -1, /) -> str:
        return ""

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        """Stay open: the next turn finds it at its end as well."""


stdout = Stream("<stdout>", console.stdout)
stderr = Stream("<stderr>", console.stderr)
stdin = Stdin()

"""What a turn may use of disk and processor, watched while it runs.

The watch asks `exceeded` again and again, on its own thread; everything else here is called by
the thread of the guest.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Literal

from cloche.workers.changes import Changes

if sys.platform != "win32":
    import resource

Limit = Literal["disk", "cpu"]

_RARELY = 10
"""A look that takes t is not repeated within this many t, so that looking costs a tenth at most."""

_BLIND_SECONDS = 3.0
_BLIND_LOOKS = 10
"""How long, and how often in a row, a turn may keep folders from being seen: it takes every
descriptor, or moves them all the time. By chance that happens once or twice."""

_LAST_WRITES_SECONDS = 0.5
"""How long a turn that is past its disk limit may still write, to tidy up."""

REFUSED = json.dumps(
    {
        "status": "error",
        "result": None,
        "error": {
            "type": "DiskLimitReached",
            "message": "the code was not run, because the files take more than twice what they "
            "may; call reset_workspace to remove them all",
            "traceback": "",
            "line": None,
        },
        "stdout_tail": "",
        "stderr_tail": "",
        "stdout_cut": 0,
        "stderr_cut": 0,
        "truncated": False,
        "full_output_path": None,
    }
).encode()
"""Stands for the report of a turn beside files that are hopelessly many."""


class Budget:
    """One turn's, and then the next one's."""

    def __init__(self, changes: Changes, *, grace_seconds: float) -> None:
        self._changes = changes
        self._grace_seconds = grace_seconds
        self._cpu_seconds = 0.0
        self.begin(0.0)

    def begin(self, cpu_seconds: float) -> None:
        """Start a turn that may take `cpu_seconds`; the mark of `changes` is made."""
        self._cpu_ends = time.process_time() + cpu_seconds
        self._next_look = self._sighted = time.monotonic()
        self._blind_looks = 0
        self._stopped_at = 0.0
        self._may_write = True
        self.limit: Limit | None = None
        """The limit for which the turn was interrupted."""

    def end(self) -> Limit | None:
        """End the turn, after the look of `changes`; returns the limit that it went past."""
        if not self._may_write:
            _allow_writes(True)
        return self.limit or ("disk" if self._changes.exceeded else None)

    def exceeded(self, go_on: Callable[[], bool]) -> Limit | None:
        """Return the limit that the turn is past, as far as is known; looks while it is to."""
        if time.process_time() > self._cpu_ends:
            return "cpu"
        if time.monotonic() < self._next_look:
            return None
        began = time.monotonic()
        look = self._changes.look_meanwhile(go_on)
        ended = time.monotonic()
        self._next_look = ended + _RARELY * (ended - began)
        if look.blind:
            self._blind_looks += 1
        else:
            self._sighted, self._blind_looks = ended, 0
        blind = self._blind_looks > _BLIND_LOOKS and ended - self._sighted > _BLIND_SECONDS
        return "disk" if blind or not self._changes.allows(look) else None

    def stop(self, limit: Limit) -> None:
        """Note that the turn is interrupted, and for what."""
        self.limit = limit
        self._stopped_at = time.monotonic()

    def enforce(self, *, may_forbid: bool) -> bool:
        """Take what is left from a turn that was interrupted; False once its grace is over.

        Unless it `may_forbid` writes: those of this process itself would fail as well.
        """
        since = time.monotonic() - self._stopped_at
        late = since > _LAST_WRITES_SECONDS and may_forbid
        if self.limit == "disk" and self._may_write and late:
            self._may_write = False
            _allow_writes(False)
        return since < self._grace_seconds


def _allow_writes(allowed: bool) -> None:
    """Have every write to a file of this process fail with EFBIG, or no longer. POSIX only."""
    if sys.platform != "win32":
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most if allowed else 0, most))

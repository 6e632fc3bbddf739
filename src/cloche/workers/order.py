"""Orders: what the server tells a new worker process to become."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Order:
    """What a worker is to become: the payload of a START frame."""

    module: str
    stdlib: str
    mpl_data: str
    image: str
    image_info: str
    workspace: str
    scratch: str
    memory_bytes: int
    stream_bytes: int
    """What is forwarded of each of stdout and stderr while a turn runs."""
    displays: int
    display_bytes: int
    workspace_entries: int
    changed_files: int
    rehearse: bool
    """Run what sessions usually begin with before being ready."""
    portable: bool
    """Use what every system has, also where this one has better."""

    def encode(self) -> bytes:
        """Return it as JSON."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def decode(cls, payload: bytes) -> Order:
        """Undo `encode`."""
        return cls(**json.loads(payload))

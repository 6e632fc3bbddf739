"""Orders: what the server tells a new worker process to become, and tasks: its turns."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from cloche.mounts import Mount


@dataclass(frozen=True)
class Order:
    """What a worker is to become: the payload of a START frame."""

    module: str
    stdlib: str
    mpl_data: str
    image: str
    image_info: str
    image_digest: str
    """SHA-256 of the image: checkpoints are of no use over another."""
    workspace: str
    scratch: str
    mounts: list[Mount]
    checkpoints: str
    """Folder of the images that are taken after turns."""
    restore: list[int]
    """Turns whose images to begin with, best first: the first that is sound is taken."""
    memory_bytes: int
    stream_bytes: int
    """What is forwarded of each of stdout and stderr while a turn runs."""
    displays: int
    display_bytes: int
    workspace_bytes: int
    workspace_files: int
    workspace_entries: int
    changed_files: int
    grace_seconds: float
    """How long a turn that passed a limit may take to stop before the worker ends itself."""
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
        fields = json.loads(payload)
        fields["mounts"] = [Mount(**mount) for mount in fields["mounts"]]
        return cls(**fields)


@dataclass(frozen=True)
class Task:
    """What a worker must know of a turn: the first part of a TURN frame."""

    turn: int
    """Its number in the session."""
    cpu_seconds: float
    """Processor time that the session has left."""

    def encode(self) -> bytes:
        """Return it as JSON."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def decode(cls, payload: bytes) -> Task:
        """Undo `encode`."""
        return cls(**json.loads(payload))

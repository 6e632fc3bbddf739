"""Every error that Cloche raises on purpose.

    ClocheError
    ├── CallerError           the caller can mend it; the text is shown as it is
    │   ├── InvalidRequest        an argument is missing, unknown or out of bounds
    │   ├── UnknownSession        no such session, or expired, or someone else's
    │   ├── UnknownFile           no such file in a workspace
    │   ├── CapacityReached       a finite bound is used up (sessions, queued calls)
    │   └── RuntimeUnavailable    the language cannot run here, or is not prepared yet
    └── InternalError         ours; the caller sees a reference, the log holds the cause
        ├── PreparationFailed     a runtime could not be fetched, compiled or proven
        ├── ImageRejected         a stored image is torn, foreign or from another artifact
        └── WorkerFailed          a worker did not start, or broke the protocol

Code that fails inside a guest is none of these: it is an `Outcome`.
"""

from __future__ import annotations


class ClocheError(Exception):
    """Root of everything that Cloche raises on purpose."""


class CallerError(ClocheError):
    """The call cannot be served as it stands, and its caller can change that."""


class InvalidRequest(CallerError):
    """An argument is missing, unknown or out of bounds."""


class UnknownSession(CallerError):
    """There is no such session for this caller.

    Wrong, expired and foreign ids are told alike, so that nobody learns that another owner's
    session exists.
    """

    def __init__(self, session_id: str) -> None:
        shown = session_id if len(session_id) <= 64 else session_id[:64] + "…"
        super().__init__(
            f"session {shown!r} does not exist or has expired; "
            "leave session_id out to use your automatic session"
        )
        self.session_id = session_id


class UnknownFile(CallerError):
    """There is no such file in the workspace: nothing, a folder, a link, or no plain file."""

    def __init__(self, path: str) -> None:
        shown = path if len(path) <= 256 else path[:256] + "…"
        super().__init__(
            f"there is no file {shown!r} in the workspace; folders are not read, and links not "
            "followed"
        )
        self.path = path


class CapacityReached(CallerError):
    """A finite bound is used up; the message names it and what frees it."""


class RuntimeUnavailable(CallerError):
    """The language has no runtime here, or its runtime is not ready yet."""


class InternalError(ClocheError):
    """Something of ours failed; the caller can do nothing about it."""


class PreparationFailed(InternalError):
    """A runtime could not be fetched, verified, compiled or proven to work."""


class ImageRejected(InternalError):
    """A stored image is torn, foreign or made by another artifact."""


class WorkerFailed(InternalError):
    """A worker did not start, or sent what the protocol does not allow."""

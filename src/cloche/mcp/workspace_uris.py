"""URIs of workspace files: `workspace://{session_id}/{path}`, one for each file and back.

A path is percent-encoded byte by byte (RFC 3986), all but the unreserved characters and the
slashes, so that no two files share a URI, whatever their names hold.
"""

from __future__ import annotations

import os
import re
from urllib.parse import quote, unquote_to_bytes

TEMPLATE = "workspace://{session_id}/{path*}"

_URI = re.compile(
    r"workspace://(?P<session>[a-z0-9_-]+)/(?P<path>(?:[^?#%]|%[0-9a-f]{2})+)",
    re.IGNORECASE | re.DOTALL,
)
_LONGEST = 16 * 1024


def root_of(session_id: str) -> str:
    """Return what the URIs of all files of a session begin with."""
    return f"workspace://{session_id}/"


def uri_of(session_id: str, path: str) -> str:
    """Return the URI of a file; bytes in `path` that are no Unicode are as `os.fsdecode` has them.

    Raises ValueError for a path that no file can have.
    """
    return root_of(session_id) + quote(os.fsencode(path), safe="/")


def parse(uri: str) -> tuple[str, str] | None:
    """Return the session and the path that a URI names, or None for what is no such URI.

    A slash may be encoded as well: clients that fill in the template do so, and no name has one.
    The path is not checked further.
    """
    match = _URI.fullmatch(uri) if len(uri) <= _LONGEST else None
    if match is None:
        return None
    try:
        return match["session"], os.fsdecode(unquote_to_bytes(match["path"]))
    except ValueError:
        return None

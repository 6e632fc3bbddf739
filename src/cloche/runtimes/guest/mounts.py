"""Folders of the host that the operator has mounted: what is in them that is no file.

To open a pipe of the host waits until somebody opens its other end, which no interrupt cuts short.
"""

import errno
import posix
import stat

_stat = posix.stat
_PLAIN = (stat.S_IFREG, stat.S_IFDIR)

folders: tuple[str, ...] = ()
"""Their paths; the host tells them when a guest begins and after each restore."""


def refuse_special(path: object) -> None:
    """Raise OSError for what is there, and neither a file nor a folder, before it is opened."""
    if not folders or type(path) is int:
        return
    try:
        kind = stat.S_IFMT(_stat(path).st_mode)
    except (OSError, TypeError, ValueError):
        return  # whoever opens it meets the same
    if kind not in _PLAIN:
        raise PermissionError(
            errno.EACCES, "Pipes, sockets and devices of the host cannot be opened", path
        )

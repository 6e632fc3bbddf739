"""Slots: folders that a guest comes to see after its image was taken.

A guest's C library asks for its folders once, when it first needs one, and keeps a table of names
and descriptors in the guest's memory. An image has that table, so every guest has the same number
of folders: some are slots, and what they are called is written over in the memory of each guest.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from cloche.errors import ImageRejected
from cloche.mounts import MOST_MOUNTS, MOST_NAME_BYTES

_ENTRY = struct.Struct("<II")  # address of the name, descriptor
_END = b"\0"

_NOWHERE = b"/"
"""The name of a slot without a folder. The library takes leading slashes off a path before it
looks for a name that the path begins with: this one never is."""


def placeholder(slot: int) -> str:
    """Return the name that a slot has while the image is made: as long as any."""
    return "/" + f"slot-{slot}-".ljust(MOST_NAME_BYTES, ".")


def find_slots(memory: bytes, first_descriptor: int) -> list[int]:
    """Return where in the memory the names of all slots lie, first that of `first_descriptor`.

    Raises `ImageRejected` when the library has no such table.
    """
    found: list[int] = []
    for slot in range(MOST_MOUNTS):
        name = placeholder(slot).encode().removeprefix(b"/") + _END
        places: list[int] = []
        at = memory.find(name)
        while at >= 0:
            # What else has these bytes is no name: nothing points there, beside the descriptor.
            if _ENTRY.pack(at, first_descriptor + slot) in memory:
                places.append(at)
            at = memory.find(name, at + 1)
        if len(places) != 1:
            raise ImageRejected(f"slot {slot} is {len(places)} times in the guest's memory")
        found += places
    return found


def name_slots(
    addresses: Sequence[int],
    names: Sequence[str | None],
    read: Callable[[int, int], bytes],
    write: Callable[[int, bytes], None],
) -> None:
    """Call the slots in order by these names, and those without one by none.

    A name that is as it should be is not written: the memory that holds it stays shared.
    """
    for slot, address in enumerate(addresses):
        name = names[slot] if slot < len(names) else None
        wanted = (_NOWHERE if name is None else name.encode().removeprefix(b"/")) + _END
        if read(address, len(wanted)) != wanted:
            write(address, wanted)

"""Memory kept back, so that a turn that used up all the rest can still end with a report."""

_SIZE_BYTES = 4 << 20

_kept = bytearray(_SIZE_BYTES)


def release() -> None:
    """Give the reserve up: memory is exhausted, and the turn has to be reported."""
    _kept.clear()


def refill() -> None:
    """Keep memory back again, once there is enough beside it for a turn."""
    global _kept
    if _kept:
        return
    try:
        bytearray(4 * _SIZE_BYTES)
        _kept = bytearray(_SIZE_BYTES)
    except MemoryError:
        pass

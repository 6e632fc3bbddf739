"""The guest side of Cloche: runs turns, shows their output, and readies memory for images."""

from .images import freeze, rehearse, thaw, warm
from .turn import turn

__all__ = ["freeze", "rehearse", "thaw", "turn", "warm"]

"""The guest side of Cloche: runs turns, shows their output, and readies memory for images."""

from .images import freeze, thaw, warm
from .turn import turn

__all__ = ["freeze", "thaw", "turn", "warm"]

"""The guest side of Cloche: runs turns, tells what they left, and readies memory for images."""

from .images import freeze, rehearse, thaw, warm
from .inspection import inspect
from .turn import turn

__all__ = ["freeze", "inspect", "rehearse", "thaw", "turn", "warm"]

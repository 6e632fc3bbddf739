"""Seeds of `random` that are floats: they go through `hash`, which has 32 bits here."""

import random

_MODULUS = (1 << 61) - 1
_WORD = 1 << 64
_seed = random.Random.seed


def seed(self: random.Random, a: object = None, version: int = 2) -> None:
    """Initialize internal state from a seed, as on a 64-bit machine."""
    _seed(self, _hash_of(a) % _WORD if isinstance(a, float) else a, version)


def _hash_of(number: float) -> int:
    """The hash of a float where `hash` has 64 bits."""
    if number != number or abs(number) == float("inf"):
        return hash(number)
    over, under = number.as_integer_ratio()
    value = abs(over) * pow(under, -1, _MODULUS) % _MODULUS
    return -(value + (value == 1)) if number < 0 else value


def install() -> None:
    """Put it where user code, and the module's own generator, look for the original."""
    random.Random.seed = seed
    random.seed = random._inst.seed

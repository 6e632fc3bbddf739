"""Settings: `CLOCHE_*` variables over defaults."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path, user_data_path
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from cloche.errors import InvalidRequest
from cloche.limits import Limits

_PREFIX = "CLOCHE_"
_NESTED = "__"


class Settings(BaseSettings):
    """Everything that can be set, with the defaults for one person's machine."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_nested_delimiter=_NESTED,
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
    )

    cache_dir: Path = Field(default_factory=lambda: user_cache_path("cloche", appauthor=False))
    """Folder of the prepared runtimes; safe to delete while no server runs."""

    data_dir: Path = Field(default_factory=lambda: user_data_path("cloche", appauthor=False))
    """Folder of the sessions' files."""

    max_sessions: int = Field(default=100, ge=1, le=100_000)
    """Sessions that may live at once."""

    spares: int = Field(default=1, ge=0, le=100)
    """Workers kept ready for new sessions."""

    portable: bool = False
    """Start workers and restore images as on a system without fork and mmap."""

    limits: Limits = Field(default_factory=Limits)
    """What one session may use; for example CLOCHE_LIMITS__TIMEOUT_SECONDS."""


def load_settings(**overrides: Any) -> Settings:  # noqa: ANN401 - pydantic checks them
    """Return the settings of the environment, with `overrides` by name.

    Raises `InvalidRequest` for a value that does not fit and for a name that means nothing.
    """
    known = {f"{_PREFIX}{name}".upper() for name in Settings.model_fields}
    known |= {f"{_PREFIX}limits{_NESTED}{name}".upper() for name in Limits.model_fields}
    for name in os.environ:
        if name.startswith(_PREFIX) and name not in known:
            nearest = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {nearest[0]}?" if nearest else ""
            raise InvalidRequest(f"{name} in the environment is no setting of Cloche{hint}")
    try:
        return Settings(**overrides)
    except SettingsError as error:
        raise InvalidRequest(
            f"{_PREFIX}LIMITS is no JSON object; set a single limit by its own name, "
            f"for example {_PREFIX}LIMITS{_NESTED}TIMEOUT_SECONDS"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        name = f"{_PREFIX}{_NESTED.join(str(part) for part in first['loc'])}".upper()
        raise InvalidRequest(f"{name} is {first['input']!r}: {first['msg']}") from error

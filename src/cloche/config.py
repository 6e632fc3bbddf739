"""Settings: `CLOCHE_*` variables over defaults."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Annotated, Any

from platformdirs import user_cache_path, user_data_path
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from cloche.errors import InvalidRequest
from cloche.limits import Fires, Limits

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

    max_sessions: Annotated[
        int, Fires("A call that needs a new session is refused until one ends.")
    ] = Field(default=100, ge=1, le=100_000)
    """Sessions that may live at once."""

    max_sessions_per_owner: Annotated[
        int,
        Fires(
            "A call that needs a new session is refused until one of the owner's ends; other "
            "owners notice nothing."
        ),
    ] = Field(default=50, ge=1, le=100_000)
    """Sessions that one owner may have at once."""

    max_listed_files: Annotated[
        int,
        Fires(
            "Further files are left out of the list of resources, first those deep in folders; "
            "sessions have equal shares of it. Each file can be read by its path all the same."
        ),
    ] = Field(default=1000, ge=1, le=100_000)
    """Files of an owner's sessions that are listed as resources."""

    max_workers: Annotated[
        int,
        Fires(
            "The session that was used longest ago hibernates; only when all of them run code is "
            "the call refused."
        ),
    ] = Field(default=50, ge=1, le=10_000)
    """Sessions that may have a worker, and with it memory, at once."""

    hibernate_seconds: Annotated[
        float,
        Fires("The session gives up its worker; the next call brings it back, some ms later."),
    ] = Field(default=300.0, gt=0)
    """How long a session keeps its worker without being used."""

    expire_seconds: Annotated[
        float,
        Fires("The session is destroyed, with its variables and files."),
    ] = Field(default=86_400.0, gt=0)
    """How long a session lives without being used, unless it was made for less."""

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

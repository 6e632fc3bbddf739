"""Settings: `CLOCHE_*` variables over defaults."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from platformdirs import user_cache_path, user_data_path
from pydantic import BaseModel, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from cloche.config_http import HttpSettings
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

    http: HttpSettings = Field(default_factory=HttpSettings)
    """How the server meets clients over HTTP; for example CLOCHE_HTTP__PORT."""


def load_settings(**overrides: Any) -> Settings:  # noqa: ANN401 - pydantic checks them
    """Return the settings of the environment, with `overrides` by name.

    Raises `InvalidRequest` for a value that does not fit and for a name that means nothing.
    """
    known = dict(_variables(Settings, _PREFIX))
    for name in os.environ:
        if name.startswith(_PREFIX) and name not in known:
            nearest = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {nearest[0]}?" if nearest else ""
            raise InvalidRequest(f"{name} in the environment is no setting of Cloche{hint}")
    try:
        return Settings(**overrides)
    except SettingsError as error:
        raise InvalidRequest(_describe_group(known)) from error
    except ValidationError as error:
        raise InvalidRequest(_describe(error)) from error


def _variables(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str | None]]:
    """Every variable that is read; with a name in it for those that set a whole group."""
    for field_name, field in model.model_fields.items():
        name, group = f"{prefix}{field_name}".upper(), field.annotation
        if isinstance(group, type) and issubclass(group, BaseModel):
            members = list(_variables(group, f"{name}{_NESTED}"))
            yield name, members[0][0]
            yield from members
        else:
            yield name, None


def _describe_group(known: dict[str, str | None]) -> str:
    for name, member in known.items():
        value = os.environ.get(name)
        if member is not None and value is not None and not _is_object(value):
            return f"{name} is no JSON object; set one thing by its own name, for example {member}"
    return "the environment holds a setting of Cloche that is no valid JSON"


def _is_object(value: str) -> bool:
    try:
        return isinstance(json.loads(value), dict)
    except ValueError:
        return False


def _describe(error: ValidationError) -> str:
    first = error.errors()[0]
    parts = [part for part in first["loc"] if isinstance(part, str)]
    name, value = f"{_PREFIX}{_NESTED.join(parts)}".upper(), first["input"]
    reason = first["msg"].removeprefix("Value error, ")
    if isinstance(value, dict) or "SECRET" in name:  # a group may hold a secret
        return f"{name}: {reason}"
    return f"{name} is {value!r}: {reason}"

"""Settings: `CLOCHE_*` variables over defaults."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path, user_data_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from cloche.limits import Limits


class Settings(BaseSettings):
    """Everything that can be set, with the defaults for one person's machine."""

    model_config = SettingsConfigDict(
        env_prefix="CLOCHE_",
        env_nested_delimiter="__",
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

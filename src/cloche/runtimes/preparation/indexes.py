"""Index settings: what uv and pip are told about package indexes, said in uv's words.

uv reads its own settings. Where it has none, those of pip count: the PIP_* variables and pip's
configuration files, in pip's order of precedence.
"""

from __future__ import annotations

import configparser
import locale
import math
import os
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import platformdirs

from cloche.errors import PreparationFailed

_UV_INDEX_VARIABLES = (
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_NO_INDEX",
)

_UV_INDEX_KEYS = frozenset({"index", "index-url", "extra-index-url", "find-links", "no-index"})

_CONTRADICTING = (
    "UV_BUILD_CONSTRAINT",
    "UV_CONSTRAINT",
    "UV_EXCLUDE",
    "UV_NO_CACHE",
    "UV_OVERRIDE",
)
"""Settings for the user's own environments; the artifact is pinned and has no dependencies."""


def uv_environment() -> dict[str, str]:
    """Return the environment for a uv that fetches from where the user's packages come from.

    Raises `PreparationFailed` when a configuration file of pip cannot be read.
    """
    result = {name: value for name, value in os.environ.items() if name not in _CONTRADICTING}
    pip = _pip_settings()
    if not _uv_has_indexes():
        result |= _indexes(pip)
    for name, value in _connection(pip).items():
        result.setdefault(name, value)
    if proxy := pip.get("proxy"):
        # For pip, its own setting goes before the general variables.
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            result[name] = proxy if "://" in proxy else f"http://{proxy}"
    return result


def _indexes(pip: Mapping[str, str]) -> dict[str, str]:
    result: dict[str, str] = {}
    if index := pip.get("index-url"):
        result["UV_DEFAULT_INDEX"] = _location(index)
    if extra := pip.get("extra-index-url"):
        result["UV_INDEX"] = " ".join(_location(value) for value in extra.split())
    if links := pip.get("find-links"):
        # pip passes over a folder that does not exist; for uv it is an error. A comma separates.
        found = [_location(value) for value in links.split() if _exists(value)]
        if found:
            result["UV_FIND_LINKS"] = ",".join(value.replace(",", "%2C") for value in found)
    if pip.get("no-index", "").lower() in {"y", "yes", "t", "true", "on", "1"}:
        result["UV_NO_INDEX"] = "1"
    # pip looks into every index; uv would stop at the first that knows the package. The pinned
    # digest makes it harmless that any of them may answer.
    result["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return result


def _connection(pip: Mapping[str, str]) -> dict[str, str]:
    result: dict[str, str] = {}
    if cert := pip.get("cert"):
        result["SSL_CERT_FILE"] = str(Path(cert).expanduser())
    if cert := pip.get("client-cert"):
        result["SSL_CLIENT_CERT"] = str(Path(cert).expanduser())
    if hosts := pip.get("trusted-host"):
        result["UV_INSECURE_HOST"] = " ".join(hosts.split())
    timeout = pip.get("timeout") or pip.get("default-timeout")
    if timeout and (seconds := _number(timeout)):
        result["UV_HTTP_TIMEOUT"] = str(math.ceil(seconds))
    retries = pip.get("retries")
    if retries and retries.isdecimal():
        result["UV_HTTP_RETRIES"] = retries
    return result


def _location(value: str) -> str:
    """Return a URL for what pip takes: a URL, or the path of a folder."""
    if "://" in value or value.startswith("file:"):
        return value
    return Path(value).expanduser().absolute().as_uri()


def _exists(value: str) -> bool:
    if value.startswith("file:"):
        from urllib.request import url2pathname

        return Path(url2pathname(urlsplit(value).path)).exists()
    return "://" in value or Path(value).expanduser().exists()


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _pip_settings() -> dict[str, str]:
    """Return the options of `pip install` by their long names; empty ones do not count."""
    layers: list[dict[str, str]] = [{}, {}]
    for file in _pip_files():
        for section, settings in enumerate(_read_pip_file(file)):
            layers[section] |= settings
    layers.append(
        {
            _option(name.removeprefix("PIP_")): value
            for name, value in os.environ.items()
            if name.startswith("PIP_")
        }
    )
    merged: dict[str, str] = {}
    for layer in layers:
        merged |= {name: value for name, value in layer.items() if value}
    return merged


def _read_pip_file(file: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return the sections `global` and `install`; the second goes before the first."""
    parser = configparser.RawConfigParser()
    try:
        parser.read(file, encoding=locale.getpreferredencoding(False))
    except (UnicodeDecodeError, configparser.Error) as error:
        raise PreparationFailed(
            f"pip's configuration file {file} cannot be read ({type(error).__name__}), and it "
            "may say where packages come from; mend it, or run `cloche setup --from WHEEL`"
        ) from error

    def section(name: str) -> dict[str, str]:
        items = parser.items(name) if parser.has_section(name) else []
        return {_option(key): value for key, value in items}

    return section("global"), section("install")


def _option(name: str) -> str:
    return name.lower().replace("_", "-").removeprefix("--")


def _pip_files() -> Iterable[Path]:
    """Return pip's configuration files, the last one counting most."""
    own = os.environ.get("PIP_CONFIG_FILE")
    if own == os.devnull:
        return []
    name = "pip.ini" if sys.platform == "win32" else "pip.conf"
    files = [folder / name for folder in _pip_system_folders()]
    if not (own and Path(own).exists()):
        legacy = Path.home() / ("pip" if sys.platform == "win32" else ".pip")
        files += [legacy / name, _pip_user_folder() / name]
    files.append(Path(sys.prefix) / name)
    if own:
        files.append(Path(own))
    return files


def _pip_system_folders() -> list[Path]:
    multiple = platformdirs.site_config_dir("pip", appauthor=False, multipath=True)
    folders = [Path(folder) for folder in multiple.split(os.pathsep)]
    if sys.platform not in {"win32", "darwin"}:
        folders.append(Path("/etc"))
    return folders


def _pip_user_folder() -> Path:
    if sys.platform == "darwin":
        library = Path(platformdirs.user_data_dir("pip", appauthor=False))
        return library if library.is_dir() else Path.home() / ".config" / "pip"
    return Path(platformdirs.user_config_dir("pip", appauthor=False, roaming=True))


def _uv_has_indexes() -> bool:
    if any(os.environ.get(name) for name in _UV_INDEX_VARIABLES):
        return True
    return any(_names_indexes(table) for table in _uv_tables())


def _names_indexes(table: Mapping[str, object]) -> bool:
    pip = table.get("pip")
    nested = cast("dict[str, object]", pip) if isinstance(pip, dict) else {}
    return not _UV_INDEX_KEYS.isdisjoint(table) or not _UV_INDEX_KEYS.isdisjoint(nested)


def _uv_tables() -> Iterator[Mapping[str, object]]:
    """Give the settings in the files that uv will read."""
    if own := os.environ.get("UV_CONFIG_FILE"):
        yield _read_toml(Path(own))
        return
    if os.environ.get("UV_NO_CONFIG"):
        return
    here = Path.cwd()
    for folder in (here, *here.parents):
        table = _read_toml(folder / "uv.toml") or _tool_uv(_read_toml(folder / "pyproject.toml"))
        if table:
            yield table
            break
    for folder in _uv_folders():
        yield _read_toml(folder / "uv.toml")


def _uv_folders() -> Iterator[Path]:
    if sys.platform == "win32":
        for name in ("APPDATA", "PROGRAMDATA"):
            if folder := os.environ.get(name):
                yield Path(folder) / "uv"
        return
    yield Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "uv"
    for folder in (os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep):
        yield Path(folder) / "uv"
    yield Path("/etc/uv")


def _tool_uv(pyproject: Mapping[str, object]) -> Mapping[str, object]:
    tool = cast("dict[str, dict[str, object]]", pyproject.get("tool", {}))
    return tool.get("uv", {})


def _read_toml(file: Path) -> Mapping[str, object]:
    # A file that uv cannot read either is uv's to complain about.
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}

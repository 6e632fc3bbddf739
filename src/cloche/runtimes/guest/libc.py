"""What the guest's system and C library lack, or do otherwise than the usual ones without a word.

musl takes any name for a locale and goes on as in C, and makes the whole of a formatted date empty
if it meets a directive that it does not know.
"""

import _locale
import functools
import locale
import re
import socket
import threading
import time

_set_locale = _locale.setlocale
_strftime, _localtime = time.strftime, time.localtime

_LOCALE = re.compile(r"|C|POSIX|C\.(utf|UTF)-?8")
_DIRECTIVE = re.compile(r"%([-_0^#+]*)(\d*)([EO]?)(:*.|)", re.DOTALL)
_KNOWN = frozenset("aAbBcCdDeFgGhHIjmMnprRsStTuUVwWxXyYzZ%")
_YEARS = frozenset("CFGY")  # musl widens only these, and these as glibc does
_PADDED = {"-": ("", 0), "_": (" ", 2), "0": ("0", 2)}


def setlocale(category: int, locale: str | None = None, /) -> str:
    """Activate/query locale processing."""
    for name in (locale or "").split(";"):
        if not _LOCALE.fullmatch(name):
            raise _locale.Error(
                f"unsupported locale setting: {name!r}; there are C, POSIX and C.UTF-8 here"
            )
    return _set_locale(category, locale)


def strftime(format: str, /, *moment: object) -> str:
    """Convert a time tuple to a string according to a format specification."""
    if isinstance(format, str) and not _is_plain(format):
        moment = moment or (_localtime(),)
        format = _DIRECTIVE.sub(lambda found: _translated(found, moment), format)
    return _strftime(format, *moment)


@functools.lru_cache
def _is_plain(format: str) -> bool:
    return all(
        conversion in _KNOWN
        and flags in ("", "-", "_", "0", "+")
        and (not width or conversion in _YEARS)
        for flags, width, _, conversion in _DIRECTIVE.findall(format)
    )


def _translated(found: re.Match, moment: tuple) -> str:
    """A directive as musl knows it, or else what it stands for, as glibc has it."""
    flags, width, _, conversion = found.groups()
    style = next((flag for flag in reversed(flags) if flag in "-_0"), "")
    if conversion in ("k", "l"):
        hour = _strftime({"k": "%-H", "l": "%-I"}[conversion], *moment)
        fill, size = _PADDED[style or "_"]
        text = hour.rjust(int(width or size), fill or " ")
    elif conversion == "P":
        text = _strftime("%p", *moment).lower()
    elif conversion not in _KNOWN:
        return found[0].replace("%", "%%")
    else:
        text = _strftime(f"%{style}{conversion}", *moment)
    if "^" in flags:
        text = text.upper()
    if "#" in flags:
        text = text.lower() if conversion in ("p", "Z") else text.upper()
    zeros = style == "0" or (not style and conversion != "e")
    fill = "0" if zeros and text.strip().isdigit() else " "
    return text.rjust(int(width or 0), fill).replace("%", "%%")


setlocale.__module__, strftime.__module__ = "_locale", "time"


def gethostbyaddr(address: str, /) -> tuple:
    """Fail as a resolver without network does."""
    raise socket.gaierror(socket.EAI_FAIL, f"this sandbox has no network to find {address!r} in")


def install() -> None:
    """Put these where user code, and the library, look for the originals."""
    _locale.setlocale = locale._setlocale = setlocale
    time.strftime = strftime
    # For `getfqdn`, which makes do with the name of the machine, and so for e-mails.
    socket.gethostbyaddr = gethostbyaddr
    # For `scipy.fft.set_backend`, which tells threads apart by it: there is one.
    threading.get_native_id = threading.get_ident

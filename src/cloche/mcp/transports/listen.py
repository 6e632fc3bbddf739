"""Listening: which addresses, whether anybody else can reach them, and TLS."""

from __future__ import annotations

import contextlib
import errno
import socket
import ssl
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from cloche.errors import InvalidRequest

if TYPE_CHECKING:
    from cloche.config_http import HttpSettings

_BACKLOG = 512

_SEND_BUFFER_BYTES = 256 * 1024
"""What the system keeps for a client that does not read; by itself it would take megabytes."""

_KEEP_ALIVE = {
    "TCP_KEEPIDLE": 30,
    "TCP_KEEPINTVL": 10,
    "TCP_KEEPCNT": 3,
    "TCP_USER_TIMEOUT": 60_000,
}
"""A client whose machine or network is gone says nothing; so its calls end after a minute."""


def addresses_of(host: str) -> list[tuple[socket.AddressFamily, str]]:
    """Return the addresses that a name stands for. Raises `InvalidRequest`."""
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise InvalidRequest(
            f"CLOCHE_HTTP__HOST is {host!r}, and there is no such address: {error}"
        ) from error
    return list(dict.fromkeys((family, str(address[0])) for family, *_, address in found))


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens on `host`. Raises `InvalidRequest`."""
    return all(
        ip_address(address.partition("%")[0]).is_loopback for _, address in addresses_of(host)
    )


def listen(host: str, port: int) -> list[socket.socket]:
    """Return a listening socket for each address of `host`. Raises `InvalidRequest`."""
    with contextlib.ExitStack() as opened:
        sockets: list[socket.socket] = []
        for family, address in addresses_of(host):
            taken = sockets[0].getsockname()[1] if sockets else port
            try:
                sockets.append(opened.enter_context(_bound(family, address, taken)))
            except OSError as error:
                if error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT} and sockets:
                    continue  # a system without IPv6 may know an address of it
                reason = error.strerror or str(error)
                raise InvalidRequest(
                    f"port {taken} of {address} cannot be listened on: {reason}; "
                    "choose another by --port or --host"
                ) from error
        opened.pop_all()
        return sockets


def _bound(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        # On Windows SO_REUSEADDR would let another process take the port over.
        option = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)
        bound.setsockopt(socket.SOL_SOCKET, option, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEP_ALIVE.items():
            if hasattr(socket, name):
                bound.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        bound.bind((address, port))
        bound.listen(_BACKLOG)
        bound.setblocking(False)
    except BaseException:
        bound.close()
        raise
    return bound


def url_of(bound: socket.socket, *, tls: bool) -> str:
    """Return the address at which a socket answers."""
    address, port = bound.getsockname()[:2]
    shown = f"[{address}]" if ":" in address else address
    return f"{'https' if tls else 'http'}://{shown}:{port}"


def tls_of(settings: HttpSettings) -> ssl.SSLContext | None:
    """Return how to speak TLS, or None if no certificate is set. Raises `InvalidRequest`."""
    certificate, key = settings.certfile, settings.keyfile
    if certificate is None:
        if key is not None:
            raise InvalidRequest("CLOCHE_HTTP__KEYFILE is set, and CLOCHE_HTTP__CERTFILE is not")
        return None
    for file in (certificate, key):
        if file is not None:
            _check_readable(file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ValueError) as error:
        raise InvalidRequest(
            f"{certificate} and {key or 'the key in it'} are no certificate with its key in PEM: "
            f"{error}"
        ) from error
    return context


def _check_readable(file: Path) -> None:
    try:
        file.open("rb").close()
    except OSError as error:
        raise InvalidRequest(f"{file} cannot be read: {error.strerror}") from error


def _no_password() -> str:
    raise ValueError("the key has a password; store it without one, readable by the server alone")

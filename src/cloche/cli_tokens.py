"""`cloche token`: who may call a server over HTTP."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cloche.errors import InvalidRequest

if TYPE_CHECKING:
    from pathlib import Path

_MOST_DAYS = 36_500


def add_token_commands(token: argparse.ArgumentParser) -> None:
    """Add `add`, `list` and `remove` to the parser of `cloche token`."""
    actions = token.add_subparsers(title="commands", required=True)

    add = actions.add_parser("add", help="make a token and print it, this once")
    add.add_argument("owner", metavar="OWNER", help="whose sessions its bearer gets")
    add.add_argument("--days", type=float, metavar="N", help="how long it is good; default: always")
    add.add_argument(
        "--max-sessions", type=int, metavar="N", help="sessions that the owner may have at once"
    )
    add.set_defaults(command=_add)

    listed = actions.add_parser("list", help="list the owners, and until when their tokens hold")
    listed.set_defaults(command=_list)

    remove = actions.add_parser("remove", help="remove all tokens of an owner")
    remove.add_argument("owner", metavar="OWNER")
    remove.set_defaults(command=_remove)


def _add(parsed: argparse.Namespace) -> int:
    from cloche.mcp.auth.token_file import add_token

    expires_at = None
    if parsed.days is not None:
        if not 0 < parsed.days <= _MOST_DAYS:
            raise InvalidRequest(f"--days is {parsed.days:g}; it must be above 0")
        expires_at = (datetime.now(UTC) + timedelta(days=parsed.days)).replace(microsecond=0)
    print(add_token(_file(), parsed.owner, expires_at=expires_at, max_sessions=parsed.max_sessions))
    return 0


def _list(_: argparse.Namespace) -> int:
    from cloche.mcp.auth.token_file import read_tokens

    for record in read_tokens(_file()):
        until = (
            "always" if record.expires_at is None else f"until {record.expires_at:%Y-%m-%d %H:%M}"
        )
        state = "expired" if record.expired else until
        quota = "" if record.max_sessions is None else f"  at most {record.max_sessions} sessions"
        print(f"{record.owner}  made {record.created_at:%Y-%m-%d}  {state}{quota}")
    return 0


def _remove(parsed: argparse.Namespace) -> int:
    from cloche.mcp.auth.token_file import remove_tokens

    removed = remove_tokens(_file(), parsed.owner)
    if not removed:
        raise InvalidRequest(f"{parsed.owner!r} has no token; `cloche token list` names who has")
    print(f"removed {removed} token{'s' if removed > 1 else ''} of {parsed.owner}")
    return 0


def _file() -> Path:
    from cloche.config import load_settings
    from cloche.mcp.auth import tokens_file

    return tokens_file(load_settings())

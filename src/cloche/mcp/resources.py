"""Workspace files as MCP resources: listed, read, described by a template, linked to in results.

Nothing here prolongs a session's life: a client may list and read by itself, and for ever.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Self

from fastmcp import FastMCP
from fastmcp.exceptions import FastMCPError
from fastmcp.resources import Resource, ResourceContent, ResourceResult, ResourceTemplate
from fastmcp.server.completions import CompletionReference, CompletionValues
from fastmcp.server.providers import Provider
from fastmcp.utilities.versions import VersionSpec
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    Annotations,
    CompletionArgument,
    CompletionContext,
    ResourceLink,
    ResourceTemplateReference,
)
from mcp_types import Resource as ListedResource
from mcp_types import ResourceTemplate as ListedTemplate
from pydantic import PrivateAttr

from cloche.errors import CallerError, InvalidRequest, UnknownFile, UnknownSession
from cloche.limits import Limits
from cloche.mcp.media_types import present, type_of_name
from cloche.mcp.sessions import WorkspaceSessionManager
from cloche.mcp.workspace_uris import TEMPLATE, parse, uri_of
from cloche.outcome import Outcome
from cloche.sessions.files import File, list_files, read_file
from cloche.sessions.session import Session

_LINKS = 5
_LONGEST_LINKED = 1024
_MADE_UP = "\N{REPLACEMENT CHARACTER}"

_DESCRIPTION = (
    "A file that code of a session has written, relative to its working directory: for example "
    "the session_id of an outcome and one of the paths in its `files`. Text comes as text, "
    "anything else as base64. Links are not followed. Files over {most} bytes are refused; read a "
    "part of one with execute_code. Not all files are listed, but each can be read by its path."
)


def add_resources(
    app: FastMCP, sessions: WorkspaceSessionManager, limits: Limits, most_listed: int
) -> None:
    """Add the files of the caller's sessions to `app`; one listing has `most_listed` at most."""
    app.add_provider(_Workspaces(sessions, limits, most_listed))

    async def complete(
        ref: CompletionReference, argument: CompletionArgument, context: CompletionContext | None
    ) -> CompletionValues:
        if not isinstance(ref, ResourceTemplateReference) or ref.uri != TEMPLATE:
            return None
        return await _complete(sessions, limits, argument, context)

    app.add_completion_handler(complete)


def links_for(outcome: Outcome, *, most_bytes: int) -> list[ResourceLink]:
    """Return links to files that a turn has made or changed, a handful at most.

    Left out are images that the outcome carries, and files of more than `most_bytes`, which a
    client that fetches what is linked could not read.
    """
    carried = {output.path for output in outcome.outputs if output.data}
    return [
        ResourceLink(
            name=_shown(file.path),
            uri=uri_of(outcome.session_id, file.path),
            mime_type=type_of_name(file.path),
            size=file.size,
        )
        for file in outcome.files
        if file.change != "deleted"
        and file.path not in carried
        and file.size <= most_bytes
        and len(file.path) <= _LONGEST_LINKED
        and _MADE_UP not in file.path
    ][:_LINKS]


def own(sessions: WorkspaceSessionManager, session_id: str) -> Session:
    """Return the caller's session of that id. Raises `UnknownSession`."""
    session = sessions.find(session_id)
    if session is None:
        raise UnknownSession(session_id)
    return session


class ResourceRefused(FastMCPError, MCPError):
    """A resource that a caller cannot have, as the client sees it.

    It is both, because FastMCP logs its own kind quietly and passes the protocol's on unchanged.
    """

    def __init__(self, uri: str, error: CallerError) -> None:
        if isinstance(error, UnknownSession):
            said = "there is no such session, or it has expired"
        else:
            said = str(error)
        if not isinstance(error, InvalidRequest):
            said = f"resource not found: {said}; list the resources to see which there are"
        MCPError.__init__(self, INVALID_PARAMS, said, {"uri": uri})
        self.log_level = logging.DEBUG


class _WorkspaceFile(Resource):
    """One file, to be listed or to be read."""

    _listed: ListedResource | None = PrivateAttr(default=None)
    _reader: Callable[[], Awaitable[ResourceResult]] | None = PrivateAttr(default=None)

    @classmethod
    def to_list(cls, listed: ListedResource) -> Self:
        """Return one that is listed as it is given; FastMCP's own has no size and needs a type."""
        file = cls.model_validate({"uri": listed.uri, "name": listed.name})
        file._listed = listed
        return file

    @classmethod
    def to_read(cls, uri: str, reader: Callable[[], Awaitable[ResourceResult]]) -> Self:
        """Return one whose `read` returns what `reader` does."""
        file = cls.model_validate({"uri": uri})
        file._reader = reader
        return file

    async def read(self) -> ResourceResult:
        """Return the content. Raises `ResourceRefused`."""
        if self._reader is None:
            raise NotImplementedError
        return await self._reader()

    def to_mcp_resource(self, **overrides: Any) -> ListedResource:  # noqa: ANN401 - as FastMCP has it
        """Return it as it is listed."""
        return self._listed or super().to_mcp_resource(**overrides)


class _FileTemplate(ResourceTemplate):
    def to_mcp_template(self, **overrides: Any) -> ListedTemplate:  # noqa: ANN401 - as FastMCP has it
        """Return it as it is listed: without a type, since the files have several."""
        return super().to_mcp_template(**overrides).model_copy(update={"mime_type": None})


class _Workspaces(Provider):
    def __init__(self, sessions: WorkspaceSessionManager, limits: Limits, most_listed: int) -> None:
        super().__init__()
        self._sessions = sessions
        self._limits = limits
        self._most_listed = most_listed

    async def _list_resources(self) -> Sequence[Resource]:
        sessions = self._sessions.listed()
        return await asyncio.to_thread(self._list, sessions)

    def _list(self, sessions: list[Session]) -> list[Resource]:
        resources: list[Resource] = []
        for number, session in enumerate(sessions):
            left = len(sessions) - number
            # What one session leaves of its share, the others have.
            share = -(-(self._most_listed - len(resources)) // left)
            files = list_files(
                session.home.workspace,
                most=share,
                entries=-(-self._limits.workspace_entries // len(sessions)),
            )
            resources += [_listed(session, file) for file in files]
        return resources

    async def _get_resource(self, uri: str, version: VersionSpec | None = None) -> Resource | None:
        named = parse(uri)
        if named is None:
            return None
        session_id, path = named
        return _WorkspaceFile.to_read(
            uri_of(session_id, path), lambda: self._read(uri, session_id, path)
        )

    async def _read(self, uri: str, session_id: str, path: str) -> ResourceResult:
        try:
            session = own(self._sessions, session_id)
            try:
                return await asyncio.to_thread(self._read_file, session, path)
            except UnknownFile:
                if session.closed:  # meanwhile
                    raise UnknownSession(session_id) from None
                raise
        except CallerError as error:
            raise ResourceRefused(uri, error) from None

    def _read_file(self, session: Session, path: str) -> ResourceResult:
        most = self._limits.resource_bytes
        data = read_file(session.home.workspace, path, most_bytes=most)
        content, media_type = present(path, data, most_bytes=-(-most // 3) * 4)
        return ResourceResult([ResourceContent(content, mime_type=media_type)])

    async def _list_resource_templates(self) -> Sequence[ResourceTemplate]:
        return [
            _FileTemplate(
                uri_template=TEMPLATE,
                name="workspace_file",
                title="File of a session",
                description=_DESCRIPTION.format(most=self._limits.resource_bytes),
                parameters={
                    "type": "object",
                    "properties": {"session_id": {"type": "string"}, "path": {"type": "string"}},
                    "required": ["session_id", "path"],
                },
            )
        ]

    async def _get_resource_template(
        self, uri: str, version: VersionSpec | None = None
    ) -> ResourceTemplate | None:
        return None  # what it matches is found as a resource


def _listed(session: Session, file: File) -> Resource:
    return _WorkspaceFile.to_list(
        ListedResource(
            uri=uri_of(session.id, file.path),
            name=_shown(file.path),
            description=f"of session {session.id}",
            mime_type=type_of_name(file.path),
            size=file.size,
            annotations=Annotations(last_modified=_time(file.modified_at)),
        )
    )


def _time(seconds: float) -> str | None:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):  # a guest may set any
        return None


def _shown(path: str) -> str:
    """Return a path as it can be shown: without what moves the cursor or is no Unicode."""
    return "".join(character if character.isprintable() else _MADE_UP for character in path)


async def _complete(
    sessions: WorkspaceSessionManager,
    limits: Limits,
    argument: CompletionArgument,
    context: CompletionContext | None,
) -> list[str]:
    if argument.name == "session_id":
        names = [session.id for session in sessions.listed()]
    elif argument.name == "path" and context and context.arguments:
        try:
            session = own(sessions, context.arguments.get("session_id", ""))
        except UnknownSession:
            return []
        entries = limits.workspace_entries
        files = await asyncio.to_thread(
            list_files, session.home.workspace, most=entries, entries=entries
        )
        names = [file.path for file in files if file.path == _shown(file.path)]
    else:
        return []
    return [name for name in names if name.startswith(argument.value)]

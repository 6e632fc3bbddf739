"""Notifications of changed resources, to their owner alone, in both eras of the protocol.

Clients that shook hands are told that their list has changed as long as they are connected, and of
single files once they have subscribed to them (`resources/subscribe`). From 2026-07-28 on a client
opens a stream for what it wants to hear (`subscriptions/listen`). Both hear of a change when the
turn that made it has ended. What a subscription takes goes with the connection or the stream.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastmcp import FastMCP
from fastmcp.resources import Resource
from fastmcp.server.dependencies import bind_request_context
from mcp.server.connection import Connection
from mcp.server.context import ServerRequestContext
from mcp.server.subscriptions import (
    ListenHandler,
    ResourcesListChanged,
    ResourceUpdated,
    ServerEvent,
)
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    EmptyResult,
    NotificationParams,
    SubscribeRequestParams,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
    UnsubscribeRequestParams,
)

from cloche.errors import UnknownFile, UnknownSession
from cloche.mcp.resources import ResourceRefused, own
from cloche.mcp.sessions import WorkspaceSessionManager
from cloche.mcp.workspace_uris import parse, root_of, uri_of
from cloche.sessions.watching import FilesChanged, Watchers

_MOST_URIS = 256
_MOST_STREAMS = 32
_STATE = "cloche.subscriptions"

_Context = ServerRequestContext[Any, Any]
_Params = TypeVar("_Params")
_Result = TypeVar("_Result")


def add_subscriptions(
    app: FastMCP, sessions: WorkspaceSessionManager, watchers: Watchers
) -> Subscriptions:
    """Have `app` notify its clients of what `watchers` are told."""
    subscriptions = Subscriptions(sessions, watchers, app.get_resource)
    # FastMCP has no public way to serve these methods.
    server = app._mcp_server  # pyright: ignore[reportPrivateUsage]
    server.add_notification_handler(
        "notifications/initialized", NotificationParams, _bound(subscriptions.initialized)
    )
    server.add_request_handler(
        "resources/subscribe", SubscribeRequestParams, _bound(subscriptions.subscribe)
    )
    server.add_request_handler(
        "resources/unsubscribe", UnsubscribeRequestParams, _bound(subscriptions.unsubscribe)
    )
    server.add_request_handler(
        "subscriptions/listen", SubscriptionsListenRequestParams, _bound(subscriptions.listen)
    )
    watchers.at_end.append(subscriptions.close)
    return subscriptions


def _bound(
    handler: Callable[[_Context, _Params], Awaitable[_Result]],
) -> Callable[[_Context, _Params], Awaitable[_Result]]:
    """Return the handler with the request where FastMCP looks for it: it tells who is calling."""

    async def handle(ctx: _Context, params: _Params) -> _Result:
        with bind_request_context(ctx):
            return await handler(ctx, params)

    return handle


class _Subscription:
    """What one client wants to hear, as one owner."""

    def __init__(
        self,
        owner: str,
        is_listed: Callable[[FilesChanged], bool],
        deliver: Callable[[ServerEvent], None],
    ) -> None:
        self._owner = owner
        self._is_listed = is_listed
        self._deliver = deliver
        self.uris: dict[str, set[str]] = {}
        """As the client wrote them, by the one that names the same file here."""

    def add(self, uri: str) -> None:
        """Tell of a file; a URI that names none is never heard of."""
        named = parse(uri)
        if named is not None:
            self.uris.setdefault(uri_of(*named), set()).add(uri)

    def hear(self, change: FilesChanged) -> None:
        """Pass a change on, if it is the owner's, as far as the client wants it."""
        if change.owner != self._owner:
            return
        if (
            change.files is None or any(file.change != "modified" for file in change.files)
        ) and self._is_listed(change):
            self._deliver(ResourcesListChanged())
        if change.files is None:
            root = root_of(change.session_id)
            changed = [uri for uri in self.uris if uri.startswith(root)]
        else:
            changed = [uri_of(change.session_id, file.path) for file in change.files]
        for uri in changed:
            for written in self.uris.get(uri, ()):
                self._deliver(ResourceUpdated(written))


class Subscriptions:
    """Serves the methods by which clients come to hear of changes."""

    def __init__(
        self,
        sessions: WorkspaceSessionManager,
        watchers: Watchers,
        get_resource: Callable[[str], Awaitable[Resource | None]],
    ) -> None:
        """Serve what `watchers` are told; `get_resource` finds resources of any kind."""
        self._sessions = sessions
        self._get_resource = get_resource
        self._watchers = watchers
        self._streams: set[ListenHandler] = set()
        self._streams_of = Counter[str]()

    async def initialized(self, ctx: _Context, params: NotificationParams) -> None:
        """Tell a client that shook hands when its list changes."""
        self._of_connection(ctx)

    async def subscribe(self, ctx: _Context, params: SubscribeRequestParams) -> EmptyResult:
        """Tell a client that shook hands when a file changes; it need not exist yet."""
        named = parse(params.uri)
        if named is None:
            if await self._get_resource(params.uri) is None:
                raise ResourceRefused(params.uri, UnknownFile(params.uri))
            return EmptyResult()  # one of another kind, which never changes
        try:
            own(self._sessions, named[0])
        except UnknownSession as error:
            raise ResourceRefused(params.uri, error) from None
        subscription = self._of_connection(ctx)
        if sum(map(len, subscription.uris.values())) >= _MOST_URIS:
            raise _too_many_uris()
        subscription.add(params.uri)
        return EmptyResult()

    async def unsubscribe(self, ctx: _Context, params: UnsubscribeRequestParams) -> EmptyResult:
        """Tell no more of a file."""
        named = parse(params.uri)
        uris = self._of_connection(ctx).uris
        if named is not None and (written := uris.get(uri_of(*named))):
            written.discard(params.uri)
            if not written:
                del uris[uri_of(*named)]
        return EmptyResult()

    async def listen(
        self, ctx: _Context, params: SubscriptionsListenRequestParams
    ) -> SubscriptionsListenResult:
        """Serve one stream, until the client closes it or `close` is called."""
        owner = self._sessions.owner()
        uris = params.notifications.resource_subscriptions or []
        if len(uris) > _MOST_URIS:
            raise _too_many_uris()
        if self._streams_of[owner] >= _MOST_STREAMS:
            raise MCPError(
                INVALID_REQUEST,
                f"you have {_MOST_STREAMS} streams of notifications open; close one of them",
            )
        # The library's handler takes its events from a bus; each stream has one for its owner.
        stream = ListenHandler(_Bus(self._watchers, owner, self._sessions.lister(), uris))
        self._streams.add(stream)
        self._streams_of[owner] += 1
        try:
            return await stream(ctx, params)
        finally:
            self._streams.discard(stream)
            self._streams_of[owner] -= 1
            if not self._streams_of[owner]:
                del self._streams_of[owner]

    def close(self) -> None:
        """End every stream, each with its result, so that a server can end."""
        for stream in list(self._streams):
            stream.close()

    def _of_connection(self, ctx: _Context) -> _ConnectionSubscription:
        """Return what the caller has subscribed to on this connection.

        A connection can serve several owners, over HTTP: each call has its own.
        """
        connection = ctx.session._connection  # pyright: ignore[reportPrivateUsage]
        owner = self._sessions.owner()
        of_owners: dict[str, _ConnectionSubscription] = connection.state.setdefault(_STATE, {})
        if owner not in of_owners:
            subscription = _ConnectionSubscription(connection, owner, self._sessions.lister())
            of_owners[owner] = subscription
            connection.exit_stack.callback(subscription.close)
            connection.exit_stack.callback(self._watchers.add(subscription.hear))
        return of_owners[owner]


class _ConnectionSubscription(_Subscription):
    """That of a client that shook hands; a slow one is told once what happened twice."""

    def __init__(
        self, connection: Connection, owner: str, is_listed: Callable[[FilesChanged], bool]
    ) -> None:
        super().__init__(owner, is_listed, self._queue)
        self._connection = connection
        self._pending: dict[ServerEvent, None] = {}
        self._sender: asyncio.Task[None] | None = None

    def close(self) -> None:
        """Send nothing more."""
        if self._sender is not None:
            self._sender.cancel()

    def _queue(self, event: ServerEvent) -> None:
        self._pending[event] = None
        if self._sender is None:
            self._sender = asyncio.create_task(self._send())

    async def _send(self) -> None:
        try:
            while self._pending:
                event = next(iter(self._pending))
                del self._pending[event]
                if isinstance(event, ResourceUpdated):
                    await self._connection.send_resource_updated(event.uri)
                else:
                    await self._connection.send_resource_list_changed()
        finally:
            self._sender = None


class _Bus:
    """Gives one stream the changes of its owner's files: a `SubscriptionBus`."""

    def __init__(
        self,
        watchers: Watchers,
        owner: str,
        is_listed: Callable[[FilesChanged], bool],
        uris: list[str],
    ) -> None:
        self._watchers = watchers
        self._owner = owner
        self._is_listed = is_listed
        self._uris = uris

    async def publish(self, event: ServerEvent) -> None:
        """Do nothing: changes come from the watchers alone."""

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        """Have the stream hear of changes until what is returned is called."""
        subscription = _Subscription(self._owner, self._is_listed, listener)
        for uri in self._uris:
            subscription.add(uri)
        return self._watchers.add(subscription.hear)


def _too_many_uris() -> MCPError:
    return MCPError(
        INVALID_PARAMS,
        f"{_MOST_URIS} files can be subscribed to at most; for more, hear of the list, and "
        "look at when each was modified",
    )

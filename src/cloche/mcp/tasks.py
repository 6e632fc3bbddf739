"""Tasks: calls that a client leaves running and asks after (`io.modelcontextprotocol/tasks`).

A client that can do this says so with its call. `execute_code` that is not done in a moment is
then answered with a task, which the client polls, over any number of connections.
https://modelcontextprotocol.io/extensions/tasks
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from fastmcp import Context
from fastmcp.exceptions import FastMCPError
from fastmcp.server.dependencies import get_http_request
from fastmcp.server.extensions import (
    MethodBinding,
    ServerExtension,
    ToolCallContinuation,
    ToolCallOutcome,
)
from fastmcp.tools import ToolResult
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.shared.inbound import MCP_NAME_HEADER, decode_header_value
from mcp_types import INVALID_PARAMS, CallToolRequestParams, CallToolResult, TextContent
from mcp_types import RequestParams as Params
from mcp_types.jsonrpc import HEADER_MISMATCH, MISSING_REQUIRED_CLIENT_CAPABILITY
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from cloche.mcp.identity import Identity
from cloche.mcp.running import patient

IDENTIFIER = "io.modelcontextprotocol/tasks"

_TOOL = "execute_code"

_MOMENT_SECONDS = 1.0
"""A call that is done by then is answered as if there were no tasks: without polling."""

_POLL_MILLISECONDS = 1000

_KEPT_SECONDS = 900.0
"""How long the result of a task that has ended can be asked for."""

_MOST_TASKS = 256
"""Tasks of one owner; those that ended longest ago make room for new ones."""

_Request = ServerRequestContext[Any, Any]


class _Message(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class _TaskMessage(_Message):
    task_id: str
    status: Literal["working", "completed", "failed", "cancelled"]
    created_at: str
    last_updated_at: str
    ttl_ms: int
    poll_interval_ms: int = _POLL_MILLISECONDS


class CreatedTask(_TaskMessage):
    """The answer to a call that goes on as a task."""

    result_type: Literal["task"] = "task"


class TaskState(_TaskMessage):
    """The answer to `tasks/get`."""

    result_type: Literal["complete"] = "complete"
    result: dict[str, Any] | None = None


class Done(_Message):
    """The answer to a request that has nothing to say."""

    result_type: Literal["complete"] = "complete"


class NamedTask(Params):
    """The task that a request is about."""

    task_id: str = Field(alias="taskId", max_length=256)


class AnsweredTask(NamedTask):
    """Answers to what a task has asked; no task of ours asks anything."""

    input_responses: dict[str, Any] = Field(alias="inputResponses")


@dataclass
class _Task:
    owner: str
    call: asyncio.Task[ToolCallOutcome]
    ttl_seconds: float
    id: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    created_at: float = field(default_factory=time.time)
    updated_at: float = field(default_factory=time.time)
    cancelled: bool = False

    def facts(self) -> dict[str, Any]:
        """What every message about it says."""
        return {
            "task_id": self.id,
            "created_at": datetime.fromtimestamp(self.created_at, UTC).isoformat(),
            "last_updated_at": datetime.fromtimestamp(self.updated_at, UTC).isoformat(),
            "ttl_ms": int(self.ttl_seconds * 1000),
        }

    def ended(self, _: asyncio.Task[ToolCallOutcome]) -> None:
        """Take note of the end."""
        self.updated_at = time.time()
        if not self.call.cancelled():
            self.call.exception()


class TasksExtension(ServerExtension):
    """Lets clients leave `execute_code` running."""

    identifier = IDENTIFIER

    def __init__(self, identity: Identity, *, max_timeout_seconds: float) -> None:
        """`identity` tells whose task it is; no code runs for longer than `max_timeout_seconds`."""
        self._identity = identity
        self._ttl_seconds = max_timeout_seconds + _KEPT_SECONDS
        self._tasks: dict[str, _Task] = {}

    def methods(self) -> Sequence[MethodBinding]:
        """Return the requests about tasks."""
        era = frozenset(MODERN_PROTOCOL_VERSIONS)
        return [
            MethodBinding("tasks/get", NamedTask, self._get, era),
            MethodBinding("tasks/update", AnsweredTask, self._update, era),
            MethodBinding("tasks/cancel", NamedTask, self._cancel, era),
        ]

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        """End with the server, and every task with it."""
        try:
            yield
        finally:
            calls = [task.call for task in self._tasks.values() if not task.call.done()]
            for call in calls:
                call.cancel()
            if calls:
                await asyncio.wait(calls)

    async def intercept_tool_call(
        self, params: CallToolRequestParams, context: Context, call_next: ToolCallContinuation
    ) -> ToolCallOutcome:
        """Answer with a task when the client can handle that and the code takes its time."""
        request = context.request_context
        if (
            params.name != _TOOL
            or request is None
            or request.protocol_version not in MODERN_PROTOCOL_VERSIONS
            or context.client_extension_settings(IDENTIFIER) is None
        ):
            return await call_next()
        call = asyncio.create_task(self._patiently(call_next))
        try:
            done, _ = await asyncio.wait([call], timeout=_MOMENT_SECONDS)
        except asyncio.CancelledError:
            call.cancel()
            raise
        if done:
            return call.result()
        task = _Task(self._identity.caller().owner, call, self._ttl_seconds)
        call.add_done_callback(task.ended)
        self._make_room(task.owner)
        self._tasks[task.id] = task
        return CreatedTask(status="working", **task.facts())

    async def _patiently(self, call_next: ToolCallContinuation) -> ToolCallOutcome:
        patient.set(True)
        return await call_next()

    def _make_room(self, owner: str) -> None:
        now = time.time()
        for task in list(self._tasks.values()):
            if task.call.done() and now > task.updated_at + _KEPT_SECONDS:
                del self._tasks[task.id]
        own = [task for task in self._tasks.values() if task.owner == owner]
        if len(own) >= _MOST_TASKS:
            ended = [task for task in own if task.call.done()]
            for task in sorted(ended, key=lambda task: task.updated_at)[
                : len(own) - _MOST_TASKS + 1
            ]:
                del self._tasks[task.id]

    def _find(self, request: _Request, params: NamedTask) -> _Task:
        if self.client_settings(request) is None:
            raise MCPError(
                code=MISSING_REQUIRED_CLIENT_CAPABILITY,
                message=f"the request does not declare the extension {IDENTIFIER}",
                data={"requiredCapabilities": {"extensions": {IDENTIFIER: {}}}},
            )
        try:
            name = get_http_request().headers.get(MCP_NAME_HEADER)
        except RuntimeError:
            name = None
        if name is not None and decode_header_value(name) != params.task_id:
            raise MCPError(
                code=HEADER_MISMATCH,
                message=f"the header {MCP_NAME_HEADER} names another task than the body",
            )
        task = self._tasks.get(params.task_id)
        if task is None or task.owner != self._identity.caller().owner:
            raise MCPError(
                code=INVALID_PARAMS,
                message=f"task {params.task_id!r} does not exist or has expired; call again",
            )
        return task

    async def _get(self, request: _Request, params: NamedTask) -> TaskState:
        task = self._find(request, params)
        if not task.call.done():
            return TaskState(status="working", **task.facts())
        if task.cancelled or task.call.cancelled():
            return TaskState(status="cancelled", **task.facts())
        result = _result_of(task.call)
        return TaskState(
            status="completed",
            result=result.model_dump(by_alias=True, mode="json", exclude_none=True),
            **task.facts(),
        )

    async def _update(self, request: _Request, params: AnsweredTask) -> Done:
        self._find(request, params)
        return Done()

    async def _cancel(self, request: _Request, params: NamedTask) -> Done:
        task = self._find(request, params)
        if not task.call.done():
            task.cancelled = True
            task.call.cancel()
            await asyncio.wait([task.call])
        return Done()


def _result_of(call: asyncio.Task[ToolCallOutcome]) -> CallToolResult:
    try:
        result = call.result()
    except FastMCPError as error:  # what the tool says of a call that it could not serve
        return CallToolResult(content=[TextContent(type="text", text=str(error))], is_error=True)
    assert isinstance(result, ToolResult)
    return CallToolResult(content=result.content, structured_content=result.structured_content)

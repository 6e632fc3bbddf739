"""Bad arguments: told by name and value, in words that a model can act on."""

from __future__ import annotations

from fastmcp.exceptions import ToolError, ValidationError
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult
from mcp_types import CallToolRequestParams
from pydantic import ValidationError as PydanticValidationError

_SHOWN_CHARACTERS = 80


class ArgumentErrors(Middleware):
    """Replaces the validator's own text, which names our functions and points to its website."""

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        """Pass the call on, and reword the refusal of its arguments."""
        try:
            return await call_next(context)
        except ValidationError as error:
            if isinstance(error.__cause__, PydanticValidationError):
                raise ToolError(_describe(error.__cause__)) from None
            raise


def _describe(error: PydanticValidationError) -> str:
    faults: list[str] = []
    for fault in error.errors(include_url=False, include_context=False):
        name = ".".join(str(part) for part in fault["loc"]) or "arguments"
        if fault["type"] == "unexpected_keyword_argument":
            faults.append(f"there is no argument {name!r}")
        elif fault["type"] == "missing_argument":
            faults.append(f"argument {name!r} is missing")
        else:
            value = repr(fault["input"])
            if len(value) > _SHOWN_CHARACTERS:
                value = value[:_SHOWN_CHARACTERS] + "…"
            faults.append(f"argument {name!r} is {value}: {fault['msg'].lower()}")
    return "; ".join(faults) + "; see the tool's input schema"

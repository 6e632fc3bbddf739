"""What the suite's scenarios call on a server: tools, resources, prompts and completions."""

import asyncio
import base64
import json
import struct
import zlib

from fastmcp import Context
from fastmcp.exceptions import ToolError
from fastmcp.prompts import Message, Prompt
from fastmcp.tools import FunctionTool, Tool
from fastmcp.utilities.types import Audio, Image
from mcp_types import (
    EmbeddedResource,
    ImageContent,
    TextContent,
    TextResourceContents,
)


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


RED_DOT = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\x00\xff\x00\x00"))
    + _chunk(b"IEND", b"")
)
SOUND_FORMAT = struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)  # one channel of 16 bits
SILENCE = (
    struct.pack("<4sI4s", b"RIFF", 38, b"WAVE")
    + struct.pack("<4sI", b"fmt ", len(SOUND_FORMAT))
    + SOUND_FORMAT
    + struct.pack("<4sIh", b"data", 2, 0)
)

SCHEMA_2020_12 = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


def add_fixtures(app):
    _add_contents(app)
    _add_notifications(app)
    _add_schemas(app)
    _add_list_changes(app)
    _add_resources(app)
    _add_prompts(app)


def _picture():
    data = base64.b64encode(RED_DOT).decode()
    return ImageContent(type="image", data=data, mime_type="image/png")


def _embedded(uri, text, mime_type="text/plain"):
    contents = TextResourceContents(uri=uri, mime_type=mime_type, text=text)
    return EmbeddedResource(type="resource", resource=contents)


def _add_contents(app):
    @app.tool
    async def test_simple_text() -> str:
        """Return text."""
        return "This is a simple text response for testing."

    @app.tool
    async def test_image_content() -> Image:
        """Return an image."""
        return Image(data=RED_DOT, format="png")

    @app.tool
    async def test_audio_content() -> Audio:
        """Return a sound."""
        return Audio(data=SILENCE, format="wav")

    @app.tool
    async def test_embedded_resource() -> list:
        """Return a resource."""
        return [_embedded("test://embedded-resource", "This is an embedded resource content.")]

    @app.tool
    async def test_multiple_content_types() -> list:
        """Return text, an image and a resource."""
        value = '{"test":"data","value":123}'
        return [
            TextContent(type="text", text="Multiple content types test:"),
            _picture(),
            _embedded("test://mixed-content-resource", value, "application/json"),
        ]

    @app.tool
    async def test_error_handling() -> str:
        """Fail."""
        raise ToolError("This tool intentionally returns an error for testing")


def _add_notifications(app):
    @app.tool
    async def test_tool_with_logging(ctx: Context) -> str:
        """Log three times."""
        for line in ("started", "processing data", "completed"):
            await ctx.info(f"Tool execution {line}")
            await asyncio.sleep(0.05)  # as the scenario asks
        return "logged"

    @app.tool
    async def test_logging_tool(ctx: Context) -> str:
        """Log once, for clients that asked for it."""
        await ctx.info("This must reach nobody who did not ask for it")
        return "logged"

    @app.tool
    async def test_tool_with_progress(ctx: Context) -> str:
        """Report progress three times."""
        for done in (0, 50, 100):
            await ctx.report_progress(done, 100)
            await asyncio.sleep(0.05)  # as the scenario asks
        return "done"

    @app.tool
    async def test_reconnection(ctx: Context) -> str:
        """Close the stream of its own call; the client comes back for the result."""
        await ctx.close_sse_stream()
        await asyncio.sleep(0.1)
        return "Reconnection test completed successfully"


def _add_schemas(app):
    async def accept(name: str | None = None) -> str:
        return f"hello {name}"

    app.add_tool(
        FunctionTool(
            fn=accept,
            name="json_schema_2020_12_tool",
            description="Its schema must come through as it is.",
            parameters=SCHEMA_2020_12,
        )
    )

    async def mirrored(region: str) -> str:
        return region

    app.add_tool(
        FunctionTool(
            fn=mirrored,
            name="test_custom_headers",
            description="Its argument is also a header of the request.",
            parameters={
                "type": "object",
                "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
                "required": ["region"],
            },
        )
    )


def _add_list_changes(app):
    async def nothing() -> str:
        """Do nothing."""
        return "nothing"

    @app.tool
    async def test_trigger_tool_change() -> str:
        """Add a tool."""
        app.add_tool(Tool.from_function(nothing, name="test_added_tool"))
        return "changed"

    @app.tool
    async def test_trigger_prompt_change() -> str:
        """Add a prompt."""
        app.add_prompt(Prompt.from_function(nothing, name="test_added_prompt"))
        return "changed"


def _add_resources(app):
    @app.resource("test://static-text", mime_type="text/plain")
    async def static_text() -> str:
        """A text."""
        return "This is the content of the static text resource."

    @app.resource("test://static-binary", mime_type="image/png")
    async def static_binary() -> bytes:
        """An image."""
        return RED_DOT

    @app.resource("test://watched-resource", mime_type="text/plain")
    async def watched_resource() -> str:
        """A text to subscribe to."""
        return "Watched resource content."

    @app.resource("test://template/{id}/data", mime_type="application/json")
    async def template(id: str) -> str:
        """A record for each id."""
        return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


def _add_prompts(app):
    @app.prompt
    async def test_simple_prompt() -> str:
        """A text."""
        return "This is a simple prompt for testing."

    @app.prompt
    async def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
        """A text with two arguments."""
        return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"

    @app.prompt
    async def test_prompt_with_embedded_resource(resourceUri: str) -> list:  # noqa: N803
        """A resource and a text."""
        return [
            Message(_embedded(resourceUri, "Embedded resource content for testing.")),
            Message("Please process the embedded resource above."),
        ]

    @app.prompt
    async def test_prompt_with_image() -> list:
        """An image and a text."""
        return [Message(_picture()), Message("Please analyze the image above.")]

    @app.completion
    async def complete(ref, argument, context):
        """Suggest nothing: the suite asks for an answer, not for ideas."""
        return []

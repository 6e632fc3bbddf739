"""`langchain-mcp-adapters`: a connection for each call, unless it is told to keep one."""

import asyncio
import base64

from conversation import Reply, converse, server
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools


def caller(tools):
    by_name = {tool.name: tool for tool in tools}

    async def call(tool, arguments):
        asked = {"type": "tool_call", "id": "call", "name": tool, "args": arguments}
        message = await by_name[tool].ainvoke(asked)
        return reply(message)

    return call


def reply(message):
    blocks = message.content
    return Reply(
        text="\n".join(block["text"] for block in blocks if block["type"] == "text"),
        images=[
            (block["mime_type"], base64.b64decode(block["base64"]))
            for block in blocks
            if block["type"] == "image"
        ],
        structured=(message.artifact or {}).get("structured_content"),
        is_error=message.status == "error",
    )


async def main():
    where = server()
    if "url" in where:
        connection = {"transport": "streamable_http", "url": where["url"]}
    else:
        connection = {
            "transport": "stdio",
            "command": where["command"],
            "args": where["arguments"],
            "env": where["environment"],
        }
    client = MultiServerMCPClient({"cloche": connection})
    each = caller(await client.get_tools())
    await each("execute_code", {"code": "y = 1"})
    forgotten = await each("execute_code", {"code": "'y' in globals()"})
    async with client.session("cloche") as session:
        tools = await load_mcp_tools(session)
        names = [tool.name for tool in tools]
        await converse(caller(tools), tools=names, without_session=forgotten.value)


asyncio.run(main())

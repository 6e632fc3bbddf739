"""The `fastmcp` client."""

import asyncio

from conversation import Reply, converse, legacy, server
from fastmcp import Client
from fastmcp.client.transports import StdioTransport


async def main():
    where = server()
    if "url" in where:
        target = where["url"]
    else:
        target = StdioTransport(where["command"], where["arguments"], env=where["environment"])
    async with Client(target, mode="legacy" if legacy() else "auto") as client:

        async def call(tool, arguments):
            return Reply.of(await client.call_tool_mcp(tool, arguments))

        async def interrupt(arguments):
            begun, heard = asyncio.Event(), []

            async def hear(progress, total, message):
                heard.append(message)
                begun.set()

            running = asyncio.create_task(
                client.call_tool("execute_code", arguments, progress_handler=hear)
            )
            await begun.wait()
            running.cancel()
            await asyncio.wait([running])
            return heard

        tools = [tool.name for tool in await client.list_tools()]
        version = client.protocol_version
        await converse(call, interrupt=interrupt, tools=tools, protocol=version)


asyncio.run(main())

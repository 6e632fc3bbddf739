"""The `mcp` Python client, version 2."""

import asyncio

import anyio
from conversation import Reply, converse, legacy, server
from mcp import Client, StdioServerParameters


async def main():
    where = server()
    if "url" in where:
        target = where["url"]
    else:
        target = StdioServerParameters(
            command=where["command"], args=where["arguments"], env=where["environment"]
        )
    async with Client(target, mode="legacy" if legacy() else "auto") as client:

        async def call(tool, arguments):
            return Reply.of(await client.call_tool(tool, arguments))

        async def interrupt(arguments):
            heard = []
            with anyio.CancelScope() as scope:

                async def hear(progress, total, message):
                    heard.append(message)
                    scope.cancel()

                await client.call_tool("execute_code", arguments, progress_callback=hear)
            return heard

        tools = [tool.name for tool in (await client.list_tools()).tools]
        version = client.protocol_version
        await converse(call, interrupt=interrupt, tools=tools, protocol=version)


asyncio.run(main())

"""The `mcp` Python client, version 1."""

import asyncio
from contextlib import asynccontextmanager

from conversation import Reply, converse, server
from mcp import ClientSession, StdioServerParameters, types
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client


@asynccontextmanager
async def connected(where):
    if "url" in where:
        async with streamable_http_client(where["url"]) as (read, write, _):
            yield read, write
    else:
        parameters = StdioServerParameters(
            command=where["command"], args=where["arguments"], env=where["environment"]
        )
        async with stdio_client(parameters) as (read, write):
            yield read, write


async def main():
    async with connected(server()) as streams, ClientSession(*streams) as session:
        version = (await session.initialize()).protocolVersion

        async def call(tool, arguments):
            return Reply.of(await session.call_tool(tool, arguments))

        async def interrupt(arguments):
            begun, heard = asyncio.Event(), []

            async def hear(progress, total, message):
                heard.append(message)
                begun.set()

            number = session._request_id  # version 1 tells nobody what it gave up, so we do
            running = asyncio.create_task(
                session.call_tool("execute_code", arguments, progress_callback=hear)
            )
            await begun.wait()
            parameters = types.CancelledNotificationParams(requestId=number)
            cancelled = types.CancelledNotification(params=parameters)
            await session.send_notification(types.ClientNotification(cancelled))
            running.cancel()
            return heard

        tools = [tool.name for tool in (await session.list_tools()).tools]
        await converse(call, interrupt=interrupt, tools=tools, protocol=version)


asyncio.run(main())

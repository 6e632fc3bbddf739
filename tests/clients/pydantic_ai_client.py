"""`pydantic-ai`: an agent with an MCP toolset, and a model that is a function of ours."""

import asyncio

from conversation import Reply, converse, server
from fastmcp.client.transports import StdioTransport, StreamableHttpTransport
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import (
    BinaryContent,
    ModelResponse,
    RetryPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
)
from pydantic_ai.models.function import FunctionModel


class Model:
    """Calls the tool that it is told to call, and keeps what it was shown of the answer."""

    def __init__(self):
        self.tools = []
        self.wanted = None
        self.shown = None

    def answer(self, messages, info):
        self.tools = [tool.name for tool in info.function_tools]
        if self.wanted:
            tool, arguments = self.wanted
            self.wanted = None
            return ModelResponse(parts=[ToolCallPart(tool, arguments)])
        self.shown = next(
            part
            for part in messages[-1].parts
            if isinstance(part, ToolReturnPart | RetryPromptPart)
        )
        return ModelResponse(parts=[TextPart("done")])


def reply(part):
    if isinstance(part, RetryPromptPart):
        return Reply(text=part.content, images=[], structured=None, is_error=None)
    content = part.content if isinstance(part.content, list) else [part.content]
    return Reply(
        text="\n".join(each for each in content if isinstance(each, str)),
        images=[
            (each.media_type, each.data) for each in content if isinstance(each, BinaryContent)
        ],
        structured=next((each for each in content if isinstance(each, dict)), None),
        is_error=None,
    )


async def main():
    where = server()
    if "url" in where:
        target = StreamableHttpTransport(where["url"])
    else:
        target = StdioTransport(where["command"], where["arguments"], env=where["environment"])
    model = Model()
    toolset = MCPToolset(target, init_timeout=60, read_timeout=60)
    agent = Agent(FunctionModel(model.answer), toolsets=[toolset])
    async with agent:

        async def call(tool, arguments):
            model.wanted = tool, arguments
            await agent.run("go on")
            return reply(model.shown)

        await call("list_runtimes", {})
        await converse(call, tools=model.tools)


asyncio.run(main())

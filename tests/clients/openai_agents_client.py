"""`openai-agents`: an agent with an MCP server, and a model that is a class of ours."""

import asyncio
import base64
import json

from agents import Agent, Model, ModelResponse, RunConfig, Runner, Usage
from agents.mcp import MCPServerStdio, MCPServerStreamableHttp
from conversation import Reply, converse, server
from openai.types.responses import (
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputText,
)


class Scripted(Model):
    """Calls the tool that it is told to call, and keeps what it was shown of the answer."""

    def __init__(self):
        self.tools = []
        self.wanted = None
        self.shown = None

    async def get_response(self, system_instructions, input, model_settings, tools, *_, **__):
        self.tools = [tool.name for tool in tools]
        if self.wanted:
            tool, arguments = self.wanted
            self.wanted = None
            output = ResponseFunctionToolCall(
                type="function_call", call_id="call", name=tool, arguments=json.dumps(arguments)
            )
        else:
            self.shown = next(
                item["output"] for item in reversed(input) if item["type"] == "function_call_output"
            )
            text = ResponseOutputText(type="output_text", text="done", annotations=[])
            output = ResponseOutputMessage(
                id="m", type="message", role="assistant", status="completed", content=[text]
            )
        return ModelResponse(output=[output], usage=Usage(), response_id=None)

    async def stream_response(self, *_, **__):
        raise NotImplementedError
        yield


def reply(shown):
    parts = [{"type": "input_text", "text": shown}] if isinstance(shown, str) else shown
    text = "\n".join(part["text"] for part in parts if part["type"] == "input_text")
    urls = [part["image_url"] for part in parts if part["type"] == "input_image"]
    images = [(url[5:].partition(";")[0], base64.b64decode(url.partition(",")[2])) for url in urls]
    return Reply(text=text, images=images, structured=None, is_error=None)


async def main():
    where = server()
    if "url" in where:
        mcp = MCPServerStreamableHttp({"url": where["url"]}, client_session_timeout_seconds=60)
    else:
        mcp = MCPServerStdio(
            {"command": where["command"], "args": where["arguments"], "env": where["environment"]},
            client_session_timeout_seconds=60,
        )
    model = Scripted()
    async with mcp:
        agent = Agent(name="tester", model=model, mcp_servers=[mcp])

        async def call(tool, arguments):
            model.wanted = tool, arguments
            await Runner.run(agent, "go on", run_config=RunConfig(tracing_disabled=True))
            return reply(model.shown)

        await call("list_runtimes", {})
        await converse(call, tools=model.tools)


asyncio.run(main())

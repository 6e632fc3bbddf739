"""Fixtures that ask the client: by requests in the older era, by results in the newer."""

from __future__ import annotations

from fastmcp import Context, FastMCP
from mcp.shared.exceptions import MCPError
from mcp_types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
    ListRootsRequest,
    ListRootsResult,
    SamplingMessage,
    TextContent,
)

DEFAULTS = {
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
    "verified": {"type": "boolean", "default": True},
}
PLAIN = ["option1", "option2", "option3"]
TITLED = [{"const": f"value{number}", "title": f"Option {number}"} for number in (1, 2, 3)]
ENUMS = {
    "untitledSingle": {"type": "string", "enum": PLAIN},
    "titledSingle": {"type": "string", "oneOf": TITLED},
    "legacyEnum": {
        "type": "string",
        "enum": ["opt1", "opt2", "opt3"],
        "enumNames": ["Option One", "Option Two", "Option Three"],
    },
    "untitledMulti": {"type": "array", "items": {"type": "string", "enum": PLAIN}},
    "titledMulti": {"type": "array", "items": {"anyOf": TITLED}},
}


def add_questions(app: FastMCP):
    _add_requests(app)
    _add_one_question(app)
    _add_states(app)
    _add_capabilities(app)


def _form(properties, required=None):
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties) if required is None else required,
    }


def _message(text):
    return SamplingMessage(role="user", content=TextContent(type="text", text=text))


# The older era: the server sends a request of its own.


def _add_requests(app):
    async def elicit(ctx, message, properties, required):
        result = await ctx.session.elicit(
            message=message,
            requested_schema=_form(properties, required),
            related_request_id=ctx.request_id,
        )
        return f"action={result.action}, content={result.content}"

    @app.tool
    async def test_sampling(prompt: str, ctx: Context) -> str:
        """Ask the client's model."""
        result = await ctx.session.create_message(
            messages=[_message(prompt)], max_tokens=100, related_request_id=ctx.request_id
        )
        return f"LLM response: {result.content.text}"

    @app.tool
    async def test_elicitation(message: str, ctx: Context) -> str:
        """Ask the user for two texts."""
        fields = {"username": {"type": "string"}, "email": {"type": "string"}}
        return await elicit(ctx, message, fields, ["username", "email"])

    @app.tool
    async def test_elicitation_sep1034_defaults(ctx: Context) -> str:
        """Ask with defaults."""
        return await elicit(ctx, "Please review", DEFAULTS, [])

    @app.tool
    async def test_elicitation_sep1330_enums(ctx: Context) -> str:
        """Ask with choices."""
        return await elicit(ctx, "Please choose", ENUMS, [])


# The newer era: the result says what is missing, and the client calls again.


def _ask(message, name, kind="string"):
    schema = _form({name: {"type": kind}})
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def _ask_model(text, max_tokens=100):
    params = CreateMessageRequestParams(messages=[_message(text)], max_tokens=max_tokens)
    return CreateMessageRequest(params=params)


def _required(state=None, **requests):
    return InputRequiredResult(input_requests=requests, request_state=state)


def _answer(ctx, key, kind):
    """Return the client's answer to one question, None if it gave none of that kind."""
    answer = (ctx.input_responses or {}).get(key)
    return answer if isinstance(answer, kind) else None


def _accepted(ctx, key):
    answer = _answer(ctx, key, ElicitResult)
    return answer.content if answer and answer.action == "accept" else None


def _add_one_question(app):
    @app.tool
    async def test_input_required_result_elicitation(ctx: Context) -> str | InputRequiredResult:
        """Greet by name."""
        if (answer := _accepted(ctx, "user_name")) is None:
            return _required(user_name=_ask("What is your name?", "name"))
        return f"Hello, {answer['name']}!"

    @app.tool
    async def test_streaming_elicitation(ctx: Context) -> str | InputRequiredResult:
        """Ask after a sign of life on the stream."""
        await ctx.report_progress(1, 2)
        if (answer := _accepted(ctx, "user_name")) is None:
            return _required(user_name=_ask("What is your name?", "name"))
        return f"Hello, {answer['name']}!"

    @app.tool
    async def test_input_required_result_sampling(ctx: Context) -> str | InputRequiredResult:
        """Ask the client's model."""
        if (answer := _answer(ctx, "capital_question", CreateMessageResult)) is None:
            return _required(capital_question=_ask_model("What is the capital of France?"))
        return answer.content.text

    @app.tool
    async def test_input_required_result_list_roots(ctx: Context) -> str | InputRequiredResult:
        """Ask for the client's roots."""
        if (answer := _answer(ctx, "client_roots", ListRootsResult)) is None:
            return _required(client_roots=ListRootsRequest())
        return ", ".join(str(root.uri) for root in answer.roots)

    @app.prompt
    async def test_input_required_result_prompt(ctx: Context) -> str | InputRequiredResult:
        """A text about what the user says."""
        if (answer := _accepted(ctx, "user_context")) is None:
            question = _ask("What context should the prompt use?", "context")
            return _required(user_context=question)
        return f"The context is {answer['context']}."


def _add_states(app):
    @app.tool
    async def test_input_required_result_request_state(ctx: Context) -> str | InputRequiredResult:
        """Ask for a confirmation and remember it."""
        if _accepted(ctx, "confirm") is None or ctx.request_state != "asked":
            return _required("asked", confirm=_ask("Please confirm", "ok", "boolean"))
        return "state-ok"

    @app.tool
    async def test_input_required_result_tampered_state(ctx: Context) -> str | InputRequiredResult:
        """Ask for a confirmation and remember it; the server seals what it remembers."""
        if _accepted(ctx, "confirm") is None or ctx.request_state != "asked":
            return _required("asked", confirm=_ask("Please confirm", "ok", "boolean"))
        return "state-ok"

    @app.tool
    async def test_input_required_result_multiple_inputs(ctx: Context) -> str | InputRequiredResult:
        """Ask three things at once."""
        name = _accepted(ctx, "user_name")
        greeting = _answer(ctx, "greeting", CreateMessageResult)
        roots = _answer(ctx, "client_roots", ListRootsResult)
        if name is None or greeting is None or roots is None:
            return _required(
                "asked",
                user_name=_ask("What is your name?", "name"),
                greeting=_ask_model("Generate a greeting", 50),
                client_roots=ListRootsRequest(),
            )
        return f"{greeting.content.text} {name['name']}, {len(roots.roots)} roots"

    @app.tool
    async def test_input_required_result_multi_round(ctx: Context) -> str | InputRequiredResult:
        """Ask one thing after another."""
        if (color := _accepted(ctx, "step2")) and ctx.request_state.startswith("name:"):
            return f"{ctx.request_state.removeprefix('name:')} likes {color['color']}"
        if name := _accepted(ctx, "step1"):
            question = _ask("Step 2: What is your favorite color?", "color")
            return _required(f"name:{name['name']}", step2=question)
        return _required("begun", step1=_ask("Step 1: What is your name?", "name"))


def _add_capabilities(app):
    @app.tool
    async def test_input_required_result_capabilities(ctx: Context) -> str | InputRequiredResult:
        """Ask in every way that the client has declared."""
        declared = ctx.session.client_capabilities
        asked = {}
        if declared and declared.elicitation is not None:
            asked["user_name"] = _ask("What is your name?", "name")
        if declared and declared.sampling is not None:
            asked["capital_question"] = _ask_model("What is the capital of France?")
        return _required(**asked) if asked else "nothing to ask"

    @app.tool
    async def test_missing_capability(ctx: Context) -> str:
        """Refuse a client without sampling."""
        declared = ctx.session.client_capabilities
        if declared is None or declared.sampling is None:
            raise MCPError(
                code=MISSING_REQUIRED_CLIENT_CAPABILITY,
                message="the client did not declare sampling",
                data={"requiredCapabilities": {"sampling": {}}},
            )
        return "declared"

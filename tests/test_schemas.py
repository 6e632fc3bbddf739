"""The tools' schemas are such that every client understands them, and short."""

import json

import pytest
from fastmcp import Client

from cloche.mcp.server import build_app

pytestmark = pytest.mark.anyio

PLAIN = {
    "additionalProperties",
    "anyOf",
    "default",
    "description",
    "enum",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "properties",
    "required",
    "type",
}
"""Keywords that strict readers know; not among them: $ref, exclusive bounds, patterns, formats."""

CHARACTERS_PER_TOKEN = 4
MOST_TOKENS = 5000


@pytest.fixture(scope="module")
async def tools(anyio_backend, cloche):
    async with Client(build_app(cloche)) as client:
        return await client.list_tools()


def schemas_within(schema):
    """A schema and those of which it is made."""
    yield schema
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", [])]
    if "items" in schema:
        inner.append(schema["items"])
    for each in inner:
        yield from schemas_within(each)


async def test_parameters_are_described_and_bounded_in_plain_words_of_json_schema(tools):
    for tool in tools:
        assert tool.input_schema["additionalProperties"] is False
        for name, parameter in tool.input_schema["properties"].items():
            assert parameter["description"], (tool.name, name)
            for schema in schemas_within(parameter):
                assert set(schema) <= PLAIN, (tool.name, name)
                if schema.get("type") == "string":
                    assert "maxLength" in schema or "enum" in schema, (tool.name, name)
                if schema.get("type") in {"number", "integer"}:
                    assert "minimum" in schema, (tool.name, name)
                if schema.get("type") == "array":
                    assert "maxItems" in schema, (tool.name, name)


async def test_results_are_described_without_references_and_titles(tools):
    for tool in tools:
        text = json.dumps(tool.output_schema)
        for word in ('"$ref"', '"$defs"', '"title":', "\\n"):
            assert word not in text, (tool.name, word)
        for schema in schemas_within(tool.output_schema):
            for name, field in schema.get("properties", {}).items():
                assert field.get("description"), (tool.name, name)


async def test_the_list_of_tools_takes_little_of_a_context(tools):
    listed = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]
    text = json.dumps(listed, separators=(",", ":"))
    assert len(text) / CHARACTERS_PER_TOKEN < MOST_TOKENS

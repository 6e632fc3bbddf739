"""Output schemas as clients get them: plain, short and whole."""

from __future__ import annotations

from typing import Any, cast

from fastmcp.utilities.json_schema import dereference_refs
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from cloche.outcome import Record


def output_schema(record: type[Record]) -> dict[str, Any]:
    """Return the schema of a tool's structured content.

    Definitions are inlined, since some clients follow no references, and what says nothing (titles
    made from names, line breaks of docstrings) is left away: it all ends up in a client's context.
    """
    schema = record.model_json_schema(mode="serialization", schema_generator=_WithoutTitles)
    return cast("dict[str, Any]", _reflowed(dereference_refs(schema)))


class _WithoutTitles(GenerateJsonSchema):
    def field_title_should_be_set(self, schema: object) -> bool:
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        made.pop("title", None)
        return made


def _reflowed(schema: object) -> object:
    if isinstance(schema, dict):
        items = cast("dict[str, object]", schema).items()
        return {
            key: " ".join(value.split())
            if key == "description" and isinstance(value, str)
            else _reflowed(value)
            for key, value in items
        }
    if isinstance(schema, list):
        return [_reflowed(each) for each in cast("list[object]", schema)]
    return schema

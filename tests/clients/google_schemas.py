"""Gemini's own reading of a tool's schema, which refuses keywords that it does not know."""

import json
import sys

from google.genai.types import JSONSchema, Schema

for name, schema in json.loads(sys.argv[1]).items():
    known = JSONSchema.model_validate(schema)
    read = Schema.from_json_schema(json_schema=known, raise_error_on_unsupported_field=True)
    print(json.dumps({"tool": name, "properties": sorted(read.properties or {})}))

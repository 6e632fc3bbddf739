"""OpenAI's strict reading of a tool's schema: everything required, nothing open."""

import json
import sys

from agents.strict_schema import ensure_strict_json_schema

for name, schema in json.loads(sys.argv[1]).items():
    read = ensure_strict_json_schema(schema)
    print(json.dumps({"tool": name, "properties": sorted(read["required"])}))

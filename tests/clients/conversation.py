"""What every client written in Python says to the server, and the report that it prints."""

import base64
import json
import re
import sys
from dataclasses import dataclass

PLOT = "import matplotlib.pyplot as plt\n_ = plt.plot([1, 2, 3])"
FOR_EVER = "print('begun', flush=True)\nwhile True: pass"


@dataclass
class Reply:
    """An answer of a tool: what a model would be shown of it."""

    text: str
    images: list[tuple[str, bytes]]
    structured: dict | None
    is_error: bool | None
    """None where a framework does not tell its model."""

    @classmethod
    def of(cls, result):
        """Make one from a protocol's result, of whichever version of the SDK."""
        said = result.model_dump(mode="json", by_alias=True)
        blocks = said["content"]
        return cls(
            text="\n".join(block["text"] for block in blocks if block["type"] == "text"),
            images=[
                (block["mimeType"], base64.b64decode(block["data"]))
                for block in blocks
                if block["type"] == "image"
            ],
            structured=said.get("structuredContent"),
            is_error=said.get("isError", False),
        )

    @property
    def told(self):
        return self.text or json.dumps(self.structured)

    @property
    def value(self):
        """The value of the last expression, from the text if there is any."""
        return self.text.partition("\n")[0] if self.text else self.structured["result"]

    @property
    def session(self):
        """The session that ran it, from the text if there is any."""
        if not self.text:
            return self.structured["session_id"]
        return re.search(r"of session (s_\w+)", self.text)[1]


def server():
    """Return how to reach the server: `command`, `arguments` and `environment`, or `url`."""
    return json.loads(sys.argv[1])


def legacy():
    """Whether the older era of the protocol is to be spoken."""
    return "--legacy" in sys.argv


async def converse(call, *, interrupt=None, **more):
    """Talk to the server by `call(tool, arguments) -> Reply`, and print a report.

    `interrupt(arguments)` calls execute_code, gives up once the call has reported progress, and
    returns what was reported.
    """
    first = await call("execute_code", {"code": "x = 41"})
    session = {"session_id": first.session}
    by_itself = await call("execute_code", {"code": "x + 1"})
    by_id = await call("execute_code", {"code": "x + 1", **session})
    plot = await call("execute_code", {"code": PLOT, **session})
    failure = await call("execute_code", {"code": "1 / 0", **session})
    refusal = await call("execute_code", {"code": "1", "session_id": "s_nobody"})
    if interrupt:
        arguments = {"code": FOR_EVER, "timeout_seconds": 600, **session}
        more["progress"] = await interrupt(arguments)
        # Unless the code has been stopped, this waits behind it until the test's patience ends.
        more["after_cancel"] = (await call("execute_code", {"code": "x + 1", **session})).value
    report = {
        "by_itself": by_itself.value,
        "by_id": by_id.value,
        "structured": by_id.structured and by_id.structured["result"],
        "image": [mime for mime, data in plot.images if data.startswith(b"\x89PNG")],
        "failure": {"is_error": failure.is_error, "text": failure.told},
        "refusal": {"is_error": refusal.is_error, "text": refusal.told},
    }
    print(json.dumps({**report, **more}))

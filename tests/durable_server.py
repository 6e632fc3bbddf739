"""A server process to be killed: durable_server.py DATA_DIR OPTIONS.

It reads requests from stdin and answers each with a line of JSON on stdout, after one that says
whether it has begun. The log goes to stderr. All sessions are of one owner.
"""

import asyncio
import json
import sys
from pathlib import Path

from cloche import Cloche
from cloche.errors import ClocheError
from cloche.logs import log_to_stderr

OWNER = "local"


async def answer(cloche, do, session=None, **options):
    owner = options.pop("owner", OWNER)
    if do == "create":
        if source := options.pop("fork_of", None):
            options["fork_of"] = cloche.sessions.get(source, owner=owner)
        made = await cloche.sessions.create("python", owner=owner, **options)
        return {"session": made.id, "home": str(made.home.workspace.parent)}
    if do == "list":
        return {"sessions": [each.id for each in cloche.sessions.of_owner(owner)]}
    found = cloche.sessions.get(session, owner=owner)
    if do == "execute":
        return (await found.execute(**options)).model_dump(mode="json")
    if do == "reset":
        return {"removed": await found.reset(**options)}
    if do == "hibernate":
        return {"hibernated": await found.hibernate()}
    if do == "expiry":
        return {"expires_at": found.expires_at}
    raise ValueError(do)


def tell(line):
    print(json.dumps(line), flush=True)


async def main(data_dir, options):
    try:
        async with Cloche(data_dir=Path(data_dir), **json.loads(options)) as cloche:
            tell({"ready": True})
            while line := await asyncio.to_thread(sys.stdin.readline):
                try:
                    tell(await answer(cloche, **json.loads(line)))
                except ClocheError as error:
                    tell({"error": type(error).__name__, "text": str(error)})
    except ClocheError as error:
        tell({"error": type(error).__name__, "text": str(error)})


if __name__ == "__main__":
    log_to_stderr()
    asyncio.run(main(*sys.argv[1:]))

"""A process with durable sessions, for `recovery.py`: one makes them, the next goes on with them.

python -m session_layer.server make FOLDER SESSIONS    a line with the answers to come, then wait
python -m session_layer.server recover FOLDER          a line on the first answer, one with all
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from cloche import Cloche
from cloche.api import LOCAL_OWNER
from session_layer.sandbox import checkpointed, run

_ASK = "(value, open('own.txt').read())"


async def make(folder: str, sessions: int) -> None:
    most = {"max_sessions": sessions, "max_sessions_per_owner": sessions, "max_workers": sessions}
    async with Cloche(data_dir=folder, **most) as cloche:
        answers = {}
        for value in range(sessions):
            session = await cloche.sessions.create("python", owner=LOCAL_OWNER, durable=True)
            await run(session, f"value = {value}\nopen('own.txt', 'w').write('file of {value}');")
            await checkpointed(session)
            answers[session.id] = str((value, f"file of {value}"))
        print(json.dumps(answers), flush=True)
        await asyncio.sleep(3600)  # until it is killed


async def recover(folder: str) -> None:
    async with Cloche(data_dir=folder) as cloche:
        answers, seconds = {}, None
        for session in cloche.sessions.of_owner(LOCAL_OWNER):
            began = time.perf_counter()
            outcome = await session.execute(_ASK)
            answers[session.id] = outcome.result
            if seconds is None:
                seconds = time.perf_counter() - began
                print(json.dumps({"seconds": seconds}), flush=True)
        print(json.dumps(answers), flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", folder, sessions]:
            asyncio.run(make(folder, int(sessions)))
        case ["recover", folder]:
            asyncio.run(recover(folder))
        case _:
            sys.exit(__doc__)

"""The guest: code in a real session tries to get out."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import cast

from cloche.api import Cloche
from cloche.config import Settings
from cloche.doctor.check import UNEXPLAINED, Check
from cloche.doctor.outside import Outside
from cloche.errors import ClocheError
from cloche.runtimes.install import locate
from cloche.workers.trials import Trial

_WALL = "guest"

_CODE = """
import json, os, socket, subprocess

def read(path):
    with open(path) as file:
        return f'read {file.read(80)!r}'

def write(path):
    with open(path, 'w') as file:
        file.write('x')
    return f'wrote {path}'

def link_out():
    os.symlink(RELATIVE, 'own_link')
    return read('own_link')

def link_up():
    os.symlink('..', 'up')
    return f'listed {os.listdir("up/..")}'

def variables():
    ours = {'HOME', 'TMPDIR', 'MPLCONFIGDIR', 'PYTHONTZPATH'}
    found = sorted(os.environ.keys() - ours)
    if not found:
        raise LookupError('it has none but its own')
    return f'has {found}'

def connect(kind):
    with socket.socket(socket.AF_INET, kind) as made:
        made.connect(('127.0.0.1', PORT))
    return 'connected'

def run():
    subprocess.run(['/bin/true'], check=True)
    return 'ran a program'

def signal_parent():
    os.kill(PARENT, 0)
    return 'can signal'

def write_mount(path):
    try:
        return write(path)
    finally:
        if os.path.lexists(path):
            os.unlink(path)

ATTEMPTS = {
    'read a file by its path': lambda: read(SECRET),
    'read a file by way of ..': lambda: read('/workspace/' + RELATIVE),
    "read the system's files": lambda: read('/etc/passwd'),
    'read /proc': lambda: read('/proc/self/environ'),
    'read through a link of its own': link_out,
    'read through a link that lies there': lambda: read('link'),
    'list folders above': link_up,
    'write a file outside': lambda: write('/workspace/../' + 'escaped'),
    'change the runtime': lambda: write('/usr/local/lib/python315.zip'),
    "see the server's variables": variables,
    'connect by TCP': lambda: connect(socket.SOCK_STREAM),
    'send by UDP': lambda: connect(socket.SOCK_DGRAM),
    'run a program': run,
    'make a process': lambda: f'made {os.fork()}',
    'signal a process': signal_parent,
}
for mount, writable in MOUNTS.items():
    ATTEMPTS[f'list folders above {mount}'] = lambda mount=mount: (
        f'listed {os.listdir(mount + "/..")}'
    )
    if not writable:
        ATTEMPTS[f'write to {mount}'] = lambda mount=mount: write_mount(f'{mount}/{NEW}')

found = []
for name, attempt in ATTEMPTS.items():
    try:
        found.append({'name': name, 'crossed': True, 'detail': attempt()})
    except BaseException as error:
        detail = f'{type(error).__name__}: {error}'
        found.append({'name': name, 'crossed': False, 'detail': detail})
print(json.dumps(found))
"""


async def check_guest(settings: Settings, outside: Outside) -> list[Check]:
    """Have code in a real session try to get out."""
    if locate(settings.cache_dir) is None:
        return [
            Check(
                _WALL,
                "reach anything of the host",
                "missing",
                "not tried: the runtime is not prepared",
                "prepare it by `cloche setup`",
            )
        ]
    try:
        trials = await _try_in_a_guest(settings, outside)
    except (ClocheError, ValueError) as error:
        return [Check(_WALL, "run at all", "missing", str(error), UNEXPLAINED)]
    return [
        Check(
            _WALL,
            trial.name,
            "missing" if trial.crossed else "stands",
            trial.detail,
            UNEXPLAINED if trial.crossed else "",
        )
        for trial in trials
    ]


async def _try_in_a_guest(settings: Settings, outside: Outside) -> list[Trial]:
    overrides = {"data_dir": outside.folder / "data", "spares": 0}
    async with Cloche(settings.model_copy(update=overrides)) as cloche, cloche.session() as session:
        workspace = session.home.workspace
        with suppress(OSError):  # Windows lets only some users make links
            (workspace / "link").symlink_to(outside.secret)
        known = {
            "SECRET": str(outside.secret),
            "RELATIVE": _relative(outside.secret, workspace),
            "PORT": outside.tcp_port,
            "PARENT": os.getpid(),
            "MOUNTS": {mount.guest: mount.writable for mount in cloche.mounts},
            "NEW": f"cloche-doctor-{secrets.token_hex(8)}",
        }
        lines = [f"{name} = {value!r}" for name, value in known.items()]
        outcome = await session.execute("\n".join(lines) + _CODE)
    if outcome.status != "ok":
        raise ValueError(f"the trials ended as {outcome.status}: {outcome.error}")
    found = cast("list[dict[str, object]]", json.loads(outcome.stdout))
    return [
        Trial(str(each["name"]), crossed=bool(each["crossed"]), detail=str(each["detail"]))
        for each in found
    ]


def _relative(target: Path, start: Path) -> str:
    return Path(os.path.relpath(target, start)).as_posix()

"""Stands in for `cloche.runtimes.preparation.build`: install_build.py MODE COUNTS STEP PATHS...

Adds a line with the step to the file COUNTS, so that a test sees how often each was done. Modes:

    quick       make files of a few bytes
    real        compile with the real build module; make the image as quick does
    hold:PORT   connect to a test that listens there; go on when it sends a byte
    killed      die as the kernel kills what takes too much memory
    disk, memory, failed    report that error
    silent      exit with status 0 and nothing made
"""

import json
import os
import signal
import socket
import sys
from pathlib import Path

from cloche.runtimes.preparation import build
from cloche.runtimes.preparation.child import leash


def say(message):
    print(json.dumps(message), flush=True)


def main(mode, counts, *arguments):
    with Path(counts).open("a") as file:
        file.write(f"{arguments[0]}\n")
    if mode == "real" and arguments[0] == "compile":
        return build.main(list(arguments))
    leash()
    say({"calibration_cpu_seconds": 0.001})
    say({"cpu_seconds": 0.002})
    match mode.split(":"):
        case ["hold", port]:
            with socket.create_connection(("127.0.0.1", int(port))) as connection:
                connection.recv(1)
        case ["killed"]:
            os.kill(os.getpid(), signal.SIGKILL)
        case [("disk" | "memory" | "failed") as reason]:
            say({"error": f"the trouble is {reason}", "reason": reason})
            return 1
        case ["silent"]:
            return 0
    match arguments:
        case ["compile", _, module]:
            Path(module).write_bytes(b"native code")
        case ["warm", _, _, _, image, info]:
            Path(image).write_bytes(b"memory")
            Path(info).write_text("{}")
    print("not a message")
    say({"done": True})
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""ipykernel through jupyter_client: a session is a native kernel process, without any sandbox.

Driven by jupyter_client's asyncio classes over their default transport. A turn ends when the
kernel reports that it is idle again, as for a notebook. IPython's own folder is a temporary one,
so that the user's profile and history are neither read nor written.
"""

from __future__ import annotations

import os
import tempfile

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager

from .child import serve

PATIENCE_SECONDS = 60


class KernelSession:
    def __init__(self, manager: AsyncKernelManager, client: AsyncKernelClient) -> None:
        self._manager = manager
        self._client = client

    async def execute(self, code: str) -> str:
        request = self._client.execute(code)
        text = ""
        while True:
            message = await self._client.get_iopub_msg(timeout=PATIENCE_SECONDS)
            if message["parent_header"].get("msg_id") != request:
                continue
            content = message["content"]
            match message["msg_type"]:
                case "stream":
                    text += content["text"]
                case "execute_result":
                    text += content["data"]["text/plain"]
                case "error":
                    text += content["evalue"]
                case "status" if content["execution_state"] == "idle":
                    return text

    async def close(self) -> None:
        self._client.stop_channels()
        await self._manager.shutdown_kernel(now=True)


class KernelPeer:
    distributions = ("ipykernel", "jupyter_client", "pandas")
    echoes = True
    idle_runs_turn = True

    async def open(self, *, spare: bool) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="cloche-bench-")
        os.environ["IPYTHONDIR"] = self._folder.name

    async def session(self, *, keep_variables: bool) -> KernelSession:
        manager = AsyncKernelManager(kernel_name="python3")
        await manager.start_kernel(cwd=self._folder.name)
        client = manager.client()
        client.start_channels()
        await client.wait_for_ready(timeout=PATIENCE_SECONDS)
        return KernelSession(manager, client)

    async def close(self) -> None:
        self._folder.cleanup()


if __name__ == "__main__":
    serve(KernelPeer())

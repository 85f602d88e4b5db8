"""An engine loop in a process of its own, seen from the parent; the other end is `assistant.workers.worker_process`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import pickle
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from typing import Self, cast

from assistant.workers.engine_loop import Factory, Order, Reply
from assistant.workers.worker_hosts import GRACE_S, Gone, Ring
from assistant.workers.worker_process import HEADER, frame
from models.types import EngineSpec

_log = logging.getLogger(__name__)

# What is kept of the process's standard error, to be shown if it dies: the end of a traceback, in characters.
_LAST_WORDS = 2000


class ProcessHost:
    """Can be killed, whatever the engine is doing."""

    def __init__(self, process: Process, ring: Ring) -> None:
        self.replies: deque[Reply | Gone] = deque()
        self._process = process
        self._ring = ring
        self._orders = cast(asyncio.StreamWriter, process.stdin)
        self._last_words = ""
        self._listening = asyncio.create_task(self._listen(), name=f"replies of process {process.pid}")

    @classmethod
    async def open(cls, spec: EngineSpec, factory: Factory, ring: Ring) -> Self:
        first = frame((factory, spec))
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # never import from whatever folder we happen to run in
            "-m",
            "assistant.workers.worker_process",
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=_environment(),
            start_new_session=True,  # Ctrl-C cannot reach it before it ignores it, and its own children end with it
        )
        host = cls(process, ring)
        host._orders.write(first)
        return host

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def send(self, order: Order) -> None:
        # No need to wait until the pipe has drained: there are few jobs at a time, and the child always reads.
        if not self._orders.is_closing():
            self._orders.write(frame(order))

    async def close(self) -> None:
        self._kill()
        await asyncio.wait({self._listening})

    async def _listen(self) -> None:
        noise = asyncio.create_task(self._log_noise(), name=f"noise of process {self._process.pid}")
        await self._pass_replies_on()
        try:
            async with asyncio.timeout(GRACE_S):
                code = await self._process.wait()
        except TimeoutError:
            self._kill()
            code = await self._process.wait()
        self._orders.close()
        await noise
        self._deliver(Gone(_ended_with(code), self._last_words.strip()))

    async def _pass_replies_on(self) -> None:
        """Returns when the process has closed its end of the pipe, or fallen silent within a message."""
        replies = cast(asyncio.StreamReader, self._process.stdout)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                (length,) = HEADER.unpack(await replies.readexactly(HEADER.size))
                self._deliver(pickle.loads(await replies.readexactly(length)))

    async def _log_noise(self) -> None:
        """What the libraries print is worth reading only when something is wrong."""
        noise = cast(asyncio.StreamReader, self._process.stderr)
        while text := (await noise.read(1 << 16)).decode(errors="replace"):
            _log.debug("process %d: %s", self._process.pid, text.rstrip())
            self._last_words = (self._last_words + text)[-_LAST_WORDS:]

    def _deliver(self, reply: Reply | Gone) -> None:
        self.replies.append(reply)
        self._ring()

    def _kill(self) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                if sys.platform == "win32":
                    self._process.kill()
                else:
                    os.killpg(self._process.pid, signal.SIGKILL)


def _environment() -> dict[str, str]:
    # OMP_WAIT_POLICY: threads that spin while they wait steal the cores of the other workers: 0.16 s of synthesis took
    # 3.4 s. PYTHONPATH: the child finds the packages, and the factory, where the parent found them.
    path = os.pathsep.join(folder or os.getcwd() for folder in sys.path)
    return {"OMP_WAIT_POLICY": "PASSIVE", **os.environ, "PYTHONPATH": path}


def _ended_with(code: int) -> str:
    if code >= 0:
        return f"it exited with {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:  # real-time signals have no names
        name = f"signal {-code}"
    # The kernel ends the largest process when the memory runs out; that is the usual way to see this signal.
    hint = " (if the memory ran out, a smaller model needs less)" if name == "SIGKILL" else ""
    return f"it was ended by {name}{hint}"

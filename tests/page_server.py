"""The page on a running server with scripted engines, in a thread of its own, so that a test can drive a browser."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

from assistant.config import load_profile
from assistant.page.page import served_with_page
from assistant.page.profiles import Profiles
from assistant.serve.running import address, listen, run
from assistant.serve.service import Service
from assistant.serve.settings import Limits, ServerSettings
from assistant.stages import Stages
from models.weights.store import Store

_DEADLINE_S = 300.0  # to load real models on a busy machine


@contextmanager
def serving_page(
    *given: str, profile: str = "scripted", folder: Path | None = None, keys: tuple[str, ...] = ()
) -> Iterator[str]:
    """The address of the page."""
    ready: Future[str] = Future()
    stop = threading.Event()

    async def serve() -> None:
        changes = ("workers.mode=thread", *given)
        loaded, store = load_profile(profile, changes), Store(folder)
        settings = ServerSettings(port=0, keys=keys, limits=Limits(requests_per_minute=100_000))
        listening = listen(settings.host, 0)
        async with Stages(loaded, store) as stages:
            service = Service(loaded, stages, settings)
            profiles = Profiles(profile, changes, store)
            async with served_with_page(service, profiles) as app:
                task = asyncio.create_task(run(app, listening, settings.limits))
                ready.set_result(address(listening))
                await asyncio.to_thread(stop.wait)
                task.cancel()
                await asyncio.wait([task])
        listening.close()

    def work() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield ready.result(_DEADLINE_S)
    finally:
        stop.set()
        thread.join(_DEADLINE_S)

"""Which profile serves: the one that was chosen last. What began with another one goes on with it to its end.

A profile at work is a `Shift`: engines, and an application of their own that no other shift knows of. So nothing that
is under way can be given half of one profile and half of the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass

import psutil
from starlette.applications import Starlette
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.config import Profile
from assistant.page.profiles import Profiles
from assistant.page.routes import profile_routes
from assistant.serve.app import create_app
from assistant.serve.errors import RequestError
from assistant.serve.service import Service
from assistant.stages import Stages

# What uses engines, and so keeps a shift from ending. The page itself is there for ever, and would.
_ENGINES_USED = "/v1/"
# How often it is looked whether one more engine is loaded; each takes seconds.
_LOOK_S = 0.2


class _PageMount(Mount):
    """The page lies everywhere but where other programs look: what is not there they are told as they understand it."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return (Match.NONE, {}) if scope["path"].startswith(_ENGINES_USED) else super().matches(scope)


@dataclass(slots=True, eq=False)
class Shift:
    """
    Attributes:
        name: of the profile.
        users: requests and conversations that are under way.
    """

    name: str
    service: Service
    app: ASGIApp
    users: int = 0


class Switchboard:
    """ASGI application: hands every request and every WebSocket to the shift that serves when it comes.

    Attributes:
        profiles: among which can be chosen.
    """

    def __init__(self, service: Service, profiles: Profiles, page: Starlette) -> None:
        """
        Args:
            service: of the profile that the server was started with; its workers are ended by whoever started them.
            page: what is shown at "/"; of all shifts together.
        """
        self.profiles = profiles
        self._page = page
        self._settings = service.settings
        self._first = service
        self._current = self._shift(profiles.first, service)
        self._older: list[Shift] = []
        self._ending: set[asyncio.Task[None]] = set()
        self._is_switching = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._page(scope, receive, send)
        elif scope["path"].startswith(_ENGINES_USED):
            with self.in_use() as shift:
                await shift.app(scope, receive, send)
        else:
            await self._current.app(scope, receive, send)

    @property
    def current(self) -> Shift:
        """What serves whoever comes now."""
        return self._current

    @property
    def older(self) -> int:
        """How many requests and conversations are under way with a profile that is chosen no longer."""
        return sum(shift.users for shift in self._older)

    @property
    def may_switch(self) -> bool:
        """Where there is a key, others depend on the server: whoever started it has chosen its profile for them."""
        return not self._settings.keys

    @contextmanager
    def in_use(self) -> Iterator[Shift]:
        """The current shift; its engines stay until this ends, whatever is chosen meanwhile."""
        shift = self._current
        shift.users += 1
        try:
            yield shift
        finally:
            shift.users -= 1
            self._let_go(shift)

    async def switch(self, name: str) -> AsyncGenerator[list[str], None]:
        """Loads a profile; whoever comes after that gets it. Closed before its end, it leaves all as it was.

        Yields:
            The models that are still being loaded, whenever there are fewer.

        Raises:
            RequestError: not here, or not now.
            ProfileError: there is none of that name, or it cannot be used.
            ModelError, WorkerError: an engine cannot be loaded.
        """
        self._check_turn()
        self._is_switching = True
        try:
            shift = next((shift for shift in (self._current, *self._older) if shift.name == name), None)
            if shift is None:
                profile = await asyncio.to_thread(self._affordable, name)
                stages = Stages(profile, self.profiles.store)
                async with aclosing(_starting(stages)) as loading:
                    async for waiting in loading:
                        yield waiting
                shift = self._shift(name, Service(profile, stages, self._settings))
            self._adopt(shift)
        finally:
            self._is_switching = False

    async def close(self) -> None:
        """Ends the workers of every profile that was loaded here."""
        shifts = [shift for shift in (self._current, *self._older) if shift.service is not self._first]
        await asyncio.gather(*self._ending, *(shift.service.stages.close() for shift in shifts), return_exceptions=True)

    def _check_turn(self) -> None:
        if not self.may_switch:
            message = "This server has a key, so others may depend on it: its profile is chosen when it is started."
            raise RequestError(403, "profile_is_fixed", message)
        if self._is_switching:
            raise RequestError(409, "profile_is_loading", "Another profile is being loaded; try again after that.")

    def _affordable(self, name: str) -> Profile:
        if self._older:
            message = (
                "Conversations with an earlier profile are still open, and keep its engines. A third profile can be "
                "loaded when they have ended."
            )
            raise RequestError(409, "profiles_in_use", message)
        profile = self.profiles.load(name)
        if obstacle := self.profiles.obstacle(name):
            raise RequestError(409, "profile_not_ready", obstacle)
        needed, free = self.profiles.memory_bytes(profile), psutil.virtual_memory().available
        if needed > free:
            message = (
                f"There is not enough memory for {name} beside the profile in use: about {needed / 1e9:.1f} GB are "
                f"needed, {free / 1e9:.1f} GB are free. Start the server with --profile {name} instead."
            )
            raise RequestError(409, "memory_too_small", message)
        return profile

    def _shift(self, name: str, service: Service) -> Shift:
        app = create_app(service)
        app.include_router(profile_routes(self))
        app.router.routes.append(_PageMount("/", self._page))
        return Shift(name, service, app)

    def _adopt(self, shift: Shift) -> None:
        if shift is self._current:
            return
        before, self._current = self._current, shift
        self._older = [*(older for older in self._older if older is not shift), before]
        self._let_go(before)

    def _let_go(self, shift: Shift) -> None:
        """Ends a shift that nobody needs any more."""
        if shift.users or shift not in self._older:
            return
        self._older.remove(shift)
        task = asyncio.create_task(shift.service.stages.close(), name=f"ending the profile {shift.name}")
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


async def _starting(stages: Stages) -> AsyncGenerator[list[str], None]:
    """Starts the workers; yields the models that are not loaded yet. Ends them all if it does not come to its end."""
    workers = stages.named_workers()
    models: dict[str, str] = {stage: model.name for stage, model in stages.models().items()}
    starting = asyncio.create_task(stages.__aenter__(), name="loading a profile")
    told: list[str] | None = None
    try:
        while not starting.done():
            waiting = [models[name.split()[0]] for name, worker in workers.items() if not worker.load_s]
            if waiting != told:
                told = waiting
                yield waiting
            await asyncio.wait({starting}, timeout=_LOOK_S)
        starting.result()
    except BaseException:
        starting.cancel()
        await asyncio.wait({starting})
        await stages.close()
        raise

"""Another profile for the page: who gets it, who keeps the old one, and what stands in its way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from page_browser import Chromium, opened
from page_server import serving_page
from realtime_server import DEADLINE_S, Client, Server, client, until

from assistant.config import load_profile
from assistant.errors import WorkerClosed
from assistant.page.page import served_with_page
from assistant.page.profiles import Profiles
from assistant.page.switchboard import Switchboard
from assistant.serve.running import address, listen, run
from assistant.serve.service import Service
from assistant.serve.settings import Limits, ServerSettings
from assistant.stages import Stages
from models.weights.store import Store

_SCRIPTED = Path(__file__).parents[1] / "configs" / "scripted.toml"
_ANSWERS = {"first": "This is the first profile.", "scripted": "The capital of France is Paris. It lies on the Seine."}

# Gradio counts its events with an option of pandas that pandas is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting' is deprecated")


@dataclass(frozen=True)
class Running:
    """A server with the page, and what it decides with."""

    server: Server
    board: Switchboard

    async def asked(self, name: str) -> list[dict[str, object]]:
        """What is told while a profile is loaded."""
        async with httpx.AsyncClient(timeout=DEADLINE_S) as web:
            answer = await web.post(f"{self.server.address}/v1/profiles", json={"name": name})
        return [json.loads(line) for line in answer.text.splitlines()]


@pytest.fixture
def first(tmp_path: Path) -> str:
    """A profile of the user's own."""
    path = tmp_path / "first.toml"
    path.write_text(_SCRIPTED.read_text("utf-8").replace(_ANSWERS["scripted"], _ANSWERS["first"]), "utf-8")
    return str(path)


@asynccontextmanager
async def running(first: str, folder: Path, *keys: str) -> AsyncIterator[Running]:
    changes = ("workers.mode=thread",)
    profile, store = load_profile(first, changes), Store(folder)
    settings = ServerSettings(port=0, keys=keys, limits=Limits(requests_per_minute=100_000))
    listening = listen(settings.host, 0)
    async with Stages(profile, store) as stages:
        service = Service(profile, stages, settings)
        async with served_with_page(service, Profiles(first, changes, store)) as board:
            task = asyncio.create_task(run(board, listening, settings.limits))
            yield Running(Server(address(listening), service), board)
            task.cancel()
            await asyncio.wait([task])
    listening.close()


async def answer(client: Client) -> str:
    await client.write("Hello")
    await client.send("response.create")
    done = await client.next("response.done")
    return str(done["response"]["output"][0]["content"][0]["transcript"])


async def test_a_conversation_keeps_its_profile_and_the_next_one_has_the_new_one(first: str, tmp_path: Path) -> None:
    async with running(first, tmp_path) as page:
        before = page.board.current.service.stages
        async with client(page.server) as open_one:
            assert await answer(open_one) == _ANSWERS["first"]
            told = await page.asked("scripted")
            assert told[0]["loading"] == ["scripted", "scripted", "scripted"]
            assert told[-1] == {"in_use": "scripted"}
            async with client(page.server) as new_one:
                assert await answer(new_one) == _ANSWERS["scripted"]
                assert await answer(open_one) == _ANSWERS["first"]
            assert page.board.older == 1
        await until(lambda: page.board.older == 0)
        with pytest.raises(WorkerClosed):
            await anext(before.llm.stream("reply"))


async def test_the_profile_that_a_conversation_still_has_can_be_chosen_again(first: str, tmp_path: Path) -> None:
    async with running(first, tmp_path) as page, client(page.server) as open_one:
        before = page.board.current
        await page.asked("scripted")
        assert await page.asked(first) == [{"in_use": first}]
        assert page.board.current is before
        assert await answer(open_one) == _ANSWERS["first"]


async def test_a_profile_whose_weights_are_missing_is_shown_with_what_to_do_and_changes_nothing(
    first: str, tmp_path: Path
) -> None:
    async with running(first, tmp_path) as page:
        async with httpx.AsyncClient(timeout=DEADLINE_S) as web:
            offer = (await web.get(f"{page.server.address}/v1/profiles")).json()
        obstacles = {found["name"]: found["obstacle"] for found in offer["profiles"]}
        assert (obstacles[first], obstacles["scripted"]) == ("", "")
        assert "assistant models pull" in obstacles["embedded"]
        (told,) = await page.asked("embedded")
        assert told == {"error": told["error"]}
        assert "assistant models pull" in str(told["error"])
        async with client(page.server) as new_one:
            assert await answer(new_one) == _ANSWERS["first"]


@pytest.mark.parametrize("name", ["/etc/passwd", "../configs/scripted.toml", ""])
async def test_no_other_file_of_the_server_is_opened_as_a_profile(first: str, tmp_path: Path, name: str) -> None:
    async with running(first, tmp_path) as page:
        (told,) = await page.asked(name)
        assert "offers no profile" in str(told["error"])


async def test_beside_the_page_a_program_is_told_what_is_not_there_as_it_understands_it(
    first: str, tmp_path: Path
) -> None:
    async with running(first, tmp_path) as at, httpx.AsyncClient(base_url=at.server.address, timeout=DEADLINE_S) as web:
        lost, wrong = await web.post("/v1/embeddings", json={}), await web.get("/v1/chat/completions")
        page = await web.get("/")
    assert (lost.status_code, lost.json()["error"]["code"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "method_not_allowed")
    assert "text/html" in page.headers["content-type"]


async def test_where_the_server_has_a_key_its_profile_is_fixed(first: str, tmp_path: Path) -> None:
    async with running(first, tmp_path, "a-key") as page, httpx.AsyncClient(timeout=DEADLINE_S) as web:
        place, named = f"{page.server.address}/v1/profiles", {"authorization": "Bearer a-key"}
        assert (await web.get(place)).status_code == 401
        assert (await web.get(place, headers=named)).json()["may_switch"] is False
        refused = await web.post(place, headers=named, json={"name": "scripted"})
        assert "others may depend on it" in refused.text
        assert page.board.current.name == first


async def test_what_does_not_fit_into_memory_beside_the_old_one_is_refused(
    first: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Profiles, "memory_bytes", lambda *_: 10**18)
    async with running(first, tmp_path) as page:
        (told,) = await page.asked("scripted")
        assert "--profile scripted" in str(told["error"])
        assert page.board.current.name == first


async def test_who_leaves_while_a_profile_is_loaded_changes_nothing(first: str, tmp_path: Path) -> None:
    async with running(first, tmp_path) as page:
        loading = page.board.switch("scripted")
        assert await anext(loading)
        (refused,) = await page.asked("scripted")
        assert "Another profile is being loaded" in str(refused["error"])
        await loading.aclose()
        assert page.board.current.name == first
        assert (await page.asked("scripted"))[-1] == {"in_use": "scripted"}


@pytest.fixture
def browsing(first: str, tmp_path: Path) -> Iterator[str]:
    with serving_page(profile=first, folder=tmp_path) as address:
        yield address


@pytest.mark.browser
def test_a_profile_is_chosen_in_the_page_for_the_next_conversation(browsing: str, browsers: Chromium) -> None:
    with browsers.listening_to(None) as browser, opened(browser, browsing) as page:
        page.type("Hello")
        page.wait("document.querySelector('.va-assistant[aria-busy=false]')")
        page.page.click(".va-settings summary")
        assert page.page.locator("option[value=embedded]").is_disabled()
        page.page.select_option(".va-profile select", "scripted")
        page.wait("document.querySelector('.va-profile-state').textContent.startsWith('It is ready.')")
        page.type("Hello again")
        page.wait("document.querySelectorAll('.va-assistant[aria-busy=false]').length === 2")
        assert page.page.locator(".va-assistant .va-text").all_inner_texts() == [_ANSWERS["first"]] * 2
        page.page.click(".va-anew")
        page.wait("document.querySelector('.va-summary').textContent.startsWith('scripted')")
        assert page.page.locator(".va-chat li").count() == 0
        page.type("Hello")
        page.wait("document.querySelector('.va-assistant[aria-busy=false]')")
        assert page.text(".va-assistant .va-text") == _ANSWERS["scripted"]

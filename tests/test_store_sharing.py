"""Several processes and one store: pulls at once, and pulls that are killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from weights_index import Index, make_index
from weights_server import Hold, serving


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    return make_index(tmp_path, monkeypatch)


_PULLING = """
import sys
from pathlib import Path
from models.weights.store import Store

def report(progress):
    print(progress.step, flush=True)
    if progress.step == sys.argv[2]:
        sys.stdin.readline()

Store(Path(sys.argv[1])).pull("tiny-weights", report)
"""


class Puller:
    """A process that pulls, says each step, and stops at one of them until it is told to go on."""

    def __init__(self, index: Index, stop_at: str = "") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PULLING, str(index.root), stop_at],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
            start_new_session=True,
        )

    def __enter__(self) -> Puller:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def wait_for(self, step: str) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.strip() == step:
                return
        pytest.fail(f'the pull ended before it came to "{step}"')

    def finish(self) -> list[str]:
        """Lets it go on; the steps that it says until it ends."""
        rest, _ = self.process.communicate("\n", timeout=300)
        assert self.process.returncode == 0
        return rest.split()


def test_of_two_processes_that_pull_at_once_one_fetches_and_one_waits(index: Index) -> None:
    with Puller(index, stop_at="verify") as first:
        first.wait_for("verify")
        with Puller(index) as second:
            second.wait_for("wait")
            first.finish()
            assert second.finish() == []  # nothing more to say: it found the model ready
    assert index.store().is_ready("tiny-weights")


@pytest.mark.parametrize("step", ["fetch", "verify", "convert"])
def test_after_a_pull_was_killed_the_next_one_works_and_cleans_up(index: Index, step: str) -> None:
    with Puller(index, stop_at=step) as killed:
        killed.wait_for(step)
        killed.process.kill()
        killed.process.wait()
    assert index.left_behind() != []
    assert not index.store().is_ready("tiny-weights")
    index.store().pull("tiny-weights")
    assert index.left_behind() == []


def test_after_a_pull_was_killed_while_pip_fetched_the_next_one_works(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    with serving() as server:
        monkeypatch.setenv("PIP_INDEX_URL", f"{server.address}/simple")
        hold = server.holds[server.add_to_index("tiny-weights", index.wheel)] = Hold()
        with Puller(index) as killed:
            assert hold.reached.wait(300)
            killed.process.kill()
            killed.process.wait()
        assert index.left_behind() != []
        index.store().pull("tiny-weights")
        hold.released.set()  # only now may the pip of the killed pull go on
    assert index.store().is_ready("tiny-weights")
    assert index.left_behind() == []


def test_an_interrupted_pull_cleans_up_after_itself(index: Index) -> None:
    with Puller(index, stop_at="verify") as interrupted:
        interrupted.wait_for("verify")
        interrupted.process.send_signal(signal.SIGINT)
        interrupted.process.wait()
    assert index.left_behind() == []


def test_what_a_killed_pull_of_another_model_left_is_swept_too(index: Index) -> None:
    abandoned = index.root / ".other-model.x7.partial"
    (abandoned / "fetched").mkdir(parents=True)
    index.store().pull("tiny-weights")
    assert not abandoned.exists()

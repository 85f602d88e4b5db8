"""The training of the embedded image model: all of it on a few shapes, ended and taken up again, and its parts."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from models.image import known_words, retrieval
from models.image.diffusers import DiffusersImageGenerator
from models.image.training import captions, card, checkpoints, command, corpus, stage, things
from models.image.training.corpus import Corpus
from models.image.training.run import STAGES, OtherSettings, Plan, run
from models.image.training.stage import Budget
from models.pictures import Drawn, ImageOptions, TextToImage
from models.types import EngineSpec

# diffusers still tells the components of a pipeline their number type by the old name.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:diffusers")

_N_THINGS = 6
_STEPS = 2


def a_training(folder: Path) -> Plan:
    """From nothing, on pictures of one colour each, in place of a font's."""
    folder.mkdir()
    some = things.load()[0][:_N_THINGS]
    pictures = np.full((_N_THINGS, 64, 64, 3), 255, np.uint8)
    for index, picture in enumerate(pictures):
        picture[16:48, 16:48] = (40 * index, 200 - 30 * index, 90)
    corpus.save(Corpus(pictures, tuple(some)), folder)
    return Plan(folder, Path("not needed any more"), None, {name: Budget(_STEPS) for name in STAGES})


class Killed(BaseException):
    """The process is gone."""


def killed_after(n_saves: int) -> Callable[..., None]:
    """Saves so often, and then no more."""
    save, left = checkpoints.save, iter(range(n_saves))

    def saved(checkpoint: checkpoints.Checkpoint, path: Path) -> None:
        save(checkpoint, path)
        if next(left, None) is None:
            raise Killed

    return saved


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(a_training(tmp_path_factory.mktemp("training") / "whole"), print)


def test_a_killed_training_gives_the_weights_of_one_that_was_not(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = a_training(tmp_path / "killed")
    monkeypatch.setattr(stage, "_SAVE_EVERY_S", 0.0)
    for n_saves in (0, 3, 3):  # after the first step of the autoencoder, of the decoder or text, of the denoiser
        with monkeypatch.context() as patched:
            patched.setattr(checkpoints, "save", killed_after(n_saves))
            with pytest.raises(Killed):
                run(plan, print)
    again = run(plan, print)
    weights = sorted(path.relative_to(finished) for path in finished.rglob("*.safetensors"))
    assert len(weights) == 3
    for path in weights:
        one, other = load_file(finished / path), load_file(again / path)
        assert one.keys() == other.keys()
        # In two runs of the same steps text and denoiser differ now and then by a unit in the last place of float16.
        furthest = max(float((one[name].float() - other[name].float()).abs().max()) for name in one)
        assert furthest <= 2**-12, path  # the autoencoder with other random numbers: 2**-4


def test_the_result_is_a_pipeline_that_the_assistant_draws_with(finished: Path) -> None:
    engine = DiffusersImageGenerator(
        EngineSpec("image", "diffusers", "tiny", finished, options={"steps": 2, "guidance": 3.0, "prompt_tokens": 22})
    )
    (drawn,) = (step for step in engine.make(TextToImage("a happy face"), ImageOptions()) if isinstance(step, Drawn))
    assert drawn.picture.pixels.shape == (64, 64, 3)
    assert {"vocab.json", "merges.txt"} <= {path.name for path in (finished / "tokenizer").iterdir()}


def test_it_says_what_it_knows_and_how_it_was_measured(finished: Path) -> None:
    known = retrieval.learnt(finished)
    assert len(known.names) == len(known.thumbnails) == _N_THINGS
    assert known_words.reduce("a really happy face", known_words.vocabulary(finished)).prompt == "a happy face"
    card.write(finished, None)
    text = (finished / "README.md").read_text("utf-8")
    assert f"of {_N_THINGS} things" in text
    assert "Not measured" in text
    assert "$" not in text


def test_a_folder_of_another_training_is_not_touched(tmp_path: Path) -> None:
    plan = a_training(tmp_path / "one")
    (plan.folder / "settings.json").write_text('{"seed": 7}', "utf-8")
    with pytest.raises(OtherSettings, match="other settings"):
        run(plan, print)
    assert not list(plan.folder.glob("*.safetensors"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--font", "nowhere.ttf"], "fonts-noto-color-emoji"),
        (["--font", __file__, "--from", "nowhere"], "no known_words.json"),
        (["--minutes", "painting=3"], "no stage"),
        (["--steps", "text=many"], "no number"),
        (["--minutes", "text=0"], "more than 0"),
        (["--minutes", "text=nan"], "more than 0"),
    ],
)
def test_what_is_missing_or_wrong_is_named(
    tmp_path: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main([str(tmp_path / "output"), *arguments])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "output").exists()


def test_no_name_belongs_to_two_things() -> None:
    everything, recoloured = things.load()
    names = [name for thing in everything for name in thing.names]
    assert len(names) == len(set(names))
    assert recoloured <= {thing.emoji for thing in everything}
    assert {"robot", "ghost", "skull", "alien", "clown"} <= set(names)


def test_no_caption_of_training_is_one_of_the_free_phrases() -> None:
    rng, everything = random.Random(0), things.load()[0]
    said = {captions.caption(thing, rng) for thing in everything for _ in range(20)}
    assert len(said) > 8000
    assert not said & {asked.prompt.lower() for asked in retrieval.free_phrases()}
    assert all(any(name in caption for caption in said) for name in ("robot", "red heart"))

"""`scripts/train_tiny_diffusion`: what can be said on its command line."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from models.image.known_words import BUILT_IN
from models.image.training import card, evaluation
from models.image.training.run import STAGES, OtherSettings, Plan, run
from models.image.training.stage import Budget

# Where Debian's fonts-noto-color-emoji puts it.
_FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
# Generous, for a start from nothing; a warm start needs far fewer, see --minutes.
_STEPS: Mapping[str, int] = {"autoencoder": 1500, "decoder": 4000, "text": 6000, "denoiser": 12_000}
_ABOUT = f"""\
Trains the embedded image model, a small Stable Diffusion, on the emoji of a font.

OUTPUT gets the checkpoints of all stages ({", ".join(STAGES)}) and at last OUTPUT/pipeline, which diffusers loads.
It may be ended at any moment: the same command goes on where it was. A stage that is finished goes on if it is
given more steps or minutes.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0, or 2 where something is missing or wrong."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    font: Path = asked.font
    if not font.is_file():
        parser.error(
            f"there is no font {font}; install Debian's fonts-noto-color-emoji, or name NotoColorEmoji.ttf with --font"
        )
    start = None if asked.start == "none" else Path(asked.start)
    if start is not None and not (start / "known_words.json").is_file():
        parser.error(f"{start} is no pipeline that this command made: it has no known_words.json")
    _set_up_torch(asked.threads)
    steps, minutes = {**_STEPS, **dict(asked.steps)}, dict(asked.minutes)
    budgets = {name: Budget(steps[name], minutes.get(name)) for name in STAGES}
    try:
        folder = run(Plan(asked.output, font, start, budgets, asked.seed, asked.things), _report)
    except (OtherSettings, OSError, ValueError) as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        _report("ended; the same command goes on from the last checkpoint")
        return 130
    figures = evaluation.evaluate(folder, asked.captions, asked.captions // 2) if asked.captions else None
    card.write(folder, figures)
    _report(f"the pipeline is in {folder}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "train_tiny_diffusion", description=_ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("output", type=Path, metavar="OUTPUT", help="folder of the training, made if it is missing")
    parser.add_argument("--font", type=Path, default=_FONT, help="Noto Color Emoji (default: %(default)s)")
    parser.add_argument(
        "--from", dest="start", default=str(BUILT_IN), metavar="PIPELINE",
        help='train this one further; "none": begin from nothing (default: the one that comes with the project)',
    )  # fmt: skip
    for unit in ("minutes", "steps"):
        parser.add_argument(
            f"--{unit}", type=_by_stage, action="extend", default=[], metavar="STAGE=N,…",
            help=f"most {unit} of stages, such as text=20,denoiser=60; may be given again",
        )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="of everything random (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=0, help="of the CPU (default: all)")
    parser.add_argument("--things", type=int, default=0, help="learn only so many, to try it out (default: all)")
    parser.add_argument(
        "--captions", type=int, default=200,
        help="so many pictures are drawn at the end, to see whether they are right; 0: none (default: %(default)s)",
    )  # fmt: skip
    return parser


def _by_stage(text: str) -> list[tuple[str, float]]:
    found = []
    for part in text.split(","):
        name, _, number = part.partition("=")
        if name not in STAGES:
            raise argparse.ArgumentTypeError(f'"{name}" is no stage; there are {", ".join(STAGES)}')
        try:
            value = float(number)
        except ValueError:
            raise argparse.ArgumentTypeError(f'"{number}" is no number') from None
        if not 0 < value < math.inf:
            raise argparse.ArgumentTypeError(f"{name} needs more than 0, and an end")
        found.append((name, value))
    return found


def _set_up_torch(threads: int) -> None:
    import torch

    if threads:
        torch.set_num_threads(threads)
    torch.set_flush_denormal(True)  # weights that fade to nothing would slow a CPU down a hundredfold


def _report(line: str) -> None:
    print(time.strftime("%H:%M:%S"), line, flush=True)

"""The two packages as they are installed: alone, from another folder, beside others of the same name."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import CHECKOUT, DEADLINE_S, Outcome, run_python
from media_files import tone

from models import audio
from models.registry import ENGINES

_PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]


def pip(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel installs, and nothing else."""
    source, wheels, target = (tmp_path_factory.mktemp(name) for name in ("source", "wheels", "installed"))
    for name in ("assistant", "models", "configs"):
        shutil.copytree(CHECKOUT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", _PROJECT["readme"], *_PROJECT["license-files"]):
        shutil.copy(CHECKOUT / name, source)
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels, source)
    (wheel,) = wheels.glob("*.whl")
    pip("install", "--no-deps", "--no-index", "--no-compile", "--target", target, wheel)
    return target


def run_installed(installed: Path, folder: Path, *arguments: str | Path) -> Outcome:
    return run_python("-m", "assistant", *arguments, folder=folder, path=str(installed))


def test_both_packages_are_imported_from_where_the_wheel_put_them(installed: Path, tmp_path: Path) -> None:
    program = "import assistant, models; print(assistant.__file__); print(models.__file__)"
    done = run_python("-c", program, folder=tmp_path, path=str(installed))
    assert done.out.splitlines() == [str(installed / name / "__init__.py") for name in ("assistant", "models")], (
        done.err
    )


def test_the_wheel_holds_every_module_and_every_table(installed: Path) -> None:
    kinds = {".py", ".toml", ".typed", ".html", ".css", ".js"}

    def files(folder: Path) -> set[str]:
        kept = (path for path in folder.rglob("*") if path.suffix in kinds)
        return {path.relative_to(folder).as_posix() for path in kept}

    tables = ["phrases/en.toml", "bench/sentences.toml", "captions/report/page.html"]
    assert set(tables) < files(CHECKOUT / "assistant")
    assert files(installed / "models") == files(CHECKOUT / "models")
    assert files(installed / "assistant" / "configs") == files(CHECKOUT / "configs")
    in_assistant = {name for name in files(installed / "assistant") if not name.startswith("configs/")}
    assert in_assistant == files(CHECKOUT / "assistant")


def test_the_installed_command_answers_a_question(installed: Path, tmp_path: Path) -> None:
    audio.write_wav(tmp_path / "question.wav", tone(16_000))
    arguments = ("ask", "--profile", "scripted", "--json", "--input", "question.wav")
    done = run_installed(installed, tmp_path, *arguments)
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["reply"] == "The capital of France is Paris. It lies on the Seine."
    assert (tmp_path / "reply.wav").is_file()


def test_the_installed_doctor_finds_the_profiles(installed: Path, tmp_path: Path) -> None:
    done = run_installed(installed, tmp_path, "doctor", "--profile", "scripted")
    assert (done.code, done.err) == (0, "")
    assert "✓ stt scripted" in done.out


def test_the_installed_catalogue_is_whole(installed: Path, tmp_path: Path) -> None:
    shown = json.loads(run_installed(installed, tmp_path, "models", "list", "--json").out)
    here = json.loads(run_python("-m", "assistant", "models", "list", "--json", folder=tmp_path).out)
    assert shown == here


def test_the_script_that_the_wheel_brings_is_the_command(installed: Path, tmp_path: Path) -> None:
    assert list(_PROJECT["scripts"]) == ["assistant"]
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [installed / "bin" / "assistant", "--version"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
    )
    assert (done.returncode, done.stdout) == (0, f"assistant {_PROJECT['version']}\n")


@pytest.mark.parametrize("name", ["models/__init__.py", "models.py"])
def test_another_package_of_that_name_is_pointed_out(tmp_path: Path, name: str) -> None:
    intruder = tmp_path / "elsewhere" / name
    intruder.parent.mkdir(parents=True)
    intruder.touch()
    path = f"{tmp_path / 'elsewhere'}{os.pathsep}{CHECKOUT}"
    done = run_python("-m", "assistant", "--help", folder=tmp_path, path=path)
    assert done.code != 0
    assert "ImportError: the package `models` that belongs to `assistant`" in done.err
    assert str(intruder) in done.err


def imported(package: str) -> Iterator[tuple[str, str]]:
    """(file, module that it imports) for every import anywhere in a package, also within functions."""
    for path in sorted((CHECKOUT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((path.name, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{path.name} imports relatively"
                yield path.name, str(node.module)
                yield from ((path.name, f"{node.module}.{alias.name}") for alias in node.names)


def test_the_stages_know_neither_asyncio_nor_the_conversation() -> None:
    imports = list(imported("models"))
    assert ("registry.py", "importlib") in imports
    assert [pair for pair in imports if pair[1].split(".")[0] in {"asyncio", "assistant"}] == []


def test_the_conversation_knows_no_engine() -> None:
    engines = {entry.target.partition(":")[0] for entries in ENGINES.values() for entry in entries.values()}
    assert "models.stt.whisper" in engines
    imports = list(imported("assistant"))
    assert ("cli.py", "models.errors") in imports
    assert [pair for pair in imports if pair[1] in engines] == []

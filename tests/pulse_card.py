"""A sound card without hardware: a private PulseAudio daemon with a virtual microphone and a virtual loudspeaker."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PROGRAMS = ("pulseaudio", "pactl", "paplay", "parec")
START_DEADLINE_S = 60.0
MICROPHONE_HZ, LOUDSPEAKER_HZ = 16_000, 24_000

# norewinds: otherwise the daemon rewrites what it has already handed on, which damages the start of each utterance.
_SCRIPT = """.fail
load-module module-native-protocol-unix socket={socket} auth-anonymous=1
load-module module-null-sink sink_name=speaker rate={loudspeaker_hz} channels=1 norewinds=1
load-module module-null-sink sink_name=mic_feed rate={microphone_hz} channels=1 norewinds=1
load-module module-remap-source source_name=mic master=mic_feed.monitor
set-default-sink speaker
set-default-source mic
"""


class PulseCard:
    """A daemon of its own; `env` makes programs use it."""

    def __init__(self, folder: Path) -> None:
        self.env = _environment(folder)
        self._folder = folder
        self._daemon: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it is ready."""
        self._daemon = _started(self._folder, self.env)
        deadline = time.monotonic() + START_DEADLINE_S
        while subprocess.run(["pactl", "info"], env=self.env, capture_output=True).returncode:
            if self._daemon.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"pulseaudio did not start: {(self._folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """All devices are gone; harmless if they were."""
        if self._daemon:
            self._daemon.terminate()
            self._daemon.wait(START_DEADLINE_S)

    def say(self, wav: Path) -> None:
        """Plays a 16-bit WAV file into the microphone; returns at its end."""
        subprocess.run(["paplay", "--device=mic_feed", str(wav)], env=self.env, check=True, timeout=120)

    @contextmanager
    def recording(self, path: Path) -> Iterator[None]:
        """Records the loudspeaker to a WAV file while the block runs."""
        command = ["parec", "--device=speaker.monitor", "--file-format=wav", "--channels=1", "--latency-msec=20"]
        recorder = subprocess.Popen([*command, f"--rate={LOUDSPEAKER_HZ}", str(path)], env=self.env)
        try:
            yield
        finally:
            recorder.terminate()
            recorder.wait(START_DEADLINE_S)


def missing_programs() -> list[str]:
    """What has to be installed first."""
    return [name for name in _PROGRAMS if shutil.which(name) is None]


@contextmanager
def pulse_card() -> Iterator[PulseCard]:
    """A card that is ready, for the block."""
    # A short path, not pytest's: names of sockets have at most 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="sound-"))
    card = PulseCard(folder)
    try:
        card.start()
        yield card
    finally:
        card.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _environment(folder: Path) -> dict[str, str]:
    for name in ("run", "run/pulse", "state", "config"):
        (folder / name).mkdir(mode=0o700)
    own = {
        "XDG_RUNTIME_DIR": folder / "run",
        "PULSE_RUNTIME_PATH": folder / "run/pulse",
        "PULSE_STATE_PATH": folder / "state",
        "PULSE_CONFIG_PATH": folder / "config",
        "PULSE_COOKIE": folder / "config/cookie",
        "PULSE_SERVER": f"unix:{_socket(folder)}",
    }
    return {**os.environ, **{name: str(value) for name, value in own.items()}}


def _socket(folder: Path) -> Path:
    return folder / "run" / "pulse" / "native"


def _started(folder: Path, env: dict[str, str]) -> subprocess.Popen[bytes]:
    script = folder / "card.pa"
    rates = {"microphone_hz": MICROPHONE_HZ, "loudspeaker_hz": LOUDSPEAKER_HZ}
    script.write_text(_SCRIPT.format(socket=_socket(folder), **rates))
    options = ["--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disable-shm=yes"]
    options += ["--realtime=no", "--high-priority=no", f"--log-target=file:{folder / 'log'}"]
    return subprocess.Popen(
        ["pulseaudio", "-n", "-F", str(script), *options],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

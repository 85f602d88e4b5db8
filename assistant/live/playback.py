"""What the loudspeaker plays next. Without devices: whoever owns one takes samples from here, from any thread."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable

import numpy as np

from models.types import Audio, Samples

# Loud enough to know that the assistant is still there, quiet enough (-16 dB) that the user is not talked over.
_DUCKED_GAIN = 0.15
# A step in the gain clicks; a ramp this long does not, and is over before the user notices.
_RAMP_S = 0.02


class Playback:
    """Chunks in, blocks out, with a gain that glides, and a count of what was really played.

    Attributes:
        sample_rate_hz: of what goes in and comes out.
        volume: of everything, 1 is the voice's own; what gets too loud is clipped.
        on_taken: called after each block, in the thread that took it; must not block.
        unheard_samples: of what was taken, those that have not sounded yet; for whoever takes ahead of time.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self.sample_rate_hz = sample_rate_hz
        self.volume = 1.0
        self.on_taken: Callable[[], None] = lambda: None
        self.unheard_samples: Callable[[], int] = lambda: 0
        self._chunks: deque[Samples] = deque()
        self._waiting_samples = 0
        self._taken_samples = 0
        self._target = 1.0
        self._gain = 1.0
        self._is_held = False
        self._lock = threading.Lock()

    @property
    def waiting_s(self) -> float:
        """Seconds that were put in and have not sounded yet."""
        return (self._waiting_samples + self.unheard_samples()) / self.sample_rate_hz

    @property
    def played_samples(self) -> int:
        """Of chunks, since the last `start`; silence between them does not count."""
        return max(0, self._taken_samples - self.unheard_samples())

    @property
    def taken_samples(self) -> int:
        """The same, with those that have not sounded yet."""
        return self._taken_samples

    def start(self) -> None:
        """A new reply: nothing of it has been played; full volume."""
        with self._lock:
            self._clear()
            self._taken_samples = 0

    def put(self, chunk: Audio) -> None:
        """Adds a chunk at the end.

        Raises:
            ValueError: it has another rate.
        """
        if chunk.sample_rate_hz != self.sample_rate_hz:
            raise ValueError(f"a chunk of {chunk.sample_rate_hz} Hz for a device of {self.sample_rate_hz} Hz")
        with self._lock:
            self._chunks.append(chunk.samples)
            self._waiting_samples += len(chunk.samples)

    def duck(self) -> None:
        """Plays on, quietly."""
        with self._lock:
            self._target = _DUCKED_GAIN

    def hold(self) -> None:
        """Falls silent and keeps what is left."""
        with self._lock:
            self._target = 0.0
            self._is_held = True

    def resume(self) -> None:
        """Goes on where it was, at full volume."""
        with self._lock:
            self._target = 1.0
            self._is_held = False

    def stop(self) -> None:
        """Forgets what is left; what is taken from now on is silence."""
        with self._lock:
            self._clear()

    def take(self, n_samples: int) -> Samples:
        """The next block, exactly this long; silence where there is nothing to play."""
        block = np.zeros(n_samples, np.float32)
        with self._lock:
            # A held voice fades over its next samples instead of breaking off; what follows them waits.
            audible = block[: self._glide_samples()] if self._is_held else block
            filled = self._fill(audible)
            self._taken_samples += filled
            self._waiting_samples -= filled
            self._glide(block)
        self.on_taken()
        return block

    def _fill(self, block: Samples) -> int:
        filled = 0
        while self._chunks and filled < len(block):
            chunk = self._chunks.popleft()
            part = chunk[: len(block) - filled]
            block[filled : filled + len(part)] = part
            filled += len(part)
            if len(part) < len(chunk):
                self._chunks.appendleft(chunk[len(part) :])
        return filled

    def _glide_samples(self) -> int:
        """Until the gain has reached its target."""
        return math.ceil(abs(self._target - self._gain) * _RAMP_S * self.sample_rate_hz)

    def _glide(self, block: Samples) -> None:
        step = math.copysign(1.0 / (_RAMP_S * self.sample_rate_hz), self._target - self._gain)
        n_samples = min(self._glide_samples(), len(block))
        gains = np.full(len(block), self._target, np.float32)
        gains[:n_samples] = self._gain + step * np.arange(1, n_samples + 1)
        low, high = sorted((self._gain, self._target))
        gains = gains.clip(low, high)
        if len(block):
            self._gain = float(gains[-1])
        block *= gains * np.float32(self.volume)
        np.clip(block, -1.0, 1.0, out=block)

    def _clear(self) -> None:
        self._chunks.clear()
        self._waiting_samples = 0
        self._target = self._gain = 1.0
        self._is_held = False

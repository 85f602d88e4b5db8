"""What an echo canceller leaves of the echo, taken out by comparing levels. Knows nothing of any canceller's inside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.types import Samples

FRAME_S = 0.01
# Quieter than any reply out of a loudspeaker, louder than the pauses in it. Power, full scale being 1.
_AUDIBLE_POWER = 10 ** (-50 / 10)
# From the loudspeaker through both devices' buffers (up to 0.3 s) until the room has gone quiet.
_ECHO_FRAMES = round(0.5 / FRAME_S)
# How much it takes to learn a room: AEC3's own initial phase (EchoCanceller3Config, initial_state_seconds). In 26
# simulated rooms, other than those this was chosen in, of 21 minutes 6.0 s passed for speech without it, 2.5 s with it.
_LEARNING_FRAMES = round(2.5 / FRAME_S)
# An echo that begins within a conversation finds a canceller that has converged to nothing. After 1.5 s no more of it
# passed for speech in twelve simulated rooms.
_LEARNING_ANEW_FRAMES = round(1.5 / FRAME_S)
# Where this little of the power is left, it was echo. In the same rooms 1.4 s of the 2.5 s remain; of the frames of a
# user who talks over the reply as loud as its echo, 67 % pass for speech instead of 69 %.
_RESIDUE = 10 ** (-15 / 10)
_SMOOTHING = 0.25  # four frames: a power that follows syllables, not periods of the voice
# A voice is louder than the echo now and then only; between two such moments it is the same voice.
_OTHERS_FRAMES = round(0.3 / FRAME_S)


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What is known of a frame apart from its sound.

    Attributes:
        hears_others: it is louder than an echo can be.
        is_free: no echo arrives in this room: what is heard is not the loudspeaker.
    """

    hears_others: bool = False
    is_free: bool = False


class ResidualEchoGate:
    """Silences frames that hold nothing but the rest of an echo; takes 10 ms at a time."""

    def __init__(self, lag_samples: int = 0) -> None:
        """
        Args:
            lag_samples: by which what is clean is later than what is heard.
        """
        self._learning_frames = _LEARNING_FRAMES
        self._echo_frames = 0
        self._others_frames = 0
        self._heard_power = 0.0
        self._clean_power = 0.0
        self._gain = 1.0
        self._bypass = 0.0
        self._late = np.zeros(lag_samples, np.float32)

    def learn_anew(self) -> None:
        """There is an echo that was not there before."""
        self._learning_frames = _LEARNING_ANEW_FRAMES
        self._others_frames = 0

    def apply(self, far: Samples, heard: Samples, clean: Samples, suspicion: Suspicion) -> Samples:
        """The clean frame, or silence, or what was heard where there is no echo to be cancelled, with a ramp between
        them.

        While the canceller still learns the room, in the first 2.5 s of sound from the loudspeaker, all is silenced
        in which there can be echo, except where somebody else is louder than that.

        Args:
            far: what the loudspeaker was given, shape (n,), as are the others.
            heard: by the microphone.
            clean: what the canceller made of it.
            suspicion: what else is known.
        """
        self._echo_frames -= 1
        self._others_frames = _OTHERS_FRAMES if suspicion.hears_others else self._others_frames - 1
        if _power(far) > _AUDIBLE_POWER:
            self._echo_frames = _ECHO_FRAMES
            self._learning_frames -= 1
        self._heard_power += _SMOOTHING * (_power(heard) - self._heard_power)
        self._clean_power += _SMOOTHING * (_power(clean) - self._clean_power)
        is_learning = self._learning_frames > 0 and self._others_frames <= 0
        is_residue = is_learning or self._clean_power < _RESIDUE * self._heard_power
        has_echo = self._echo_frames > 0
        before, self._gain = self._gain, 0.0 if has_echo and is_residue and not suspicion.is_free else 1.0
        gated = clean * _ramp(before, self._gain, len(clean))
        before, self._bypass = self._bypass, 1.0 if has_echo and suspicion.is_free else 0.0
        bypass = _ramp(before, self._bypass, len(clean))
        return bypass * self._delayed(heard) + (1 - bypass) * gated

    def _delayed(self, heard: Samples) -> Samples:
        both = np.concatenate([self._late, heard])
        self._late = both[len(heard) :]
        return both[: len(heard)]


def _ramp(before: float, after: float, n_samples: int) -> npt.NDArray[np.float32]:
    return np.linspace(before, after, n_samples, dtype=np.float32)


def _power(samples: Samples) -> float:
    return float(np.dot(samples, samples)) / len(samples)

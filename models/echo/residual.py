"""What an echo canceller leaves of the echo, taken out by comparing levels. Knows nothing of any canceller's inside."""

from __future__ import annotations

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
# Where this little of the power is left, it was echo. In the same rooms 1.4 s of the 2.5 s remain; of the frames of a
# user who talks over the reply as loud as its echo, 67 % pass for speech instead of 69 %.
_RESIDUE = 10 ** (-15 / 10)
_SMOOTHING = 0.25  # four frames: a power that follows syllables, not periods of the voice


class ResidualEchoGate:
    """Silences frames that hold nothing but the rest of an echo; takes 10 ms at a time."""

    def __init__(self) -> None:
        self._learning_frames = _LEARNING_FRAMES
        self._echo_frames = 0
        self._heard_power = 0.0
        self._clean_power = 0.0
        self._gain = 1.0

    def apply(self, far: Samples, heard: Samples, clean: Samples) -> Samples:
        """The clean frame, or silence, with a ramp between them.

        While the canceller still learns the room, in the first 2.5 s of sound from the loudspeaker, all is silenced
        in which there can be echo: then a user cannot interrupt, but is not heard where nobody spoke either.

        Args:
            far: what the loudspeaker was given, shape (n,), as are the others.
            heard: by the microphone.
            clean: what the canceller made of it.
        """
        self._echo_frames -= 1
        if _power(far) > _AUDIBLE_POWER:
            self._echo_frames = _ECHO_FRAMES
            self._learning_frames -= 1
        self._heard_power += _SMOOTHING * (_power(heard) - self._heard_power)
        self._clean_power += _SMOOTHING * (_power(clean) - self._clean_power)
        is_residue = self._learning_frames > 0 or self._clean_power < _RESIDUE * self._heard_power
        before, self._gain = self._gain, 0.0 if self._echo_frames > 0 and is_residue else 1.0
        ramp: npt.NDArray[np.float32] = np.linspace(before, self._gain, len(clean), dtype=np.float32)
        return clean * ramp


def _power(samples: Samples) -> float:
    return float(np.dot(samples, samples)) / len(samples)

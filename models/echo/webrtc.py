"""Echo cancellation by WebRTC's audio processing module (AEC3, as livekit packs it). No torch: it runs in the process
of the conversation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.audio import SPEECH_RATE_HZ, from_pcm16, to_pcm16
from models.echo.echo_level import EchoLevel
from models.echo.echo_path import EchoPath
from models.echo.far_end import FRAME_BYTES, FRAME_SAMPLES, SILENCE, FarEnd, taken
from models.echo.residual import ResidualEchoGate, Suspicion
from models.errors import AudioError, EngineUnavailable
from models.settings import read
from models.types import Audio, EngineSpec, Samples

if TYPE_CHECKING:
    from livekit.rtc import AudioFrame

# Of WebRTC's own filters, measured with white noise: two AEC3 blocks, the overlap of the noise suppressor.
_CANCELLER_LAG_SAMPLES = 128
_SUPPRESSOR_LAG_SAMPLES = 96
# Louder than the echo by this much, on average over the bands: somebody else, or a noise. Echo alone was not, in a
# minute each of four simulated rooms (0.44 at most), nor in a fifth once it was known; of people who talk over the
# reply, as loud as the loudspeaker, half were within 30 ms.
_OTHERS_DB = 1.0


@dataclass(frozen=True, slots=True)
class WebRtcOptions:
    """What is done to the microphone's signal.

    Attributes:
        echo_cancellation: off for headphones.
        noise_suppression: takes out steady noise. A clear voice stays as intelligible to Whisper base (WER 2.4 % with
            and without), and a little less of the echo passes for speech.
        gain_control: lifts a quiet voice: of 88 s of speech that are 30 dB too quiet, Silero notices 2 s more. It lifts
            what is left of the echo as well, of which twice as much then passes for speech; hence off.
        high_pass: takes out hum and rumble; WebRTC always does so while it cancels echo.
    """

    echo_cancellation: bool = True
    noise_suppression: bool = True
    gain_control: bool = False
    high_pass: bool = True


class WebRtcEchoCanceller:
    """Finds delay and room by itself, and follows both; about 4 % of one core.

    In the first second of sound from the loudspeaker, while it learns the room, the microphone is silent; until 2.5 s
    it is, unless somebody is louder than the echo; see `ResidualEchoGate`. Where no echo arrives at all, it hears the
    user as he is; see `EchoPath`. What is played should come continuously, silence included: then the delay stays the
    same from one reply to the next.
    """

    sample_rate_hz: int = SPEECH_RATE_HZ

    def __init__(self, spec: EngineSpec) -> None:
        """
        Raises:
            EngineUnavailable: there is no native library for this machine.
            SettingError: an unknown option.
        """
        self._options = read(WebRtcOptions, spec.options, "options of the webrtc echo canceller")
        self.latency_samples = FRAME_SAMPLES
        if self._options.echo_cancellation:
            self.latency_samples += _CANCELLER_LAG_SAMPLES
        if self._options.noise_suppression:
            self.latency_samples += _SUPPRESSOR_LAG_SAMPLES
        self.reset()

    def reset(self) -> None:
        """Forgets the room, and what is under way."""
        from livekit.rtc.apm import AudioProcessingModule

        try:
            self._module = AudioProcessingModule(
                echo_cancellation=self._options.echo_cancellation,
                noise_suppression=self._options.noise_suppression,
                high_pass_filter=self._options.high_pass,
                auto_gain_control=self._options.gain_control,
            )
        except ImportError as error:  # livekit loads its library here
            raise EngineUnavailable(f"the webrtc echo canceller does not run on this machine: {error}") from error
        self.hears_others = False
        self._gate = ResidualEchoGate(self.latency_samples - FRAME_SAMPLES)
        self._level = EchoLevel()
        self._path = EchoPath()
        self._far = FarEnd()
        # The microphone is held back by one frame, so that of each of its frames the echo's origin is already here,
        # although the far end's resampler keeps some milliseconds and a frame that is not complete waits.
        self._near = bytearray(SILENCE)
        self._clean = bytearray()

    def played(self, chunk: Audio) -> None:
        """Takes note of what the loudspeaker was given; at most a second ahead of the microphone."""
        self._far.append(chunk)

    def cancel(self, chunk: Audio) -> Audio:
        """The microphone's signal without the echo, `latency_samples` later.

        Raises:
            AudioError: the chunk is not at 16 kHz.
        """
        if chunk.sample_rate_hz != self.sample_rate_hz:
            raise AudioError(f"the echo canceller takes {self.sample_rate_hz} Hz, not {chunk.sample_rate_hz} Hz")
        self._near += to_pcm16(chunk)
        self.hears_others = False
        while len(self._near) >= FRAME_BYTES:
            self._clean += self._cancel_frame(taken(self._near, FRAME_BYTES))
        return from_pcm16(taken(self._clean, 2 * len(chunk.samples)), self.sample_rate_hz)

    def _cancel_frame(self, heard: bytes) -> bytes:
        far = self._far.take()
        self._module.process_reverse_stream(_frame(far))
        frame = _frame(heard)
        self._module.process_stream(frame)  # in place
        clean = bytes(frame.data.cast("B"))
        if not self._options.echo_cancellation:
            return clean
        return to_pcm16(Audio(self._gated(*(_samples(pcm) for pcm in (far, heard, clean))), self.sample_rate_hz))

    def _gated(self, far: Samples, heard: Samples, clean: Samples) -> Samples:
        self._path.hear(far, heard)
        if self._path.has_appeared:
            self._level = EchoLevel()
            self._gate.learn_anew()
        hears_others = self._level.excess_db(far, heard) > _OTHERS_DB
        self.hears_others |= hears_others
        return self._gate.apply(far, heard, clean, Suspicion(hears_others, self._path.is_absent))


def _frame(pcm: bytes) -> AudioFrame:
    from livekit.rtc import AudioFrame

    return AudioFrame(bytearray(pcm), SPEECH_RATE_HZ, 1, FRAME_SAMPLES)


def _samples(pcm: bytes) -> Samples:
    return from_pcm16(pcm, SPEECH_RATE_HZ).samples

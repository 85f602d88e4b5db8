"""Echo cancellation by WebRTC's audio processing module (AEC3, as livekit packs it). No torch: it runs in the process
of the conversation.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.audio import SPEECH_RATE_HZ, Resampler, from_pcm16, to_pcm16
from models.errors import AudioError, EngineUnavailable
from models.settings import read
from models.types import Audio, EngineSpec

_FRAME_SAMPLES = SPEECH_RATE_HZ // 100  # WebRTC takes exactly 10 ms at a time
_FRAME_BYTES = 2 * _FRAME_SAMPLES
_SILENCE = bytes(_FRAME_BYTES)
# What is older than this while the microphone stands still has died away in any room.
_LONGEST_LEAD_BYTES = 2 * SPEECH_RATE_HZ
# Of WebRTC's own filters, measured with white noise: two AEC3 blocks, the overlap of the noise suppressor.
_CANCELLER_LAG_SAMPLES = 128
_SUPPRESSOR_LAG_SAMPLES = 96


@dataclass(frozen=True, slots=True)
class WebRtcOptions:
    """What is done to the microphone's signal.

    Attributes:
        echo_cancellation: off for headphones.
        noise_suppression: takes out steady noise.
        gain_control: lifts a quiet voice.
        high_pass: takes out hum and rumble; WebRTC always does so while it cancels echo.
    """

    echo_cancellation: bool = True
    noise_suppression: bool = True
    gain_control: bool = False
    high_pass: bool = True


class WebRtcEchoCanceller:
    """Finds delay and room by itself, and follows both; about 2 % of one core.

    What was played is matched to what the microphone heard by counting samples, 10 ms of one to 10 ms of the other,
    and not by the time at which chunks happen to arrive.
    """

    sample_rate_hz: int = SPEECH_RATE_HZ

    def __init__(self, spec: EngineSpec) -> None:
        """
        Raises:
            EngineUnavailable: there is no native library for this machine.
            SettingError: an unknown option.
        """
        self._options = read(WebRtcOptions, spec.options, "options of the webrtc echo canceller")
        self.latency_samples = _FRAME_SAMPLES
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
        self._resampler = Resampler(self.sample_rate_hz, self.sample_rate_hz)
        self._far = bytearray()
        # The microphone is held back by one frame, so that of each of its frames the echo's origin is already here,
        # although the resampler keeps some milliseconds and a frame that is not complete waits.
        self._near = bytearray(_SILENCE)
        self._clean = bytearray()

    def played(self, chunk: Audio) -> None:
        """Takes note of what the loudspeaker was given; of more than the last second before the microphone's own time,
        the oldest is forgotten.
        """
        if self._resampler.input_hz != chunk.sample_rate_hz:
            self._resampler = Resampler(chunk.sample_rate_hz, self.sample_rate_hz)
        self._far += to_pcm16(self._resampler.feed(chunk))
        del self._far[:-_LONGEST_LEAD_BYTES]

    def cancel(self, chunk: Audio) -> Audio:
        """The microphone's signal without the echo, `latency_samples` later.

        Raises:
            AudioError: the chunk is not at 16 kHz.
        """
        if chunk.sample_rate_hz != self.sample_rate_hz:
            raise AudioError(f"the echo canceller takes {self.sample_rate_hz} Hz, not {chunk.sample_rate_hz} Hz")
        self._near += to_pcm16(chunk)
        while len(self._near) >= _FRAME_BYTES:
            self._clean += self._cancel_frame(_taken(self._near, _FRAME_BYTES))
        return from_pcm16(_taken(self._clean, 2 * len(chunk.samples)), self.sample_rate_hz)

    def _cancel_frame(self, heard: bytes) -> memoryview:
        from livekit.rtc import AudioFrame

        far = _taken(self._far, _FRAME_BYTES) if len(self._far) >= _FRAME_BYTES else _SILENCE
        self._module.process_reverse_stream(AudioFrame(bytearray(far), self.sample_rate_hz, 1, _FRAME_SAMPLES))
        frame = AudioFrame(bytearray(heard), self.sample_rate_hz, 1, _FRAME_SAMPLES)
        self._module.process_stream(frame)  # in place
        return frame.data.cast("B")


def _taken(buffer: bytearray, n_bytes: int) -> bytes:
    """The first bytes, which leave the buffer."""
    head = bytes(buffer[:n_bytes])
    del buffer[:n_bytes]
    return head

"""The far end of an echo canceller: what the loudspeaker was given, 10 ms for each 10 ms of the microphone."""

from __future__ import annotations

from models.audio import SPEECH_RATE_HZ, Resampler, to_pcm16
from models.types import Audio

FRAME_SAMPLES = SPEECH_RATE_HZ // 100
FRAME_BYTES = 2 * FRAME_SAMPLES
SILENCE = bytes(FRAME_BYTES)
# What is older than this while the microphone stands still has died away in any room.
_LONGEST_LEAD_BYTES = 2 * SPEECH_RATE_HZ
# Two clocks drift apart, up to 60 ms in 10 minutes. What is left of the lead at its lowest must not run out within a
# sentence, nor grow until a sound comes later than its echo, which takes 20 ms and more. A frame lies between the two,
# so that what corrects the one does not lead to the other.
_LEAST_BYTES = FRAME_BYTES // 2
_MOST_BYTES = 3 * FRAME_BYTES // 2
_WATCHED_FRAMES = 100  # chunks of any usual length have come and gone within a second


class FarEnd:
    """Matches by counting samples, not by the moment at which chunks happen to arrive.

    The lead is what was played and has not been taken. Where drift, or a microphone that stood still, has made it too
    short or too long, silence is added or left out, always within silence: each time the canceller has to find the echo
    anew.
    """

    def __init__(self) -> None:
        self._lead = bytearray()
        self._resampler = Resampler(SPEECH_RATE_HZ, SPEECH_RATE_HZ)
        self._watched_frames = 0
        self._lowest_bytes = _LONGEST_LEAD_BYTES

    def append(self, chunk: Audio) -> None:
        """Of more than a second that nobody takes, the oldest is forgotten."""
        if self._resampler.input_hz != chunk.sample_rate_hz:
            self._resampler = Resampler(chunk.sample_rate_hz, SPEECH_RATE_HZ)
        self._lead += to_pcm16(self._resampler.feed(chunk))
        del self._lead[:-_LONGEST_LEAD_BYTES]

    def take(self) -> bytes:
        """The next frame as PCM16; silence where nothing, or not yet a whole frame, was played."""
        if len(self._lead) < FRAME_BYTES:
            self._watch()
            return SILENCE
        if self._watched_frames >= _WATCHED_FRAMES and self._lead.startswith(SILENCE):
            lowest_bytes = self._lowest_bytes
            self._watch()
            if lowest_bytes < _LEAST_BYTES:
                return SILENCE
            if lowest_bytes > _MOST_BYTES:
                silent_bytes = len(self._lead) - len(self._lead.lstrip(b"\0"))
                surplus_bytes = min(silent_bytes - FRAME_BYTES, lowest_bytes - _LEAST_BYTES)
                del self._lead[: surplus_bytes // FRAME_BYTES * FRAME_BYTES]
        frame = taken(self._lead, FRAME_BYTES)
        self._watched_frames += 1
        self._lowest_bytes = min(self._lowest_bytes, len(self._lead))
        return frame

    def _watch(self) -> None:
        self._watched_frames = 0
        self._lowest_bytes = _LONGEST_LEAD_BYTES


def taken(buffer: bytearray, n_bytes: int) -> bytes:
    """The first bytes, which leave the buffer."""
    head = bytes(buffer[:n_bytes])
    del buffer[:n_bytes]
    return head

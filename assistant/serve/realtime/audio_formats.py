"""Sound on the wire: bytes of one of the protocol's three formats to and from `Audio`, piece by piece."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from assistant.serve.realtime import g711
from models.audio import SPEECH_RATE_HZ, Resampler, from_pcm16, to_pcm16
from models.types import Audio

FormatName: TypeAlias = Literal["audio/pcm", "audio/pcmu", "audio/pcma"]

# The only rate of the protocol's PCM, and what the conversation plays at.
PCM_RATE_HZ = 24_000
_G711_RATE_HZ = 8_000
_LAWS: dict[FormatName, g711.Law] = {"audio/pcmu": "mu", "audio/pcma": "A"}


def bytes_per_second(name: FormatName) -> int:
    """Of sound in this format."""
    return 2 * PCM_RATE_HZ if name == "audio/pcm" else _G711_RATE_HZ


class Incoming:
    """What a client sends, at the rate at which speech is heard."""

    def __init__(self, name: FormatName) -> None:
        self.name = name
        self._half = b""
        rate_hz = PCM_RATE_HZ if name == "audio/pcm" else _G711_RATE_HZ
        self._resampler = Resampler(rate_hz, SPEECH_RATE_HZ)

    def feed(self, sound: bytes) -> Audio:
        """The next of it, 16 kHz. It may be cut anywhere, also within a sample."""
        if law := _LAWS.get(self.name):
            return self._resampler.feed(Audio(g711.decode(sound, law), _G711_RATE_HZ))
        sound = self._half + sound
        whole = len(sound) - len(sound) % 2
        self._half = sound[whole:]
        return self._resampler.feed(from_pcm16(sound[:whole], PCM_RATE_HZ))

    def flush(self) -> Audio:
        """The last few milliseconds; what is fed next is another signal."""
        self._half = b""
        return self._resampler.flush()


class Outgoing:
    """What a client is sent."""

    def __init__(self, name: FormatName, rate_hz: int = PCM_RATE_HZ) -> None:
        """
        Args:
            rate_hz: of what is fed.
        """
        self.name = name
        self._resampler = Resampler(rate_hz, PCM_RATE_HZ if name == "audio/pcm" else _G711_RATE_HZ)

    def feed(self, audio: Audio) -> bytes:
        """The next of it."""
        return self._coded(self._resampler.feed(audio))

    def flush(self) -> bytes:
        """The last few milliseconds; what is fed next is another signal."""
        return self._coded(self._resampler.flush())

    def _coded(self, audio: Audio) -> bytes:
        if law := _LAWS.get(self.name):
            return g711.encode(audio.samples, law)
        return to_pcm16(audio)


def encoded(audio: Audio, name: FormatName) -> bytes:
    """All of a recording at once."""
    if not len(audio.samples):
        return b""
    outgoing = Outgoing(name, audio.sample_rate_hz)
    return outgoing.feed(audio) + outgoing.flush()


def decoded(sound: bytes, name: FormatName) -> Audio:
    """All of a recording at once, 16 kHz."""
    incoming = Incoming(name)
    pieces = [incoming.feed(sound).samples, incoming.flush().samples]
    return Audio(np.concatenate(pieces), SPEECH_RATE_HZ)

"""Microphone and loudspeaker of this machine as a sound card of a conversation; devices may come and go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from assistant.apps.portaudio_streams import Streams
from assistant.apps.sound_devices import find_device, look_again
from assistant.errors import NoSoundDevice
from assistant.live.playback import Playback
from assistant.live.sound_card import Heard
from models.audio import SPEECH_RATE_HZ
from models.types import Audio

_log = logging.getLogger(__name__)

# The rate of most voices; a device that cannot is served in its own rate.
_PLAYBACK_RATE_HZ = 24_000
# From a loss to the first try, and to the last ones: a plug that was pulled by mistake is back within seconds.
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.25, 4.0


@dataclass(frozen=True, slots=True)
class Devices:
    """A part of the name of each; "": the default one."""

    microphone: str = ""
    loudspeaker: str = ""


class PortAudioCard:
    """Plays and hears until it is no longer read from.

    Attributes:
        playback: 24 kHz.
        dropped: frames of the microphone that were lost because nobody took them in time.
    """

    def __init__(self, devices: Devices, on_played: Callable[[Audio], None], notify: Callable[[str], None]) -> None:
        """
        Args:
            on_played: takes what the loudspeaker plays, silence included.
            notify: told when a device is gone, and when it is back.

        Raises:
            NoSoundDevice: there is no such device.
        """
        self.playback = Playback(_PLAYBACK_RATE_HZ)
        self.dropped = 0
        self._devices = devices
        self._on_played = on_played
        self._notify = notify
        self._open()  # tells at once what is missing

    async def frames(self) -> AsyncGenerator[Heard, None]:
        """A frame every 20 ms. While a device is gone, none: what is left to play waits until it is back.

        Raises:
            NoSoundDevice: the devices cannot be opened in the first place.
        """
        streams = self._open()
        while True:
            async with streams:
                async for heard in streams.heard():
                    self._on_played(heard.loudspeaker)
                    yield heard
            self.dropped += streams.dropped
            self._notify("A sound device is gone. The conversation goes on when it is back.")
            streams = await self._reopened()
            self._notify("The sound devices are back.")

    async def _reopened(self) -> Streams:
        pause_s = _FIRST_PAUSE_S
        while True:
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            try:
                await asyncio.to_thread(look_again)
                return self._open()
            except NoSoundDevice as error:
                _log.info("not back yet: %s", error)

    def _open(self) -> Streams:
        microphone = find_device("input", self._devices.microphone, SPEECH_RATE_HZ)
        loudspeaker = find_device("output", self._devices.loudspeaker, self.playback.sample_rate_hz)
        return Streams(microphone, loudspeaker, self.playback)

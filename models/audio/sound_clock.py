"""Which sound of a file is heard, and when its frames are, on the clock of the file: players keep to that one, so what
is timed by counting samples must know of every hole in the sound, and of a sound that begins behind the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer

# Clocks are written in milliseconds or so, and frames take 20 to 100 of them; captions that are off by less than a
# tenth of a second are not seen to be.
_HOLE_S = 0.1
# Where a file does not say its length, a longer leap is one of its clock only, as where a broadcast was cut.
_LONGEST_HOLE_S = 3600.0
# A clock that goes back by more has begun anew.
_BACK_S = 1.0


def heard_stream(container: InputContainer) -> AudioStream | None:
    """The sound that players choose: the one that is marked as the default, else the first; None without any."""
    streams = container.streams.audio
    chosen = (stream for stream in streams if stream.disposition & stream.disposition.default)
    return next(chosen, next(iter(streams), None))


class SoundClock:
    """Follows the frames of a file's sound, and says how long it is silent before each."""

    def __init__(self, container: InputContainer) -> None:
        import av

        start, duration = container.start_time, container.duration
        self._until_s = None if start is None else start / av.time_base
        self._end_s = (start or 0) / av.time_base + duration / av.time_base if duration else None

    def silence_before_s(self, frame: AudioFrame) -> float:
        """Seconds that are missing between the frame before, or the start of the file, and this one; mostly 0."""
        length_s = frame.samples / frame.sample_rate
        at_s, until_s = frame.time, self._until_s
        if at_s is None:
            self._until_s = None if until_s is None else until_s + length_s
            return 0.0
        hole_s = 0.0 if until_s is None else at_s - until_s
        is_off = until_s is None or hole_s > _HOLE_S or hole_s < -_BACK_S
        self._until_s = (at_s if is_off or until_s is None else until_s) + length_s
        return hole_s if hole_s > _HOLE_S and self._is_believable(hole_s, at_s) else 0.0

    def _is_believable(self, hole_s: float, at_s: float) -> bool:
        return at_s <= self._end_s if self._end_s is not None else hole_s <= _LONGEST_HOLE_S

"""In which language each window of a stretch is heard, where nobody has chosen one.

Whisper takes each window for one language. Where another begins within a window, it leaves out what was said in it, and
is sure of its words all the same; only of the language it is less sure. And of a short sound it guesses the language.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from assistant.captions.heard_window import Hear, HeardWindow
from assistant.captions.left_out import with_left_out
from assistant.captions.windows import Window, WindowRules, packed
from models.types import Audio

# On less speech than this Whisper's guess of the language is worth little.
_TELLS_S = 4.0
# A speaker of another language is seldom quicker to answer, and nobody changes the language within a clause.
_CHANGE_PAUSE_S = 0.5
# Windows of one language have 0.86 and more with Whisper base, but for one of 43; half of those with two have less.
_DOUBTFUL = 0.85
# Where a stretch has two languages, most windows of one have more than this, and all those of two less.
_DOUBTFUL_AMONG_SEVERAL = 0.98
# A part in another language is believed where that is heard clearly; recordings of one sentence have 0.92 and more.
_CLEAR = 0.8


async def in_their_languages(hear: Hear, windows: Sequence[tuple[Window, Audio]]) -> list[HeardWindow]:
    """Each window as it is heard in its own language, and where one holds several, in parts."""
    heard = await with_left_out(hear, await _parted(hear, await hear(windows, None)), None)
    doubted = {each.window: others for place, each in enumerate(heard) if (others := _others(heard, place))}
    best = {each.window: each for each in heard}
    for language in sorted(set().union(*doubted.values())):
        strange = [each for each in heard if language in doubted.get(each.window, ())]
        for again in await hear([(each.window, each.sound) for each in strange], language):
            best[again.window] = max(again, best[again.window], key=lambda each: each.surety)
    return [best[each.window] for each in heard]


def _others(heard: Sequence[HeardWindow], place: int) -> set[str]:
    """The languages that a short window may be in instead of its own: the one that is spoken most, and that of a
    neighbour of which it is heard more clearly."""
    own = heard[place]
    if own.window.speech_s >= _TELLS_S:
        return set()
    around = heard[max(0, place - 1) : place + 2]
    clearer = {each.language for each in around if each.language_probability > own.language_probability}
    return {_most_spoken(heard), *clearer} - {own.language}


async def _parted(hear: Hear, heard: Sequence[HeardWindow]) -> list[HeardWindow]:
    """Windows of which the language is in doubt, heard in parts where these are clearly of several languages."""
    enough = _DOUBTFUL_AMONG_SEVERAL if len({each.language for each in heard}) > 1 else _DOUBTFUL
    doubtful = {each.window: parts for each in heard if each.language_probability < enough and (parts := _parts(each))}
    again = await hear(list(chain.from_iterable(doubtful.values())), None)
    found: list[HeardWindow] = []
    for each in heard:
        own = {window for window, _ in doubtful.get(each.window, ())}
        heard_apart = [part for part in again if part.window in own]
        clear = {part.language for part in heard_apart if part.language_probability >= _CLEAR}
        found += heard_apart if len(clear) > 1 else [each]
    return found


def _parts(heard: HeardWindow) -> list[tuple[Window, Audio]]:
    """The window, cut at its pauses; none where it has no pause."""
    windows = list(packed(heard.window.spans, replace(WindowRules(), pause_s=_CHANGE_PAUSE_S)))
    if len(windows) == 1:
        return []
    return [heard.part(window) for window in windows]


def _most_spoken(heard: Sequence[HeardWindow]) -> str:
    spoken_s: defaultdict[str, float] = defaultdict(float)
    for each in heard:
        spoken_s[each.language] += each.window.speech_s
    return max(spoken_s, key=spoken_s.__getitem__, default="")

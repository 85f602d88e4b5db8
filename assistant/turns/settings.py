"""The profile's table [turn_taking]: how soon an utterance begins, ends and interrupts. Times in seconds."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import pairwise

# Each must be at least the one before it: an utterance passes them in this order while the user is silent.
_SILENCES = (
    "pause_s",
    "soft_end_s",
    "complete_silence_s",
    "unjudged_silence_s",
    "incomplete_silence_s",
    "longest_silence_s",
)
_PROBABILITIES = (
    "onset_threshold",
    "onset_threshold_during_reply",
    "release_threshold",
    "complete_threshold",
    "surely_complete_threshold",
    "sure_threshold",
)


@dataclass(frozen=True, slots=True)
class TurnTakingSettings:
    """
    Raises:
        ValueError: a value is out of range, or two of them contradict each other.
    """

    # Speech begins at the first probability and ends below the other. 0.5 and 0.15 less are what the authors of Silero
    # recommend; the gap keeps a probability that trembles around one threshold from cutting a word.
    onset_threshold: float = 0.5
    release_threshold: float = 0.35
    # What is left of the assistant's own voice after echo cancellation must not look like the user's.
    onset_threshold_during_reply: float = 0.6
    # Two frames: a click of a key or a mouse rarely lasts longer.
    onset_s: float = 0.06
    # One frame: a quieter voice that was not meant to be is hardly noticed, one that goes on unchanged is.
    duck_after_s: float = 0.03
    # A sound that ducked or held the reply before it was known to be speech: if it is, the detector says so by then. A
    # canceller takes up to 0.4 s to let a voice through.
    longest_startle_s: float = 0.4
    # Detectors notice soft consonants late; Whisper needs them to hear the first word.
    pre_roll_s: float = 0.3
    # Two frames: time to begin the transcript that may be the final one. Begun between words, it costs nothing but the
    # partial one that it replaces.
    pause_s: float = 0.06
    # Stops inside of words ("p", "t", "k") stay below 0.2 s; the reply is prepared from here on.
    soft_end_s: float = 0.2
    # Voice and words are surely complete: no longer than it takes to be sure. The reply sounds half a second later,
    # and who goes on before that is answered as a whole.
    complete_silence_s: float = 0.2
    # No verdict came, or a half-hearted one, or the voice sounds complete but the transcript has no full stop: the
    # fixed silence of assistants without an end-of-turn model.
    unjudged_silence_s: float = 0.7
    # "I would like, um, …": people who think this long have mostly stopped for good.
    incomplete_silence_s: float = 1.5
    # No transcript came either: the utterance ends all the same, and whoever transcribes it finds out what it was.
    longest_silence_s: float = 2.5
    # The end-of-turn model gives 0.97 and more to most complete sentences, 0.25 and less to most cut ones …
    complete_threshold: float = 0.5
    # … and this to four of five of the former; of 21 pauses between clauses of recorded speech to 4, to 7 more than
    # half.
    surely_complete_threshold: float = 0.9
    # Of sound that is no echo, be it known for speech or not. A key is shorter. Who makes a longer sound wants to hear
    # himself; after a cough the reply goes on where it was.
    hold_after_s: float = 0.12
    # Sound over a reply in which no words were found by then is not speech, and the reply goes on.
    longest_hold_s: float = 3.0
    # Speech that nobody has transcribed yet: "mhm" and "okay" take 0.3-0.7 s, so what lasts longer counts as words.
    longest_backchannel_s: float = 1.0
    # What Whisper makes of a murmur is a guess, less probable than this: of 160 murmurs of two voices 38 were heard as
    # words, none of them with more than 0.63; of 160 short interruptions 7 with less, commands left out …
    sure_threshold: float = 0.63
    # … and longer sounds are believed: "mhm, okay", drawn out, takes 0.9 s.
    unsure_speech_s: float = 0.9
    # "No" takes 0.15 s, a door 0.1 s.
    shortest_speech_s: float = 0.12
    # A long utterance is split at the first pause after this …
    split_after_s: float = 20.0
    # … and without any pause here: with the pre-roll it still fits into the 30 s that Whisper hears at once.
    longest_utterance_s: float = 28.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in _PROBABILITIES:
                _check(0 < value < 1, f"{field.name} is {value}, not between 0 and 1")
            else:
                _check(0 <= value <= 60, f"{field.name} is {value}, not between 0 and 60 seconds")
        for shorter, longer in pairwise(_SILENCES):
            self._check_order(shorter, longer)
        self._check_order("release_threshold", "onset_threshold")
        self._check_order("onset_threshold", "onset_threshold_during_reply")
        self._check_order("complete_threshold", "surely_complete_threshold")
        self._check_order("duck_after_s", "onset_s")
        # Whose turn it is must be settled before an utterance is split.
        settled_s = self.longest_hold_s + self.longest_silence_s
        _check(
            settled_s <= self.split_after_s, f"longest_hold_s + longest_silence_s = {settled_s} is above split_after_s"
        )
        self._check_order("split_after_s", "longest_utterance_s")

    def threshold(self, is_voiced: bool, is_reply_audible: bool) -> float:
        """The probability from which on a frame counts as speech, after one that did or did not."""
        if is_voiced:
            return self.release_threshold
        return self.onset_threshold_during_reply if is_reply_audible else self.onset_threshold

    def _check_order(self, lower: str, upper: str) -> None:
        low, high = getattr(self, lower), getattr(self, upper)
        _check(low <= high, f"{lower} = {low} is above {upper} = {high}")


def _check(is_right: bool, message: str) -> None:
    if not is_right:
        raise ValueError(message)

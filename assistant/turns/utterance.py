"""What turn taking knows of the utterance that is running. Positions count samples since the conversation began."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.phrases.spoken_control import spoken_command
from assistant.turns.open_endings import is_closed, is_open
from assistant.turns.reactions import Reaction, reaction
from assistant.turns.settings import TurnTakingSettings


@dataclass(slots=True)
class RunningUtterance:
    """
    Attributes:
        start: where its audio begins, pre-roll included.
        onset: first sample of speech.
        speech_end: last sample of speech so far.
        spoken: samples of speech between them, without the pauses.
        unnoticed: samples before the onset in which something sounded that only then was known to be speech.
        read_to: end of the audio that the newest transcript covers; before the first, where the utterance was noticed,
            for what covers less belongs to the one before.
        paused, soft_end: where these were decided for the newest silence.
        certainty: probability of the newest transcript's words, their geometric mean.
        complete: verdict of the end-of-turn model on that silence.
    """

    start: int
    onset: int
    speech_end: int
    spoken: int
    read_to: int
    unnoticed: int = 0
    text: str = ""
    language: str = ""
    reaction: Reaction = Reaction.NOTHING
    certainty: float = 1.0
    paused: int = 0
    soft_end: int | None = None
    complete: float | None = None

    @property
    def is_read(self) -> bool:
        """Whether the newest transcript covers all that was said."""
        return self.read_to >= self.speech_end

    @property
    def sounded(self) -> int:
        """Samples since the user began to make himself heard, without the pauses."""
        return self.unnoticed + self.spoken

    @property
    def unread(self) -> int:
        """Samples that were said after the end of the newest transcript."""
        return max(0, self.speech_end - self.read_to)

    def is_understood(self, settings: TurnTakingSettings, sample_rate_hz: int) -> bool:
        """Whether the transcript has words, and they are no guess at a murmur. Commands are believed at once."""
        if self.reaction is not Reaction.WORDS:
            return False
        is_short = self.spoken < settings.unsure_speech_s * sample_rate_hz
        return not (is_short and self.certainty < settings.sure_threshold) or bool(
            spoken_command(self.text, self.language)
        )

    def carries_words(self, settings: TurnTakingSettings, sample_rate_hz: int) -> bool:
        """The same, or it goes on for so long since the newest transcript that there must be words in it."""
        is_long = self.unread >= settings.longest_backchannel_s * sample_rate_hz
        return is_long or self.is_understood(settings, sample_rate_hz)

    def read(self, text: str, language: str, end: int, certainty: float) -> bool:
        """Takes a transcript, unless it brings nothing new: returns whether it did."""
        if end <= self.read_to:
            return False
        self.text, self.language, self.read_to = text, language, end
        self.certainty = certainty
        self.reaction = reaction(text)
        return True

    def resume(self, run: int, now: int) -> None:
        """The last `run` samples were speech again: what was known of the silence is void."""
        self.spoken += run
        self.speech_end = now
        self.soft_end = self.complete = None

    def needed_silence_s(self, settings: TurnTakingSettings) -> float:
        """The silence that ends it: short once both the voice and the words surely sound finished."""
        sounds_cut = self.complete is not None and self.complete < settings.complete_threshold
        if sounds_cut or is_open(self.text, self.language):
            return settings.incomplete_silence_s
        is_sure = self.complete is not None and self.complete >= settings.surely_complete_threshold
        if not is_sure or not is_closed(self.text, self.language):
            return settings.unjudged_silence_s
        return settings.complete_silence_s

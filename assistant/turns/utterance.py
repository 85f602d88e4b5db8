"""What turn taking knows of the utterance that is running. Positions count samples since the conversation began."""

from __future__ import annotations

from dataclasses import dataclass

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
        read_to: end of the audio that the newest transcript covers; before the first, where the utterance was noticed,
            for what covers less belongs to the one before.
        paused, soft_end: where these were decided for the newest silence.
        complete: verdict of the end-of-turn model on that silence.
    """

    start: int
    onset: int
    speech_end: int
    spoken: int
    read_to: int
    text: str = ""
    language: str = ""
    reaction: Reaction = Reaction.NOTHING
    paused: int = 0
    soft_end: int | None = None
    complete: float | None = None

    @property
    def is_read(self) -> bool:
        """Whether the newest transcript covers all that was said."""
        return self.read_to >= self.speech_end

    @property
    def unread(self) -> int:
        """Samples that were said after the end of the newest transcript."""
        return max(0, self.speech_end - self.read_to)

    def read(self, text: str, language: str, end: int) -> bool:
        """Takes a transcript, unless it brings nothing new: returns whether it did."""
        if end <= self.read_to:
            return False
        self.text, self.language, self.read_to = text, language, end
        self.reaction = reaction(text)
        return True

    def resume(self, run: int, now: int) -> None:
        """The last `run` samples were speech again: what was known of the silence is void."""
        self.spoken += run
        self.speech_end = now
        self.soft_end = self.complete = None

    def needed_silence_s(self, settings: TurnTakingSettings) -> float:
        """The silence that ends it: short once both the voice and the words sound finished."""
        sounds_cut = self.complete is not None and self.complete < settings.complete_threshold
        if sounds_cut or is_open(self.text, self.language):
            return settings.incomplete_silence_s
        if self.complete is None or not is_closed(self.text, self.language):
            return settings.unjudged_silence_s
        return settings.complete_silence_s

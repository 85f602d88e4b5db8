"""Who is speaking, and whose turn it is. Sans-IO: probabilities, verdicts and transcripts in, decisions out; time is
counted in samples. All transitions are in this file.

The user                                       The reply
--------                                       ---------
SILENT --SpeechStarted--> SPEAKING             SILENT --reply_started--> AUDIBLE
SPEAKING --Paused--> PAUSED                    AUDIBLE --Ducked--> DUCKED            a sound that is no echo, or speech
PAUSED --SoftEnded--> SOFT_ENDED               DUCKED --Held--> HELD                 and it lasts
PAUSED, SOFT_ENDED --SpeechResumed--> SPEAKING DUCKED, HELD --BargedIn--> SILENT     words
SOFT_ENDED --UtteranceEnded--> SILENT          DUCKED, HELD --ReplyResumed--> AUDIBLE
any --UtteranceDropped--> SILENT or IGNORED    any --reply_ended--> SILENT
IGNORED --silence--> SILENT
IGNORED --SpeechStarted--> SPEAKING            after a long noise over a reply, which words may follow

IGNORED: sound that turned out to be none of the user's speech, and still goes on.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.turns.decisions import (
    BargedIn,
    Decision,
    DropReason,
    Ducked,
    Held,
    Paused,
    ReplyResumed,
    SoftEnded,
    SpeechResumed,
    SpeechStarted,
    UtteranceDropped,
    UtteranceEnded,
)
from assistant.turns.reactions import Reaction
from assistant.turns.settings import TurnTakingSettings
from assistant.turns.startle import Startle
from assistant.turns.states import Reply, User
from assistant.turns.utterance import RunningUtterance


class TurnTaking:
    """One conversation. Every method returns what follows from its input, in order."""

    def __init__(self, settings: TurnTakingSettings, sample_rate_hz: int = 16000) -> None:
        self._settings = settings
        self._sample_rate_hz = sample_rate_hz
        self._now = 0
        self._user = User.SILENT
        self._reply = Reply.SILENT
        self._utterance: RunningUtterance | None = None
        self._is_voiced = False
        self._run = 0  # samples since `_is_voiced` last changed
        self._spent = 0  # end of the audio that belongs to utterances
        self._startle = Startle()

    def adopt(self, settings: TurnTakingSettings) -> None:
        """From now on these count, also for the utterance that is running."""
        self._settings = settings

    def hear(self, probability: float, n_samples: int) -> tuple[Decision, ...]:
        """
        Args:
            probability: that the next `n_samples` of the microphone are speech.
            n_samples: length of one frame of voice activity detection.
        """
        self._now += n_samples
        is_voiced = probability >= self._settings.threshold(self._is_voiced, self._reply is not Reply.SILENT)
        self._run = self._run + n_samples if is_voiced == self._is_voiced else n_samples
        self._is_voiced = is_voiced
        match self._user:
            case User.SILENT:
                return tuple(self._hear_first())
            case User.SPEAKING:
                return tuple(self._hear_speech(self._running(), n_samples))
            case User.PAUSED | User.SOFT_ENDED:
                return tuple(self._hear_silence(self._running()))
            case User.IGNORED:
                if not is_voiced and self._run >= self._samples(self._settings.soft_end_s):
                    self._user = User.SILENT
        return ()

    def startle(self, n_samples: int) -> tuple[Decision, ...]:
        """Something sounds that is louder than the reply's echo: a word that begins, or a noise. Nobody knows yet.

        To be called as long as it sounds. It ducks the reply once, and holds it if it lasts, until it turns out to be
        speech or not.

        Args:
            n_samples: for how long it has sounded since the last call.
        """
        longest = self._samples(self._settings.longest_startle_s)
        is_new = self._startle.hear(self._now, n_samples, longest)
        decisions: list[Decision] = []
        if is_new and self._reply is Reply.AUDIBLE and self._user is User.SILENT:
            decisions += self._duck()
        if self._startle.lasts(self._now, self._samples(self._settings.hold_after_s), longest):
            decisions += self._hold()
        return tuple(decisions)

    def judge(self, soft_end_sample: int, complete: float) -> tuple[Decision, ...]:
        """The verdict of the end-of-turn model.

        Args:
            soft_end_sample: `sample` of the `SoftEnded` that it answers; ignored if the user has spoken since then.
            complete: probability that the user has finished.
        """
        if self._utterance is None or self._utterance.soft_end != soft_end_sample:
            return ()
        self._utterance.complete = complete
        return tuple(self._conclude())

    def read(self, text: str, language: str, end_sample: int, certainty: float = 1.0) -> tuple[Decision, ...]:
        """A transcript of the utterance from its start to `end_sample`, which also tells partial from final.

        Ignored where it is older than the one before it or belongs to an utterance that is over.

        Args:
            text: empty where nothing was understood.
            language: ISO 639-1 code.
            end_sample: end of the audio that was transcribed.
            certainty: probability of what was understood, in [0, 1].
        """
        utterance = self._utterance
        if utterance is None or not utterance.read(text, language, end_sample, certainty):
            return ()
        return (*self._contest(utterance), *self._conclude())

    def reply_started(self) -> tuple[Decision, ...]:
        """The assistant becomes audible; harmless if it already is."""
        if self._reply is not Reply.SILENT:
            return ()
        self._reply = Reply.AUDIBLE
        if self._utterance is None:
            return ()
        return (*self._duck(), *self._contest(self._utterance), *self._conclude())

    def reply_ended(self) -> tuple[Decision, ...]:
        """The assistant is no longer audible, for whatever reason; harmless if it already was not."""
        self._reply = Reply.SILENT
        return tuple(self._conclude())

    def _hear_first(self) -> Iterator[Decision]:
        if not self._is_voiced:
            if self._startled() is None:
                yield from self._resume_reply()
            return
        if self._reply is Reply.AUDIBLE and self._run >= self._samples(self._settings.duck_after_s):
            yield from self._duck()
        if self._run >= self._samples(self._settings.onset_s):
            onset = self._now - self._run
            yield from self._start(self._start_of(onset), onset)
            yield from self._contest(self._running())

    def _hear_speech(self, utterance: RunningUtterance, n_samples: int) -> Iterator[Decision]:
        if not self._is_voiced:
            if self._run >= self._samples(self._settings.pause_s):
                self._user = User.PAUSED
                utterance.paused = self._now
                yield Paused(self._now)
            return
        utterance.spoken += n_samples
        utterance.speech_end = self._now
        yield from self._contest(utterance)
        if self._now - utterance.start >= self._samples(self._settings.longest_utterance_s):
            yield from self._split(utterance, self._now, self._now)

    def _hear_silence(self, utterance: RunningUtterance) -> Iterator[Decision]:
        if self._is_voiced:
            if self._run >= self._samples(self._settings.onset_s):
                yield from self._resume_speech(utterance)
        elif self._user is User.SOFT_ENDED:
            yield from self._conclude()
        elif self._now - utterance.speech_end >= self._samples(self._settings.soft_end_s):
            if utterance.spoken < self._samples(self._settings.shortest_speech_s):
                yield from self._drop(utterance, "too short")
                return
            self._user = User.SOFT_ENDED
            utterance.soft_end = self._now
            yield SoftEnded(self._now)
            yield from self._conclude()

    def _start(self, start: int, onset: int) -> Iterator[Decision]:
        self._user = User.SPEAKING
        self._utterance = RunningUtterance(start, onset, self._now, self._now - onset, read_to=self._now)
        if (began := self._startled()) is not None:
            self._utterance.unnoticed = max(0, onset - began)
        yield SpeechStarted(self._now, start)

    def _resume_speech(self, utterance: RunningUtterance) -> Iterator[Decision]:
        self._user = User.SPEAKING
        yield SpeechResumed(self._now)
        onset = self._now - self._run
        if onset - utterance.start >= self._samples(self._settings.split_after_s):
            start = max(utterance.paused, onset - self._samples(self._settings.pre_roll_s))
            yield from self._split(utterance, start, onset)
            return
        utterance.resume(self._run, self._now)
        yield from self._contest(utterance)

    def _split(self, utterance: RunningUtterance, start: int, onset: int) -> Iterator[Decision]:
        """Ends an utterance that is too long; the next one begins at `start`."""
        if utterance.reaction is Reaction.NOTHING and not utterance.carries_words(self._settings, self._sample_rate_hz):
            yield from self._drop(utterance, "no words")
            return
        self._spent = start
        yield UtteranceEnded(self._now, utterance.start, start, utterance.speech_end, is_forced=True)
        yield from self._start(start, onset)

    def _contest(self, utterance: RunningUtterance) -> Iterator[Decision]:
        """The user speaks while the assistant is audible: whose turn is it?"""
        if not self._is_contested():
            return
        if utterance.is_understood(self._settings, self._sample_rate_hz):
            yield from self._barge_in()
            return
        if utterance.sounded >= self._samples(self._settings.hold_after_s):
            yield from self._hold()
        if utterance.speech_end - utterance.onset >= self._samples(self._settings.longest_hold_s):
            if utterance.reaction is not Reaction.NOTHING:
                yield from self._barge_in()  # nobody murmurs for so long: more will follow, and must not be lost
                return
            yield from self._decide(utterance)
            if self._user is User.IGNORED:  # what follows may be speech: heard as well, but the reply goes on
                yield from self._start(self._start_of(self._now), self._now)

    def _conclude(self) -> Iterator[Decision]:
        """Ends or drops the utterance after a soft end, once that is certain. Waits while a sound has just begun."""
        utterance = self._utterance
        if utterance is None or self._user is not User.SOFT_ENDED or self._is_voiced:
            return
        silence = self._now - utterance.speech_end
        if not utterance.is_read and silence < self._samples(self._settings.longest_silence_s):
            return
        if self._is_contested():
            yield from self._decide(utterance)
        elif utterance.is_read and utterance.reaction is Reaction.NOTHING:
            yield from self._drop(utterance, "no words")
        if self._utterance is None or silence < self._samples(utterance.needed_silence_s(self._settings)):
            return
        if utterance.is_read and utterance.reaction is Reaction.HESITATION:
            yield from self._drop(utterance, "hesitation")
            return
        self._user, self._utterance = User.SILENT, None
        self._spent = utterance.paused
        yield UtteranceEnded(self._now, utterance.start, utterance.paused, utterance.speech_end)

    def _decide(self, utterance: RunningUtterance) -> Iterator[Decision]:
        """Settles a contested turn now, on what is known."""
        if utterance.carries_words(self._settings, self._sample_rate_hz):
            yield from self._barge_in()
        elif utterance.reaction is Reaction.NOTHING:
            yield from self._drop(utterance, "no words")
        else:
            yield from self._drop(utterance, "backchannel")

    def _drop(self, utterance: RunningUtterance, reason: DropReason) -> Iterator[Decision]:
        self._user = User.IGNORED if self._is_voiced else User.SILENT
        self._utterance = None
        yield UtteranceDropped(self._now, utterance.start, reason)
        yield from self._resume_reply()

    def _duck(self) -> Iterator[Decision]:
        self._reply = Reply.DUCKED
        yield Ducked(self._now)

    def _hold(self) -> Iterator[Decision]:
        if self._reply is Reply.DUCKED:
            self._reply = Reply.HELD
            yield Held(self._now)

    def _barge_in(self) -> Iterator[Decision]:
        self._reply = Reply.SILENT
        yield BargedIn(self._now)

    def _resume_reply(self) -> Iterator[Decision]:
        if self._is_contested():
            self._reply = Reply.AUDIBLE
            yield ReplyResumed(self._now)

    def _startled(self) -> int | None:
        return self._startle.began(self._now, self._samples(self._settings.longest_startle_s))

    def _is_contested(self) -> bool:
        return self._reply in (Reply.DUCKED, Reply.HELD)

    def _start_of(self, onset: int) -> int:
        return max(self._spent, onset - self._samples(self._settings.pre_roll_s))

    def _samples(self, duration_s: float) -> int:
        return round(duration_s * self._sample_rate_hz)

    def _running(self) -> RunningUtterance:
        assert self._utterance is not None, f"no utterance while {self._user}"
        return self._utterance

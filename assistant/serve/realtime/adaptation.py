"""What a session's settings mean for this assistant: a profile of its own. Pure."""

from __future__ import annotations

from dataclasses import replace

from assistant.config import Profile
from assistant.serve.errors import RequestError
from assistant.serve.names import voice_called
from assistant.serve.realtime.session_config import SemanticVad, ServerVad, SessionConfig, TokenLimit
from assistant.turns.settings import TurnTakingSettings

# The gap between the probabilities at which speech begins and ends, as the authors of Silero recommend.
_HYSTERESIS = 0.15
# Beside the profile's own: how much sooner or later the turn ends where voice and words do not say so.
_EAGERNESS = {"low": 2.5, "medium": 1.0, "auto": 1.0, "high": 0.6}


def adapted(profile: Profile, config: SessionConfig) -> Profile:
    """The profile with what the session changes.

    Raises:
        RequestError: it has no such voice.
    """
    ours = config.assistant
    transcription = config.audio.input.transcription
    language = ours.language or (transcription.spoken if transcription else "")
    return replace(
        profile,
        conversation=replace(profile.conversation, instructions=config.instructions, language=language),
        tts=replace(profile.tts, voice=_voice(profile, config.audio.output.voice_name)),
        turn_taking=turn_taking(profile.turn_taking, config.audio.input.turn_detection),
        sampling=replace(
            profile.sampling,
            temperature=ours.temperature,
            top_k=ours.top_k,
            top_p=ours.top_p,
            repetition_penalty=ours.repetition_penalty,
            seed=ours.seed,
            count_tokens=True,
            max_new_tokens=token_limit(profile, config.max_output_tokens),
        ),
    )


def _voice(profile: Profile, asked: str) -> str:
    try:
        return voice_called(profile, asked)
    except RequestError as refusal:
        param = "session.audio.output.voice"
        raise RequestError(refusal.status, refusal.code, str(refusal), param=param) from None


def token_limit(profile: Profile, limit: TokenLimit) -> int:
    """The most tokens of a reply: never more than the profile allows."""
    return profile.sampling.max_new_tokens if limit == "inf" else min(limit, profile.sampling.max_new_tokens)


def turn_taking(settings: TurnTakingSettings, wanted: ServerVad | SemanticVad | None) -> TurnTakingSettings:
    """The profile's turn taking, as the client wants it; None: it decides itself, and these do not count.

    Raises:
        RequestError: what is wanted contradicts the rest of the profile.
    """
    try:
        return _wanted(settings, wanted)
    except ValueError as error:
        param = "session.audio.input.turn_detection"
        raise RequestError(400, "invalid_value", f"{param}: {error}", param=param) from None


def _wanted(settings: TurnTakingSettings, wanted: ServerVad | SemanticVad | None) -> TurnTakingSettings:
    match wanted:
        case ServerVad():
            return _fixed_silence(settings, wanted)
        case SemanticVad(eagerness=eagerness):
            factor = _EAGERNESS[eagerness]
            unjudged_s = max(settings.complete_silence_s, factor * settings.unjudged_silence_s)
            incomplete_s = max(unjudged_s, factor * settings.incomplete_silence_s)
            return replace(
                settings,
                unjudged_silence_s=unjudged_s,
                incomplete_silence_s=incomplete_s,
                longest_silence_s=max(incomplete_s, settings.longest_silence_s),
            )
    return settings


def _fixed_silence(settings: TurnTakingSettings, wanted: ServerVad) -> TurnTakingSettings:
    silence_s = wanted.silence_duration_ms / 1000
    return replace(
        settings,
        onset_threshold=wanted.threshold,
        onset_threshold_during_reply=max(wanted.threshold, settings.onset_threshold_during_reply),
        release_threshold=max(0.01, wanted.threshold - _HYSTERESIS) if wanted.threshold > 0.01 else wanted.threshold,
        pre_roll_s=wanted.prefix_padding_ms / 1000,
        soft_end_s=max(settings.pause_s, min(settings.soft_end_s, silence_s)),
        complete_silence_s=silence_s,
        unjudged_silence_s=silence_s,
        incomplete_silence_s=silence_s,
        longest_silence_s=max(silence_s, settings.longest_silence_s),
    )

"""The settings of a realtime session: what a client may change with `session.update`, and what they are at first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias, TypeGuard

from pydantic import ConfigDict, Field, model_validator

from assistant.config import Profile
from assistant.serve.realtime.audio_formats import PCM_RATE_HZ, FormatName
from assistant.serve.realtime.shape import Shape, checked

Modality: TypeAlias = Literal["text", "audio"]
# The protocol's own limit.
_MOST_TOKENS = 4096
TokenLimit: TypeAlias = Annotated[int, Field(ge=1, le=_MOST_TOKENS)] | Literal["inf"]
# Longer ones would not fit into what a local model reads.
Instructions: TypeAlias = Annotated[str, Field(max_length=32_000)]
_MOST_TOOLS = 32
# ISO 639-1; "": any.
Language: TypeAlias = Annotated[str, Field(pattern="^([a-z]{2,3})?$")]


class Format(Shape):
    """`rate` is PCM's only."""

    type: FormatName = "audio/pcm"
    rate: Literal[24_000] | None = None

    def shown(self) -> dict[str, object]:
        return {"type": self.type, **({"rate": PCM_RATE_HZ} if self.type == "audio/pcm" else {})}


class ServerVad(Shape):
    """The turn ends after a fixed silence. `idle_timeout_ms`: what the user may be silent after a reply."""

    type: Literal["server_vad"]
    create_response: bool = True
    interrupt_response: bool = True
    threshold: float = Field(default=0.5, gt=0, lt=1)
    prefix_padding_ms: int = Field(default=300, ge=0, le=3_000)
    silence_duration_ms: int = Field(default=500, ge=100, le=10_000)
    idle_timeout_ms: int | None = Field(default=None, ge=1_000, le=60_000)


class SemanticVad(Shape):
    """The turn ends when voice and words say so, as in the profile's [turn_taking]."""

    type: Literal["semantic_vad"]
    create_response: bool = True
    interrupt_response: bool = True
    eagerness: Literal["low", "medium", "high", "auto"] = "auto"


TurnDetection: TypeAlias = Annotated[ServerVad | SemanticVad, Field(discriminator="type")]


class Transcription(Shape):
    """`model` may have any name: the server has only one. Of several languages it finds out itself which is spoken."""

    model: str | None = None
    language: Language | None = None
    languages: list[Language] | None = None
    prompt: Annotated[str, Field(max_length=1_000)] | None = None
    keywords: list[Annotated[str, Field(max_length=100)]] | None = Field(default=None, max_length=100)
    delay: str | None = None

    @property
    def spoken(self) -> str:
        """ISO 639-1 code of what is spoken; "" where it is to be found out."""
        one = self.languages if self.languages and len(self.languages) == 1 else [""]
        return self.language or one[0]

    @property
    def spelling(self) -> str:
        """Words as they are written, for the recogniser to read."""
        return " ".join(part for part in (", ".join(self.keywords or ()), self.prompt) if part)


class NoiseReduction(Shape):
    """Both types mean the same here, and every strength."""

    type: Literal["near_field", "far_field"]
    strength: float | None = Field(default=None, ge=0, le=1, exclude=True)


class AudioInput(Shape):
    format: Format = Format()
    noise_reduction: NoiseReduction | None = None
    transcription: Transcription | None = Transcription()
    turn_detection: TurnDetection | None = SemanticVad(type="semantic_vad")


class VoiceId(Shape):
    id: str


class AudioOutput(Shape):
    format: Format = Format()
    voice: str | VoiceId = ""
    speed: float = Field(default=1.0, ge=0.25, le=1.5)

    @property
    def voice_name(self) -> str:
        return self.voice if isinstance(self.voice, str) else self.voice.id


class AudioConfig(Shape):
    input: AudioInput = AudioInput()
    output: AudioOutput = AudioOutput()


class Property(Shape):
    """What of a JSON schema is understood here; the rest is for the model to read, and the client to check."""

    model_config = ConfigDict(extra="allow")

    type: str | list[str] = Field(default_factory=list)
    enum: list[Any] | None = None


class Parameters(Shape):
    """A JSON schema of an object."""

    model_config = ConfigDict(extra="allow")

    properties: dict[str, Property] = Field(default_factory=dict)
    required: list[str] = Field(default_factory=list)


class FunctionTool(Shape):
    """A function of the client's."""

    type: Literal["function"] = "function"
    name: str = Field(pattern="^[a-zA-Z0-9_-]{1,64}$")
    description: str = Field(default="", max_length=4_000)
    parameters: Parameters = Parameters()


class ToolChoiceFunction(Shape):
    type: Literal["function"]
    name: str


ToolChoice: TypeAlias = Literal["none", "auto", "required"] | ToolChoiceFunction


class Ours(Shape):
    """`session.assistant`: see `extensions`."""

    language: Language = ""
    temperature: float = Field(default=0.0, ge=0, le=5)
    top_k: int = Field(default=0, ge=0)
    top_p: float = Field(default=1.0, gt=0, le=1)
    repetition_penalty: float = Field(default=1.1, gt=0, le=5)
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    echo: Literal["client", "server"] = "client"
    lead_ms: int = Field(default=250, ge=100, le=800)
    commands: bool = True


class SessionConfig(Shape):
    """All of it. What a local assistant has no use for is taken, and shown as what it comes to."""

    type: Literal["realtime"] = "realtime"
    instructions: Instructions = ""
    output_modalities: list[Modality] = Field(default=["audio"], min_length=1, max_length=1)
    max_output_tokens: TokenLimit = "inf"
    audio: AudioConfig = AudioConfig()
    tools: list[FunctionTool] = Field(default_factory=list, max_length=_MOST_TOOLS)
    tool_choice: ToolChoice = "auto"
    assistant: Ours = Ours()
    model: str | None = None
    include: list[str] | None = None
    parallel_tool_calls: bool | None = None
    prompt: None = None
    reasoning: dict[str, Any] | None = None
    tracing: dict[str, Any] | str | None = None
    truncation: dict[str, Any] | str | None = None

    @model_validator(mode="after")
    def _chosen_tool_exists(self) -> SessionConfig:
        choice = self.tool_choice
        if isinstance(choice, ToolChoiceFunction) and choice.name not in {tool.name for tool in self.tools}:
            raise ValueError(f'tool_choice: there is no tool "{choice.name}"')
        return self

    @property
    def has_audio(self) -> bool:
        return "audio" in self.output_modalities

    @property
    def patience_s(self) -> float | None:
        """How long the user may be silent after a reply; None: for ever."""
        detection = self.audio.input.turn_detection
        idle_ms = detection.idle_timeout_ms if isinstance(detection, ServerVad) else None
        return None if idle_ms is None else idle_ms / 1000

    def updated(self, change: Mapping[str, object]) -> SessionConfig:
        """With the keys of `change` in place of the old ones, and all others as they were.

        Raises:
            RequestError: a key is unknown, or a value is wrong.
        """
        return checked(SessionConfig, _merged(self.model_dump(), change), "session")

    def shown(self) -> dict[str, Any]:
        """As `session.created` and `session.updated` tell it."""
        shown = self.model_dump()
        for side, config in (("input", self.audio.input), ("output", self.audio.output)):
            shown["audio"][side]["format"] = config.format.shown()
        shown["audio"]["output"]["voice"] = self.audio.output.voice_name
        shown["tracing"] = shown["reasoning"] = None
        shown["truncation"] = "auto"
        shown["parallel_tool_calls"] = False
        return shown


def first_config(profile: Profile) -> SessionConfig:
    """What a session begins with: the profile."""
    sampling, conversation = profile.sampling, profile.conversation
    return SessionConfig(
        instructions=conversation.instructions,
        audio=AudioConfig(output=AudioOutput(voice=profile.tts.voice)),
        assistant=Ours(
            language=conversation.language,
            temperature=sampling.temperature,
            top_k=sampling.top_k,
            top_p=sampling.top_p,
            repetition_penalty=sampling.repetition_penalty,
            seed=sampling.seed,
        ),
    )


def _is_same_kind(before: object, value: object) -> TypeGuard[Any]:
    if not isinstance(before, Mapping) or not isinstance(value, Mapping):
        return False
    return "type" not in value or value["type"] == before.get("type")


def _merged(old: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are merged key by key; one of another type takes the place of the old one."""
    merged = dict(old)
    for key, value in change.items():
        before = old.get(key)
        merged[key] = _merged(before, value) if _is_same_kind(before, value) else value
    return merged

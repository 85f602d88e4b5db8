"""A folder with a Coqui VITS voice: its files, speakers, languages and symbols. Text in, chunks of samples out."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import WeightsInvalid
from models.tts.coqui_folder import loading
from models.tts.phonemes import Phonemizer, phonemizer
from models.tts.vits_stream import Conditions, VitsStream
from models.types import SpeakOptions

if TYPE_CHECKING:
    import torch

# The symbol tables that VITS voices come with. A configuration may name any class, and naming is importing: only these.
SYMBOL_TABLES = (
    "TTS.tts.utils.text.characters.IPAPhonemes",
    "TTS.tts.utils.text.characters.Graphemes",
    "TTS.tts.models.vits.VitsCharacters",
)
# Files that a configuration names with the paths of the machine that trained it.
COMPANIONS = ("speakers_file", "speaker_file", "language_ids_file", "d_vector_file")


class VitsVoice:
    """One VITS checkpoint, ready to speak.

    Attributes:
        sample_rate_hz: of what it yields.
        speakers: names, in the model's order; empty for a voice of one speaker.
        languages: ISO 639-1 codes; empty where the configuration does not say.
        stream: the model itself.
    """

    by_turns = True

    def __init__(self, folder: Path, device: torch.device, seed: int | None = None) -> None:
        config, model = _load(folder)
        self._model = model
        self.stream = VitsStream(model, device)
        self._seed = seed
        self._phonemizers: dict[str, Phonemizer] = {}
        self._uses_phonemes = bool(config.use_phonemes)
        self._phoneme_language = str(config.phoneme_language or "")
        symbols = model.tokenizer.characters.vocab
        self._symbols = frozenset(symbols)
        # Piper spells "ç" in two symbols, Coqui in one.
        self._unicode_form: Any = "NFD" if "\N{COMBINING CEDILLA}" in symbols else "NFC"
        self.sample_rate_hz = int(config.audio.sample_rate)
        manager = model.speaker_manager
        self.speakers: tuple[str, ...] = tuple(manager.name_to_id if manager else ())
        self._language_names = self._languages()
        self.languages = tuple(dict.fromkeys(iso(name) for name in self._language_names))
        if self._uses_phonemes:
            for name in self._language_names:
                self._phonemizer(name)

    def chunks(self, text: str, options: SpeakOptions) -> Iterator[torch.Tensor]:
        """Yields samples; the caller has checked language and speaker."""
        language = next((name for name in self._language_names if iso(name) == options.language), options.language)
        ids = self.symbol_ids(text, language)
        if ids:
            yield from self.stream.chunks(ids, self._conditions(language, options))

    def _languages(self) -> tuple[str, ...]:
        """As the model calls them: "en-us", "fr-fr"."""
        manager = self._model.language_manager
        if self._model.args.use_language_embedding:
            return tuple(manager.name_to_id)
        return (self._phoneme_language,) if self._phoneme_language else ()

    def _phonemizer(self, language: str) -> Phonemizer:
        if language not in self._phonemizers:
            # What Coqui's configurations call them, and what espeak-ng does.
            voice = {"en": "en-us", "zh-cn": "cmn"}.get(language, language)
            self._phonemizers[language] = phonemizer(voice)
        return self._phonemizers[language]

    def symbol_ids(self, text: str, language: str) -> list[int]:
        """Rows of the model's table of symbols; none where it knows no letter of the text.

        Args:
            text: as it is said.
            language: as the model calls it.
        """
        tokenizer = self._model.tokenizer
        if self._uses_phonemes:
            text = self._phonemizer(language).phonemes(text)
        elif tokenizer.text_cleaner:
            text = tokenizer.text_cleaner(text, lang=iso(language))
        text = unicodedata.normalize(self._unicode_form, text)
        # Coqui drops unknown symbols as well, with two lines of log for each.
        known = "".join(symbol for symbol in text if symbol in self._symbols)
        if not any(symbol.isalnum() for symbol in known):
            return []
        ids = tokenizer.encode(known)
        if len(ids) == 1:  # Coqui's inference breaks on one symbol alone
            ids *= 2
        if tokenizer.add_blank:
            ids = tokenizer.intersperse_blank_char(ids)
        return list(tokenizer.pad_with_bos_eos(ids) if tokenizer.use_eos_bos else ids)

    def _conditions(self, language: str, options: SpeakOptions) -> Conditions:
        args, d_vector = self._model.args, ()
        speaker_id: int | None = None
        speaker = options.speaker or next(iter(self.speakers), "")
        if speaker and args.use_d_vector_file:
            d_vector = tuple(self._model.speaker_manager.get_mean_embedding(speaker, num_samples=None, randomize=False))
        elif speaker:
            speaker_id = self._model.speaker_manager.name_to_id[speaker]
        language_id = self._model.language_manager.name_to_id[language] if args.use_language_embedding else None
        return Conditions(1 / options.speed, speaker_id, language_id, d_vector, self._seed)


def iso(language: str) -> str:
    """ISO 639-1 of a language as Coqui or espeak-ng names it: "en-us" is "en"."""
    base = language.replace("_", "-").partition("-")[0].lower()
    return "zh" if base == "cmn" else base


def _load(folder: Path) -> tuple[Any, Any]:
    """Configuration (with `use_phonemes` as the voice has it) and model."""
    from TTS.tts.configs.vits_config import VitsConfig
    from TTS.tts.models.vits import Vits

    with loading(folder, "a Coqui VITS voice"):
        table = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        uses_phonemes = bool(table["use_phonemes"])
        config = VitsConfig()
        config.from_dict(_made_local(table, folder, uses_phonemes))
        if config.model_args.encoder_sample_rate:  # then frames are resampled between flow and decoder
            raise WeightsInvalid(f"{folder} was trained with encoder_sample_rate, which cannot be streamed")
        model = Vits(config)
        model.load_checkpoint(config, folder / "model.pth", eval=True)
    config.use_phonemes = uses_phonemes
    return config, model


def _made_local(table: dict[str, Any], folder: Path, uses_phonemes: bool) -> dict[str, Any]:
    """The configuration without paths of other machines, and without Coqui's own phonemizers."""
    arguments: dict[str, Any] = table.get("model_args") or {}
    for part in (table, arguments):
        for key in COMPANIONS:
            if isinstance(part.get(key), list):
                part[key] = part[key][0] if part[key] else None
            if part.get(key):
                part[key] = str(folder / Path(str(part[key])).name)
    arguments["speaker_encoder_model_path"] = ""  # measures a speaker in training
    arguments["init_discriminator"] = False
    default = SYMBOL_TABLES[0] if uses_phonemes else SYMBOL_TABLES[1]
    symbols: Mapping[str, Any] = table.get("characters") or {}
    name = symbols.get("characters_class") or default
    if name not in SYMBOL_TABLES:
        raise WeightsInvalid(f"{folder / 'config.json'}: the symbol table {name} is not one of Coqui's")
    if symbols:
        table["characters"] = {**symbols, "characters_class": name}
    return {**table, "model_args": arguments, "use_phonemes": False}

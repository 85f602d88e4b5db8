"""Backchannels, hesitations, sounds and words are told apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.turns.reactions import Reaction, reaction


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Mhm.",
            "Mm-hmm.",
            "mm hmm",
            "Uh-huh.",
            "Yeah.",
            "Yeah, yeah.",
            "Okay.",
            "OK",
            "Right.",
            "Oh, really?",
            "I see.",
        ),
        *(
            "Got it, thanks.",
            "Ja.",
            "Ja, genau.",
            "Ach so.",
            "Alles klar.",
            "Stimmt.",
            "Sí.",
            "Sí, sí, claro.",
            "Vale.",
        ),
        *("De acuerdo.", "Oui.", "D'accord.", "D’accord.", "Ouais, c'est vrai.", "Ah bon ?", "Voilà.", "Sì, certo."),
        *("Va bene.", "Esatto.", "Ho capito.", "Sim.", "Pois é.", "Tá bom.", "Com certeza.", "Entendi.", "Uhum."),
        *("Um, okay.", "Hmm, yeah.", "Yes. " * 40, "(laughs) Yeah."),
    ],
)
def test_a_sign_of_listening_is_a_backchannel(text: str) -> None:
    assert reaction(text) is Reaction.BACKCHANNEL


@pytest.mark.parametrize("text", ["Um.", "Uh...", "Uh, um", "Hmm.", "Euh…", "Äh, ähm.", "Eh...", "Ehm", "Hã?"])
def test_a_sound_of_thinking_is_a_hesitation(text: str) -> None:
    assert reaction(text) is Reaction.HESITATION


@pytest.mark.parametrize(
    "text",
    [
        *("", "  ", "...", "[BLANK_AUDIO]", "(coughs)", "*sighs*", "♪", "♪ la la la ♪", "[Music] (door closes)", "you"),
        *("Thanks for watching!", "Thank you so much for watching.", "Untertitel der Amara.org-Community"),
        *("Sous-titres réalisés par la communauté d'Amara.org", "Subtítulos realizados por la comunidad de Amara.org"),
        *("Sottotitoli e revisione a cura di QTSS", "Legendas pela comunidade Amara.org"),
        *("Untertitelung des ZDF, 2020", "Sous-titrage Société Radio-Canada", "Sous-titrage ST' 501"),
    ],
)
def test_sounds_and_inventions_are_nothing(text: str) -> None:
    assert reaction(text) is Reaction.NOTHING


@pytest.mark.parametrize(
    "text",
    [
        *("Stop.", "No.", "Okay stop.", "Yes, but wait.", "What?", "Yeah, tell me more.", "Right now?", "Turn right."),
        *(
            "You are wrong.",
            "Nein.",
            "Ja, aber warum?",
            "Genau das nicht.",
            "Non.",
            "Oui, mais pourquoi ?",
            "Vale, para.",
        ),
        *("No, gracias.", "Basta.", "Sim, mas não agora.", "Espera.", "今日は", "42", "Okay, okay, louder."),
        "I see a good, fine, nice, cool, great, true, perfect thing",
    ],
)
def test_anything_else_is_words(text: str) -> None:
    assert reaction(text) is Reaction.WORDS


@given(st.lists(st.sampled_from(["ah", "oh", "oh really", "okay", "uh", "uh huh", "mm", "c'est"]), max_size=40))
def test_mixtures_of_reactions_are_never_nothing_and_always_decided(parts: list[str]) -> None:
    assert (reaction(" ".join(parts)) is Reaction.NOTHING) == (not parts)

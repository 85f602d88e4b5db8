"""Words become cues that keep every rule wherever the text allows, whatever the words and their times are."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import pytest
from conftest import Clip
from hypothesis import given, settings
from hypothesis import strategies as st
from spoken_text import spoken

from assistant.captions import check
from assistant.captions.check import reading_time_s, violations
from assistant.captions.cue import Cue
from assistant.captions.layout import lay_out
from assistant.captions.line_breaks import BOUND, break_cost
from assistant.captions.standards import STANDARDS, Standard, standard
from models.types import Segment, Word

NAMES = st.sampled_from(sorted(STANDARDS))
VOCABULARY = {
    "en": ["a", "the", "house", "and", "incomprehensible", "yes.", "well,", "x" * 30, "y" * 60],
    "ru": ["и", "в", "доме", "сказал,", "достопримечательности."],
    "ar": ["في", "البيت", "الكبير،", "نعم."],
    "zh": ["我", "们", "的", "房子", "，", "。", "今天天气非常好我们去公园吧"],
    "ja": ["東京", "の", "コンピュータ", "です。", "「", "」"],
    "ko": ["그는", "집으로", "갔다."],
}
ODD_TIMES = st.one_of(st.floats(0, 100), st.sampled_from([math.nan, math.inf, -math.inf, -3.0, 1e9, 5.0]))


@st.composite
def odd_segments(draw: st.DrawFn) -> list[Segment]:
    """Words of any script at any times, in segments at any times."""
    segments = []
    for language in draw(st.lists(st.sampled_from(sorted(VOCABULARY)), max_size=5)):
        texts = draw(st.lists(st.sampled_from([*VOCABULARY[language], "two words", " ", ""]), max_size=12))
        words = tuple(Word(text, draw(ODD_TIMES), draw(ODD_TIMES), 0.5) for text in texts)
        start_s, end_s = draw(st.floats(0, 100)), draw(st.floats(0, 100))
        segments.append(Segment(" ".join(texts), start_s, end_s, draw(st.sampled_from([language, ""])), words))
    return segments


@st.composite
def spoken_words(draw: st.DrawFn, language: str, most: int) -> Segment:
    """Words in order, each in a time of its own, with pauses between some."""
    at_s, words = 0.0, []
    for text in draw(st.lists(st.sampled_from(VOCABULARY[language]), min_size=1, max_size=most)):
        start_s = at_s + draw(st.sampled_from([0.0, 0.0, 0.1, 0.4, 0.7, 1.2]))
        at_s = start_s + draw(st.sampled_from([0.06, 0.2, 0.4, 1.0]))
        words.append(Word(text, round(start_s, 2), round(at_s, 2), 0.9))
    text = space_of(language).join(word.text for word in words)
    return Segment(text, words[0].start_s, words[-1].end_s, language, tuple(words))


def space_of(language: str) -> str:
    return "" if language == "zh" else " "


def letters(texts: Iterable[str]) -> str:
    return "".join("".join(text.split()) for text in texts)


@given(odd_segments(), NAMES)
@settings(deadline=None)
def test_no_word_is_lost_or_moved_and_no_cues_overlap(segments: list[Segment], name: str) -> None:
    cues = lay_out(segments, standard(name))
    said = letters(word.text for segment in segments for word in (segment.words or [Word(segment.text, 0, 0, 0)]))
    assert letters(line for cue in cues for line in cue.lines) == said
    assert letters(word.text for cue in cues for word in cue.words) == said
    assert all(0 <= cue.start_s < cue.end_s < math.inf for cue in cues)
    assert all(before.end_s <= after.start_s for before, after in itertools.pairwise(cues))
    assert all(len(cue.lines) <= standard(name).lines and all(cue.lines) for cue in cues)


@given(odd_segments(), NAMES)
@settings(deadline=None)
def test_words_begin_with_their_cue_within_the_leeway_and_follow_each_other(segments: list[Segment], name: str) -> None:
    wanted = standard(name)
    for cue in lay_out(segments, wanted):
        assert -wanted.early_s - 0.001 <= cue.start_s - cue.words[0].start_s <= wanted.late_s + 0.001
        assert all(word.start_s < word.end_s for word in cue.words)
        assert all(before.end_s <= after.start_s for before, after in itertools.pairwise(cue.words))


@pytest.mark.parametrize("language", ["en", "ru", "zh"])
@pytest.mark.parametrize("name", STANDARDS)
@given(data=st.data())
@settings(deadline=None, max_examples=25)
def test_no_other_cut_of_the_words_breaks_fewer_rules(name: str, language: str, data: st.DataObject) -> None:
    segment = data.draw(spoken_words(language, 6))
    wanted = standard(name)
    cues = lay_out([segment], wanted)
    with pytest.MonkeyPatch.context() as patch:
        # What a file may be off by is not for a layout to use.
        patch.setattr(check, "_TOLERANCE_S", 1e-6)
        # Long pieces of text without spaces were cut; the words of the cues are what there is to cut.
        words = [word for cue in cues for word in cue.words]
        assert len(list(violations(cues, wanted))) <= fewest(words, language, wanted)


def fewest(words: Sequence[Word], language: str, wanted: Standard) -> int:
    """Rules broken by the best of all ways to cut the words into cues, the cues into lines, and to end the cues."""
    least = [0]
    for end in range(1, len(words) + 1):
        next_s = words[end].start_s if end < len(words) else math.inf
        least.append(
            min(
                least[first] + broken(words[first:end], next_s, language, wanted)
                for first in range(end)
                if not any(is_silent(pair) for pair in itertools.pairwise(words[first:end]))
                and words[end - 1].start_s - words[first].start_s < wanted.longest_s
            )
        )
    return least[-1]


def is_silent(pair: tuple[Word, Word]) -> bool:
    return pair[1].start_s - pair[0].end_s >= 1.5


def broken(words: Sequence[Word], next_s: float, language: str, wanted: Standard) -> int:
    """The fewest rules that a cue of these words can break."""
    texts = [word.text for word in words]
    counts = []
    for middle in range(1, len(texts) + 1):
        lines = tuple(space_of(language).join(part) for part in (texts[:middle], texts[middle:]) if part)
        if any(len(line) > wanted.line_length(language) and line not in texts for line in lines):
            continue  # a line that is too long is never the way out, unless a single word is
        cue = Cue(words[0].start_s, math.inf, lines, (), language)
        after = [Cue(next_s, next_s + 3, ("x",))] if next_s < math.inf else []
        for end_s in ends(cue, words[-1].end_s, next_s, wanted):
            found = violations([replace(cue, end_s=end_s), *after], wanted)
            counts.append(sum(each.cue_number == 1 for each in found))
    return min(counts, default=1000)  # many words do not fit into one cue


def ends(cue: Cue, audio_end_s: float, next_s: float, wanted: Standard) -> Iterator[float]:
    """Whenever a cue may end with a gap that is exactly one of the standard; else right before the next."""
    open_s, chained_s = next_s - wanted.open_gap_s, next_s - wanted.chained_gap_s
    readable_s = cue.start_s + math.ceil(max(reading_time_s(cue, wanted), wanted.shortest_s) * 1000) / 1000
    for end_s in (audio_end_s, readable_s, cue.start_s + wanted.longest_s, open_s):
        if cue.start_s < end_s <= open_s and end_s < math.inf:
            yield end_s
    if cue.start_s < chained_s < math.inf:
        yield chained_s
    if next_s < math.inf:
        yield next_s


@given(st.data(), NAMES)
@settings(deadline=None)
def test_a_cue_stays_behind_its_sound_only_where_that_is_needed(data: st.DataObject, name: str) -> None:
    wanted = standard(name)
    cues = lay_out([data.draw(spoken_words("en", 30))], wanted)
    for cue, after in itertools.zip_longest(cues, cues[1:]):
        late_s = cue.end_s - cue.words[-1].end_s
        needed_s = max(reading_time_s(cue, wanted), wanted.shortest_s) + 0.001
        closes_gap = after is not None and after.start_s - cue.end_s <= wanted.chained_gap_s + 1e-6
        assert late_s <= 0.5 or cue.duration_s <= needed_s or closes_gap


def test_no_cue_stays_over_a_long_silence() -> None:
    words = (Word("It", 0.0, 0.2, 1), Word("was", 0.3, 1.0, 1), Word("silent", 2.6, 3.0, 1))
    cues = lay_out([Segment("It was silent", 0, 3, "en", words)], standard("netflix"))
    assert [cue.lines for cue in cues] == [("It was",), ("silent",)]
    assert cues[0].end_s <= 1.5


@pytest.mark.parametrize("name", STANDARDS)
def test_after_a_pause_of_any_length_the_gap_is_one_of_the_standard(name: str) -> None:
    first = spoken("Good morning, everybody in this room.", cps=10.0)
    for pause_s in (hundredths / 100 for hundredths in range(300)):
        second = spoken("Commençons, alors.", "fr", cps=10.0, start_s=first.end_s + pause_s)
        assert not list(violations(lay_out([first, second], standard(name)), standard(name))), pause_s


def test_no_cue_has_two_languages() -> None:
    cues = lay_out([spoken("Good morning", "en"), spoken("mes amis", "fr", start_s=1.2)], standard("netflix"))
    assert [(cue.lines, cue.language) for cue in cues] == [(("Good morning",), "en"), (("mes amis",), "fr")]


def test_a_word_that_is_longer_than_a_line_has_one_to_itself() -> None:
    link = "https://example.org/" + "a" * 40
    [cue] = lay_out([spoken(f"See {link}", cps=10.0)], standard("netflix"))
    assert cue.lines == ("See", link)


def test_text_without_spaces_is_cut_wherever_it_may_be() -> None:
    text = "今天天气非常好，" * 6
    segment = Segment(text, 0, 8, "zh", (Word(text, 0, 8, 1),))
    cues = lay_out([segment], standard("netflix"))
    assert not list(violations(cues, standard("netflix")))
    assert not any(line.startswith("，") for cue in cues for line in cue.lines)


def test_a_segment_without_word_times_is_spread_over_its_time() -> None:
    said = spoken("And so my fellow Americans, ask not what your country can do for you, ask what you can do.")
    cues = lay_out([replace(said, words=())], standard("netflix"))
    assert len(cues) > 1
    assert [word.text for cue in cues for word in cue.words] == said.text.split()
    assert not list(violations(cues, standard("netflix")))


def test_spaces_are_those_of_the_text() -> None:
    parts = ("well", "-known", "我", "用", "iPhone", "15")
    words = tuple(Word(part, n / 2, n / 2 + 0.4, 1) for n, part in enumerate(parts))
    [cue] = lay_out([Segment("well-known 我用 iPhone 15", 0, 3, "en", words)], standard("youtube"))
    assert cue.lines == ("well-known 我用 iPhone 15",)


@pytest.mark.parametrize("name", STANDARDS)
def test_real_sentences_keep_every_standard_and_greedy_cues_do_not(name: str, speech: list[Clip]) -> None:
    text = " ".join(clip.transcript for clip in speech if clip.language == "en")
    segment = spoken(text, cps=12.0)
    wanted = standard(name)
    cues = lay_out([segment], wanted)
    filled = list(greedy(segment, wanted))
    assert not list(violations(cues, wanted))
    assert parted(cues) * 4 < parted(filled)
    assert list(violations(filled, wanted)) or name in ("youtube", "shorts")  # whose only rules of time are lax


def parted(cues: Sequence[Cue]) -> int:
    """How many lines end within what belongs together."""
    lines = [line.split() for cue in cues for line in cue.lines]
    return sum(break_cost(line[-1], after[0], "en") >= BOUND for line, after in itertools.pairwise(lines))


def greedy(segment: Segment, wanted: Standard) -> Iterator[Cue]:
    """Each line, and each cue, is filled until the next word does not fit."""
    lines: list[list[Word]] = [[]]
    for word in segment.words:
        if len(" ".join(w.text for w in [*lines[-1], word])) > wanted.characters:
            lines.append([])
        lines[-1].append(word)
    for first in range(0, len(lines), wanted.lines):
        shown = lines[first : first + wanted.lines]
        texts = tuple(" ".join(word.text for word in line) for line in shown)
        yield Cue(shown[0][0].start_s, shown[-1][-1].end_s, texts, (), segment.language)

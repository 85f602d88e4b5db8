"""Every caption format, read back by somebody else's parser; and what hostile text does to it."""

from __future__ import annotations

import html
import json
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pysubs2
import pytest
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from assistant.captions import formats
from assistant.captions.cue import Cue
from assistant.captions.transcript import Transcript, from_json
from assistant.errors import ProfileError
from models.types import Segment, Word

WORDS = (
    Word("Ask", 1.0, 1.3, 0.9),
    Word("not", 1.4, 1.8, 0.8),
    Word("what", 1.8, 2.2, 0.95),
    Word("it", 2.5, 2.7, 0.6),
    Word("is.", 2.7, 3.1, 0.99),
)
PLAIN = [
    Cue(1.0, 3.2, ("Ask not what", "it is."), WORDS),
    Cue(3.25, 5.0016, ("مرحبا 🎉",)),
    Cue(5.0016, 7, ("次の字幕",)),
]


def transcript(*texts: str, language: str = "en") -> Transcript:
    segments = tuple(Segment(text, float(n), n + 0.9, language) for n, text in enumerate(texts))
    return Transcript("A title", "talk.mp3", language, 10.0, "whisper-base", segments)


def written(name: str, cues: list[Cue], *, words: bool = False) -> str:
    return formats.write(name, transcript("Ask not what it is."), cues, words)


def milliseconds(cue: Cue) -> tuple[int, int]:
    return round(cue.start_s * 1000), round(cue.end_s * 1000)


def stamp_ms(stamp: str) -> int:
    hours, minutes, seconds = stamp.split(":")
    return round((int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * 1000)


@pytest.mark.parametrize(
    ("name", "tick_ms", "words"),
    # It takes a line with two stamps of words in VTT for a line of times; webvtt-py reads those.
    [("srt", 1, False), ("srt", 1, True), ("vtt", 1, False), ("ass", 10, False), ("ass", 10, True), ("ttml", 1, True)],
)
def test_pysubs2_reads_the_same_times_and_text(name: str, tick_ms: int, words: bool) -> None:
    read = pysubs2.SSAFile.from_string(written(name, PLAIN, words=words), format_=name)
    assert [event.plaintext for event in read] == [cue.text for cue in PLAIN]
    for event, cue in zip(read, PLAIN, strict=True):
        assert [event.start, event.end] == pytest.approx(milliseconds(cue), abs=tick_ms / 2 + 0.01)


@pytest.mark.parametrize("words", [False, True])
def test_webvtt_py_reads_the_same_times_and_text(tmp_path: Path, words: bool) -> None:
    path = tmp_path / "x.vtt"
    path.write_text(written("vtt", PLAIN, words=words), "utf-8")
    for caption, cue in zip(webvtt.read(path), PLAIN, strict=True):
        assert caption.text == cue.text
        assert (stamp_ms(caption.start), stamp_ms(caption.end)) == milliseconds(cue)


def test_webvtt_py_reads_the_srt_too(tmp_path: Path) -> None:
    path = tmp_path / "x.srt"
    path.write_text(written("srt", PLAIN), "utf-8")
    assert [caption.text for caption in webvtt.from_srt(path)] == [cue.text for cue in PLAIN]


def test_a_vtt_stamp_before_each_word_lies_within_the_cue_and_after_the_one_before_it() -> None:
    text = written("vtt", PLAIN, words=True)
    assert "Ask <00:00:01.400>not <00:00:01.800>what\n<00:00:02.500>it <00:00:02.700>is.\n" in text
    early = [Word(word.text, 0.5, 1.0, 1.0) for word in WORDS[:-1]] + [Word("is.", 3.2, 3.2, 1.0)]
    assert "<" not in written("vtt", [Cue(1.0, 3.2, ("Ask not what", "it is."), tuple(early))], words=True)


def test_ass_karaoke_lasts_as_long_as_its_cue() -> None:
    late = Cue(0.5, 3.2, ("Ask not what", "it is."), WORDS)
    (line,) = (line for line in written("ass", [late], words=True).splitlines() if line.startswith("Dialogue"))
    assert sum(int(length) for length in re.findall(r"\\kf?(\d+)", line)) == 270
    assert r"{\k50}{\kf40}Ask {\kf40}not {\kf70}what\N{\kf20}it {\kf50}is." in line


def test_words_that_are_not_those_of_the_lines_leave_the_text_alone() -> None:
    cue = Cue(1.0, 3.2, ("ASK NOT WHAT", "IT IS."), WORDS)
    for name in ("vtt", "ass", "lrc"):
        assert written(name, [cue], words=True) == written(name, [cue])


def test_lrc_times_each_line_and_clears_it_where_nothing_follows() -> None:
    cues = [Cue(1.0, 3.2, ("Ask not what", "it is."), WORDS), Cue(6000.5, 6001, ("[ar:Somebody]",))]
    assert written("lrc", cues) == (
        "[ti:A title]\n[00:01.00]Ask not what it is.\n[00:03.20]\n[100:00.50]［ar:Somebody]\n[100:01.00]\n"
    )
    assert "[00:01.00]<00:01.00>Ask <00:01.40>not <00:01.80>what <00:02.50>it <00:02.70>is.<00:03.20>\n" in written(
        "lrc", cues, words=True
    )


def test_tsv_is_that_of_openai_whisper() -> None:
    assert written("tsv", [Cue(1.0, 3.2, ("Ask\tnot", "what"))]) == "start\tend\ttext\n1000\t3200\tAsk not what\n"


def test_lines_of_a_language_without_spaces_are_joined_without_one() -> None:
    cue = Cue(0, 1, ("これは", "字幕です"), language="ja")
    assert "これは字幕です" in written("tsv", [cue])


def test_txt_has_a_line_for_each_segment() -> None:
    assert formats.write("txt", transcript("One.", "", "Two\nthree."), []) == "One.\nTwo three.\n"


def test_json_is_the_stored_transcript(tmp_path: Path) -> None:
    told = transcript("One.")
    assert from_json(formats.write("json", told, PLAIN), tmp_path / "x.json") == told
    assert json.loads(formats.write("json", told, PLAIN))["segments"][0]["text"] == "One."


def test_ttml_names_the_language_and_the_direction() -> None:
    cues = [Cue(0, 1, ("Hello",), language="en"), Cue(1, 2, ("مرحبا",), language="ar")]
    root = ElementTree.fromstring(formats.write("ttml", transcript(language="en"), cues))
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    first, second = root.iter("{http://www.w3.org/ns/ttml}p")
    assert set(first.attrib) == {"begin", "end"}
    assert second.get("{http://www.w3.org/XML/1998/namespace}lang") == "ar"
    assert second.get("{http://www.w3.org/ns/ttml#styling}direction") == "rtl"


@pytest.mark.parametrize("name", formats.FORMATS)
def test_without_cues_there_is_still_a_file(name: str) -> None:
    assert isinstance(formats.write(name, transcript(), []), str)
    assert formats.extension(name) == f".{name}"


def test_an_unknown_format_names_the_nearest() -> None:
    with pytest.raises(ProfileError, match='no caption format "vtx"; did you mean "vtt"'):
        formats.write("vtx", transcript(), [])


HOSTILE = [
    "a --> b ---> c",
    "00:00:01,000 --> 00:00:02,000",
    "{\\an8}\\N{\\p1}m 0 0",
    "<script>alert(1)</script><b>x</b>",
    "&amp; &lt; &",
    "WEBVTT NOTE STYLE",
    "Dialogue: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,x",
    "]]> <!-- <?xml?> <!DOCTYPE x>",
    "\x00\x07\x1b[31m\x85\u2028 end",
    "\ud800 lone \ufffe",
    "\u202eright to left\u202c שלום",
    "👩‍👩‍👧 🎉",
]


@pytest.mark.parametrize("name", ["srt", "vtt", "ass", "ttml"])
def test_hostile_text_stays_the_text_of_one_cue(name: str, tmp_path: Path) -> None:
    cues = [Cue(n, n + 0.9, (f"x {text}", "second line")) for n, text in enumerate(HOSTILE)]
    path = tmp_path / "captions"
    path.write_text(written(name, cues), "utf-8", newline="")
    read = formats.read(path)
    assert [milliseconds(cue) for cue in read] == [milliseconds(cue) for cue in cues]
    assert [look(cue.text) for cue in read] == [look(seen(cue.text, name)) for cue in cues]


def test_hostile_text_is_one_event_for_pysubs2() -> None:
    cues = [Cue(n, n + 0.9, (f"x {text}", "second")) for n, text in enumerate(HOSTILE)]
    read = pysubs2.SSAFile.from_string(written("ass", cues), format_="ass")
    assert [look(event.plaintext) for event in read] == [look(seen(cue.text, "ass")) for cue in cues]


def seen(text: str, name: str) -> str:
    """What is left of the controls; and of the arrow in SubRip, which has no escape."""
    text = re.sub("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]+", " ", text)
    if name == "ttml":
        text = re.sub(" +", " ", text)  # a reader may take them for one
    text = re.sub("[\ud800-\udfff\ufffe\uffff]", "\ufffd", text)
    return re.sub("--+>", "->", text) if name == "srt" else text


def look(text: str) -> str:
    """The text with each wide form as what it looks like."""
    return text.translate(str.maketrans("＜｛｝＼", "<{}\\"))


def test_srt_holds_no_markup() -> None:
    text = written("srt", [Cue(0, 1, ("{\\an8}<b>1 < 2</b> {x}", "< / i>"))])
    assert "｛\\an8}＜b>1 < 2＜/b> {x}\n＜ / i>" in text


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(st.lists(st.lists(TEXTS, max_size=3), max_size=4))
def test_whatever_is_said_vtt_and_ttml_give_it_back(blocks: list[list[str]]) -> None:
    cues = [Cue(n, n + 0.5, tuple(lines)) for n, lines in enumerate(blocks)]
    expected = [lines for lines in ([x for x in map(cleaned, cue.lines) if x] for cue in cues) if lines]

    root = ElementTree.fromstring(written("ttml", cues))
    paragraphs = root.iter("{http://www.w3.org/ns/ttml}p")
    assert [[p.text or "", *(br.tail or "" for br in p)] for p in paragraphs] == expected

    vtt = written("vtt", cues)
    assert len(re.findall("-->", vtt)) == len(expected)
    assert "<" not in vtt
    bodies = [block.split("\n")[1:] for block in vtt.split("\n\n")[1:] if block]
    assert [[html.unescape(line) for line in lines] for lines in bodies] == [
        [html.unescape(html.escape(line, quote=False)) for line in lines] for lines in expected
    ]


def cleaned(line: str) -> str:
    text = re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", line.replace("\ufeff", "")).strip()
    return re.sub("[\ufffe\uffff]", "\ufffd", text)


SPANS = st.lists(st.tuples(st.floats(0, 0.02), st.floats(0.0001, 3)), min_size=1, max_size=30)


@given(SPANS, st.sampled_from(["srt", "vtt", "ttml", "ass", "tsv"]), st.sampled_from([0.0, 86_399.9, 359_000.0]))
def test_rounded_times_never_overlap_and_never_last_nothing(
    spans: list[tuple[float, float]], name: str, offset_s: float
) -> None:
    cues, now_s = [], offset_s
    for gap_s, length_s in spans:
        cues.append(Cue(now_s + gap_s, now_s + gap_s + length_s, ("x",)))
        now_s = cues[-1].end_s
    text = written(name, cues)
    if name == "tsv":
        times = [tuple(map(int, line.split("\t")[:2])) for line in text.splitlines()[1:]]
    else:
        stamps = re.findall(r"(\d+):(\d\d):(\d\d)[.,](\d+)", text)
        ticks = [(int(h) * 3600 + int(m) * 60 + int(s)) * 1000 + int(f.ljust(3, "0")) for h, m, s, f in stamps]
        times = list(zip(ticks[::2], ticks[1::2], strict=True))
    assert len(times) == len(cues)
    assert all(start < end for start, end in times)
    assert all(end <= start for (_, end), (start, _) in pairwise(times))
    assert times[0][0] == pytest.approx(cues[0].start_s * 1000, abs=5.01)

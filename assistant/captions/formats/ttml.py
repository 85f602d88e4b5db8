"""TTML in the text profile of IMSC 1.1 (W3C): what broadcasters and streaming services exchange."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from assistant.captions.cue import Cue
from assistant.captions.formats.shown import RIGHT_TO_LEFT, Shown, clean, clock, shown
from assistant.captions.transcript import Transcript

_TICKS_PER_S = 1000

# White on translucent black, at the bottom of the inner four fifths of the picture, a second line pushing the first one
# up: what players do with captions that say nothing of it.
_DOCUMENT = """\
<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter"
    xmlns:tts="http://www.w3.org/ns/ttml#styling" xmlns:ttm="http://www.w3.org/ns/ttml#metadata"
    ttp:profile="http://www.w3.org/ns/ttml/profile/imsc1.1/text" xml:space="preserve" xml:lang={language}>
  <head>
    <metadata><ttm:title>{title}</ttm:title></metadata>
    <styling>
      <style xml:id="s1" tts:color="white" tts:backgroundColor="#000000b0" tts:fontFamily="proportionalSansSerif"
             tts:fontSize="100%" tts:textAlign="center"/>
    </styling>
    <layout>
      <region xml:id="r1" tts:origin="10% 10%" tts:extent="80% 80%" tts:displayAlign="after"/>
    </layout>
  </head>
  <body style="s1" region="r1">
    <div>
{paragraphs}    </div>
  </body>
</tt>
"""


def write(transcript: Transcript, cues: Sequence[Cue], words: bool) -> str:
    """Has no times of words: the profile's readers show them, if at all, as cues of their own."""
    paragraphs = "".join(_paragraph(cue, transcript.language) for cue in shown(cues, _TICKS_PER_S))
    language = quoteattr(clean(transcript.language) or "und")  # BCP 47: undetermined
    return _DOCUMENT.format(language=language, title=escape(clean(transcript.title)), paragraphs=paragraphs)


def _paragraph(cue: Shown, document_language: str) -> str:
    language = clean(cue.cue.language) or document_language
    attributes = f'begin="{_time(cue.start)}" end="{_time(cue.end)}"'
    if language != document_language:
        attributes += f" xml:lang={quoteattr(language)}"
    if language in RIGHT_TO_LEFT:
        attributes += ' tts:direction="rtl"'
    return f"      <p {attributes}>{'<br/>'.join(map(escape, cue.lines))}</p>\n"


def _time(ticks: int) -> str:
    hours, minutes, seconds, milliseconds = clock(ticks, _TICKS_PER_S)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}"

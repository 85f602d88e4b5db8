"""Languages as containers name them."""

from __future__ import annotations

# ISO 639-1 -> ISO 639-2/T, of the languages that Whisper knows; "jw" is its own code for Javanese. Where it has three
# letters already (haw, yue), it stays.
_THREE_LETTERS = dict(
    pair.split(":")
    for pair in """
    af:afr am:amh ar:ara as:asm az:aze ba:bak be:bel bg:bul bn:ben bo:bod br:bre bs:bos ca:cat cs:ces cy:cym da:dan
    de:deu el:ell en:eng es:spa et:est eu:eus fa:fas fi:fin fo:fao fr:fra gl:glg gu:guj ha:hau he:heb hi:hin hr:hrv
    ht:hat hu:hun hy:hye id:ind is:isl it:ita ja:jpn jw:jav ka:kat kk:kaz km:khm kn:kan ko:kor la:lat lb:ltz ln:lin
    lo:lao lt:lit lv:lav mg:mlg mi:mri mk:mkd ml:mal mn:mon mr:mar ms:msa mt:mlt my:mya ne:nep nl:nld nn:nno no:nor
    oc:oci pa:pan pl:pol ps:pus pt:por ro:ron ru:rus sa:san sd:snd si:sin sk:slk sl:slv sn:sna so:som sq:sqi sr:srp
    su:sun sv:swe sw:swa ta:tam te:tel tg:tgk th:tha tk:tuk tl:tgl tr:tur tt:tat uk:ukr ur:urd uz:uzb vi:vie yi:yid
    yo:yor zh:zho
    """.split()
)

# QuickTime numbers its languages, and FFmpeg knows the numbers by these codes. Some languages have no number (Croatian,
# Galician, ...): a track of theirs has no tag there.
_QUICKTIME = dict(
    pair.split(":")
    for pair in "bod:tib cym:wel deu:ger ell:gre eus:baq fas:per hye:arm isl:ice kat:geo mkd:mac msa:may mya:bur "
    "nld:dut sqi:alb swe:sve zho:chi".split()
)


def track_language(language: str, muxer: str) -> str:
    """The tag of a track: a code of three letters, "und" (undetermined) for a language that is not known.

    Args:
        language: ISO 639-1 code.
        muxer: FFmpeg's name of the container.
    """
    known = len(language) == 3 and language.isascii() and language.isalpha()
    code = language if known else _THREE_LETTERS.get(language, "und")
    return _QUICKTIME.get(code, code) if muxer == "mov" else code

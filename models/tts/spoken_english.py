"""English as it is written -> as it is said: prices, times, dates, units, abbreviations, addresses. Pure.

Only what espeak-ng reads wrong is written out. Digits stay digits: it knows numbers, ordinals and decimals.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeAlias

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
ABBREVIATIONS = {
    "Mr.": "Mister", "Mrs.": "Missus", "Ms.": "Miz", "Prof.": "Professor", "Jr.": "Junior", "etc.": "et cetera",
    "Sr.": "Senior", "Gen.": "General", "Sgt.": "Sergeant", "Capt.": "Captain", "Lt.": "Lieutenant",
    "Rev.": "Reverend", "Mt.": "Mount", "Ave.": "Avenue", "Blvd.": "Boulevard", "Rd.": "Road", "e.g.": "for example",
    "i.e.": "that is", "vs.": "versus", "approx.": "approximately", "dept.": "department", "Inc.": "Incorporated",
    "Ltd.": "Limited", "Corp.": "Corporation",
}  # fmt: skip
# After a number: one of them, many of them.
UNITS = {
    "km/h": ("kilometer per hour", "kilometers per hour"), "mph": ("mile per hour", "miles per hour"),
    "m/s": ("meter per second", "meters per second"), "km": ("kilometer", "kilometers"),
    "cm": ("centimeter", "centimeters"), "mm": ("millimeter", "millimeters"), "m": ("meter", "meters"),
    "kg": ("kilogram", "kilograms"), "g": ("gram", "grams"), "mg": ("milligram", "milligrams"),
    "lb": ("pound", "pounds"), "lbs": ("pound", "pounds"), "oz": ("ounce", "ounces"), "ft": ("foot", "feet"),
    "mi": ("mile", "miles"), "l": ("liter", "liters"), "L": ("liter", "liters"), "ml": ("milliliter", "milliliters"),
    "mL": ("milliliter", "milliliters"), "ms": ("millisecond", "milliseconds"), "min": ("minute", "minutes"),
    "hrs": ("hour", "hours"), "Hz": ("hertz", "hertz"), "kHz": ("kilohertz", "kilohertz"),
    "MHz": ("megahertz", "megahertz"), "GHz": ("gigahertz", "gigahertz"), "kB": ("kilobyte", "kilobytes"),
    "KB": ("kilobyte", "kilobytes"), "MB": ("megabyte", "megabytes"), "GB": ("gigabyte", "gigabytes"),
    "TB": ("terabyte", "terabytes"), "W": ("watt", "watts"), "kW": ("kilowatt", "kilowatts"),
    "kWh": ("kilowatt hour", "kilowatt hours"), "V": ("volt", "volts"), "m²": ("square meter", "square meters"),
    "km²": ("square kilometer", "square kilometers"), "°C": ("degree Celsius", "degrees Celsius"),
    "°F": ("degree Fahrenheit", "degrees Fahrenheit"), "°": ("degree", "degrees"),
}  # fmt: skip
CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"), "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"), "¥": ("yen", "yen", "sen", "sen"),
    "₹": ("rupee", "rupees", "paisa", "paise"),
}  # fmt: skip
FRACTIONS = {
    "1/2": "a half", "1/3": "a third", "2/3": "two thirds", "1/4": "a quarter", "3/4": "three quarters",
    "½": "a half", "⅓": "a third", "⅔": "two thirds", "¼": "a quarter", "¾": "three quarters",
}  # fmt: skip
KINGS = {
    "II": "the second", "III": "the third", "IV": "the fourth", "V": "the fifth", "VI": "the sixth",
    "VII": "the seventh", "VIII": "the eighth", "IX": "the ninth", "X": "the tenth", "XI": "the eleventh",
    "XII": "the twelfth", "XIII": "the thirteenth", "XIV": "the fourteenth", "XV": "the fifteenth",
    "XVI": "the sixteenth",
}  # fmt: skip
SCALES = {
    "thousand": "thousand", "million": "million", "billion": "billion", "trillion": "trillion", "k": "thousand",
    "K": "thousand", "M": "million", "m": "million", "bn": "billion", "B": "billion",
}  # fmt: skip
DECADES = (
    "hundreds",
    "tens",
    "twenties",
    "thirties",
    "forties",
    "fifties",
    "sixties",
    "seventies",
    "eighties",
    "nineties",
)
LINE_END = re.compile(r"[ \t]*$", re.MULTILINE)
RULERS = "King|Queen|Henry|Louis|Charles|George|Edward|Richard|James|William|Elizabeth|Pope|Pius|Napoleon|Philip"


def expanded(text: str) -> str:
    """The text with everything written out that would be misread. The order of the rules matters: addresses first."""
    for pattern, said in RULES:
        text = pattern.sub(said, text)
    return text


def _address(match: re.Match[str]) -> str:
    names = {"@": " at ", ".": " dot ", "_": " underscore ", "-": " dash ", "+": " plus ", "/": " slash "}
    return re.sub(r"[@._+/-]", lambda mark: names[mark[0]], match[0])


def _price(match: re.Match[str]) -> str:
    whole, cents, scale = match[2].replace(",", ""), match[3] or "", match[4] or ""
    one, many, cent, many_cents = CURRENCIES[match[1]]
    if scale or len(cents) not in (0, 2):
        return f"{whole}{'.' + cents if cents else ''} {SCALES.get(scale, scale)} {many}".replace("  ", " ")
    parts = [f"{whole} {one if whole == '1' else many}"] if int(whole) or not cents.strip("0") else []
    if cents.strip("0"):
        parts.append(f"{int(cents)} {cent if int(cents) == 1 else many_cents}")
    return " and ".join(parts)


def _time(match: re.Match[str]) -> str:
    hour, minute, half = str(int(match[1])), match[2], match[3]
    spoken_half = f" {half.lower()} m" if half else ""
    if minute == "00":
        return hour + (spoken_half or (" o'clock" if int(hour) <= 12 else " hundred hours"))
    return f"{hour} {'oh ' + minute[1] if minute[0] == '0' else minute}{spoken_half}"


def _ordinal(day: int) -> str:
    suffix = "th" if 10 <= day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{suffix}"


def _year(year: str) -> str:
    """Two pairs of digits, as years are said: 19 45, 19 oh 5, 19 hundred; 2005 as the number it is."""
    if not 1100 <= int(year) <= 2099 or year[1:3] == "00":
        return year
    pair = {"0": "oh " + year[3]}.get(year[2], year[2:])
    return f"{year[:2]} {'hundred' if year[2:] == '00' else pair}"


def _date(month: int, day: int, year: str, otherwise: str) -> str:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return otherwise
    return f"{MONTHS[month - 1]} {_ordinal(day)}, {_year(year)}"


def _slash_date(match: re.Match[str]) -> str:
    """Month first, as in the United States, unless only the other order is a date."""
    first, second = int(match[1]), int(match[2])
    return _date(second, first, match[3], match[0]) if first > 12 else _date(first, second, match[3], match[0])


def _month_day(match: re.Match[str]) -> str:
    month = next(number for number, name in enumerate(MONTHS, start=1) if name.startswith(match[1][:3]))
    day = f"{MONTHS[month - 1]} {_ordinal(int(match[2]))}"
    return f"{day}, {_year(match[3])}" if match[3] else day


def _unit(match: re.Match[str]) -> str:
    one, many = UNITS[match[2]]
    return f"{match[1]} {one if match[1] == '1' else many}"


def _letters(match: re.Match[str]) -> str:
    return " ".join(match[0].replace(".", "")) + _full_stop(match)


def _abbreviation(match: re.Match[str]) -> str:
    return ABBREVIATIONS[match[0]] + _full_stop(match)


def _full_stop(match: re.Match[str]) -> str:
    """The full stop of an abbreviation also ends a sentence where nothing follows on the line."""
    return "." if LINE_END.match(match.string, match.end()) else ""


def _digits(match: re.Match[str]) -> str:
    """A telephone number: digit by digit, with a pause between the groups."""
    return ", ".join(" ".join(group) for group in re.findall(r"\d+", match[0]))


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
_MONTH = "|".join(rf"{name}|{name[:4]}\b\.?|{name[:3]}\b\.?" for name in MONTHS)
_DAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_DOMAINS = "com|org|net|edu|gov|io|de|fr|es|uk|eu|ai|dev|info"
_HALF = r"([AaPp])\.?\s?[Mm]\b(?:\.(?!\s*$|\s+[A-Z]))?"  # of the day; its last full stop may end the sentence

Said: TypeAlias = str | Callable[[re.Match[str]], str]
RULES: tuple[tuple[re.Pattern[str], Said], ...] = tuple(
    (re.compile(pattern, re.MULTILINE), said)
    for pattern, said in (
        (r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}\b", _address),
        (rf"(?<![\w.-])(?:[A-Za-z0-9-]{{1,63}}\.){{1,4}}(?:{_DOMAINS})\b", _address),
        (rf"([{''.join(CURRENCIES)}])[ ]?(\d+(?:,\d{{3}})*)(?:\.(\d+))?(?:\s?({_any(SCALES)})\b)?", _price),
        (r"\b(?:\+?\d{1,3}[ -])?(?:\(?\d{3}\)?[ -])?\d{3}-\d{4}\b", _digits),
        (r"\b(\d{4})-(\d\d)-(\d\d)\b", lambda date: _date(int(date[2]), int(date[3]), date[1], date[0])),
        (r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b", _slash_date),
        (rf"\b({_MONTH})\s(\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?:,?\s(\d{{4}})\b)?", _month_day),
        (r"\b(1[1-9]|20)(\d)0s\b", lambda decade: f"{decade[1]} {DECADES[int(decade[2])]}"),
        (r"(?i:\b(?:in|since|until|during|year|before|after|early|late)) \b\d{4}\b(?![,.]?\d|\s?[%°])",
         lambda when: when[0][:-4] + _year(when[0][-4:])),
        (rf"\b({_DAY}|{_MONTH})\s?[-–]\s?({_DAY}|{_MONTH})\b", r"\1 to \2"),
        (r"(?<=\d)(?:-|\s?–\s?)(?=\d)", " to "),
        (rf"\b([01]?\d|2[0-4]):([0-5]\d)(?::\d\d)?\b(?:\s?{_HALF})?", _time),
        (rf"\b(\d{{1,2}})\s?{_HALF}", lambda time: f"{time[1]} {time[2].lower()} m"),
        (rf"(?<=\d)\s?({_any(FRACTIONS)})(?![\d/])", lambda fraction: f" and {FRACTIONS[fraction[1]]}"),
        (rf"(?<![\d/])({_any(FRACTIONS)})(?![\d/])", lambda fraction: FRACTIONS[fraction[1]]),
        (rf"(?<![\w.])({_NUMBER})\s?({_any(UNITS)})(?![\w/])", _unit),
        (r"\b(?:[A-Za-z]\.){2,}(?<!e\.g\.)(?<!i\.e\.)", _letters),
        (rf"(?<![\w.])(?:{_any(ABBREVIATIONS)})(?!\w)", _abbreviation),
        (r"\bDr\.(?=\s+[A-Z])", "Doctor"),
        (r"\bSt\.(?=\s+[A-Z])", "Saint"),
        (r"(?<=[a-z]\s)St\.(?=\s|$|,)", "Street"),
        (rf"\b({RULERS})\s({_any(KINGS)})\b", lambda ruler: f"{ruler[1]} {KINGS[ruler[2]]}"),
        (r"(?:\bNo\.\s?|#)(?=\d)", "number "),
        (r"\s*&\s*", " and "),
        (r"(?<=\d)\s[-−]\s(?=\d)", " minus "),
        (r"(?<![\w.])[-−](?=\d)", "minus "),
        (r"(?<=\d)\s?[×x*]\s?(?=\d)", " times "),
        (r"\band/or\b", "and or"),
        (r"(?<=[a-z])/(?=[a-z])", " or "),
    )
)  # fmt: skip

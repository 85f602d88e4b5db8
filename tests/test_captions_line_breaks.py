"""Lines end where a subtitler would end them."""

from __future__ import annotations

import pytest
from spoken_text import spoken

from assistant.captions.layout import lay_out
from assistant.captions.line_breaks import BOUND, CLAUSE, FORBIDDEN, NAME, NEUTRAL, OPENING, SENTENCE, break_cost
from assistant.captions.standards import standard

# "|" ends a line, "||" a cue.
EXAMPLES = [
    ("en", "She told him that the president | of the United States would not come."),
    ("en", "I have been waiting for you since Tuesday, | and nobody has told me anything."),
    ("en", "It costs 25 dollars a month, | but the first three weeks are free."),
    ("en", "The old bridge over the river was closed | when the water began to rise."),
    ("en", "We went to the market | because they had no bread left || in the village."),
    ("en", "The letter was written | by Mr. Winston Churchill || before the war began."),
    ("de", "Ich habe dir gestern gesagt, | dass der Zug nach Berlin nicht fährt."),
    ("de", "Die Mannschaft spielte gut, || aber sie verlor das Spiel | in der letzten Minute."),
    ("de", "Wir trafen Angela Merkel | vor dem großen Saal mit ihren Gästen."),
    ("fr", "Je ne savais pas que vous aviez acheté | la maison de mes grands-parents."),
    ("fr", "Il est parti sans dire un mot, | parce que sa femme l'attendait dehors."),
    ("es", "No sabía que la reunión empezaba | a las ocho de la mañana."),
    ("es", "El perro de mi vecina ladra toda la noche, | pero nadie dice nada."),
    ("it", "Non ho mai visto un film così bello | in tutta la mia vita."),
    ("it", "Siamo andati al mare con i bambini, | perché faceva molto caldo."),
    ("pt", "O menino perdeu o livro | que a professora lhe tinha dado ontem."),
    ("ru", "Он сказал, что вернётся домой, | когда закончится война на востоке."),
    ("ru", "Мы долго ждали поезд на старом вокзале, | но он так и не пришёл."),
    ("ar", "ذهبت إلى السوق في الصباح الباكر، | ثم عدت إلى البيت قبل الظهر."),
    ("el", "Χθες το βράδυ είδαμε μια ωραία ταινία, | μετά πήγαμε για φαγητό."),
    ("hi", "मैं कल सुबह अपने गाँव जाऊँगा, | और वहाँ एक सप्ताह रहूँगा।"),
    ("zh", "我们昨天去了北京的故宫， | 看到了很多漂亮的建筑。"),
    ("zh", "他说明天会下雨， | 所以我们不能去公园了。"),
    ("ja", "東京の「桜」は来週から || 咲き始めるそうです。"),
    ("ko", "어제 친구하고 새로 생긴 | 식당에서 저녁을 먹었어요."),
]
# Characters that people speak a second, so that each can be read at Netflix's speed for its language.
PACE_CPS = {"zh": 6.0, "ja": 3.2, "ko": 9.0}


@pytest.mark.parametrize(("language", "expected"), EXAMPLES)
def test_lines_end_where_a_subtitler_ends_them(language: str, expected: str) -> None:
    text = expected.replace(" || ", " ").replace(" | ", " ")
    if language in ("zh", "ja"):
        text = text.replace(" ", "")
    cues = lay_out([spoken(text, language, PACE_CPS.get(language, 13.0))], standard("netflix"))
    assert " || ".join(" | ".join(cue.lines) for cue in cues) == expected


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("en", "the", "house"),
        ("en", "I", "know"),
        ("en", "They’re", "here"),
        ("en", "has", "gone"),
        ("en", "Mr.", "Smith"),
        ("en", "of", "gold"),
        ("en-GB", "“The", "house"),
        ("de", "dem", "Haus"),
        ("de", "wird", "kommen"),
        ("fr", "une", "maison"),
        ("fr", "ils", "partent"),
        ("es", "los", "perros"),
        ("it", "abbiamo", "visto"),
        ("pt", "não", "sei"),
        ("ru", "в", "доме"),
        ("ar", "في", "البيت"),
        ("ko", "먹을", "수"),
        ("zh", "我", "的"),
        ("ja", "コン", "ピ"),
    ],
)
def test_what_belongs_together_is_not_parted(language: str, before: str, after: str) -> None:
    assert break_cost(before, after, language) == BOUND


@pytest.mark.parametrize(
    ("before", "after", "language", "cost"),
    [
        ("home.", "Then", "en", SENTENCE),
        ("“Really?”", "she", "en", SENTENCE),
        ("下雨。", "他", "zh", SENTENCE),
        ("البيت؟", "ثم", "ar", SENTENCE),
        ("home,", "then", "en", CLAUSE),
        ("下雨，", "我", "zh", CLAUSE),
        ("house", "and", "en", OPENING),
        ("maison", "dans", "fr", OPENING),
        ("友達と", "映画", "ja", OPENING),
        ("green", "house", "en", NEUTRAL),
        ("Angela", "Merkel", "de", NAME),
        ("15th", "century", "en", NAME),
        ("J.", "Rowling", "en", NAME),
        ("25", "dollars", "en", NAME),
        ("映画", "を", "ja", NAME),
        ("「", "桜", "ja", FORBIDDEN),
        ("桜", "」", "ja", FORBIDDEN),
        ("ビ", "ッ", "ja", FORBIDDEN),
        ("我", "，", "zh", FORBIDDEN),
        ("ก", "\u0e34", "th", FORBIDDEN),
    ],
)
def test_punctuation_says_how_well_a_line_ends(before: str, after: str, language: str, cost: float) -> None:
    assert break_cost(before, after, language) == cost


def test_a_language_without_words_of_its_own_is_broken_by_punctuation() -> None:
    assert break_cost("talo,", "joka", "fi") == CLAUSE
    assert break_cost("talo", "joka", "fi") == NEUTRAL

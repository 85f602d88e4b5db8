"""Makes the spoken requests in `examples/pictures`, as `make_questions.py` makes the questions: a whole conversation.

    python examples/make_picture_requests.py

Their names begin with their place in it: three pictures, two edits, an undo, an animation that is saved. Those in
`examples/pictures_es` are Spanish.
"""

from __future__ import annotations

from pathlib import Path

from make_questions import Question, write

REQUESTS = (
    Question("01_apple.wav", "Draw me a red apple, please."),
    Question("02_green.wav", "Make it green."),
    Question("03_undo.wav", "Undo that."),
    Question("04_rocket.wav", "Can you draw a rocket?"),
    Question("05_left.wav", "Extend the picture to the left."),
    Question("06_capital.wav", "What is the capital of France?"),
    Question("07_cat.wav", "Now draw an orange cat."),
    Question("08_animate.wav", "Animate the picture."),
    Question("09_save.wav", "Save the picture."),
    Question("10_licence.wav", "What licence is this picture under?"),
)
SPANISH = tuple(
    Question(file, request, "es", "pico", "es-ES")
    for file, request in (
        ("01_manzana.wav", "Por favor, dibuja una manzana roja."),
        ("02_izquierda.wav", "¿Puedes ampliar la imagen hacia la izquierda?"),
        ("03_deshacer.wav", "¿Puedes deshacer eso?"),
        ("04_licencia.wav", "¿Qué licencia tiene esta imagen?"),
        ("05_guardar.wav", "¿Puedes guardar la imagen?"),
    )
)

if __name__ == "__main__":
    write(Path(__file__).parent / "pictures", REQUESTS)
    write(Path(__file__).parent / "pictures_es", SPANISH)

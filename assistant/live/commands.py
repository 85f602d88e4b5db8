"""What spoken commands do to a conversation."""

from __future__ import annotations

from assistant.live.playback import Playback
from assistant.phrases.phrasebook import picture_line, spoken_line
from assistant.phrases.spoken_control import Command, CommandKind, spoken_command
from assistant.session import Session

# A step that is heard as one, and a few of which reach the end of what is pleasant.
_STEP = 1.25
# Voices cannot speak twice as slowly or fast and stay clear, and twice as loud already clips; a wish that leads beyond
# must not have to be taken back as often as it was said.
_LEAST, _MOST = 0.5, 2.0


def commanded(session: Session, text: str, language: str, *, is_free: bool) -> Command | None:
    """The command that the utterance is, if any; "annulla" is one that ends a reply, or else wants a picture undone.

    Args:
        is_free: the user did not interrupt a reply with it.
    """
    command = spoken_command(text, language)
    is_stop = command is not None and command.kind is CommandKind.STOP
    if is_stop and is_free and session.pictures and session.pictures.undoes(text, language):
        return None
    return command


def obey(command: Command, session: Session, playback: Playback, heard_language: str, *, is_free: bool) -> str:
    """Does what was asked, and returns what is to be said about it; "" for nothing.

    Args:
        is_free: the user did not interrupt a reply with it, so that "stop" means what is being drawn.
    """
    match command.kind:
        case CommandKind.STOP if is_free and session.pictures and session.pictures.stop():
            return picture_line("stopped", session.language or heard_language)
        case CommandKind.STOP | CommandKind.WAIT:
            return ""  # the reply was ended when the user began to speak; silence is the answer
        case CommandKind.REPEAT:
            return session.conversation.last_reply or spoken_line("repeat", heard_language)
        case CommandKind.SLOWER:
            session.speed = max(_LEAST, session.speed / _STEP)
        case CommandKind.FASTER:
            session.speed = min(_MOST, session.speed * _STEP)
        case CommandKind.LOUDER:
            playback.volume = min(_MOST, playback.volume * _STEP)
        case CommandKind.SOFTER:
            playback.volume = max(_LEAST, playback.volume / _STEP)
        case CommandKind.LANGUAGE:
            session.language = command.argument
        case CommandKind.RESTART:
            session.conversation.clear()
        case CommandKind.GOODBYE:
            pass
    return spoken_line(command.kind.value, session.language or heard_language)

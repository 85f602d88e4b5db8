"""What spoken commands do to a conversation."""

from __future__ import annotations

from assistant.phrasebook import spoken_line
from assistant.playback import Playback
from assistant.session import Session
from assistant.spoken_control import Command, CommandKind

# A step that is heard as one, and a few of which reach the end of what is pleasant.
_STEP = 1.25


def obey(command: Command, session: Session, playback: Playback, heard_language: str) -> str:
    """Does what was asked, and returns what is to be said about it; "" for nothing."""
    match command.kind:
        case CommandKind.STOP | CommandKind.WAIT:
            return ""  # the reply was ended when the user began to speak; silence is the answer
        case CommandKind.REPEAT:
            return session.conversation.last_reply or spoken_line("repeat", heard_language)
        case CommandKind.SLOWER:
            session.speed /= _STEP
        case CommandKind.FASTER:
            session.speed *= _STEP
        case CommandKind.LOUDER:
            playback.volume *= _STEP
        case CommandKind.SOFTER:
            playback.volume /= _STEP
        case CommandKind.LANGUAGE:
            session.language = command.argument
        case CommandKind.RESTART:
            session.conversation.clear()
        case CommandKind.GOODBYE:
            pass
    return spoken_line(command.kind.value, session.language or heard_language)

"""Items that a client makes."""

from __future__ import annotations

from assistant.serve.errors import RequestError
from assistant.serve.realtime import client_events as asked
from assistant.serve.realtime.audio_formats import FormatName, decoded
from assistant.serve.realtime.client_events import sound
from assistant.serve.realtime.items import Item, Items, new_id

_PARTS = {
    "user": ("input_text", "input_audio"),
    "system": ("input_text",),
    # "text" is what it was called before.
    "assistant": ("output_text", "output_audio", "text"),
}


def item_of(new: asked.Message | asked.FunctionCall | asked.FunctionCallOutput, items: Items, form: FormatName) -> Item:
    """
    Args:
        items: those that there are already.
        form: of sound in a message.

    Raises:
        RequestError: a part does not go with the role, or lacks what it is made of; an output without a call.
    """
    item_id = new.id or new_id("item")
    match new:
        case asked.Message():
            return _message(new, item_id, form)
        case asked.FunctionCall():
            call_id = new.call_id or new_id("call")
            return Item("function_call", text=new.arguments, id=item_id, name=new.name, call_id=call_id)
        case asked.FunctionCallOutput():
            call = items.call(new.call_id)
            return Item("function_call_output", text=new.output, id=item_id, name=call.name, call_id=new.call_id)


def _message(new: asked.Message, item_id: str, form: FormatName) -> Item:
    texts, sounds = [], []
    for index, part in enumerate(new.content):
        where = f"item.content.{index}"
        if part.type not in _PARTS[new.role]:
            raise RequestError(400, "invalid_value", f"{where}.type: not for a message of the {new.role}", param=where)
        if part.type == "input_audio" and part.audio is not None:
            sounds.append(sound(part.audio, f"{where}.audio"))
        elif (text := part.transcript if part.type.endswith("_audio") else part.text) is not None:
            texts.append(text)
        else:
            raise RequestError(400, "missing_required_parameter", f"{where}: has no content", param=where)
    if texts and sounds:
        raise RequestError(400, "invalid_value", "item.content: either text or sound", param="item.content")
    item = Item("message", new.role, "\n".join(texts), item_id, is_sound=bool(sounds))
    if sounds:
        item.audio = decoded(b"".join(sounds), form)
    return item

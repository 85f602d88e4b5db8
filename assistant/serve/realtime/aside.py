"""A response that is made in another way than the turns of its conversation: other instructions, tools, items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.serve.errors import RequestError
from assistant.serve.realtime.adaptation import token_limit
from assistant.serve.realtime.client_events import ItemReference, PromptItem, ResponseParams
from assistant.serve.realtime.function_choice import FunctionChooser
from assistant.serve.realtime.items import Item, Items
from assistant.serve.realtime.new_items import item_of
from assistant.serve.realtime.session_config import SessionConfig
from assistant.serve.realtime.tools import CallSieve, offer
from assistant.session import Session


@dataclass(frozen=True, slots=True)
class Aside:
    """
    Attributes:
        session: only writes; what it remembers are the items that it was given.
        sieve: that its replies pass.
    """

    session: Session
    sieve: CallSieve


def aside(session: Session, items: Items, config: SessionConfig, params: ResponseParams) -> Aside:
    """
    Args:
        session: of the conversation, which stays as it is.
        items: of the conversation.
        config: what counts where `params` says nothing.

    Raises:
        RequestError: the parameters ask for what there is not.
    """
    _check_output(config, params)
    tools = config.tools if params.tools is None else params.tools
    choice = params.tool_choice or config.tool_choice
    read = Items(session.profile.conversation)
    read.instructions = items.instructions if params.instructions is None else params.instructions
    read.tools = offer(tools, choice)
    for item in items.known() if params.input is None else _given(params.input, items, config):
        read.insert(item)
    profile = session.profile
    limit = params.max_output_tokens or config.max_output_tokens
    sampling = replace(profile.sampling, max_new_tokens=token_limit(profile, limit))
    writer = Session(replace(profile, image=None, sampling=sampling), session.stages, read)
    writer.language = session.language
    sieve = CallSieve(tools, choice, FunctionChooser(session.stages.llm, lambda: read.question).call)
    writer.spoken = sieve.spoken
    return Aside(writer, sieve)


def _given(given: Sequence[PromptItem], items: Items, config: SessionConfig) -> list[Item]:
    form = config.audio.input.format.type
    read = []
    for index, item in enumerate(given):
        if isinstance(item, ItemReference):
            read.append(items.find(item.id, f"response.input.{index}.id"))
        else:
            read.append(item_of(item, items, form))
        if read[-1].is_sound and not read[-1].text:
            message = "Sound must be an item of the conversation, and transcribed, before it can be referred to."
            raise RequestError(400, "invalid_value", message, param=f"response.input.{index}")
    return read


def _check_output(config: SessionConfig, params: ResponseParams) -> None:
    if params.audio is None:
        return
    usual, wanted = config.audio.output, params.audio.output
    for name in ("voice", "format", "speed"):
        if name in wanted.model_fields_set and getattr(wanted, name) != getattr(usual, name):
            message = f"The {name} is the session's; change it with session.update."
            raise RequestError(400, "invalid_value", message, param=f"response.audio.output.{name}")

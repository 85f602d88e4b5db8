"""How the client is told of a new item of the user's."""

from __future__ import annotations

from assistant.serve.realtime.items import Item, Items
from assistant.serve.realtime.outbox import Outbox


def commit(outbox: Outbox, items: Items, item: Item) -> None:
    """Sound that the client sent becomes an item, the newest of all."""
    newest = items.newest
    items.insert(item)
    outbox.put("input_audio_buffer.committed", item_id=item.id, previous_item_id=newest.id if newest else None)
    tell(outbox, items, item)


def tell(outbox: Outbox, items: Items, item: Item) -> None:
    """It is there, and complete but for what its sound says, which is told when it is known."""
    before = items.before(item)
    for kind in ("added", "done"):
        outbox.put(f"conversation.item.{kind}", previous_item_id=before, item=item.shown())

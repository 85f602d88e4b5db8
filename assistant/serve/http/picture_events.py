"""A picture in the making as server-sent events, as OpenAI's clients read them: previews first, then the file."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from assistant.serve.http import events
from models.pictures import DrawingStep, Picture

# Between two of those that can be chosen from: each costs a look into the picture, as in conversations.
PREVIEW_EVERY = 3


@dataclass(slots=True)
class PictureEvents:
    """Of one request.

    Attributes:
        kind: how its events are called.
        wanted: as many previews at most.
        sent: previews so far.
    """

    kind: Literal["image_generation", "image_edit"]
    wanted: int
    sent: int = 0

    def preview(self, step: DrawingStep) -> bytes:
        """b"" where there is none, or where it comes earlier than its share of the steps."""
        is_due = self.sent < self.wanted and step.step * (self.wanted + 1) >= step.steps * (self.sent + 1)
        if step.preview is None or not is_due:
            return b""
        png = io.BytesIO()
        _image(step.preview).save(png, "PNG")
        event = self._event("partial_image", step.preview, png.getvalue(), partial_image_index=self.sent)
        self.sent += 1
        return event

    def completed(self, picture: Picture, file: bytes, more: Mapping[str, Any]) -> bytes:
        """
        Args:
            file: PNG.
            more: what this server tells beside OpenAI's own.
        """
        details = {"text_tokens": 0, "image_tokens": 0}  # nothing here counts or costs
        usage = {"input_tokens": 0, "input_tokens_details": details, "output_tokens": 0, "total_tokens": 0}
        return self._event("completed", picture, file, usage=usage, **more)

    def _event(self, what: str, picture: Picture, png: bytes, **fields: object) -> bytes:
        fixed = {"background": "opaque", "quality": "auto", "output_format": "png", "created_at": int(time.time())}
        size = f"{picture.width}x{picture.height}"
        content = base64.b64encode(png).decode()
        return events.event({"type": f"{self.kind}.{what}", "b64_json": content, "size": size, **fixed, **fields})


def _image(picture: Picture) -> Any:
    from PIL import Image

    return Image.fromarray(picture.pixels)

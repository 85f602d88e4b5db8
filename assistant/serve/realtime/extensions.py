"""What our own page needs and OpenAI's protocol has no event for. A client that does not know these can ignore them.

In `session.update`, beside the protocol's own keys, `session.assistant` (every key optional, as in the protocol):

    language            ISO 639-1 code that is listened for and answered in; "": whatever is spoken
    temperature, top_k, top_p, repetition_penalty, seed     sampling, as in a profile; seed null: different each time
    echo                "client" (default): the browser or headphones see to it; "server": the profile's canceller does
    lead_ms             how far ahead of its playing audio is sent, 100 to 800; 250 is enough for a browser
    commands            true (default): "stop", "slower", "say that again" … are obeyed

Voice, instructions, speed and the longest reply are the protocol's: audio.output.voice (a name from the profile's
[tts.voices]), instructions, audio.output.speed, max_output_tokens. `session.created` and `session.updated` show all of
them, and under `assistant.voices` the names that can be chosen.

Client events:

    assistant.played            {item_id, audio_end_ms}
        How much of this item's audio has sounded. After the first of them the server believes these, and not the clock;
        ten a second are plenty. The microphone's echo and the history follow from it.

Server events; all have event_id:

    assistant.duck              {response_id}   the user may be speaking: the reply goes on quietly
    assistant.hold              {response_id}   the user keeps speaking: stop at once, and keep the rest
    assistant.resume            {response_id}   it was no interruption: go on where you stopped
        A reply that is cut off has response.done with status "cancelled": throw away what is left.
    assistant.partial           {item_id, committed, tentative}     what the user has said so far; tentative may change
    assistant.speech_dropped    {item_id, reason}   it makes no turn; the reasons are those of `assistant.events`
    assistant.notice            {text}          something the user should know
    assistant.timeline          {response_id, seconds: {transcript, first_delta, first_clause, first_audio, end}}
        From the user's last sample to each of these; null: it did not happen. Sent after response.done.
    assistant.picture.started   {picture_id, prompt}
    assistant.picture.progress  {picture_id, step, steps, preview: {media_type, data, width, height} | null}
    assistant.picture.ready     {picture_id, prompt, licence, picture: {media_type, data, width, height}}
    assistant.picture.dropped   {picture_id, reason}
        `data` is base64; a preview is a JPEG of at most 256 pixels, a finished picture the file of the gallery: PNG,
        GIF or MP4.

While a reply sounds, `input_audio_buffer.speech_started` waits until it is certain that the user interrupts, for every
client stops playing when it comes; `assistant.duck` and `assistant.hold` come at once.
"""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING

from assistant import events
from assistant.events import Event
from assistant.serve.realtime.outbox import Outbox
from models.pictures import Picture

if TYPE_CHECKING:
    from assistant.serve.realtime.response import Response

# A preview is looked at for half a second; a few kilobytes each leave room for the voice.
_PREVIEW_PIXELS = 256
_MEDIA_TYPES = {".png": "image/png", ".gif": "image/gif", ".mp4": "video/mp4"}


def tell(outbox: Outbox, event: Event, response: Response | None) -> None:
    """Sends the event of ours that stands for what has happened, if there is one."""
    response_id = response.id if response else None
    match event:
        case events.Ducked():
            outbox.put("assistant.duck", response_id=response_id)
        case events.Held():
            outbox.put("assistant.hold", response_id=response_id)
        case events.Resumed():
            outbox.put("assistant.resume", response_id=response_id)
        case events.Notice(text=text):
            outbox.put("assistant.notice", text=text)
        case events.PictureStarted(picture_id=picture_id, prompt=prompt):
            outbox.put("assistant.picture.started", picture_id=picture_id, prompt=prompt)
        case events.PictureProgress(picture_id=picture_id, step=step, steps=steps, preview=preview):
            shown = _preview(preview) if preview else None
            outbox.put("assistant.picture.progress", picture_id=picture_id, step=step, steps=steps, preview=shown)
        case events.PictureReady(picture_id=picture_id, prompt=prompt, licence=licence):
            shown = _file(event.path, event.picture)
            outbox.put("assistant.picture.ready", picture_id=picture_id, prompt=prompt, licence=licence, picture=shown)
        case events.PictureDropped(picture_id=picture_id, reason=reason):
            outbox.put("assistant.picture.dropped", picture_id=picture_id, reason=reason)


def _preview(picture: Picture) -> dict[str, object]:
    from PIL import Image

    image = Image.fromarray(picture.pixels)
    image.thumbnail((_PREVIEW_PIXELS, _PREVIEW_PIXELS))
    jpeg = io.BytesIO()
    image.save(jpeg, "JPEG")
    return _shown(jpeg.getvalue(), "image/jpeg", image.width, image.height)


def _file(path: Path, picture: Picture) -> dict[str, object]:
    return _shown(path.read_bytes(), _MEDIA_TYPES[path.suffix], picture.width, picture.height)


def _shown(content: bytes, media_type: str, width: int, height: int) -> dict[str, object]:
    return {
        "media_type": media_type,
        "data": base64.b64encode(content).decode(),
        "width": width,
        "height": height,
    }

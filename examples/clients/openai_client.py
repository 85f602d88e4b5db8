"""Asks a running `assistant serve` with a recording, by OpenAI's own client, and writes its spoken answer to a file.

python examples/clients/openai_client.py http://127.0.0.1:8765/v1 examples/questions/capital.wav answer.wav
"""

import asyncio
import base64
import sys
import wave
from pathlib import Path

from openai import AsyncOpenAI

from models import audio


async def main(address: str, question: Path, answer: Path) -> None:
    sound = audio.to_pcm16(audio.resample(audio.read(question), 24_000))
    client = AsyncOpenAI(base_url=address, api_key="none")
    with wave.open(str(answer), "wb") as spoken:
        spoken.setparams((1, 2, 24_000, 0, "NONE", ""))
        async with client.realtime.connect(model="local") as connection:
            await connection.session.update(session={"type": "realtime", "instructions": "Be brief."})
            # At once, as it is a file; a microphone would send a piece whenever it has one.
            await connection.input_audio_buffer.append(audio=base64.b64encode(sound).decode())
            async for event in connection:
                if event.type == "conversation.item.input_audio_transcription.completed":
                    print("You:", event.transcript)
                elif event.type == "response.output_audio.delta":
                    spoken.writeframes(base64.b64decode(event.delta))
                elif event.type == "response.output_audio_transcript.done":
                    print("Assistant:", event.transcript)
                elif event.type == "response.done":
                    break
                elif event.type == "error":
                    sys.exit(event.error.message)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))

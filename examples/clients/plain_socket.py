"""Chats with a running `assistant serve` over its socket, with nothing but `websockets`: one line, one answer.

python examples/clients/plain_socket.py ws://127.0.0.1:8765/v1/realtime
"""

import json
import sys

from websockets.sync.client import connect


def main(address: str) -> None:
    with connect(address) as socket:

        def send(kind: str, **fields: object) -> None:
            socket.send(json.dumps({"type": kind, **fields}))

        send("session.update", session={"type": "realtime", "output_modalities": ["text"]})
        for line in sys.stdin:
            content = [{"type": "input_text", "text": line.strip()}]
            send("conversation.item.create", item={"type": "message", "role": "user", "content": content})
            send("response.create")
            for message in socket:
                event = json.loads(message)
                if event["type"] == "response.output_text.delta":
                    print(event["delta"], end="", flush=True)
                elif event["type"] == "response.done":
                    print()
                    break
                elif event["type"] == "error":
                    sys.exit(event["error"]["message"])


if __name__ == "__main__":
    main(sys.argv[1])

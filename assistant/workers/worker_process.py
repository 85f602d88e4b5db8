"""The process of one worker: `python -m assistant.workers.worker_process`, started by `process_host` alone.

Orders arrive on standard input, replies leave on what was standard output; both as frames, of which the first holds the
factory and the spec of the engine. Frames are pickles: the pipes join a process only with the parent that started it.
The process lives no longer than its parent: at the end of its input it is gone, also in the middle of a step.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
import threading
from typing import Any, BinaryIO

from assistant.workers.engine_loop import EngineLoop, Inbox, Reply, drive

# Length of what follows, in bytes: 64 bits, because two hours of audio at 96 kHz take 2.8 GB.
HEADER = struct.Struct("<Q")


def frame(message: object) -> bytes:
    """A message as it crosses the pipe."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return HEADER.pack(len(body)) + body


def read_message(stream: BinaryIO) -> Any:
    """The next message; blocks until it is whole.

    Raises:
        EOFError: the other side is gone.
    """
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        raise EOFError("the pipe has ended")
    (length,) = HEADER.unpack(header)
    body = stream.read(length)
    if len(body) < length:
        raise EOFError("the pipe has ended within a message")
    return pickle.loads(body)


def main() -> None:
    # Ctrl-C in the terminal reaches every process; what is to be done about it is the parent's business.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    orders, replies = _take_pipes()
    factory, spec = read_message(orders)
    inbox = Inbox()
    threading.Thread(target=_receive, args=(orders, inbox), name="orders", daemon=True).start()

    def send(reply: Reply) -> None:
        replies.write(frame(reply))
        replies.flush()

    drive(EngineLoop(factory, spec), inbox, send)


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The two pipes under numbers of our own, so that neither an engine's `print` nor its child can get in between.

    Afterwards standard input is empty and standard output is standard error.
    """
    orders = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return orders, replies


def _receive(orders: BinaryIO, inbox: Inbox) -> None:
    try:
        while True:
            inbox.put(read_message(orders))
    except EOFError:
        # The main thread may be deep inside the engine; there is nobody left to answer and nothing to save.
        os._exit(0)


if __name__ == "__main__":
    main()

"""How a worker runs its engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from assistant.workers.rush import Rush

WorkerMode: TypeAlias = Literal["process", "thread", "inline"]


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """How a worker runs its engine.

    Attributes:
        mode: "process": a crash or a hang cannot reach the conversation. "thread": for debugging; what hangs cannot be
            killed and is left behind. "inline": in the event loop, for scripted engines on a virtual clock.
        credit: items that the engine may be ahead of its reader. 4 words or chunks hide the way through the pipe; more
            would only be thrown away at a barge-in.
        jobs: that an engine that works by turns may have begun at once, of which the most urgent goes on. Each holds
            memory; of as many conversations two cores are full.
        reserve: items beyond that while others wait for the engine, which would otherwise stand idle until a long reply
            has been spoken; the longest reply has about as many words.
        deadline_s: longest time from one item to the next while the reader has credit. A large Whisper takes a minute
            for 30 s of audio on two cores; what takes twice that is not working any more.
        deadlines_s: the same for single methods, by name.
        start_deadline_s: longest time to load the engine; 40 GB from a slow disk take minutes.
        restart_pause_s: from a death to the restart; doubles with each death up to `longest_restart_pause_s`, and
            starts anew after a job that went well. An engine that always dies must not keep the machine busy.
        waiting_limit: streams that may wait in line; one more is told `WorkerBusy`. A conversation has one waiting at a
            time, and the last of 32 would wait longer than anybody listens.
        rush: of all workers that share these options.
    """

    mode: WorkerMode = "process"
    credit: int = 4
    jobs: int = 8
    reserve: int = 256
    deadline_s: float = 120.0
    deadlines_s: Mapping[str, float] = field(default_factory=dict)
    start_deadline_s: float = 600.0
    restart_pause_s: float = 0.1
    longest_restart_pause_s: float = 10.0
    waiting_limit: int = 32
    rush: Rush = field(default_factory=Rush, compare=False)

"""What the server counts and times, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from assistant.events import Event, Interrupted, SpeechDropped, TurnEnded
from assistant.metrics import timeline
from assistant.serve.stage_metrics import StageMetrics
from assistant.stages import Stages

# Prometheus's own end at 10 s and have one step below 25 ms; a slow machine takes a minute for a picture.
_SECONDS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """Of one server; two in one process share nothing but the queues, which are counted by name."""

    def __init__(self, stages: Stages) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(StageMetrics(stages))
        self.requests = Counter(
            "assistant_requests", "Answered requests.", ["endpoint", "status"], registry=self.registry
        )
        self.request_seconds = Histogram(
            "assistant_request_seconds",
            "From a request to the end of its answer.",
            ["endpoint"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.sessions = Gauge("assistant_sessions", "Realtime conversations that are open.", registry=self.registry)
        self.turns = Counter("assistant_turns", "Turns that were answered to their end.", registry=self.registry)
        self.interruptions = Counter(
            "assistant_interruptions", "Replies that were cut off by the user.", registry=self.registry
        )
        self.drops = Counter("assistant_drops", "What was heard but made no turn.", ["reason"], registry=self.registry)
        self.turn_seconds = Histogram(
            "assistant_turn_seconds",
            "From the last sample of the question to each step of its answer.",
            ["step"],
            buckets=_SECONDS,
            registry=self.registry,
        )

    def conversation(self) -> ConversationMetrics:
        """Of a new conversation."""
        return ConversationMetrics(self)

    def answered(self, endpoint: str, status: int, seconds: float) -> None:
        """Takes note of a request.

        Args:
            endpoint: path of the route.
            status: of the response; 0: the client left before it began.
        """
        self.requests.labels(endpoint, status).inc()
        self.request_seconds.labels(endpoint).observe(seconds)

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)


class ConversationMetrics:
    """Counts what happens in one conversation; it is told every event, in order."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._turn: list[Event] = []

    def saw(self, event: Event) -> None:
        """Takes note of it; never blocks."""
        self._turn.append(event)
        match event:
            case TurnEnded():
                self._metrics.turns.inc()
                self._time_turn()
            case Interrupted():
                self._metrics.interruptions.inc()
                self._turn.clear()
            case SpeechDropped(reason=reason):
                self._metrics.drops.labels(reason).inc()

    def _time_turn(self) -> None:
        times = timeline(self._turn)
        self._turn.clear()
        if times.speech_end_s is None:
            return  # it was typed, or the assistant spoke of itself
        for step in ("transcript", "first_delta", "first_clause", "first_audio", "end"):
            seconds: float | None = getattr(times, f"{step}_s")
            if seconds is not None:
                self._metrics.turn_seconds.labels(step).observe(seconds)

"""What workers and queues count themselves, read when Prometheus asks."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from assistant import queues
from assistant.stages import Stages


class StageMetrics(Collector):
    """Of the workers of one server, and of all queues of this process."""

    def __init__(self, stages: Stages) -> None:
        self._stages = stages

    def collect(self) -> Iterator[Metric]:
        """One sample for each worker that is running, and for each queue."""
        waiting = GaugeMetricFamily("assistant_worker_waiting", "Jobs in line for a worker.", labels=["worker"])
        restarts = CounterMetricFamily(
            "assistant_worker_restarts", "Engines that were loaded again.", labels=["worker"]
        )
        loading = GaugeMetricFamily("assistant_worker_load_seconds", "How long it took to load.", labels=["worker"])
        jobs = SummaryMetricFamily("assistant_stage_seconds", "How long jobs took.", labels=["worker", "method"])
        for name, worker in self._stages.named_workers().items():
            waiting.add_metric([name], worker.waiting + worker.begun)
            restarts.add_metric([name], worker.restarts)
            loading.add_metric([name], worker.load_s)
            for method, count in worker.times.jobs.items():
                jobs.add_metric([name, method], count, worker.times.seconds[method])
        yield from (waiting, restarts, loading, jobs, *_queue_metrics())

    def describe(self) -> Iterator[Metric]:
        """Nothing, so that registering asks for no figures: the workers may not run yet."""
        return iter(())


def _queue_metrics() -> Iterator[Metric]:
    length = GaugeMetricFamily("assistant_queue_length", "Items that wait.", labels=["queue"])
    for name, count in queues.lengths().items():
        length.add_metric([name], count)
    peak = GaugeMetricFamily("assistant_queue_peak", "The most that ever waited.", labels=["queue"])
    for name, count in queues.peaks().items():
        peak.add_metric([name], count)
    dropped = CounterMetricFamily("assistant_queue_dropped", "Items thrown away to make room.", labels=["queue"])
    for name, count in queues.dropped().items():
        dropped.add_metric([name], count)
    yield from (length, peak, dropped)

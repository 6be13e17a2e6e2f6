"""Metrics of the service for Prometheus."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
Source = Callable[[], Mapping[str, float]]


class Telemetry(Collector):
    """Metrics of requests, and values that ``sources`` give at each scrape.

    Names of values that end in ``_total`` are counters, all others gauges. Each service has a registry of its own.
    """

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self.sources: list[Source] = []
        self.in_flight = Gauge("axiscope_requests_in_flight", "Requests being answered", registry=self.registry)
        self._requests = Counter(
            "axiscope_requests", "Finished requests", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "axiscope_request_seconds", "Duration of requests", ("route",), buckets=BUCKETS, registry=self.registry
        )
        self.registry.register(self)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one finished request."""
        self._requests.labels(method, route, status).inc()
        self._seconds.labels(route).observe(seconds)

    def collect(self) -> Iterator[Metric]:
        """Yield the values of all sources."""
        for source in self.sources:
            for name, value in source().items():
                family = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
                yield family(name, name.removeprefix("axiscope_").replace("_", " "), value)

    def exposition(self) -> bytes:
        """Return all metrics in Prometheus' text format 0.0.4."""
        return generate_latest(self.registry)

"""Counters of requests, and their exposition for Prometheus."""

from collections import Counter
from collections.abc import Mapping

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Telemetry:
    """Requests by method, route and status, and their durations by route.

    A dozen additions a request: far cheaper than a metrics library on the slider path.
    """

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str, int]] = Counter()
        self.seconds: dict[str, float] = {}
        self.buckets: Counter[tuple[str, float]] = Counter()
        self.in_flight = 0

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one finished request."""
        self.requests[method, route, status] += 1
        self.seconds[route] = self.seconds.get(route, 0.0) + seconds
        for bucket in BUCKETS:
            if seconds <= bucket:
                self.buckets[route, bucket] += 1
                break


def _quote(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _durations(telemetry: Telemetry) -> list[str]:
    lines = ["# TYPE axiscope_request_seconds histogram"]
    totals: Counter[str] = Counter()
    for (_, route, _), count in telemetry.requests.items():
        totals[route] += count
    for route, total in sorted(totals.items()):
        running = 0
        for bucket in BUCKETS:
            running += telemetry.buckets[route, bucket]
            lines.append(f'axiscope_request_seconds_bucket{{route="{_quote(route)}",le="{bucket}"}} {running}')
        lines.append(f'axiscope_request_seconds_bucket{{route="{_quote(route)}",le="+Inf"}} {total}')
        lines.append(f'axiscope_request_seconds_sum{{route="{_quote(route)}"}} {telemetry.seconds.get(route, 0.0):.6f}')
        lines.append(f'axiscope_request_seconds_count{{route="{_quote(route)}"}} {total}')
    return lines


def exposition(telemetry: Telemetry, gauges: Mapping[str, float]) -> str:
    """All figures in Prometheus' text format; names of ``gauges`` that end in `_total` are counters."""
    lines = ["# TYPE axiscope_requests_total counter"]
    lines += [
        f'axiscope_requests_total{{method="{method}",route="{_quote(route)}",status="{status}"}} {count}'
        for (method, route, status), count in sorted(telemetry.requests.items())
    ]
    lines += _durations(telemetry)
    for name, value in gauges.items():
        kind = "counter" if name.endswith("_total") else "gauge"
        lines += [f"# TYPE {name} {kind}", f"{name} {value}"]
    return "\n".join(lines) + "\n"

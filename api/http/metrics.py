"""Metrics: requests by route and status, their times, and how long the writer's line is, in Prometheus' text format."""

from collections import defaultdict
from collections.abc import Iterator
from threading import Lock
from typing import Final

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper ends, in seconds."""

TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counts since the process began."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: dict[tuple[str, str, int], int] = defaultdict(int)
        self._times: dict[str, list[float]] = defaultdict(lambda: [0.0] * (len(BUCKETS) + 2))

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        with self._lock:
            self._requests[method, route, status] += 1
            times = self._times[route]
            for i, end in enumerate(BUCKETS):
                times[i] += seconds <= end
            times[-2] += 1
            times[-1] += seconds

    def text(self, **gauges: int) -> str:
        """Return everything as Prometheus reads it; `gauges` are numbers of the moment."""
        with self._lock:
            lines = [*self._counted(), *self._timed()]
        lines += [f"# TYPE as_cms_{name} gauge\nas_cms_{name} {value}" for name, value in gauges.items()]
        return "\n".join(lines) + "\n"

    def _counted(self) -> Iterator[str]:
        yield "# TYPE as_cms_requests_total counter"
        for (method, route, status), count in sorted(self._requests.items()):
            yield f'as_cms_requests_total{{method="{method}",route="{route}",status="{status}"}} {count}'

    def _timed(self) -> Iterator[str]:
        name = "as_cms_request_seconds"
        yield f"# TYPE {name} histogram"
        for route, (*times, count, total) in sorted(self._times.items()):
            for end, below in zip((*map(str, BUCKETS), "+Inf"), (*times, count), strict=True):
                yield f'{name}_bucket{{route="{route}",le="{end}"}} {int(below)}'
            yield f'{name}_sum{{route="{route}"}} {total:.6f}'
            yield f'{name}_count{{route="{route}"}} {int(count)}'

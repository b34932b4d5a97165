"""Metrics: requests by route and status, their times, and how things stand, in Prometheus' text format."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper ends, in seconds."""

TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

LEAST: Final = frozenset({"issuer_keys_good_seconds"})
"""Gauges that stand for several processes by the least of them; the others by their sum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What was counted since a process began, and how it stands: by method, route and status; by route; by name."""

    requests: dict[tuple[str, str, int], int] = field(default_factory=dict)
    times: dict[str, list[float]] = field(default_factory=dict)
    gauges: dict[str, int] = field(default_factory=dict)


class Metrics:
    """Counts since the process began."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: dict[tuple[str, str, int], int] = defaultdict(int)
        self._times: dict[str, list[float]] = defaultdict(_no_times)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        with self._lock:
            self._requests[method, route, status] += 1
            times = self._times[route]
            for i, end in enumerate(BUCKETS):
                times[i] += seconds <= end
            times[-2] += 1
            times[-1] += seconds

    def numbers(self, **gauges: int) -> Numbers:
        """Return everything as it is by now; `gauges` are numbers of the moment."""
        with self._lock:
            times = {route: list(each) for route, each in self._times.items()}
            return Numbers(requests=dict(self._requests), times=times, gauges=gauges)


def together(several: Iterable[Numbers]) -> Numbers:
    """Return the numbers of several processes as those of one."""
    requests: dict[tuple[str, str, int], int] = defaultdict(int)
    times: dict[str, list[float]] = defaultdict(_no_times)
    gauges: dict[str, int] = {}
    for each in several:
        for key, count in each.requests.items():
            requests[key] += count
        for route, more in each.times.items():
            times[route] = [a + b for a, b in zip(times[route], more, strict=True)]
        for name, value in each.gauges.items():
            had = gauges.get(name)
            gauges[name] = value if had is None else min(had, value) if name in LEAST else had + value
    return Numbers(requests=requests, times=times, gauges=gauges)


def text(numbers: Numbers) -> str:
    """Return the numbers as Prometheus reads them."""
    lines = [*_counted(numbers), *_timed(numbers)]
    lines += [f"# TYPE as_cms_{name} gauge\nas_cms_{name} {value}" for name, value in numbers.gauges.items()]
    return "\n".join(lines) + "\n"


def _no_times() -> list[float]:
    return [0.0] * (len(BUCKETS) + 2)


def _counted(numbers: Numbers) -> Iterator[str]:
    yield "# TYPE as_cms_requests_total counter"
    for (method, route, status), count in sorted(numbers.requests.items()):
        yield f'as_cms_requests_total{{method="{method}",route="{route}",status="{status}"}} {count}'


def _timed(numbers: Numbers) -> Iterator[str]:
    name = "as_cms_request_seconds"
    yield f"# TYPE {name} histogram"
    for route, (*times, count, total) in sorted(numbers.times.items()):
        for end, below in zip((*map(str, BUCKETS), "+Inf"), (*times, count), strict=True):
            yield f'{name}_bucket{{route="{route}",le="{end}"}} {int(below)}'
        yield f'{name}_sum{{route="{route}"}} {total:.6f}'
        yield f'{name}_count{{route="{route}"}} {int(count)}'

"""The line of those who wait for the deciding writer: in the order of arrival on a stream, in turns between streams."""

from collections import Counter, OrderedDict, deque

from domain.decision import Ref
from eventstore.requests import Waiting


class Line:
    """A thousand who wait for one stream leave room in the next turn for the one who waits for another."""

    def __init__(self) -> None:
        self._streams: OrderedDict[Ref, deque[Waiting]] = OrderedDict()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def join(self, waiting: Waiting) -> None:
        """Stand at the end."""
        self._streams.setdefault(waiting.request.stream, deque()).append(waiting)
        self._length += 1

    def rejoin(self, waiting: list[Waiting]) -> None:
        """Stand in front again, in the same order."""
        for one in reversed(waiting):
            stream = one.request.stream
            self._streams.setdefault(stream, deque()).appendleft(one)
            self._streams.move_to_end(stream, last=False)
        self._length += len(waiting)

    def take(self, most: int, most_of_one: int) -> list[Waiting]:
        """Let up to so many go, and of one stream: one of each, then the next of each; never the same command twice."""
        taken: list[Waiting] = []
        again: list[Waiting] = []
        ids, of_stream = set(), Counter[Ref]()
        while self._streams and len(taken) < most and of_stream[next(iter(self._streams))] < most_of_one:
            one = self._next()
            if one.abandoned:
                continue
            (again if one.request.command_id in ids else taken).append(one)
            ids.add(one.request.command_id)
            of_stream[one.request.stream] += 1
        self.rejoin(again)
        return taken

    def _next(self) -> Waiting:
        stream, waiting = self._streams.popitem(last=False)
        one = waiting.popleft()
        if waiting:
            self._streams[stream] = waiting
        self._length -= 1
        return one

"""The line before the writer: turns between streams, the order of arrival on each."""

from concurrent.futures import Future
from uuid import UUID, uuid4

from domain.decision import Ref
from eventstore.line import Line
from eventstore.requests import Request, Waiting
from tests.eventstore.tally import SOMEBODY, Count, Tally


def waits(stream: UUID, name: UUID | None = None) -> Waiting:
    request = Request(stream=Ref(Tally, stream), command=Count(), actor=SOMEBODY, command_id=name or uuid4())
    return Waiting(request, Future())


def line_of(*waiting: Waiting) -> Line:
    line = Line()
    for one in waiting:
        line.join(one)
    return line


def test_a_hot_stream_has_its_share_of_a_turn_and_everybody_else_is_in_it() -> None:
    hot = [waits(uuid4())]
    hot += [waits(hot[0].request.stream.id) for _ in range(99)]
    others = [waits(uuid4()) for _ in range(8)]
    line = line_of(*hot, *others)
    assert sorted(map(id, line.take(64, 16))) == sorted(map(id, [*hot[:16], *others]))
    assert line.take(64, 16) == hot[16:32]


def test_nobody_is_passed_over_when_more_streams_wait_than_a_turn_takes() -> None:
    waiting = [waits(uuid4()) for _ in range(10)]
    line = line_of(*waiting)
    assert line.take(4, 2) + line.take(4, 2) + line.take(4, 2) == waiting


def test_the_same_command_twice_is_never_in_one_turn() -> None:
    stream, name = uuid4(), uuid4()
    first, second = waits(stream, name), waits(stream, name)
    line = line_of(first, second)
    assert [line.take(64, 16), line.take(64, 16)] == [[first], [second]]


def test_who_has_given_up_takes_nobodys_place() -> None:
    stream = uuid4()
    gone, there = waits(stream), waits(stream)
    line = line_of(gone, there)
    gone.future.cancel()
    assert line.take(64, 1) == [there]
    assert not line

"""The deciding writer: acts once, decides on what is true, and lets nobody wait for somebody else's conflict."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Event
from time import monotonic
from uuid import UUID, uuid4

import pytest

from domain.authority import NotFound
from domain.decision import Ref
from eventstore.connections import connect
from eventstore.judging import NotOurs
from eventstore.log import head, tail
from eventstore.requests import AlreadyDone, Done, IdempotencyKeyReused, PersonErased, Request, Stale
from eventstore.states import ForeignStream
from eventstore.writer import MOST_OF_ONE_STREAM, Clock, Writer, utc_now
from tests.eventstore.tally import (
    SOMEBODY,
    Blunder,
    Closed,
    CloseTally,
    Count,
    CountAt,
    Diary,
    GiveNameBack,
    Move,
    NameTaken,
    Note,
    NoteDay,
    Split,
    TakeName,
    Tally,
)
from tests.eventstore.writers import writer_of

Ask = Callable[..., Request]


def ask(command: object, stream: UUID, **more: object) -> Request:
    return Request(stream=Ref(Tally, stream), command=command, actor=SOMEBODY, **{"opens": True, **more})  # type: ignore[arg-type]  # the fields of a request


@pytest.fixture
def writers(migrated: str) -> Iterator[Callable[..., Writer]]:
    """Makes writers, each as one process of the service would have it."""
    made: list[Writer] = []

    def make(clock: Clock = utc_now) -> Writer:
        made.append(writer_of(migrated, clock=clock))
        return made[-1]

    yield make
    for writer in made:
        writer.close()


@pytest.fixture
def writer(writers: Callable[..., Writer]) -> Writer:
    return writers()


def events(dsn: str) -> list[tuple[UUID, int, str]]:
    with connect(dsn) as connection:
        return [(event.stream, event.version, event.type) for event in tail(connection, 0, 10_000)]


def test_a_command_is_decided_and_what_it_decides_is_appended(writer: Writer, migrated: str) -> None:
    stream = uuid4()
    done = writer.execute(ask(Count(), stream))
    assert (done.stream, done.version, done.position) == (stream, 1, 1)
    assert events(migrated) == [(stream, 1, "Counted")]


def test_a_command_that_finds_its_intent_true_appends_nothing_and_succeeds(writer: Writer, migrated: str) -> None:
    stream = uuid4()
    first, again = (writer.execute(ask(CloseTally(), stream)) for _ in range(2))
    assert (again.version, again.position) == (first.version, first.position)
    assert len(events(migrated)) == 1


def test_a_refusal_reaches_the_caller_and_leaves_no_event(writer: Writer, migrated: str) -> None:
    stream = uuid4()
    writer.execute(ask(CloseTally(), stream))
    with pytest.raises(Closed):
        writer.execute(ask(Count(), stream))
    assert len(events(migrated)) == 1


def test_a_mistake_in_one_command_reaches_its_caller_alone(writer: Writer) -> None:
    with ThreadPoolExecutor(8) as callers:
        blunders = [callers.submit(writer.execute, ask(Blunder(), uuid4())) for _ in range(4)]
        counts = [callers.submit(writer.execute, ask(Count(), uuid4())) for _ in range(4)]
    assert [type(one.exception()) for one in blunders] == [ZeroDivisionError] * 4
    assert [one.result().version for one in counts] == [1] * 4


def test_two_streams_are_changed_together(writer: Writer, migrated: str) -> None:
    here, there = uuid4(), uuid4()
    writer.execute(ask(Count(), there))
    done = writer.execute(ask(Move(to=there, amount=3), here))
    assert done.ids == {"to": there}
    assert events(migrated) == [(there, 1, "Counted"), (here, 1, "Counted"), (there, 2, "Counted")]


def test_a_stream_begins_where_the_decision_made_its_id(writer: Writer, migrated: str) -> None:
    other = writer.execute(ask(Split(amount=3), uuid4())).ids["other"]
    assert events(migrated) == [(other, 1, "Counted")]


def test_no_other_stream_begins_at_an_id_that_somebody_sent(writer: Writer, migrated: str) -> None:
    with pytest.raises(NotOurs):
        writer.execute(ask(Move(to=uuid4(), amount=3), uuid4()))
    assert events(migrated) == []


def test_no_stream_begins_at_an_address_that_somebody_sent_BR_69(writer: Writer, migrated: str) -> None:
    for command in (Count(), CloseTally(), TakeName(name="Rimu")):
        with pytest.raises(NotFound):
            writer.execute(ask(command, uuid4(), opens=False))
    assert events(migrated) == []


def test_a_command_of_a_stream_that_is_there_need_not_open_it(writer: Writer) -> None:
    stream = uuid4()
    writer.execute(ask(Count(), stream))
    assert writer.execute(ask(Count(), stream, opens=False)).version == 2


def test_neither_of_two_streams_is_changed_if_one_of_them_refuses(writer: Writer, migrated: str) -> None:
    here, there = uuid4(), uuid4()
    writer.execute(ask(CloseTally(), there))
    with pytest.raises(Closed):
        writer.execute(ask(Move(to=there, amount=3), here))
    assert events(migrated) == [(there, 1, "TallyClosed")]


def test_a_stream_of_another_kind_is_not_there_for_whoever_addresses_it_BR_69(writer: Writer, migrated: str) -> None:
    writer.execute(ask(Count(), stream := uuid4()))
    with pytest.raises(NotFound):
        writer.execute(note_day(stream, opens=False))
    assert [name for _, _, name in events(migrated)] == ["Counted"]


def test_a_stream_of_another_kind_that_a_command_names_is_nobodys(writer: Writer, migrated: str) -> None:
    other = writer.execute(note_day(uuid4())).stream
    assert writer.execute(ask(Count(ruled_by=other), uuid4())).version == 1
    assert [name for _, _, name in events(migrated)] == ["DayNoted", "Counted"]


def test_a_stream_of_another_kind_where_the_service_keeps_something_is_an_alarm(writer: Writer, migrated: str) -> None:
    other = writer.execute(note_day(uuid4())).stream
    asked = (ask(Count(), other), ask(Count(ruled_by=None), other), ask(CountAt(where=str(other)), uuid4()))
    for one in asked:
        with pytest.raises(ForeignStream) as found:
            writer.execute(one)
        assert (found.value.kind, found.value.stream) == ("Tally", other)
    with pytest.raises(ForeignStream):
        writer.execute(ask(Move(to=other, amount=1), uuid4()))
    assert [name for _, _, name in events(migrated)] == ["DayNoted"]


def test_a_stream_that_once_was_of_another_kind_stays_so(migrated: str, writers: Callable[..., Writer]) -> None:
    other = writers().execute(note_day(uuid4())).stream
    with connect(migrated) as owner:
        owner.execute(
            "INSERT INTO log.events SELECT 2, stream, 2, 'Counted', 1, recorded_at, decided_on, command_id, envelope,"
            ' convert_to(\'{"amount":1,"on":"2026-05-04"}\', \'UTF8\') FROM log.events'
        )
    for one in (ask(Count(), other), note_day(other)):
        with pytest.raises(ForeignStream):
            writers().execute(one)


def note_day(stream: UUID, *, opens: bool = True) -> Request:
    return Request(stream=Ref(Diary, stream), command=NoteDay(), actor=SOMEBODY, opens=opens)


def test_one_new_id_for_two_kinds_at_once_becomes_one_of_them(writer: Writer, migrated: str) -> None:
    stream = uuid4()
    with ThreadPoolExecutor(2) as callers:
        asked = [callers.submit(writer.execute, one) for one in (ask(Count(), stream), note_day(stream))]
    assert [type(one.exception()) for one in asked].count(ForeignStream) == 1
    assert len(events(migrated)) == 1


def test_who_has_seen_an_older_version_is_told_so(writer: Writer) -> None:
    stream = uuid4()
    writer.execute(ask(Count(), stream))
    assert writer.execute(ask(Count(), stream, expected=1)).version == 2
    with pytest.raises(Stale):
        writer.execute(ask(Count(), stream, expected=1))


def test_the_same_command_sent_again_is_answered_with_its_first_answer(writer: Writer, migrated: str) -> None:
    stream, command_id = uuid4(), uuid4()
    first = writer.execute(ask(Count(), stream, command_id=command_id, body=b"a", expected=0))
    writer.execute(ask(Count(), stream))
    assert writer.execute(ask(Count(), stream, command_id=command_id, body=b"a", expected=0)) == first
    assert len(events(migrated)) == 2


def test_the_same_command_without_events_keeps_its_first_answer_too(writer: Writer) -> None:
    stream, command_id = uuid4(), uuid4()
    writer.execute(ask(CloseTally(), stream))
    first = writer.execute(ask(CloseTally(), stream, command_id=command_id))
    writer.execute(ask(Count(), uuid4()))
    assert writer.execute(ask(CloseTally(), stream, command_id=command_id)) == first


def test_a_key_used_again_with_another_body_is_refused(writer: Writer) -> None:
    command_id = uuid4()
    writer.execute(ask(Count(), uuid4(), command_id=command_id, body=b"a"))
    with pytest.raises(IdempotencyKeyReused):
        writer.execute(ask(Count(), uuid4(), command_id=command_id, body=b"b"))


def test_a_refused_command_is_judged_again(writer: Writer) -> None:
    here, there, command_id = uuid4(), uuid4(), uuid4()
    writer.execute(ask(TakeName(name="Kea"), there))
    with pytest.raises(NameTaken):
        writer.execute(ask(TakeName(name="Kea"), here, command_id=command_id))
    writer.execute(ask(GiveNameBack(name="Kea"), there))
    assert writer.execute(ask(TakeName(name="Kea"), here, command_id=command_id)).version == 1


def test_a_repeat_after_its_answer_has_expired_is_recognised(writer: Writer, migrated: str) -> None:
    stream, command_id = uuid4(), uuid4()
    writer.execute(ask(Count(), stream, command_id=command_id))
    with connect(migrated) as owner:
        owner.execute("DELETE FROM log.answers WHERE recorded_at <= now()")
    with pytest.raises(AlreadyDone):
        writer.execute(ask(Count(), stream, command_id=command_id))
    assert len(events(migrated)) == 1


def test_the_same_key_at_two_processes_at_once_acts_once(writers: Callable[..., Writer], migrated: str) -> None:
    pair, keys = (writers(), writers()), [uuid4() for _ in range(40)]
    with ThreadPoolExecutor(16) as callers:
        answers = [
            [callers.submit(writer.execute, ask(Count(), key, command_id=key)) for writer in pair] for key in keys
        ]
    assert all(one.result() == other.result() for one, other in answers)
    assert sorted(stream for stream, _, _ in events(migrated)) == sorted(keys)


def test_the_same_key_many_times_at_one_process_acts_once(writer: Writer, migrated: str) -> None:
    stream, key = uuid4(), uuid4()
    with ThreadPoolExecutor(16) as callers:
        answers = [callers.submit(writer.execute, ask(Count(), stream, command_id=key)) for _ in range(32)]
    assert {one.result().version for one in answers} == {1}
    assert len(events(migrated)) == 1


def test_a_stream_that_moved_in_another_process_is_decided_again(writers: Callable[..., Writer]) -> None:
    one, other, stream = writers(), writers(), uuid4()
    versions = [writer.execute(ask(Count(), stream)).version for writer in (one, other, other, one, one, other)]
    assert versions == [1, 2, 3, 4, 5, 6]


def test_a_fact_of_another_stream_that_moved_between_reading_and_appending_is_noticed(
    writers: Callable[..., Writer],
) -> None:
    one, other, ruler = writers(), writers(), uuid4()
    one.execute(ask(Count(ruled_by=ruler), uuid4()))  # `one` now keeps the ruler as it stood
    other.execute(ask(CloseTally(), ruler))
    with pytest.raises(Closed):
        one.execute(ask(Count(ruled_by=ruler), uuid4()))


def test_what_was_decided_on_a_change_that_is_not_stored_is_not_stored_either(
    writers: Callable[..., Writer], migrated: str
) -> None:
    one, other, stream, ruler = writers(), writers(), uuid4(), uuid4()
    one.execute(ask(Count(ruled_by=ruler), uuid4()))  # `one` now keeps the ruler as it stood
    other.execute(ask(Count(), ruler))
    with ThreadPoolExecutor(3) as callers, connect(migrated) as holder:
        with holder.transaction():
            holder.execute("SELECT log.lock()")  # a turn waits until the two stand in line for the next one
            callers.submit(one.execute, ask(Count(), uuid4()))
            wait_until(lambda: one.turns == 2 and one.waiting == 0)
            ruled = callers.submit(one.execute, ask(Count(ruled_by=ruler), stream))
            wait_until(lambda: one.waiting == 1)
            upon_it = callers.submit(one.execute, ask(Count(), stream))
            wait_until(lambda: one.waiting == 2)
        assert {ruled.result().version, upon_it.result().version} == {1, 2}
    assert [version for its, version, _ in events(migrated) if its == stream] == [1, 2]


def wait_until(holds: Callable[[], bool]) -> None:
    until = monotonic() + 30
    while not holds():
        assert monotonic() < until


def test_a_refusal_on_a_fact_that_has_moved_is_decided_again(writers: Callable[..., Writer]) -> None:
    one, other, holder = writers(), writers(), uuid4()
    one.execute(ask(TakeName(name="Kea"), holder))
    other.execute(ask(GiveNameBack(name="Kea"), holder))
    assert one.execute(ask(TakeName(name="Kea"), uuid4())).version == 1


def test_the_facts_that_a_command_was_decided_on_are_recorded_with_it(writer: Writer, migrated: str) -> None:
    ruler = uuid4()
    writer.execute(ask(Count(), ruler))
    writer.execute(ask(Count(ruled_by=ruler), uuid4()))
    with connect(migrated) as connection:
        envelope = tail(connection, 1, 1)[0].envelope
    assert f'"facts":{{"{ruler}":1}}'.encode() in envelope


def test_what_cannot_be_sealed_any_more_fails_alone(writer: Writer, migrated: str) -> None:
    erased, others = uuid4(), [uuid4() for _ in range(6)]
    with connect(migrated) as owner:
        owner.execute("INSERT INTO keys.destroyed VALUES (%s, 'narrative', %s, now(), 'test')", [erased, erased])
    with ThreadPoolExecutor(8) as callers:
        asked = {
            stream: callers.submit(writer.execute, ask(Note(text="Tau kē"), stream)) for stream in [erased, *others]
        }
    assert isinstance(asked.pop(erased).exception(), PersonErased)
    assert {one.result().version for one in asked.values()} == {1}


def test_a_key_that_was_destroyed_unnoticed_seals_nothing_more(writer: Writer, migrated: str) -> None:
    stream = uuid4()
    writer.execute(ask(Note(text="Tau kē"), stream))  # the key is kept from now on
    with connect(migrated) as owner:
        owner.execute("DELETE FROM keys.subject_keys WHERE subject = %s", [stream])
        owner.execute("INSERT INTO keys.destroyed VALUES (%s, 'narrative', %s, now(), 'test')", [stream, stream])
    with pytest.raises(PersonErased):
        writer.execute(ask(Note(text="Kia ora"), stream))
    assert len(events(migrated)) == 1


def test_a_command_is_awaited_on_an_event_loop_too(writer: Writer) -> None:
    stream = uuid4()

    async def all_of_them() -> list[Done]:
        return await asyncio.gather(*(writer.execute_async(ask(Count(), stream)) for _ in range(20)))

    assert [done.version for done in asyncio.run(all_of_them())] == list(range(1, 21))


def test_of_many_who_want_one_name_at_once_one_gets_it(writers: Callable[..., Writer], migrated: str) -> None:
    pair = (writers(), writers())
    with ThreadPoolExecutor(16) as callers:
        asked = [callers.submit(pair[i % 2].execute, ask(TakeName(name="Tui"), uuid4())) for i in range(40)]
    refused = [one.exception() for one in asked]
    assert [type(one) for one in refused].count(NameTaken) == 39
    assert len(events(migrated)) == 1


def test_a_thousand_commands_on_one_stream_at_once_are_all_decided(writer: Writer) -> None:
    stream, go = uuid4(), Event()

    def count() -> int:
        go.wait()
        return writer.execute(ask(Count(), stream)).version

    with ThreadPoolExecutor(1_000) as callers:
        versions = [callers.submit(count) for _ in range(1_000)]
        go.set()
    assert sorted(one.result() for one in versions) == list(range(1, 1_001))


def test_whoever_asks_for_another_stream_meanwhile_is_answered_within_two_turns(writer: Writer, migrated: str) -> None:
    hot = uuid4()
    with ThreadPoolExecutor(1_001) as callers, connect(migrated) as holder:
        with holder.transaction():
            holder.execute("SELECT log.lock()")  # the first turn waits until all are in line
            rest = [callers.submit(writer.execute, ask(Count(), hot)) for _ in range(1_000)]
            wait_until(lambda: writer.waiting >= 900)
            other = callers.submit(writer.execute, ask(Count(), uuid4()))
            wait_until(lambda: writer.waiting >= 901)
        assert other.result().version == 1
        assert len({one.result().version for one in rest}) == 1_000
    assert other.result().position <= 2 * MOST_OF_ONE_STREAM + 1, "it stands behind two turns of the hot one at most"


def test_two_processes_on_one_hot_stream_do_not_starve_each_other(writers: Callable[..., Writer]) -> None:
    pair, stream = (writers(), writers()), uuid4()
    with ThreadPoolExecutor(32) as callers:
        asked = [callers.submit(pair[i % 2].execute, ask(Count(), stream)) for i in range(600)]
    assert sorted(one.result().version for one in asked) == list(range(1, 601))


def test_a_command_is_decided_again_if_midnight_passes_in_auckland_before_it_is_recorded(
    writers: Callable[..., Writer], migrated: str
) -> None:
    before = datetime(2026, 5, 4, 11, 59, 59, tzinfo=UTC)  # 23:59:59 in Auckland
    after = datetime(2026, 5, 4, 12, 0, 1, tzinfo=UTC)
    slow, fast, stream = writers(clock=lambda: before), writers(clock=lambda: after), uuid4()
    fast.execute(ask(Count(), uuid4()))
    slow.execute(ask(Count(), stream))
    with connect(migrated) as connection:
        event = tail(connection, 1, 1)[0]
        assert (event.recorded_at, event.decided_on) == (after, date(2026, 5, 5))
        assert b'"on":"2026-05-05"' in event.data
        assert head(connection)[0] == 2

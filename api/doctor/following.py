"""Following: where the read models and the publisher stand, and who has the turn to bring them on.

From outside nobody sees that a follower has halted: it lets go of its turn. So what shows is that nobody follows.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Any, Final

from adapters.case_facts.telling import TOLD
from adapters.kafka.publisher import CaseFacts
from adapters.kafka.topics import told_last
from api.bootstrap import now
from api.commands.publishing import GONE_SECONDS as PUBLISHER_GONE_SECONDS
from api.commands.publishing import client_settings, require_login
from api.doctor.findings import Finding, attention, broken, for_how_long, ok, or_ok
from api.doctor.patient import Patient
from api.doctor.sessions import Session, seen, terminate
from api.settings import BadSettings, Login
from domain import registry
from domain.cases.pausing import CasePaused
from eventstore.connections import Connection, Unavailable
from eventstore.followers import GONE_SECONDS, Halt
from eventstore.log import head
from projections.live import name_of
from projections.moments import Standing, standing_of
from projections.registry import MODELS

BUSY_SECONDS: Final = 5
"""Facts are told within a second or two of what they are about; so old is none that does not wait for its week."""

MOST_COUNTED: Final = 10_000

_TURNS: Final = """
SELECT w.work, l.pid FROM unnest(%s::text[]) AS w (work)
  JOIN pg_locks l ON l.locktype = 'advisory' AND l.classid = 4244 AND l.objsubid = 2 AND l.granted
                 AND l.objid = hashtext(w.work)::bigint & 4294967295
  JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
"""

_UNTOLD: Final = """
SELECT count(*), min(recorded_at) FROM (
    SELECT e.recorded_at FROM log.events e
     WHERE e.position > %(position)s AND e.type = ANY(%(told)s)
       AND NOT EXISTS (SELECT FROM log.events p
                        WHERE p.stream = e.stream AND p.type = %(paused)s AND p.version <= e.version)
     ORDER BY e.position LIMIT %(most)s) AS untold
"""

_PARKED: Final = """
SELECT model, count(*), min(error) FROM projection.parked_now GROUP BY model ORDER BY model
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Who has the turn of a piece of work, and how many other sessions go by its name: they wait for it."""

    pid: int | None
    holder: Session | None
    waiting: int

    def silent(self, gone: float) -> bool:
        """Whether the holder has said nothing for so long (seconds) that its turn should be another's."""
        unchanged = (self.holder and self.holder.state == "idle" and self.holder.unchanged) or timedelta()
        return unchanged.total_seconds() > gone

    @property
    def stuck(self) -> bool:
        """Whether the holder waits for a lock of somebody else."""
        return bool(self.holder and self.holder.waits_for == "Lock")

    @property
    def said(self) -> str:
        return self.holder.said if self.holder else f"session {self.pid}"


def models(patient: Patient) -> Iterator[Finding]:
    """The read models: each has a table of this release, keeps up with the log, and leaves no stream behind."""
    db = patient.session(Login.SERVICE)
    standing, (last, _) = standing_of(db, now(patient.settings)), head(db)
    furthest = last - min((each.position for each in standing.values()), default=0)
    found = chain(_tables(standing), _behind(standing, last, patient.settings.read_lag_seconds), _parked(db))
    yield from or_ok(found, f"{len(standing)} are there; the log ends at {last}, the last of them is {furthest} behind")


def followers(patient: Patient) -> Iterator[Finding]:
    """The followers of the read models: each has its turn, and does something with it."""
    names = [name_of(model) for model in MODELS]
    turns = turns_of(patient, names)
    waiting = max(turn.waiting for turn in turns.values())
    yield from or_ok(_not_followed(turns), f"all {len(names)} are followed; {waiting} copies wait")


def publisher(patient: Patient) -> Iterator[Finding]:
    """The publisher: Kafka answers, and has been told what there is to tell."""
    if not patient.bootstrap:
        yield ok("no Kafka is named (KAFKA_BOOTSTRAP), so nothing is published from here")
        return
    turn = turns_of(patient, [CaseFacts.name])[CaseFacts.name]
    if turn.pid is None:
        yield attention("nobody publishes", _begin("attendance publish"))
    yield from _troubled({CaseFacts.name: turn} if turn.pid else {}, PUBLISHER_GONE_SECONDS)
    yield from _published(patient)  # last: the client may hang for longer than we wait


def _not_followed(turns: Mapping[str, Turn]) -> Iterator[Finding]:
    lost = [name for name, turn in turns.items() if turn.pid is None]
    if lost:
        yield attention(f"nobody follows: {', '.join(lost)}", _begin("attendance project"))
    yield from _troubled({name: turn for name, turn in turns.items() if turn.pid}, GONE_SECONDS)


def turns_of(patient: Patient, names: list[str]) -> Mapping[str, Turn]:
    """Return who has the turn of each piece of work."""
    held = dict(patient.anybody().execute(_TURNS, [names]).fetchall())
    sessions = seen(patient)
    return {name: _turn(held.get(name), name, sessions) for name in names}


def _turn(pid: int | None, name: str, sessions: Mapping[int, Session]) -> Turn:
    others = [each for each in sessions.values() if each.name == name and each.pid != pid]
    return Turn(pid=pid, holder=sessions.get(pid or 0), waiting=len(others))


def _begin(command: str) -> str:
    return (
        f"begin `{command}`; if it runs, it has halted or cannot start: look in its log for `halted`, which names "
        "why (an event that it does not know: deploy the newer release; another shape: `attendance rebuild`)"
    )


def _troubled(turns: Mapping[str, Turn], gone: float) -> Iterator[Finding]:
    for name, turn in turns.items():
        if turn.silent(gone):
            yield attention(
                f"{name}: {turn.said} has the turn and says nothing; {turn.waiting} wait", terminate(turn.pid or 0)
            )
        elif turn.stuck:
            yield attention(f"{name}: {turn.said} has the turn and waits for a lock", "see `locks`: who holds it up")


def _tables(standing: Mapping[str, Standing]) -> Iterator[Finding]:
    missing = [model.name for model in MODELS if model.name not in standing]
    other = [each.name for each in MODELS if each.name in standing and standing[each.name].shape != each.shape]
    if missing:
        yield broken(
            f"these have no table: {', '.join(missing)}", "run `attendance migrate` as the owner of the database"
        )
    if other:
        yield broken(
            f"these have a table of another release: {', '.join(other)}", f"run `attendance rebuild {' '.join(other)}`"
        )


def _behind(standing: Mapping[str, Standing], last: int, most: int) -> Iterator[Finding]:
    """Tell of the models that are further behind than lists may be (seconds)."""
    late = {name: each for name, each in standing.items() if each.behind.total_seconds() > most}
    if late:
        told = ", ".join(
            f"{name} {last - each.position} events, the oldest of {for_how_long(each.behind)} ago"
            for name, each in sorted(late.items())
        )
        yield broken(
            f"further behind than {most} s, so that questions are answered 503: {told}",
            "see `followers` and `locks`; if they are followed and it only grows, `attendance rebuild` is faster",
        )


def _parked(db: Connection) -> Iterator[Finding]:
    for model, count, error in db.execute(_PARKED).fetchall():
        yield attention(
            f"{model}: {count} streams could not be folded and stand still; one for {error}",
            f"deploy the release in which that is mended, then `attendance rebuild {model}`",
        )


def _published(patient: Patient) -> Iterator[Finding]:
    """Compare what Kafka was told last with the log; cases that were ever paused wait for the end of a week."""
    try:
        given = client_settings(patient.bootstrap, patient.kafka_settings)
        require_login(patient.settings, given)
        reached = told_last(given, patient.topic)
    except Unavailable:
        yield broken(
            "Kafka does not answer",
            "look whether the brokers run and KAFKA_BOOTSTRAP names them; nobody but the publisher waits for Kafka",
        )
    except (BadSettings, Halt) as error:
        yield broken(f"Kafka is asked in vain: {error}", "correct KAFKA_BOOTSTRAP or what KAFKA_SETTINGS_FILE names")
    else:
        yield _compared(patient, reached.position)


def _compared(patient: Patient, position: int) -> Finding:
    db = patient.session(Login.SERVICE)
    if position > (last := head(db)[0]):
        return broken(
            f"Kafka was told up to position {position}, and the log ends at {last}: it is another one or an older copy",
            "`attendance reconcile --preview` shows how they differ, and `attendance reconcile` has the topic go on",
        )
    stored = _stored_names(TOLD)
    asked = {"position": position, "told": stored, "paused": CasePaused.__name__, "most": MOST_COUNTED}
    [(count, since)] = db.execute(_UNTOLD, asked).fetchall()
    age = now(patient.settings) - since if since else timedelta()
    if age.total_seconds() > BUSY_SECONDS:
        return attention(
            f"{count} facts or more are not told, the oldest of {for_how_long(age)} ago" if count == MOST_COUNTED
            else f"{count} facts are not told, the oldest of {for_how_long(age)} ago",
            "if somebody publishes, wait, or see `locks`; else begin `attendance publish`",
        )  # fmt: skip
    return ok(f"Kafka was told what there is to tell; the last fact is that of position {position}")


def _stored_names(kinds: Iterable[type[Any]]) -> list[str]:
    """Return the names by which events of these classes are stored."""
    wanted = {*kinds}
    return [name for name, kind in registry.events().items() if kind in wanted]

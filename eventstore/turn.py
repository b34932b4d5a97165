"""One turn of the deciding writer: read once for everybody who waits, decide in order, append in one statement."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from domain.authority import NotFound
from domain.days import auckland_day
from domain.decision import Claim, Command, Context, Decision, Event, Holder, Known, Need, NotRead, Ref, ids_in
from eventstore.batch import Appended, Batch
from eventstore.codec import Codec, Draft
from eventstore.connections import AWAY, Connection
from eventstore.decided import Decided, Drafts
from eventstore.envelope import is_told_by_version
from eventstore.groups import Groups
from eventstore.judging import first_answer, judge, require_new
from eventstore.keyring import Keyring
from eventstore.log import Log, Reading
from eventstore.requests import Done, Outcome, Request, TooManyFacts, Waiting
from eventstore.sealing import Digests
from eventstore.sealing import Need as KeyNeed
from eventstore.states import FOREIGN, ForeignStream, States, Versioned

MOST_FACTS = 500
"""How many streams and claims one command may ask for: several times what a form with the most people on it needs."""
FEW = 4
"""With more who wait, to guess what they ask for takes longer than the exchange that it may spare."""


class Postponed(Exception):
    """This command needs a claim that another one of this turn has written: it is decided in the next turn."""


@dataclass(slots=True, kw_only=True)
class Tools:
    """What every turn of one writer works with."""

    log: Log
    codec: Codec
    keyring: Keyring
    digests: Digests
    states: States


class Turn:
    """Decides the commands of some callers and appends what they decide; the outcome names who has to wait again."""

    def __init__(self, tools: Tools, connection: Connection, now: datetime) -> None:
        self._tools = tools
        self._connection = connection
        self._now = now
        self._today = auckland_day(now)
        self._world: dict[Ref, Versioned] = {}  # streams that this turn has changed, as they stand now
        self._base: dict[Need, int] = {}  # the version of all that was used, before this turn changed it
        self._claims: dict[Claim, tuple[int, Holder | None]] = {}
        self._written: set[Claim] = set()
        self._groups = Groups()
        self._asked: Counter[UUID] = Counter()  # how many facts each command has found missing
        self._decided: list[Decided] = []
        self.outcomes: list[Outcome] = []
        self.again: list[Waiting] = []
        self.at = now

    def run(self, waiting: Iterable[Waiting]) -> None:
        """Answer what was answered before, decide the rest, append it, and say what became of each."""
        self._decide_all(self._not_answered(list(waiting)))
        self._tools.keyring.ensure(self._needs())
        if self._decided:
            self._conclude(self._tools.log.append(self._batch(), self._connection))

    # Commands that have been answered before

    def _not_answered(self, waiting: list[Waiting]) -> list[Waiting]:
        """Read the streams of all, and answer those that were answered before; return the others."""
        answered = self._read(self._foreseen(waiting), [one.request.command_id for one in waiting]).answered
        self._answer_again(
            [
                (waiting[i - 1], first_answer(waiting[i - 1], body, position, said))
                for i, body, position, said in answered
            ]
        )
        known = {i - 1 for i, *_ in answered}
        return [one for i, one in enumerate(waiting) if i not in known]

    def _answer_again(self, answers: list[Outcome]) -> None:
        """Answer those who are admitted today, on facts of this turn: no append would notice that one has moved."""
        fresh: set[Need] = set()
        while True:
            asked: dict[Need, None] = {}
            answers = [(one, said) for one, said in answers if self._admission_wants(one, said, fresh, asked)]
            if not answers:
                return
            self._read(asked)
            fresh.update(asked)

    def _admission_wants(
        self, one: Waiting, said: Done | BaseException, fresh: set[Need], asked: dict[Need, None]
    ) -> bool:
        """Answer one; say whether its permit first needs facts that were not read in this turn."""

        def look(need: Need) -> object:
            if need not in fresh:
                raise NotRead(need)
            return self._holder(need) if isinstance(need, Claim) else self._fact(need, one.request.command)

        try:
            one.request.permit.admit(self._context(one, Known(look)))
        except NotRead as missing:
            asked.update(dict.fromkeys(missing.needs))
            return True
        except AWAY:
            raise
        except Exception as refusal:  # noqa: BLE001 - a refusal, or a mistake in one permit that must not stop the others
            said = refusal
        self.outcomes.append((one, said))
        return False

    def _foreseen(self, waiting: list[Waiting]) -> Iterable[Need]:
        """Return the streams of all; of a few, also what they ask for on what was last seen, to spare an exchange."""
        asked: dict[Need, None] = dict.fromkeys(one.request.stream for one in waiting)
        if len(waiting) <= FEW:
            self._tools.states.versions(one.request.stream for one in waiting)
            for one in waiting:
                try:
                    self._considered(one)
                except NotRead as missing:
                    asked.update(dict.fromkeys(missing.needs))
        return asked

    # Deciding

    def _decide_all(self, waiting: list[Waiting]) -> None:
        """Decide all; each round reads whatever the ones before found missing, so that every one comes further."""
        while True:
            asked: dict[Need, None] = {}
            waiting = [one for one in waiting if self._wants_more(one, asked)]
            if not waiting:
                return
            self._read(asked)

    def _wants_more(self, one: Waiting, asked: dict[Need, None]) -> bool:
        """Decide one command; say whether it first needs facts that were not read yet."""
        try:
            self._enter(one, *self._considered(one))
        except NotRead as missing:
            self._asked[one.request.command_id] += len(missing.needs)
            if self._asked[one.request.command_id] > MOST_FACTS:
                self.outcomes.append((one, TooManyFacts()))
                return False
            asked.update(dict.fromkeys(missing.needs))
            return True
        except Postponed:
            self.again.append(one)
        return False

    def _read(self, asked: Iterable[Need], commands: Iterable[UUID] = ()) -> Reading:
        """Bring streams up to date and read claims, with one query."""
        refs = [need for need in asked if isinstance(need, Ref)]
        claims = [need for need in asked if isinstance(need, Claim)]
        reading = self._tools.log.read(
            self._connection,
            commands,
            [ref.id for ref in refs],
            self._tools.states.versions(refs),
            [self._tools.digests.claim(claim.kind, claim.key) for claim in claims],
        )
        for i, events in reading.happened:
            self._tools.states.catch_up(refs[i - 1], events)
        self._claims.update(dict.fromkeys(claims, (0, None)))
        for i, version, holder, held in reading.holders:
            self._claims[claims[i - 1]] = (version, Holder(UUID(holder), held))
        return reading

    def _look(self, need: Need, command: Command, missing: dict[Need, None]) -> object:
        """Return a fact; one that was not read is noted and taken for a blank, to learn what else will be asked for."""
        try:
            return self._fact(need, command) if isinstance(need, Ref) else self._holder(need)
        except NotRead:
            missing[need] = None
            return need.of() if isinstance(need, Ref) else None

    def _holder(self, claim: Claim) -> Holder | None:
        if claim in self._written:
            raise Postponed
        if claim not in self._claims:
            raise NotRead(claim)
        return self._claims[claim][1]

    def _state(self, ref: Ref) -> Any:
        """Return how a stream stands. Raises ForeignStream if it is of another kind than was asked for."""
        state = self._versioned(ref)[1]
        if state is FOREIGN:
            raise ForeignStream(ref)
        return state

    def _fact(self, ref: Ref, command: Command) -> Any:
        """Return the state of another stream. An id that the asker sent names nobody if it is of another kind."""
        state = self._versioned(ref)[1]
        if state is FOREIGN and ref.id in ids_in(command):
            return ref.of()
        return self._state(ref)

    def _addressed(self, request: Request) -> Any:
        """Return the state of the stream addressed. Of another kind than the asker said it is not there (BR-69)."""
        state = self._versioned(request.stream)[1]
        if state is FOREIGN and not request.opens:
            raise NotFound
        return self._state(request.stream)

    def _versioned(self, ref: Ref) -> Versioned:
        versioned = self._world.get(ref) or self._tools.states.get(ref)
        if versioned is None:
            raise NotRead(ref)
        return versioned

    def _considered(self, one: Waiting) -> tuple[Known, Decision | BaseException, Drafts]:
        """Decide; return what was used and what came out. Changes nothing. Raises NotRead or Postponed."""
        request, missing = one.request, dict[Need, None]()
        known = Known(lambda need: self._look(need, request.command, missing))
        version = self._versioned(request.stream)[0]
        known.used[request.stream] = None
        context = self._context(one, known)
        try:
            result: Decision | BaseException = judge(one, version, self._addressed(request), context)
            self._note_unread(cast("Decision", result), missing)
            drafts = [] if missing else self._drafts(request, cast("Decision", result), known)
        except (Postponed, *AWAY):
            raise
        except Exception as refusal:  # noqa: BLE001 - a refusal, or a mistake in one command that must not stop the others
            result, drafts = refusal, []
        if missing:
            raise NotRead(*missing)
        return known, result, drafts

    def _context(self, one: Waiting, known: Known) -> Context:
        request = one.request
        return Context(
            actor=request.actor, now=self._now, today=self._today,
            command_id=request.command_id, stream=request.stream.id, known=known, name=request.name,
        )  # fmt: skip

    def _note_unread(self, decision: Decision, missing: dict[Need, None]) -> None:
        """Note what a decision would append to, and the claims that it would change, as far as they were not read."""
        refs = (part.stream for part in decision.parts)
        missing.update(dict.fromkeys(ref for ref in refs if not (ref in self._world or self._tools.states.get(ref))))
        claims = (*decision.take, *decision.release)
        missing.update(dict.fromkeys(claim for claim in claims if claim not in self._claims))

    def _drafts(self, request: Request, decision: Decision, known: Known) -> Drafts:
        drafts = []
        for part in decision.parts:
            known.used[part.stream] = None
            self._state(part.stream)
            if self._versioned(part.stream)[0] == 0:
                require_new(part.stream, request, known)
            drafts.append((part.stream, [(event, self._tools.codec.draft(event)) for event in part.events]))
        if any(claim in self._written for claim in (*decision.take, *decision.release)):
            raise Postponed
        return drafts

    def _enter(
        self,
        one: Waiting,
        known: Known,
        result: Decision | BaseException,
        drafts: Drafts,
    ) -> None:
        """Note what was decided, on what, and let the commands after it see the streams as they are now."""
        claims = [*result.take, *result.release] if isinstance(result, Decision) else []
        used = dict.fromkeys((*known.used, *(ref for ref, _ in drafts), *claims))
        group = self._groups.join(need for need in used if need in self._world)
        decided = Decided(waiting=one, group=group, result=result, facts=self._facts(one, used) if drafts else {})
        for need in used:
            self._base.setdefault(need, self._version(need))
            self._groups.reads(group, need)
        for ref, events in drafts:
            self._evolve(decided, ref, events)
        self._written.update(claims)
        decided.version = self._versioned(one.request.stream)[0]
        decided.opened = any(
            ref == one.request.stream and version == 0 and events for ref, version, events in decided.parts
        )
        self._decided.append(decided)

    def _evolve(self, decided: Decided, ref: Ref, events: list[tuple[Event, Draft]]) -> None:
        version, state = self._versioned(ref)
        decided.parts.append((ref, version, events))
        for event, _ in events:
            state = event.evolve(state)
        self._world[ref] = (version + len(events), state)
        self._groups.writes(decided.group, ref)

    def _version(self, need: Need) -> int:
        return self._versioned(need)[0] if isinstance(need, Ref) else self._claims[need][0]

    def _facts(self, one: Waiting, used: Iterable[Need]) -> Mapping[UUID, int]:
        """Return what is recorded as used; streams whose versions tell are guarded all the same, but not named."""
        own = one.request.stream
        named = (need for need in used if isinstance(need, Ref) and need != own and not is_told_by_version(need.of))
        return {need.id: self._version(need) for need in named}

    # Appending

    def _needs(self) -> Iterator[KeyNeed]:
        for decided in self._decided:
            yield from decided.needs

    def _batch(self) -> Batch:
        batch = Batch(self._now, self._today)
        for decided in self._decided:
            group = self._groups.of(decided.group)
            self._add_events(batch, group, decided)
            if isinstance(decided.result, Decision):
                self._add_claims(batch, group, decided.waiting, decided.result)
                answer = decided.answer
                batch.answer(
                    group,
                    command=decided.waiting.request.command_id,
                    body=decided.waiting.request.body,
                    answer=answer,
                )
        for group, need in self._groups.all_reads():
            if isinstance(need, Ref):
                batch.read(group, need.id, self._base[need])
            else:
                batch.read_claim(group, self._tools.digests.claim(need.kind, need.key), self._base[need])
        return batch

    def _add_events(self, batch: Batch, group: int, decided: Decided) -> None:
        envelope = decided.envelope
        for ref, version, events in decided.parts:
            for i, (_, draft) in enumerate(events, start=version + 1):
                stored = self._tools.codec.finish(draft, ref.id, i, self._tools.keyring)
                batch.event(
                    group, stream=ref.id, version=i, type=stored.type, schema=stored.schema_version,
                    command=decided.waiting.request.command_id, envelope=envelope, data=stored.data,
                )  # fmt: skip
                for key in stored.keys:
                    batch.sealed_with(group, key)

    def _add_claims(self, batch: Batch, group: int, waiting: Waiting, decision: Decision) -> None:
        command = waiting.request.command_id
        for claim, holder in decision.take.items():
            self._add_claim(batch, group, claim, holder, held=True, command=command)
        for claim in decision.release:
            last = self._claims[claim][1]
            if last:
                self._add_claim(batch, group, claim, last.stream, held=False, command=command)

    def _add_claim(self, batch: Batch, group: int, claim: Claim, holder: UUID, *, held: bool, command: UUID) -> None:
        key, version = self._tools.digests.claim(claim.kind, claim.key), self._claims[claim][0]
        batch.write_claim(group, key=key, version=version, holder=holder, held=held, command=command)

    # What became of it

    def _conclude(self, appended: Appended) -> None:
        self.at = appended.at
        position = appended.first - 1
        for decided in self._decided:
            if appended.day_moved or self._groups.of(decided.group) in appended.collided:
                self._collide(decided)
                continue
            position += sum(len(events) for _, _, events in decided.parts)
            self.outcomes.append((decided.waiting, decided.outcome(position)))
        self._keep(appended)

    def _collide(self, decided: Decided) -> None:
        """Decide it again; at its second time with its keys read anew, since one may have been destroyed unnoticed."""
        decided.waiting.lost_turns += 1
        self.again.append(decided.waiting)
        for need in decided.needs if decided.waiting.lost_turns > 1 else ():
            self._tools.keyring.forget(need.subject)

    def _keep(self, appended: Appended) -> None:
        """Remember the streams as they are now stored; forget what turned out to have moved."""
        moved = {need for group, need in self._groups.all_reads() if group in appended.collided}
        self._tools.states.forget(need for need in moved if isinstance(need, Ref))
        if appended.day_moved:
            return
        for ref, versioned in self._world.items():
            if ref not in moved:
                self._tools.states.keep(ref, *versioned)

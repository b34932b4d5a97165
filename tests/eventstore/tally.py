"""A small domain to try the log with: tallies that count, forbid each other, and hold names."""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from domain.decision import Actor, Claim, Context, Decision, Event, Part, Ref, Refused
from domain.sealed import DataClass, Sealed


@dataclass(frozen=True, slots=True)
class Tally:
    """What a stream of this domain folds to."""

    total: int = 0
    closed: bool = False
    days: tuple[date, ...] = ()
    note: Sealed[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    amount: int
    on: date

    def evolve(self, tally: Tally) -> Tally:
        return replace(tally, total=tally.total + self.amount, days=(*tally.days[-3:], self.on))


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyClosed:
    def evolve(self, tally: Tally) -> Tally:
        return replace(tally, closed=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    note: Sealed[str]

    def evolve(self, tally: Tally) -> Tally:
        return replace(tally, note=self.note)


class Closed(Refused):
    """This tally is closed."""


class NameTaken(Refused):
    """Another tally holds this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Count, unless the tally itself, or the one that rules it, is closed."""

    amount: int = 1
    ruled_by: UUID | None = None

    def decide(self, tally: Tally, context: Context) -> list[Event]:
        if tally.closed or (self.ruled_by and context.fact(Tally, self.ruled_by).closed):
            raise Closed
        return [Counted(amount=self.amount, on=context.today)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountAt:
    """Count by a ruler whose id follows from a name, so that the asker sends none."""

    where: str

    def decide(self, tally: Tally, context: Context) -> list[Event]:
        return Count(ruled_by=UUID(self.where)).decide(tally, context)


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseTally:
    def decide(self, tally: Tally, context: Context) -> list[Event]:
        return [] if tally.closed else [TallyClosed()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    text: str

    def decide(self, tally: Tally, context: Context) -> list[Event]:
        return [Noted(note=Sealed(context.stream, DataClass.NARRATIVE, self.text))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Take from this tally and give to another: two streams, together or not at all."""

    to: UUID
    amount: int

    def decide(self, tally: Tally, context: Context) -> Decision:
        if context.fact(Tally, self.to).closed:
            raise Closed
        taken, given = (
            Counted(amount=-self.amount, on=context.today),
            Counted(amount=self.amount, on=context.today),
        )
        parts = (Part(Ref(Tally, context.stream), (taken,)), Part(Ref(Tally, self.to), (given,)))
        return Decision(parts=parts, answer={"to": self.to})


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Give to a tally that begins with this."""

    amount: int

    def decide(self, tally: Tally, context: Context) -> Decision:
        other = context.new_id("other")
        given = Counted(amount=self.amount, on=context.today)
        return Decision(parts=(Part(Ref(Tally, other), (given,)),), answer={"other": other})


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeName:
    name: str

    def decide(self, tally: Tally, context: Context) -> Decision:
        claim = Claim("name", self.name)
        holder = context.holder(claim)
        if holder and holder.held:
            raise NameTaken("name")
        events = (Counted(amount=1, on=context.today),)
        return Decision(parts=(Part(Ref(Tally, context.stream), events),), take={claim: context.stream})


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveNameBack:
    name: str

    def decide(self, tally: Tally, context: Context) -> Decision:
        events = (Counted(amount=-1, on=context.today),)
        parts = (Part(Ref(Tally, context.stream), events),)
        return Decision(parts=parts, release=(Claim("name", self.name),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Blunder:
    """A mistake in a command, not a refusal."""

    def decide(self, tally: Tally, context: Context) -> list[Event]:
        raise ZeroDivisionError


@dataclass(frozen=True, slots=True)
class Diary:
    """A stream of another kind."""

    days: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DayNoted:
    on: date

    def evolve(self, diary: Diary) -> Diary:
        return replace(diary, days=(*diary.days, self.on))


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteDay:
    def decide(self, diary: Diary, context: Context) -> list[Event]:
        return [DayNoted(on=context.today)]


TYPES = {kind.__name__: kind for kind in (Counted, TallyClosed, Noted, DayNoted)}
SOMEBODY = Actor(user=UUID(int=1), role="TESTER", organisation=UUID(int=2))

"""Judging: whoever asks is judged on the log at its head, in the snapshot of their answer, as commands are (ADR 16).

Of one thing nothing but the content comes from the read models, however far they are behind.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from domain.authority import asker_of, may, require
from domain.cases.case import Case
from domain.cases.facts import rules
from domain.catchments.catchment import Catchment
from domain.days import auckland_day
from domain.decision import Actor, Context, Known, Ref
from domain.ids import region_id
from domain.permits import facts_for_actor
from domain.policies.policy import SERVICE_POLICY, Policy
from domain.providers.provider import Provider
from domain.relations import Asker, CaseFacts, of_contracting_region
from domain.rights import TABLE, Action
from domain.users.user import User
from eventstore.connections import Connection
from eventstore.facts import Facts

NO_COMMAND: Final = UUID(int=0)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCase:
    """A case that the asker may read, and all that their rights to what is in it are judged by."""

    id: UUID
    asker: Asker
    facts: CaseFacts

    def may(self, action: Action) -> bool:
        return may(self.asker, action, self.facts)


@dataclass(slots=True, kw_only=True)
class Judge:
    """Judges one person within one answer; `db` sees the one snapshot of it, so that once is enough."""

    facts: Facts
    db: Connection
    actor: Actor
    now: datetime
    _known: Asker | None = None

    @property
    def _whoever(self) -> tuple[Ref, ...]:
        """What everybody is judged by."""
        return Ref(User, self.actor.user), Ref(Policy, SERVICE_POLICY)

    def asker(self) -> Asker:
        """Return who asks. Raises NotAllowed unless they hold the role today."""
        self._known = self._known or self.ask(_asker)
        return self._known

    def case(self, case: UUID, action: Action) -> OfCase:
        """Return a case that is theirs to ask this of.

        Raises NotFound of a case out of sight, NotAllowed if only this is not theirs (BR-69).
        """

        def judged(context: Context) -> OfCase:
            asker, facts = _asker(context), facts_for_actor(context.fact(Case, case), context)
            require(asker, action, facts)
            return OfCase(id=case, asker=asker, facts=facts)

        return self.ask(judged, addressed=[Ref(Case, case)])

    def organisation(self, action: Action, organisation: UUID, serves: Collection[UUID]) -> None:
        """Raise NotAllowed unless they may do this to an organisation; `serves` are catchments that it may serve."""

        def judged(context: Context) -> Asker:
            asker, facts = _asker(context), CaseFacts(organisation=organisation)
            if of_contracting_region in TABLE[action].get(asker.role, ()):
                facts = replace(facts, regions=_offices(organisation, serves, context))
            require(asker, action, facts)
            return asker

        self._known = self.ask(judged, [Ref(Provider, organisation)])

    def ask(self, question: Callable[[Context], T], addressed: Collection[Ref] = ()) -> T:
        """Answer a pure question on how things stand. Raises ForeignStream of a stream that nobody chose."""
        return self.facts.ask(
            self.db,
            lambda known: question(self._context(known)),
            first=(*self._whoever, *addressed),
            addressed=addressed,
        )

    def _context(self, known: Known) -> Context:
        return Context(
            actor=self.actor, now=self.now, today=auckland_day(self.now),
            command_id=NO_COMMAND, stream=NO_COMMAND, known=known,
        )  # fmt: skip


def _asker(context: Context) -> Asker:
    return replace(asker_of(context), office_timeline=rules(context).office_support_timeline)


def _offices(provider: UUID, serves: Collection[UUID], context: Context) -> frozenset[UUID]:
    """Return the regional offices that a provider has to do with: its own, and of every catchment it serves."""
    catchments = (context.fact(Catchment, each) for each in serves)
    names = {context.fact(Provider, provider).region}
    names |= {each.region for each in catchments if each.contracted(provider)}
    return frozenset(region_id(name) for name in names if name)

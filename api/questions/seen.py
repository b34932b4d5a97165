"""What somebody may see, as a condition on the present row of a case (`now`): the SQL twin of `domain.authority.may`.

Each relation of domain/relations.py that a read model can tell has its condition here; of the others nothing is seen.
A row tells the present only if nothing has happened since in the streams that the relation is made of: `settled`
leaves out the others.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, TypeAlias

from psycopg.sql import SQL, Composable, Identifier, Literal

from domain import relations
from domain.cases.status import ACTIVE, Status
from domain.relations import Asker, Relation
from domain.rights import TABLE, Action
from domain.users.user import Role
from projections import cases, people, regions
from projections.asking import Given
from projections.lists import OfOneProvider
from projections.model import Model
from projections.moments import AsAt
from projections.regions import within_now

NOTHING: Final = SQL("FALSE")

_WITH_MINISTRY: Final = (Status.CIT_REVIEW, Status.UNALLOCATED)
_WORKED: Final = tuple(status for status in ACTIVE if status not in _WITH_MINISTRY)
_CLOSED: Final = (Status.CLOSED, Status.CLOSED_BY_CIT)

_ENROLLED: Final = SQL("""
EXISTS (SELECT FROM service.people p, LATERAL (
    SELECT (e.it ->> 'school')::uuid AS school, (e.it ->> 'withdrawn_on')::date AS withdrawn_on
      FROM jsonb_array_elements(p.enrolments) WITH ORDINALITY AS e (it, number)
     WHERE (e.it ->> 'from_on')::date <= {day}
     ORDER BY (e.it ->> 'from_on')::date DESC, e.number DESC LIMIT 1
) last WHERE p.person_id = now.student AND p.to_position IS NULL
         AND last.school = {school} AND coalesce(last.withdrawn_on, 'infinity') > {day})
""")


def seen(asker: Asker, *actions: Action) -> Composable:
    """Return the condition of the cases of which the asker may do one of these."""
    held = _held(asker.role, actions)
    if not held:
        return NOTHING
    condition = SQL("({})").format(SQL(" OR ").join(TWINS[related](asker) for related in held))
    return OfOneProvider([condition]) if held == {relations.of_provider} else condition


def judging(role: Role, actions: Collection[Action]) -> tuple[Model[Any], ...]:
    """Return the models that tell of which cases somebody in a role may do one of these."""
    beside = {model for related in _held(role, actions) for model in BESIDE.get(related, ())}
    return cases.project, *sorted(beside, key=lambda model: model.name)


def settled(condition: Composable, role: Role, actions: Collection[Action], at: AsAt) -> Composable:
    """Return the condition without the cases of which the models that tell have not heard the last."""
    if condition is NOTHING:
        return condition
    moved = [_moved(of, models, at) for of, models in _told_by(role, actions)]
    parts = [condition, *(SQL("({}) IS NOT TRUE").format(each) for each in moved if each)]
    both = SQL("({})").format(SQL(" AND ").join(parts)) if len(parts) > 1 else condition
    return OfOneProvider([both]) if isinstance(condition, OfOneProvider) else both


def _told_by(role: Role, actions: Collection[Action]) -> Iterator[tuple["Moved", tuple[Model[Any], ...]]]:
    """Return by which models the rows are told, each with what is of a stream that they have not heard the last of."""
    models = judging(role, actions)
    yield _field("case_id"), (cases.project,)
    if people.project in models:
        yield _field("student"), (people.project,)
    if set(regions.MODELS) <= set(models):
        yield (lambda streams: regions.depends_on("now", streams)), regions.MODELS


def _moved(of: "Moved", models: tuple[Model[Any], ...], at: AsAt) -> Composable | None:
    streams = at.unsettled(models)
    return of(streams) if streams else None


def _field(name: str) -> "Moved":
    return lambda streams: SQL("{} IN {}").format(Identifier("now", name), streams)


def _held(role: Role, actions: Collection[Action]) -> frozenset[Relation]:
    return frozenset(related for action in actions for related in TABLE[action].get(role, ())) - WITHOUT_TWIN


def _within(statuses: tuple[Status, ...]) -> Composable:
    return SQL("now.status IN ({})").format(SQL(", ").join(Literal(str(status)) for status in statuses))


def _everything(asker: Asker) -> Composable:
    return SQL("TRUE")


def _of_enrolling_school(asker: Asker) -> Composable:
    """As the student's own stream says it, before the case has heard of it (BR-60, BR-61, BR-133)."""
    return _ENROLLED.format(day=Given(asker.today), school=Given(asker.organisation))


def _of_named_contact(asker: Asker) -> Composable:
    named = SQL("now.primary_contact = {}").format(Given(asker.user))
    return SQL("({} AND {})").format(_of_enrolling_school(asker), named)


def _of_office_timeline(asker: Asker) -> Composable:
    return _of_enrolling_school(asker) if asker.office_timeline else NOTHING


def _of_provider(asker: Asker) -> Composable:
    mine = SQL("now.provider = {}").format(Given(asker.organisation))
    return SQL("({} AND {})").format(mine, _within((*_WORKED, *_CLOSED)))


def _of_manager(asker: Asker) -> Composable:
    mine = SQL("now.provider = {} AND now.manager = {}").format(Given(asker.organisation), Given(asker.user))
    return SQL("({} AND {})").format(mine, _within(_WORKED))


def _of_last_manager(asker: Asker) -> Composable:
    mine = SQL("now.provider = {} AND now.last_manager = {}").format(Given(asker.organisation), Given(asker.user))
    return SQL("({} AND {})").format(mine, _within(_CLOSED))


def _of_cit(asker: Asker) -> Composable:
    return SQL("(now.type = 'NEN' OR {})").format(_within(_WITH_MINISTRY))


def _of_region(asker: Asker) -> Composable:
    return within_now("now", asker.organisation, asker.today)


TWINS: Final[Mapping[Relation, Callable[[Asker], Composable]]] = {
    relations.anywhere: _everything,
    relations.of_any_case: _everything,
    relations.of_enrolling_school: _of_enrolling_school,
    relations.of_named_contact: _of_named_contact,
    relations.of_office_timeline: _of_office_timeline,
    relations.of_provider: _of_provider,
    relations.of_manager: _of_manager,
    relations.of_last_manager: _of_last_manager,
    relations.of_cit: _of_cit,
    relations.of_region: _of_region,
}

WITHOUT_TWIN: Final[frozenset[Relation]] = frozenset(
    {
        relations.of_own_organisation,  # of organisations, never of a case
        relations.of_contracting_region,
        relations.of_kept_reader,  # transfers and prosecutions are in no read model yet
        relations.of_next_provider,
        relations.of_prosecutions,
    }
)
"""What no row of a case tells: it lets nobody see one in a list."""

BESIDE: Final[Mapping[Relation, tuple[Model[Any], ...]]] = {
    relations.of_enrolling_school: (people.project,),
    relations.of_named_contact: (people.project,),
    relations.of_office_timeline: (people.project,),
    relations.of_region: regions.MODELS,
}
"""What beside the case tells whether somebody stands in a relation."""

Moved: TypeAlias = Callable[[Composable], Composable]
"""Returns the condition of a case that streams decide on, which a statement selects."""

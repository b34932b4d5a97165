"""What somebody may see, as a condition on the present row of a case (`now`): the SQL twin of `domain.authority.may`.

Each relation of domain/relations.py that a read model can tell has its condition here; of the others nothing is seen.
"""

from collections.abc import Callable, Mapping
from typing import Final

from psycopg.sql import SQL, Composable, Literal

from domain import relations
from domain.cases.status import ACTIVE, Status
from domain.relations import Asker, Relation
from domain.rights import TABLE, Action
from projections.asking import Given
from projections.lists import OfOneProvider
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
    held = {related for action in actions for related in TABLE[action].get(asker.role, ())} - WITHOUT_TWIN
    if not held:
        return NOTHING
    condition = SQL("({})").format(SQL(" OR ").join(TWINS[related](asker) for related in held))
    return OfOneProvider([condition]) if held == {relations.of_provider} else condition


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

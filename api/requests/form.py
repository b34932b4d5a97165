"""The request form over HTTP: who will help, where to ask, what whānau are told, and what may be chosen (BR-139).

It is read from the log, as the request itself will be judged, and always as of today.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final, TypeVar
from uuid import UUID

from fastapi import APIRouter

from api.http.audiences import SchoolStaff
from api.questions.reading import Answering, Moment, ReadingDesk, told
from domain.cases.case import Provision
from domain.cases.facts import PRIMARY_CONTACTS
from domain.catchments.catchment import Catchment
from domain.codesets.code_set import CodeEntry, CodeSet
from domain.decision import Context, Ref, Refused
from domain.ids import code_set_id, in_school_provider_id
from domain.policies.criteria import CRITERIA, Criteria
from domain.policies.policy import SERVICE_POLICY, Mode, Policy
from domain.providers.provider import Provider
from domain.requests.judging import BetterToWait, NotAppropriate
from domain.rights import Action
from domain.schools.school import NoSuchSchool, School
from projections import grants, naming
from projections.moments import NOW

router = APIRouter(prefix="/v1/schools/{school_id}", tags=["request form"])

S = TypeVar("S")

MODELS: Final = (grants.project, *naming.MODELS)
NOTHING: Final[Mapping[str, Refused]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A school, catchment or provider, and what it is called."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A code with the words of its list, if it has any; `refusal` says why a request that chooses it is refused."""

    code: str
    label_en: str | None
    label_mi: str | None
    description: str
    refusal: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicators:
    """What makes a request advisable: strongly, perhaps, or worth considering (BR-138)."""

    strong: list[Choice]
    may: list[Choice]
    consider: list[Choice]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCriteria:
    """What may be chosen under the criteria in force, each list in their order (BR-14 to BR-17)."""

    version: int
    guidance: str | None
    bases: list[Choice]
    indicators: Indicators
    wait_reasons: list[Choice]
    stops: list[Choice]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Contact:
    """Somebody who can be named Primary Contact (BR-13); no name once their data was erased."""

    user: UUID
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RequestForm:
    """What the form shows of a day. Without a `provider` the request waits with the Ministry (BR-32).

    `provisions` is empty unless there is a choice to be made (BR-31). `region` names the regional office: that of the
    catchment, or of the school as long as it is in none.
    """

    moment: Moment
    day: date
    school: Place
    catchment: Place | None
    region: str
    provider: Place | None
    own_provision: Place | None
    provisions: list[Provision]
    privacy_statement: str
    criteria: ShownCriteria
    primary_contacts: list[Contact]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads states from the log, within one answer."""

    context: Context

    @property
    def day(self) -> date:
        return self.context.today

    def of(self, kind: type[S], stream: UUID) -> S:
        return self.context.fact(kind, stream)

    def choices(self, name: str, codes: Iterable[str], refused: Mapping[str, Refused] = NOTHING) -> list[Choice]:
        """Return codes with the words of their code set."""
        known = self.of(CodeSet, code_set_id(name))
        return [_choice(code, known.entry(code), refused.get(code)) for code in codes]


@router.get("/request-form")
def request_form(school_id: UUID, actor: SchoolStaff, desk: ReadingDesk) -> RequestForm:
    """Show what a request for support has to be made with, today."""
    with desk.answer(actor, NOW, MODELS) as now:
        now.require(Action.REQUEST_SUPPORT, school_id)
        contacts, at = _contacts(school_id, now), told(now.at)
        form = lambda context: _form(school_id, Reader(context=context), contacts, at)  # noqa: E731 - asked again as facts come in
        return now.of(form, Ref(School, school_id))


def _form(school_id: UUID, read: Reader, contacts: list[Contact], at: Moment) -> RequestForm:
    day = read.day
    school = read.of(School, school_id)
    if school.details is None:
        raise NoSuchSchool
    lies_in = school.catchment_on(day)
    catchment = read.of(Catchment, lies_in) if lies_in else Catchment()
    funded = school.isp_on(day)
    return RequestForm(
        moment=at,
        day=day,
        school=Place(id=school_id, name=school.details.name),
        catchment=Place(id=lies_in, name=catchment.details.name) if lies_in and catchment.details else None,
        region=catchment.details.region if catchment.details else school.details.region,
        provider=_provider(catchment.provider_on(day), read),
        own_provision=_provider(in_school_provider_id(school.details.number), read) if funded else None,
        provisions=[Provision.CATCHMENT, Provision.ISP] if funded else [],
        privacy_statement=read.of(Criteria, CRITERIA).in_force(day).privacy_statement,
        criteria=_criteria(day, read),
        primary_contacts=contacts,
    )


def _provider(provider: UUID | None, read: Reader) -> Place | None:
    if provider is None:
        return None
    details = read.of(Provider, provider).details
    return Place(id=provider, name=details.name if details else "")


def _criteria(day: date, read: Reader) -> ShownCriteria:
    criteria = read.of(Criteria, CRITERIA)
    values, rules = criteria.in_force(day), read.of(Policy, SERVICE_POLICY).in_force(day)
    early = dict.fromkeys(values.wait, BetterToWait()) if rules.wait_rules_mode is Mode.BLOCK else NOTHING
    return ShownCriteria(
        version=criteria.version_on(day),
        guidance=values.guidance,
        bases=read.choices("EligibilityBasis", values.eligibility),
        indicators=Indicators(
            strong=read.choices("StrongIndicators", values.strong),
            may=read.choices("MayIndicators", values.may),
            consider=read.choices("ConsiderIndicators", values.consider),
        ),
        wait_reasons=read.choices("WaitReasons", values.wait, early),
        stops=read.choices("Refuse", values.refuse, dict.fromkeys(rules.hard_stops, NotAppropriate())),
    )


def _choice(code: str, entry: CodeEntry | None, refused: Refused | None) -> Choice:
    return Choice(
        code=code,
        label_en=entry.label_en if entry else None,
        label_mi=entry.label_mi if entry else None,
        description=entry.description if entry else "",
        refusal=" ".join(refused.message.split()) if refused else None,
    )


def _contacts(school: UUID, now: Answering) -> list[Contact]:
    """Return who can be named, by name; those without one last."""
    users = grants.holders(now.db, PRIMARY_CONTACTS, school, now.at)
    called = naming.names_of(now.db, users, now.at)
    found = [Contact(user=user, name=called.get(user)) for user in users]
    return sorted(found, key=lambda each: (each.name is None, each.name, each.user))

"""A town for the tests of the HTTP API: a school, its provider, their people and the lists, in a real service."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.development_issuer import DevelopmentIssuer
from adapters.holiday_data import shipped_years
from api.app import create_app, development_issuer
from api.bootstrap import Service, service
from api.settings import Login, Settings
from domain import registry
from domain.calendars.publishing import Calendar, PublishCalendar
from domain.cases.deadlines import NATIONAL
from domain.catchments.catchment import Catchment, CatchmentDetails
from domain.catchments.contracting import RecordContract
from domain.catchments.defining import DefineCatchment
from domain.codesets.code_set import CodeEntry, CodeSet
from domain.codesets.publishing import PublishCodeSet
from domain.decision import Actor, Ref, Source
from domain.ids import MINISTRY, catchment_id, code_set_id, provider_id, region_id, school_id
from domain.providers.provider import Provider, ProviderDetails, ProviderKind
from domain.providers.registering import RegisterProvider
from domain.schools.registering import RegisterSchool
from domain.schools.school import School, SchoolAuthority, SchoolDetails
from domain.schools.zoning import AssignSchoolToCatchment
from domain.students.enrolling import RecordEnrolment
from domain.students.registering import RegisterStudent
from domain.students.student import Student, StudentDetails
from domain.text import PersonName
from domain.users.granting import GrantRole, RevokeRole
from domain.users.inviting import InviteUser
from domain.users.training import RecordTrainingPassed
from domain.users.user import PROVIDER_ROLES, Role, User, UserDetails
from eventstore.connections import Connection, connect
from eventstore.log import tail
from eventstore.requests import Done, Request
from projections.generations import prepare
from projections.live import ReadModel
from projections.registry import MODELS
from projections.tools import Tools

NOW = datetime(2026, 5, 3, 21, 30, tzinfo=UTC)  # Monday 4 May, half past nine in the morning
TODAY = date(2026, 5, 4)
LONG_AGO = date(2026, 1, 5)

KAURI, RIMU = school_id("100"), school_id("200")
NORTH = catchment_id("NORTH")
AWHI, TAUTOKO = provider_id("AWHI"), provider_id("TAUTOKO")

CODES = {
    "MajorStep": ("TRANSITION", "CLOSE"),
    "Relation": ("MOTHER", "OTHER_WHANAU"),
    "BarrierCategory": ("TRANSPORT", "HOUSING"),
    "ContactChannel": ("PHONE",),
    "ContactOutcome": ("REACHED", "LEFT_MESSAGE"),
    "PlanActionKind": ("GRADUAL_RETURN",),
    "ActivityKind": ("HOME_VISIT",),
    "PathwayKind": ("YOUTH_SERVICE",),
    "WithdrawalReason": ("CONTINUOUS_ABSENCE",),
}
SYSTEM = Actor(user=UUID(int=1), role=Role.SYSTEM, organisation=MINISTRY, source=Source.SYSTEM)


def secret(name: str) -> str:
    return f"{name}:" + base64.b64encode(name.encode().ljust(32)).decode()


def settings(folder: Path, dsn: str, **more: Any) -> Settings:
    """The settings of a service in development on a database of its own."""
    return Settings(
        data=folder,
        database_url=dsn,
        key_encryption_key=secret("kek"),
        claims_secret=secret("claims"),
        idempotency_secret=secret("idempotency"),
        clock_from=NOW,
        **more,
    )


@dataclass
class Town:
    """The service, what it is asked with, and who is who by role."""

    service: Service
    app: FastAPI
    client: TestClient
    issuer: DevelopmentIssuer
    people: dict[Role, UUID] = field(default_factory=dict)

    def tell(self, of: type[Any], stream: UUID, command: Any, by: Actor = SYSTEM) -> Done:
        """Have the system decide a command."""
        return self.service.writer.execute(Request(stream=Ref(of, stream), command=command, actor=by, opens=True))

    def person(self, role: Role, organisation: UUID) -> tuple[UUID, str]:
        """A new person with a role; answers with their id and login."""
        user, login = uuid4(), f"{role.lower()}-{uuid4().hex[:8]}"
        details = UserDetails(name=PersonName(family_name="Parata"), email=f"{login}@example.nz", login=login)
        self.tell(User, user, InviteUser(details=details))
        if role in PROVIDER_ROLES:
            self.tell(User, user, RecordTrainingPassed(passed_on=LONG_AGO))
        audit: dict[str, Any] = {"to_on": date(2027, 1, 1), "reason": "A yearly audit"} if role is Role.AUDITOR else {}
        self.tell(User, user, GrantRole(role=role, organisation=organisation, from_on=LONG_AGO, **audit))
        return user, login

    def revoke(self, user: UUID, role: Role, organisation: UUID) -> None:
        self.tell(User, user, RevokeRole(role=role, organisation=organisation))

    def token(self, login: str, organisation: UUID, role: Role | None) -> str:
        return self.issuer.token(subject=login, organisation=organisation, role=role)

    def bearer(self, role: Role, organisation: UUID | None = None) -> dict[str, str]:
        """The header of a person in a role: the same one each time."""
        organisation = organisation or HOMES[role]
        login = f"{role.lower()}-{organisation.hex[:6]}"
        return {"Authorization": f"Bearer {self.token(login, organisation, role)}"}

    def student(self, at: UUID | None = KAURI, born_on: date = date(2014, 6, 1)) -> UUID:
        """A new student on the roll of a school."""
        student = uuid4()
        details = StudentDetails(name=PersonName(family_name="Tamatea", given_names="Hana"), born_on=born_on)
        self.tell(Student, student, RegisterStudent(details=details))
        if at:
            self.tell(Student, student, RecordEnrolment(school=at, from_on=LONG_AGO))
        return student

    def form(self, student: UUID, **more: Any) -> dict[str, Any]:
        """A form with all that it needs."""
        return {
            "student": str(student),
            "year_level": 7,
            "whanau": [{"name": {"family_name": "Tamatea", "given_names": "Mere"}, "phone": "021 555 0101"}],
            "address_unknown": True,
            "basis": "CHRONIC",
            "reason": "Kua ngaro te tamaiti i te kura mō ngā wiki e whā.",
            "actions_taken": "Calls home, a hui, a plan.",
            "strategies_tried": True,
            "plan_made_on": "2026-04-20",
            "primary_contact": str(self.people[Role.ATTENDANCE_LEAD]),
            "whanau_told": True,
        } | more

    def submit(self, student: UUID | None = None, **headers: str) -> Any:
        """Ask for support for a student, as the school's Attendance Lead."""
        form = self.form(student or self.student())
        asked = self.bearer(Role.ATTENDANCE_LEAD) | headers
        return self.client.post(f"/v1/requests/{uuid4()}/submit", json={"form": form}, headers=asked)

    def case(self) -> str:
        """A new case in the queue of AWHI."""
        return str(self.submit().json()["ids"]["case"])

    def assigned(self) -> str:
        """A new case with AWHI's Case Manager."""
        case = self.case()
        body = {"manager": str(self.people[Role.CASE_MANAGER])}
        answer = self.ask(f"/v1/cases/{case}/assign", body, Role.WORKFLOW_LEAD)
        assert answer.status_code == 200, answer.text
        return case

    def ask(self, path: str, body: Any, role: Role, **headers: str) -> Any:
        """Post a body as somebody in this role."""
        return self.client.post(path, json=body, headers=self.bearer(role) | headers)

    def follow(self) -> int:
        """Let every read model see the whole log; return the position they stand at then."""
        tools = folding_tools(self)
        with connect(self.service.database.dsn(Login.FOLLOWERS), deadline=None) as follower:
            return min(caught_up(follower, ReadModel(model, tools)) for model in MODELS)

    def events(self) -> int:
        """How many events the log holds."""
        with self.service.reads.connection() as connection:
            row = connection.execute("SELECT count(*) FROM log.events").fetchone()
        assert row
        return int(row[0])


HOMES = {
    Role.ATTENDANCE_LEAD: KAURI,
    Role.SCHOOL_PRIMARY_CONTACT: KAURI,
    Role.OFFICE_SUPPORT: KAURI,
    Role.WORKFLOW_LEAD: AWHI,
    Role.CASE_MANAGER: AWHI,
    Role.CIT_OFFICER: MINISTRY,
    Role.REGIONAL_ADVISOR: region_id("Wellington"),
    Role.NATIONAL_ANALYST: MINISTRY,
    Role.SYSTEM_ADMIN: MINISTRY,
    Role.PRIVACY_OFFICER: MINISTRY,
    Role.SYSTEM: MINISTRY,
}
AWAY = ((Role.ATTENDANCE_LEAD, RIMU), (Role.WORKFLOW_LEAD, TAUTOKO), (Role.CASE_MANAGER, TAUTOKO))


class Cold:
    """Lets the service answer every request as a process does that has just started: it knows nothing."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._service.writer._tools.states.clear()  # noqa: SLF001 - only a start does that otherwise
        self._service.facts._kept.clear()  # noqa: SLF001 - there is no other way to it
        self._service.keyring.forget()
        await self._app(scope, receive, send)


@contextmanager
def town_on(dsn: str, folder: Path, *, cold: bool = False) -> Iterator[Town]:
    """Open a service on a migrated database, and people it if nobody has."""
    with connect(dsn) as owner:
        prepare(owner, MODELS)
    with town_of(settings(folder, dsn), cold=cold) as town:
        yield town


@contextmanager
def town_of(said: Settings, *, cold: bool = False) -> Iterator[Town]:
    """Open a service with these settings, and people it if nobody has."""
    with service(said) as opened:
        app = create_app(opened)
        if cold:
            app.add_middleware(Cold, service=opened)
        issuer = development_issuer(opened.settings)
        with TestClient(app) as client:
            town = Town(service=opened, app=app, client=client, issuer=issuer)
            found(town)
            yield town


def folding_tools(town: Town) -> Tools:
    """What the town's read models are folded with."""
    return Tools(types=registry.events(), codec=town.service.codec, keyring=town.service.keyring)


def caught_up(follower: Connection, work: ReadModel) -> int:
    """Follow the log to its end."""
    position = work.begin(follower)
    while events := tail(follower, position, 1_000):
        position = work.take(follower, events)
    return position


def found(town: Town) -> None:
    """Build the town."""
    for year in shipped_years():
        town.tell(Calendar, NATIONAL, PublishCalendar(year=year, effective_from=LONG_AGO))
    for name, codes in CODES.items():
        entries = tuple(CodeEntry(code=code, label_en=code.title()) for code in codes)
        town.tell(CodeSet, code_set_id(name), PublishCodeSet(name=name, version=1, codes=entries))
    _organisations(town)
    for role, organisation in (*HOMES.items(), *AWAY):
        user = uuid4()
        login = f"{role.lower()}-{organisation.hex[:6]}"
        details = UserDetails(name=PersonName(family_name="Parata"), email=f"{login}@example.nz", login=login)
        town.tell(User, user, InviteUser(details=details))
        town.tell(User, user, RecordTrainingPassed(passed_on=LONG_AGO))
        town.tell(User, user, GrantRole(role=role, organisation=organisation, from_on=LONG_AGO))
        town.people.setdefault(role, user)


def _organisations(town: Town) -> None:
    for code, provider in (("AWHI", AWHI), ("TAUTOKO", TAUTOKO)):
        details = ProviderDetails(
            code=code,
            name=code.title(),
            kind=ProviderKind.CATCHMENT,
            region="Wellington",
            anniversary_set="WELLINGTON",
        )
        town.tell(Provider, provider, RegisterProvider(details=details))
    north = CatchmentDetails(code="NORTH", name="North", region="Wellington", anniversary_set="WELLINGTON")
    town.tell(Catchment, NORTH, DefineCatchment(details=north))
    town.tell(Catchment, NORTH, RecordContract(provider=AWHI, from_on=LONG_AGO, funding_cents=0))
    for number, school in (("100", KAURI), ("200", RIMU)):
        town.tell(School, school, RegisterSchool(details=school_details(number)))
        town.tell(School, school, AssignSchoolToCatchment(catchment=NORTH, effective_on=TODAY))


def school_details(number: str, name: str = "Te Kura o Kauri") -> SchoolDetails:
    return SchoolDetails(
        number=number,
        name=name,
        type="Full Primary",
        authority=SchoolAuthority.STATE,
        region="Wellington",
        territorial_authority="Wellington City",
        anniversary_set="WELLINGTON",
    )

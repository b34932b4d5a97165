"""Staleness: what was taken away is gone at once, however far the read models are behind, whatever moment is asked for.

Every kind of revocation is tried with the followers stopped, and with every stream that it moved parked. Every relation
of domain/relations.py has one here, and every route of the OpenAPI document is asked: a new one enters by itself.
"""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import structlog

from api.questions.reading import Desk
from api.questions.seen import BESIDE, TWINS
from api.settings import Login
from domain import relations
from domain.cases.allocating import AllocateCase
from domain.cases.assigning import Handover, ReassignCaseManager, ReturnCaseToQueue
from domain.cases.case import Case
from domain.cases.naming_contact import NamePrimaryContact
from domain.cases.recording_activities import RecordActivity
from domain.decision import Actor
from domain.ids import MINISTRY, code_set_id, region_id
from domain.students.registering import RegisterStudent
from domain.students.student import Student, StudentDetails
from domain.text import PersonName
from domain.users.user import Role
from eventstore.connections import connect
from projections import people, regions
from projections.moments import NOW
from projections.registry import MODELS
from tests.api.test_seen import every_relation
from tests.api.town import AWHI, KAURI, LONG_AGO, TODAY, Town, town_on
from tests.attacks.stale_scenes import (
    ADVISOR,
    AUDITOR,
    CIT,
    CONTACT,
    LEAD,
    MANAGER,
    OFFICE,
    SCHOOL,
    Person,
    Scene,
    advisor,
    bearer,
    begun,
    closed,
    contact,
    in_a_third_catchment,
    in_another_catchment,
    lead,
    manager,
    moves_and_asks_again,
    named,
    of_ministry,
    office,
    other_manager,
    publish,
    revoked,
    rezoned,
    rezoned_there,
    school,
    timeline_of_office,
    unallocated,
    withdrawn,
    worked,
    zoned,
)


@pytest.fixture(scope="module")
def town(cluster, admin, template, tmp_path_factory) -> Iterator[Town]:
    """A town whose lists are answered though nobody follows the log: what is tried is what they leave out then."""
    admin.execute(f"CREATE DATABASE stale TEMPLATE {template} STRATEGY file_copy")
    with town_on(cluster.dsn("stale"), tmp_path_factory.mktemp("stale")) as opened:
        opened.app.state.service = with_lag(opened, 3_600)
        yield opened
    admin.execute("DROP DATABASE stale WITH (FORCE)")


@pytest.fixture
def own_town(migrated: str, tmp_path: Path) -> Iterator[Town]:
    with town_on(migrated, tmp_path) as opened:
        yield opened


def with_lag(town: Town, seconds: int) -> Any:
    """The service when read models may be so far behind."""
    return replace(town.service, settings=town.service.settings.model_copy(update={"read_lag_seconds": seconds}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """Who loses which relation to a case by what; `answers` are those for the case and its timeline from then on.

    `listed`: a list showed it before.
    """

    of: tuple[relations.Relation, ...]
    begin: Callable[[Town], Scene]
    loser: Callable[[Scene], Person]
    revoke: Callable[[Scene], Any]
    answers: tuple[int, int] = (404, 404)
    listed: bool = True


GONE = (403, 403)
REVOCATIONS = {
    "another manager, BR-36": Revocation(
        of=(relations.of_manager,),
        begin=worked,
        loser=manager,
        revoke=lambda scene: scene.does(ReassignCaseManager(manager=other_manager(scene).user, reason=Handover.LEAVE)),
    ),
    "back in the queue, BR-37": Revocation(
        of=(relations.of_manager,),
        begin=worked,
        loser=manager,
        revoke=lambda scene: scene.does(ReturnCaseToQueue(reason=Handover.LEAVE)),
    ),
    "closed, and asked for at another provider's school, BR-61": Revocation(
        of=(relations.of_last_manager,),
        begin=closed,
        loser=manager,
        revoke=moves_and_asks_again,
        listed=False,
    ),
    "another provider took the closed case, BR-61": Revocation(
        of=(relations.of_provider,),
        begin=closed,
        loser=lead,
        revoke=moves_and_asks_again,
        listed=False,
    ),
    "enrolled elsewhere, BR-60": Revocation(
        of=(relations.of_enrolling_school,),
        begin=worked,
        loser=school,
        revoke=Scene.moves,
    ),
    "left every roll, BR-60": Revocation(
        of=(relations.of_enrolling_school,),
        begin=worked,
        loser=school,
        revoke=withdrawn,
    ),
    "enrolled elsewhere after it was closed, BR-61": Revocation(
        of=(relations.of_enrolling_school,),
        begin=closed,
        loser=school,
        revoke=Scene.moves,
    ),
    "another Primary Contact, BR-60": Revocation(
        of=(relations.of_named_contact,),
        begin=named,
        loser=contact,
        revoke=lambda scene: scene.does(NamePrimaryContact(user=school(scene).user)),
    ),
    "the Primary Contact's student is enrolled elsewhere, BR-60": Revocation(
        of=(relations.of_named_contact,),
        begin=named,
        loser=contact,
        revoke=Scene.moves,
    ),
    "Office Support's student is enrolled elsewhere, BR-67": Revocation(
        of=(relations.of_enrolling_school, relations.of_office_timeline),
        begin=worked,
        loser=office,
        revoke=Scene.moves,
    ),
    "the policy took the timeline from Office Support, BR-67": Revocation(
        of=(relations.of_office_timeline,),
        begin=worked,
        loser=office,
        revoke=timeline_of_office,
        answers=(200, 403),
    ),
    "a provider has it now, and not the Ministry, BR-132": Revocation(
        of=(relations.of_cit,),
        begin=unallocated,
        loser=of_ministry(CIT),
        revoke=lambda scene: scene.does(AllocateCase(provider=scene.there.provider, reason="Close by.")),
    ),
    "a provider of another region has it, BR-132": Revocation(
        of=(relations.of_region,),
        begin=unallocated,
        loser=advisor,
        revoke=lambda scene: scene.does(AllocateCase(provider=scene.there.provider, reason="Close by.")),
    ),
    "its catchment is another region's, BR-132": Revocation(
        of=(relations.of_region,),
        begin=worked,
        loser=advisor,
        revoke=rezoned,
        listed=False,
    ),
    "it waits, and its catchment is another region's, BR-32": Revocation(
        of=(relations.of_region,),
        begin=unallocated,
        loser=advisor,
        revoke=rezoned,
    ),
    "it waits, and its school is in another region's catchment, BR-32": Revocation(
        of=(relations.of_region,),
        begin=unallocated,
        loser=advisor,
        revoke=in_another_catchment,
    ),
    "it waits, and the catchment that its school came to lie in is another region's, BR-32": Revocation(
        of=(relations.of_region,),
        begin=in_a_third_catchment,
        loser=advisor,
        revoke=rezoned_there,
    ),
    "an auditor's role was taken away": Revocation(
        of=(relations.of_any_case, relations.anywhere),
        begin=worked,
        loser=of_ministry(AUDITOR),
        revoke=revoked(of_ministry(AUDITOR)),
        answers=GONE,
        listed=False,
    ),
    "a lead's role was taken away": Revocation(
        of=(relations.of_own_organisation, relations.of_provider),
        begin=begun,
        loser=lead,
        revoke=revoked(lead),
        answers=GONE,
    ),
}

NOTHING_TELLS = {
    relations.of_kept_reader: "kept",
    relations.of_next_provider: "transfer_to",
    relations.of_prosecutions: "prosecution",
}
"""Relations that nobody is in yet: the state of a case has nothing that would tell."""

REPORTS = {relations.of_contracting_region}
"""Of organisations alone; the test of reports below."""


def test_every_relation_has_a_revocation_here_or_nobody_is_in_it_yet():
    tried = {related for each in REVOCATIONS.values() for related in each.of}
    assert tried | set(NOTHING_TELLS) | REPORTS == set(every_relation())
    assert not {each.name for each in fields(Case)} & set(NOTHING_TELLS.values())


@pytest.mark.parametrize("related", TWINS, ids=lambda each: each.__name__)
def test_every_model_that_a_relation_is_read_from_is_asked_how_far_behind_it_is(town: Town, related: Any):
    asker = relations.Asker(user=UUID(int=0), role=SCHOOL, organisation=UUID(int=0), today=TODAY)
    with town.service.reads.connection() as db:
        read = set(re.findall(r"service\.\"?(\w+)", TWINS[related](asker).as_string(db)))
    assert read == {model.name for model in BESIDE.get(related, ())}
    assert read <= {model.name for model in (people.project, *regions.MODELS)}, "`settled` knows no others"


def stopped(scene: Scene, before: int) -> None:
    """Nobody follows the log."""


def parked(scene: Scene, before: int) -> None:
    """Every model stands still at every stream that has moved, and has followed the rest."""
    with connect(scene.town.service.database.dsn(Login.OWNER)) as owner:
        owner.execute(
            "INSERT INTO projection.parked (model, generation, stream, position, error)"
            " SELECT p.model, p.generation, e.stream, min(e.position), 'test' FROM projection.positions p, log.events e"
            " WHERE p.state = 'live' AND e.position > %s GROUP BY 1, 2, 3 ON CONFLICT DO NOTHING",
            [before],
        )
    scene.town.follow()


@pytest.mark.parametrize("kind", REVOCATIONS)
def test_what_was_taken_away_is_gone_while_the_read_models_know_nothing_of_it(town: Town, kind: str):
    how = REVOCATIONS[kind]
    scene = how.begin(town)
    loser, case = how.loser(scene), str(scene.case)
    paths = [f"/v1/cases/{case}", f"/v1/cases/{case}/timeline"]
    then = town.follow()
    assert [ask(town, path, loser).status_code for path in paths] == [200, 200]
    shown = [path for path in lists_of(scene, loser) if case in ask(town, path, loser).text]
    assert bool(shown) is how.listed
    before = town.events()
    how.revoke(scene)
    for behind in (stopped, parked):
        behind(scene, before)
        for at in ({}, {"position": then}):
            assert tuple(ask(town, path, loser, **at).status_code for path in paths) == how.answers
            if 200 not in how.answers:
                assert not any(case in ask(town, path, loser, **at).text for path in shown)
    if how.revoke is timeline_of_office:
        publish(town, timeline=True)


def ask(town: Town, path: str, who: Person, **parameters: object) -> Any:
    more = "&".join(f"{name}={value}" for name, value in parameters.items())
    joint = "&" if "?" in path else "?"
    return town.client.get(f"{path}{joint}{more}" if more else path, headers=bearer(town, who))


def lists_of(scene: Scene, who: Person) -> list[str]:
    """Every list that may show somebody the case, and its file."""
    lists = {
        SCHOOL: f"/v1/schools/{scene.here.school}/cases",
        CONTACT: f"/v1/schools/{scene.here.school}/cases",
        OFFICE: f"/v1/schools/{scene.here.school}/cases",
        LEAD: f"/v1/providers/{scene.here.provider}/queue",
        MANAGER: f"/v1/users/{manager(scene).user}/caseload",
    }
    path = lists.get(who.role, f"/v1/regions/{region_id('Wellington')}/unallocated")
    return [f"{path}?limit=200", f"{path}.csv"]


LISTERS = {
    "school_id": (SCHOOL, KAURI),
    "provider_id": (LEAD, AWHI),
    "region_id": (ADVISOR, region_id("Wellington")),
    "user_id": (LEAD, AWHI),
    "disposal_id": (Role.PRIVACY_OFFICER, MINISTRY),
}
"""Who asks about a thing by the name of its id in the path; a new kind of thing is added here, or a test fails."""

ON_THE_LOG = {"/v1/schools/{school_id}/request-form", "/v1/disposals/{disposal_id}"}
"""Questions about something else than a case that are answered from the log: no lag of a model matters."""


def questions(town: Town) -> Iterator[tuple[str, str]]:
    """Every question of the OpenAPI document that names an id, and what it is the id of."""
    for path, methods in town.app.openapi()["paths"].items():
        if "get" in methods and "{" in path:
            yield path, path.partition("{")[2].partition("}")[0]


def of_a_case(town: Town) -> list[str]:
    return [path for path, thing in questions(town) if thing == "case_id"]


def of_something_else(town: Town) -> list[tuple[str, Role, UUID]]:
    """Every other question, with who asks it."""
    return [(path, *LISTERS[thing]) for path, thing in questions(town) if thing != "case_id"]


def thing_of(town: Town, path: str, where: UUID) -> UUID:
    """Something that a question can be asked of."""
    if "disposal_id" in path:
        asked = {"person": str(town.student()), "authority": "DA 712", "disposal_class": "3.2", "reason": "It is time."}
        return UUID(town.ask("/v1/disposals", asked, Role.PRIVACY_OFFICER).json()["id"])
    return town.people[LEAD] if "user_id" in path else where


def filled(path: str, thing: UUID) -> str:
    before, _, after = path.partition("{")
    period = "?first=2026-01-01&last=2026-12-31" if path.endswith("/kpi") else ""
    return f"{before}{thing}{after.partition('}')[2]}{period}"


def on_the_log(path: str) -> bool:
    return any(
        path.startswith(each.partition("{")[0]) and path.endswith(each.rpartition("}")[2]) for each in ON_THE_LOG
    )


def test_every_question_about_one_case_is_judged_on_the_log(town: Town):
    scene, nobodys = worked(town), uuid4()
    town.follow()
    paths = of_a_case(town)
    assert len(paths) >= 2
    assert {ask(town, filled(path, scene.case), manager(scene)).status_code for path in paths} == {200}
    scene.does(ReassignCaseManager(manager=other_manager(scene).user, reason=Handover.LEAVE))
    for path in paths:
        gone, nothing = (ask(town, filled(path, case), manager(scene)) for case in (scene.case, nobodys))
        assert (gone.status_code, gone.content) == (404, nothing.content)
        assert ask(town, filled(path, scene.case), other_manager(scene)).status_code == 200


def test_what_was_written_after_a_hand_over_is_shown_to_the_next_manager_only(town: Town):
    scene = worked(town)
    scene.does(ReassignCaseManager(manager=other_manager(scene).user, reason=Handover.LEAVE))
    activity = RecordActivity(activity=uuid4(), kind="HOME_VISIT", occurred_on=TODAY, note="Hush.", shared=False)
    scene.does(activity)
    town.follow()
    path = f"/v1/cases/{scene.case}/timeline"
    assert ask(town, path, manager(scene)).status_code == 404
    assert "Hush." in ask(town, path, other_manager(scene)).text
    assert "Hush." not in ask(town, path, school(scene)).text


def test_a_revoked_role_ends_every_question_at_once(town: Town):
    asked = [*of_something_else(town), *((path, LEAD, AWHI) for path in of_a_case(town))]
    assert len(asked) >= 10
    people = {key: Person(*town.person(*key), *key) for key in {(role, where) for _, role, where in asked}}
    things = {path: thing_of(town, path, where) for path, _, where in asked}
    then = town.follow()
    paths = [(filled(path, things[path]), people[role, where]) for path, role, where in asked]
    assert {ask(town, path, who).status_code for path, who in paths} <= {200, 404}
    for each in people.values():
        town.revoke(each.user, each.role, each.organisation)
    for at in ({}, {"position": then}):
        assert {ask(town, path, who, **at).status_code for path, who in paths if not at or not on_the_log(path)} == {
            403
        }


def test_the_reports_of_a_provider_end_with_the_region_that_contracts_it_BR_131(town: Town):
    scene = begun(town)
    town.follow()
    paths = [filled(path, scene.here.provider) for path, thing in questions(town) if thing == "provider_id"]
    assert {ask(town, path, advisor(scene)).status_code for path in paths} == {200}
    zoned(town, scene.here, "Waikato")
    assert {ask(town, path, advisor(scene)).status_code for path in paths} == {403}


def test_lists_are_refused_and_nobody_is_sent_here_once_the_models_are_too_far_behind(own_town: Town):
    town = own_town
    case = town.assigned()
    asked = [(filled(path, thing_of(town, path, where)), path, role) for path, role, where in of_something_else(town)]
    town.follow()
    ready = lambda: town.client.get("/health/ready").status_code  # noqa: E731 - asked three times
    get = lambda path, role: town.client.get(path, headers=town.bearer(role))  # noqa: E731 - one question, many paths
    assert ready() == 200
    assert {get(path, role).status_code for path, _, role in asked} == {200}
    assert get(f"/v1/cases/{case}", MANAGER).json()["moment"]["behind_seconds"] == 0
    town.assigned()
    assert ready() == 200, "a moment of lag is no trouble"
    town.service.own_clock.set(town.service.clock() + timedelta(seconds=60))
    for path, template, role in asked:
        answer = get(path, role)
        assert answer.status_code == (200 if template in ON_THE_LOG else 503), path
    shown = get(f"/v1/cases/{case}", MANAGER)
    assert (shown.status_code, shown.json()["moment"]["behind_seconds"] >= 60) == (200, True)
    assert town.client.get("/health/ready").json()["code"] == "NotReady"
    town.follow()
    assert ready() == 200
    assert {get(path, role).status_code for path, _, role in asked} == {200}


def test_every_answer_that_has_a_moment_says_how_far_behind_it_is(town: Town):
    schemas = town.app.openapi()["components"]["schemas"]
    assert "behind_seconds" in schemas["Moment"]["required"]
    town.follow()
    answer = ask(town, f"/v1/schools/{KAURI}/cases.csv", Person(*town.person(SCHOOL, KAURI), SCHOOL, KAURI))
    assert int(answer.headers["moment-behind-seconds"]) > 0, "somebody was invited since"
    assert list(csv.reader(answer.text.splitlines()))


def test_a_parked_case_stands_still_at_its_version_and_its_right_does_not(town: Town):
    """Whoever has not seen what came later does not change it: the ETag is of what was shown."""
    scene = worked(town)
    town.follow()
    shown = ask(town, f"/v1/cases/{scene.case}", lead(scene))
    before = town.events()
    scene.does(ReassignCaseManager(manager=other_manager(scene).user, reason=Handover.LEAVE))
    parked(scene, before)
    again = ask(town, f"/v1/cases/{scene.case}", lead(scene))
    assert (shown.json()["parked"], again.json()["parked"]) == (False, True)
    assert ask(town, f"/v1/cases/{scene.case}/timeline", lead(scene)).json()["parked"]
    assert again.headers["etag"] == shown.headers["etag"]
    assert again.json()["case"]["manager"] == str(manager(scene).user)
    assert ask(town, f"/v1/cases/{scene.case}", other_manager(scene)).status_code == 200


def test_a_list_looks_for_nothing_that_has_moved_while_the_models_keep_up(own_town: Town):
    """However long the log is: only once something has moved, the streams are looked for, and by position."""
    case = own_town.assigned()
    own_town.follow()
    assert "log.events" not in condition(own_town)
    own_town.tell(Case, UUID(case), ReturnCaseToQueue(reason=Handover.LEAVE))
    assert "log.events e WHERE e.position >" in condition(own_town)


def condition(town: Town) -> str:
    """What a Case Manager's list asks of the present row of a case."""
    actor = Actor(user=town.people[MANAGER], role=MANAGER, organisation=AWHI)
    with Desk(service=town.service).answer(actor, NOW, MODELS) as now:
        return now.seen().as_string(now.db)


def test_a_stream_of_another_kind_is_nobodys_to_whoever_names_it_and_an_alarm_elsewhere(own_town: Town):
    town = own_town
    details = StudentDetails(name=PersonName(family_name="Tamatea"), born_on=LONG_AGO)
    town.tell(Student, code_set_id("WaitReasons"), RegisterStudent(details=details))
    student = town.student()
    town.follow()
    for path in of_a_case(town):
        named, nobodys = (
            town.client.get(filled(path, each), headers=town.bearer(MANAGER)) for each in (student, uuid4())
        )
        assert (named.status_code, named.content) == (404, nobodys.content)
    with structlog.testing.capture_logs() as lines:
        form = town.client.get(f"/v1/schools/{KAURI}/request-form", headers=town.bearer(SCHOOL))
    assert (form.status_code, form.json()["code"]) == (500, "ForeignStream")
    (alarm,) = (line for line in lines if line["event"] == "foreign_stream")
    assert (alarm["kind"], alarm["stream"]) == ("CodeSet", str(code_set_id("WaitReasons")))
    assert "Tamatea" not in repr(lines)
    assert town.client.get(f"/v1/schools/{KAURI}/cases", headers=town.bearer(SCHOOL)).status_code == 200

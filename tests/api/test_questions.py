"""Questions over HTTP: how things stand, now and as at a moment; what is as at is the content, never the right."""

from typing import Any
from uuid import uuid4

import pytest

from domain.cases.case import Case
from domain.cases.enrolling import NoteEnrolment
from domain.cases.status import SHOWN, Status
from domain.students.enrolling import RecordEnrolment
from domain.students.student import Student
from domain.users.user import Role
from tests.api.town import AWHI, KAURI, RIMU, TAUTOKO, TODAY, Town

SCHOOL, LEAD, MANAGER = Role.ATTENDANCE_LEAD, Role.WORKFLOW_LEAD, Role.CASE_MANAGER


def read(town: Town, path: str, role: Role, organisation: Any = None, **parameters: object) -> Any:
    town.follow()
    headers = town.bearer(role, organisation)
    return town.client.get(path, params={name: str(value) for name, value in parameters.items()}, headers=headers)


def walk(town: Town, path: str, role: Role, limit: int) -> list[dict[str, Any]]:
    """Every item of a list, page by page."""
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        answer = read(town, path, role, limit=limit, **after).json()
        assert len(answer["items"]) <= limit
        found += answer["items"]
        if answer["next"] is None:
            return found
        after = {"after": answer["next"]}


def test_a_case_is_shown_with_its_version_and_the_published_words_BR_137(town: Town):
    case = town.assigned()
    answer = read(town, f"/v1/cases/{case}", SCHOOL)
    shown = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (200, f'"{shown["version"]}"')
    assert (shown["case"]["status"], shown["shown"]["description"]) == ("OPEN", SHOWN[Status.OPEN].description)
    assert {clock["kind"]: clock["breached"] for clock in shown["clocks"]} == {
        "SCHOOL_MEETING": False,
        "WHANAU_MEETING": False,
    }
    body = {"reason": "DUPLICATE"}
    closed = town.ask(f"/v1/cases/{case}/close", body, MANAGER, **{"If-Match": answer.headers["etag"]})
    assert closed.status_code == 200


def test_a_case_is_shown_as_at_a_position(town: Town):
    case = town.case()
    before = town.events()
    town.ask(f"/v1/cases/{case}/assign", {"manager": str(town.people[MANAGER])}, LEAD)
    then, now = (read(town, f"/v1/cases/{case}", LEAD, **at).json() for at in ({"position": before}, {}))
    assert (then["case"]["status"], now["case"]["status"]) == ("PROVIDER_QUEUE", "OPEN")
    assert (then["moment"]["position"], then["version"] < now["version"]) == (before, True)
    assert then["moment"]["day"] == TODAY.isoformat()


def test_a_command_is_read_by_whoever_asks_at_its_position(town: Town):
    """Nobody has followed the log yet: the question waits, and says so in the end."""
    town.follow()
    position = town.submit().json()["position"]
    headers = town.bearer(LEAD)
    early = town.client.get(f"/v1/providers/{AWHI}/load", params={"at_least": position}, headers=headers)
    assert (early.status_code, early.json()["code"], early.headers["retry-after"]) == (503, "NotYetProjected", "1")
    later = read(town, f"/v1/providers/{AWHI}/load", LEAD, at_least=position)
    assert (later.status_code, later.json()["moment"]["position"] >= position) == (200, True)


@pytest.mark.parametrize(
    ("name", "value"), [("position", 10**9), ("at_least", 10**9), ("as_at", "2199-01-01T00:00:00Z")]
)
def test_a_moment_to_come_is_refused(town: Town, name: str, value: object):
    answer = read(town, f"/v1/providers/{AWHI}/load", LEAD, **{name: value})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{name}")
    assert answer.json()["errors"][0]["source"] == "query"


@pytest.mark.parametrize(
    ("role", "organisation"), [(SCHOOL, RIMU), (LEAD, TAUTOKO), (MANAGER, TAUTOKO), (Role.SYSTEM, None)]
)
def test_a_case_out_of_scope_reads_as_one_that_does_not_exist_BR_69(town: Town, role: Role, organisation: Any):
    case = town.assigned()
    theirs, nobodys = (read(town, f"/v1/cases/{one}", role, organisation) for one in (case, uuid4()))
    if role is Role.SYSTEM:
        assert (theirs.status_code, nobodys.status_code) == (200, 404)
    else:
        assert (theirs.status_code, theirs.content) == (404, nobodys.content)


def test_a_school_loses_the_case_of_a_student_who_left_whenever_it_asks_BR_60(town: Town):
    student = town.student()
    case = town.submit(student).json()["ids"]["case"]
    then = town.events()
    assert read(town, f"/v1/cases/{case}", SCHOOL).status_code == 200
    town.tell(Student, student, RecordEnrolment(school=RIMU, from_on=TODAY))
    town.tell(Case, case, NoteEnrolment())
    assert read(town, f"/v1/cases/{case}", SCHOOL).status_code == 404
    assert read(town, f"/v1/cases/{case}", SCHOOL, position=then).status_code == 404
    listed = read(town, f"/v1/schools/{KAURI}/cases", SCHOOL, position=then, limit=200).json()["items"]
    assert case not in {item["case"] for item in listed}
    assert read(town, f"/v1/cases/{case}", SCHOOL, RIMU).status_code == 200


def test_a_revoked_reader_reads_nothing_at_once(town: Town):
    user, login = town.person(LEAD, AWHI)
    headers = {"Authorization": f"Bearer {town.token(login, AWHI, LEAD)}"}
    town.follow()
    assert town.client.get(f"/v1/providers/{AWHI}/queue", headers=headers).status_code == 200
    town.revoke(user, LEAD, AWHI)
    answer = town.client.get(f"/v1/providers/{AWHI}/queue", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "NotAllowed")


def test_the_tiles_of_a_dashboard_count_the_cases_of_its_list_BR_130(town: Town):
    town.case()
    board = read(town, f"/v1/schools/{KAURI}/dashboard", SCHOOL).json()
    listed = walk(town, f"/v1/schools/{KAURI}/cases", SCHOOL, 7)
    counted: dict[str, int] = {}
    for item in listed:
        counted[item["shown"]] = counted.get(item["shown"], 0) + 1
    assert board["shown"] == counted
    assert len({item["case"] for item in listed}) == len(listed)


def test_a_queue_is_walked_page_by_page(town: Town):
    cases = {town.case() for _ in range(3)}
    listed = walk(town, f"/v1/providers/{AWHI}/queue", LEAD, 2)
    assert cases <= {item["case"] for item in listed}
    assert len({item["case"] for item in listed}) == len(listed)
    assert {item["status"] for item in listed} == {"PROVIDER_QUEUE"}


def test_a_cursor_leads_on_in_its_own_list_only(town: Town):
    town.case()
    town.case()
    after = read(town, f"/v1/providers/{AWHI}/queue", LEAD, limit=1).json()["next"]
    elsewhere = read(town, f"/v1/users/{town.people[MANAGER]}/caseload", LEAD, after=after)
    assert (elsewhere.status_code, elsewhere.json()["errors"][0]["code"]) == (422, "not_a_cursor")


@pytest.mark.parametrize("limit", [0, 201, "many"])
def test_a_page_has_one_to_two_hundred_items(town: Town, limit: object):
    assert read(town, f"/v1/providers/{AWHI}/queue", LEAD, limit=limit).status_code == 422


def test_a_caseload_shows_ones_own_cases_and_the_lead_all_of_them_BR_62(town: Town):
    case, user = town.assigned(), town.people[MANAGER]
    path = f"/v1/users/{user}/caseload"
    assert case in {item["case"] for item in walk(town, path, MANAGER, 200)}
    assert case in {item["case"] for item in walk(town, path, LEAD, 200)}
    assert read(town, path, LEAD, TAUTOKO).json()["items"] == []


@pytest.mark.parametrize("path", ["queue", "load", "kpi?first=2026-01-01&last=2026-12-31"])
def test_a_providers_reports_are_its_workflow_leads_own_BR_131(town: Town, path: str):
    town.follow()
    ask = town.client.get
    assert ask(f"/v1/providers/{AWHI}/{path}", headers=town.bearer(LEAD)).status_code == 200
    assert ask(f"/v1/providers/{AWHI}/{path}", headers=town.bearer(LEAD, TAUTOKO)).status_code == 403
    assert ask(f"/v1/providers/{AWHI}/{path}", headers=town.bearer(MANAGER)).status_code == 403


def test_the_kpi_counts_each_clock_once(town: Town):
    case = town.assigned()
    body = {"meeting": str(uuid4()), "held_on": "2026-05-04"}
    town.ask(f"/v1/cases/{case}/meetings/school", body, MANAGER)
    period = {"first": "2026-05-01", "last": "2026-05-31"}
    measures = read(town, f"/v1/providers/{AWHI}/kpi", LEAD, **period).json()["measures"]
    assert ("SCHOOL_MEETING", "MET") in {(one["kind"], one["outcome"]) for one in measures}
    assert len({(one["kind"], one["outcome"]) for one in measures}) == len(measures)


def test_a_timeline_hides_from_schools_what_was_not_shared_BR_63(town: Town):
    case = town.assigned()
    for shared in (True, False):
        body = {"activity": str(uuid4()), "kind": "HOME_VISIT", "occurred_on": "2026-05-04", "shared": shared}
        assert town.ask(f"/v1/cases/{case}/activities", body, MANAGER).status_code == 200
    theirs = read(town, f"/v1/cases/{case}/timeline", MANAGER).json()["events"]
    schools = read(town, f"/v1/cases/{case}/timeline", SCHOOL).json()["events"]
    assert [event["type"] for event in theirs].count("ActivityRecorded") == 2
    assert [event["shared"] for event in schools if event["type"] == "ActivityRecorded"] == [True]
    page = read(town, f"/v1/cases/{case}/timeline", MANAGER, limit=2).json()
    rest = read(town, f"/v1/cases/{case}/timeline", MANAGER, after=page["next"]).json()
    assert page["events"] + rest["events"] == theirs

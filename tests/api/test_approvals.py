"""Two administrators over HTTP: what takes two, who sees that it was asked for, and what inviting does not tell."""

from typing import Any
from uuid import UUID

from domain.ids import MINISTRY
from domain.users.user import Role
from tests.api.town import HOMES, KAURI, RIMU, Town


def administrators(town: Town, number: int = 2) -> list[tuple[UUID, dict[str, str]]]:
    people = [town.person(Role.SYSTEM_ADMIN, MINISTRY) for _ in range(number)]
    return [(user, header(town, login, Role.SYSTEM_ADMIN)) for user, login in people]


def header(town: Town, login: str, role: Role, organisation: UUID = MINISTRY) -> dict[str, str]:
    return {"Authorization": f"Bearer {town.token(login, organisation, role)}"}


def guest(login: str) -> dict[str, Any]:
    return {"details": {"name": {"family_name": "Parata"}, "email": f"{login}@example.nz", "login": login}}


def audit(user: object) -> dict[str, Any]:
    grant = {"role": "AUDITOR", "organisation": str(MINISTRY), "from_on": "2026-05-04", "to_on": "2026-08-03"}
    return grant | {"user": str(user), "reason": "The yearly audit."}


def test_an_auditor_comes_from_two_administrators_and_everybody_concerned_can_see_it(own_town: Town):
    (ana, hers), (bell, theirs) = administrators(own_town)
    client = own_town.client
    guest_ = client.post("/v1/users", json=guest("hana"), headers=hers).json()["ids"]["user"]
    alone = {name: value for name, value in audit(guest_).items() if name != "user"}
    refused = client.post(f"/v1/users/{guest_}/grant", json=alone, headers=hers)
    assert (refused.status_code, refused.json()["code"]) == (409, "NeedsSecondAdministrator")
    asked = client.post("/v1/approvals/role", json=audit(guest_), headers=hers)
    assert asked.status_code == 201
    approve = f"/v1/approvals/{asked.json()['id']}/approve"
    assert client.post(approve, json={"login": "hana"}, headers=hers).json()["code"] == "SecondIsTheFirst"
    as_auditor = header(own_town, "hana", Role.AUDITOR)
    assert client.get("/v1/approvals", headers=as_auditor).status_code == 403
    assert client.get("/v1/approvals", headers=theirs).json()["code"] == "NotYetProjected"
    own_town.follow()
    (waiting,) = client.get("/v1/approvals", headers=theirs).json()["items"]
    assert (waiting["status"], waiting["asked_by"], waiting["user"]) == ("ASKED", str(ana), guest_)
    assert client.post(approve, json={"login": "hana"}, headers=theirs).status_code == 200
    assert client.get("/v1/approvals", headers=theirs).status_code == 503
    own_town.follow()
    for sees in (as_auditor, hers, theirs):
        (shown,) = client.get("/v1/approvals", headers=sees).json()["items"]
        assert (shown["status"], shown["asked_by"], shown["settled_by"]) == ("APPROVED", str(ana), str(bell))
    stranger = client.get("/v1/approvals", headers=own_town.bearer(Role.CASE_MANAGER))
    assert (stranger.status_code, stranger.json()["items"]) == (200, [])


def test_whom_it_concerns_sees_what_was_asked_for_them_a_page_at_a_time(own_town: Town):
    ((_, hers),) = administrators(own_town, 1)
    user, login = own_town.person(Role.REGIONAL_ADVISOR, HOMES[Role.REGIONAL_ADVISOR])
    for asked in ("first-login", "next-login", "last-login"):
        body = {"user": str(user), "login": asked}
        assert own_town.client.post("/v1/approvals/login", json=body, headers=hers).status_code == 201
    own_town.follow()
    mine = header(own_town, login, Role.REGIONAL_ADVISOR, HOMES[Role.REGIONAL_ADVISOR])
    first = own_town.client.get("/v1/approvals?limit=2", headers=mine).json()
    last = own_town.client.get(f"/v1/approvals?limit=2&after={first['next']}", headers=mine).json()
    assert [len(each["items"]) for each in (first, last)] == [2, 1]
    assert len({each["approval"] for page in (first, last) for each in page["items"]}) == 3
    assert last["next"] is None
    assert "-login" not in str(first) + str(last)


def test_the_roll_feed_gives_no_roles(own_town: Town):
    enrol = own_town.bearer(Role.SYSTEM)
    user = own_town.people[Role.CASE_MANAGER]
    grant = {"role": "SYSTEM", "organisation": str(MINISTRY), "from_on": "2026-05-04"}
    for path, body in ((f"/v1/users/{user}/grant", grant), ("/v1/users", guest("hana")), ("/v1/approvals/role", {})):
        assert own_town.client.post(path, json=body, headers=enrol).status_code == 403


def test_inviting_is_answered_alike_whether_the_login_is_known_and_the_id_is_good_for_granting(own_town: Town):
    town, client = own_town, own_town.client
    town.person(Role.DELEGATED_AUTHORISER, KAURI)
    _, authoriser = town.person(Role.DELEGATED_AUTHORISER, KAURI)
    known, login = town.person(Role.ATTENDANCE_LEAD, RIMU)
    asks_ = header(town, authoriser, Role.DELEGATED_AUTHORISER, KAURI)
    told = []
    for asked in (login, "nobody.knows.me", login):
        before = town.events()
        invited = client.post("/v1/users", json=guest(asked), headers=asks_)
        handle = invited.json()["ids"]["user"]
        grant = {"role": "OFFICE_SUPPORT", "organisation": str(KAURI), "from_on": "2026-05-04"}
        granted = client.post(f"/v1/users/{handle}/grant", json=grant, headers=asks_)
        told.append((invited.status_code, invited.json()["version"], invited.headers["ETag"], town.events() - before,
                     granted.status_code, granted.json()["version"], handle == str(known)))  # fmt: skip
    assert told[0] == told[1] == (201, 1, '"1"', 3, 200, 1, False)
    read = client.get(f"/v1/schools/{KAURI}/dashboard", headers=header(town, login, Role.OFFICE_SUPPORT, KAURI))
    assert read.status_code != 403

"""Bounds: nobody makes the service work, answer or keep without end, whatever they send (ADR 17)."""

import json
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from fastapi import Request as HttpRequest
from hypothesis import given
from hypothesis import strategies as st

from api.app import bare_app
from api.http.bodies import LARGE, LARGEST_BODY, MOST_NAMES, Reader
from api.http.budgets import DAY, MINUTE, Budgets
from api.http.document import reader_of
from api.http.faults import Fault
from api.http.problems import MOST_FAULTS, Problem, invalid
from api.http.routes import api_routes
from domain import text
from domain.decision import Actor
from domain.requests.drafting import SaveDraft
from domain.requests.form import Form, WhanauContact
from domain.students.caregiver import Caregiver
from domain.students.caring import LinkCaregiver, RegisterCaregiver, Tie
from domain.students.student import Student
from domain.text import DECOMPOSED, MOST_MARKS, PersonName, Text
from domain.users.user import Role
from eventstore.log import Log
from eventstore.requests import TooManyFacts
from tests.api.town import KAURI, Town

DOCUMENT = bare_app().openapi()
BODIES = [route for route in api_routes(bare_app()) if reader_of(route)]
KINDS = {name: kind.__metadata__[0] for name, kind in vars(text).items() if hasattr(kind, "__metadata__")}
FIXED = {"uuid", "date", "date-time"}
LEAD = Role.ATTENDANCE_LEAD
WORST_PIECES = ("\N{COMBINING ACUTE ACCENT}", "\N{HEBREW POINT SHEVA}", "a\u0301", "1", " ", "@a.", "ā")


def unbounded(schema: Any, place: str = "", within: tuple[str, ...] = ()) -> Iterator[str]:
    """Where a schema lets something in that has no longest or largest."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        if name not in within:
            yield from unbounded(DOCUMENT["components"]["schemas"][name], place, (*within, name))
        return
    if not has_bounds(schema):
        yield f"{place}: {schema.get('type')}"
    for name, each in schema.get("properties", {}).items():
        yield from unbounded(each, f"{place}/{name}", within)
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for each in schema.get(key, ()):
            yield from unbounded(each, place, within)
    if "items" in schema:
        yield from unbounded(schema["items"], f"{place}/0", within)


def has_bounds(schema: Any) -> bool:
    kind = schema.get("type")
    if kind == "array":
        return "maxItems" in schema
    if kind == "string":
        return bool({"maxLength", "enum", "const"} & set(schema)) or schema.get("format") in FIXED
    if kind in {"integer", "number"}:
        return {"minimum", "maximum"} <= set(schema) or "const" in schema
    return kind != "object" or schema.get("additionalProperties") is False


def test_nothing_that_can_be_sent_is_without_a_longest():
    found = {}
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            sent = [*unbounded(body)] if body else []
            sent += [each for one in operation.get("parameters", ()) for each in unbounded(one["schema"], one["name"])]
            found[f"{method} {path}"] = sent
    assert {operation: sent for operation, sent in found.items() if sent} == {}


@pytest.mark.parametrize(
    "what", [{"type": "array"}, {"type": "string"}, {"type": "integer", "minimum": 0}, {"type": "object"}]
)
def test_what_has_no_longest_is_noticed(what: dict[str, Any]):
    assert not has_bounds(what)


@pytest.mark.parametrize("name", sorted(KINDS))
@given(data=st.data())
def test_no_text_is_worked_on_beyond_its_own_length_or_with_a_pile_of_marks(name: str, data: Any):
    """The worst of every kind of text: far too long, and all marks, near misses and blanks."""
    kind: Text = KINDS[name]
    worst = data.draw(
        st.sampled_from(["\N{COMBINING ACUTE ACCENT}", "\N{HEBREW POINT SHEVA}", "a\u0301", "1", " ", "@a.", "ā"])
    )
    raw = "a" + worst * data.draw(st.sampled_from([MOST_MARKS, MOST_MARKS + 1, kind.longest, 100_000]))
    worked: list[str] = []

    class Counting:
        """What text is worked on with; it notes what it is given."""

        combining = staticmethod(unicodedata.combining)

        @staticmethod
        def normalize(form: Any, given_text: str) -> str:
            worked.append(given_text)
            return unicodedata.normalize(form, given_text)

    with pytest.MonkeyPatch.context() as patched, suppress(ValueError):
        patched.setattr(text, "unicodedata", Counting)
        kind(raw)
    assert all(len(each) <= kind.longest * DECOMPOSED for each in worked)
    assert all(longest_pile(each) <= MOST_MARKS for each in worked)


def longest_pile(given_text: str) -> int:
    longest = pile = 0
    for each in given_text:
        pile = pile + 1 if unicodedata.combining(each) else 0
        longest = max(longest, pile)
    return longest


def test_words_with_their_macrons_and_points_are_taken_as_ever():
    for word in ("Te Kura o Ōtaki", "O\u0304taki", "שָׁלוֹם", "Nguyễn Thị Ánh", "ท้องฟ้า"):
        assert KINDS["ShortText"](word) == unicodedata.normalize("NFC", word)


WORST: dict[str, bytes] = {
    "more mistakes than anybody reads": json.dumps({"form": {"indicators": [1] * 60_000}}).encode(),
    "more contacts than anybody has": json.dumps({"form": {"whanau": [{}] * 20_000}}).encode(),
    "more names than anybody knows": json.dumps({f"n{i}": 1 for i in range(20_000)}).encode(),
    "some names more than anybody knows": json.dumps({f"n{i}": 1 for i in range(MOST_NAMES + 1)}).encode(),
    "a mistake in each of many names": json.dumps({"form": {f"n{i}": 1 for i in range(MOST_NAMES)}}).encode(),
    "one pile of marks": json.dumps({"form": {"reason": "a" + "\u0301" * 40_000}}, ensure_ascii=False).encode(),
    "a number without end": b'{"form": {"year_level": ' + b"9" * 100_000 + b"}}",
    "brackets": b"[" * (LARGEST_BODY - 1),
}


NOT_READ = {
    "more mistakes than anybody reads",
    "more contacts than anybody has",
    "more names than anybody knows",
    "some names more than anybody knows",
    "a number without end",
    "brackets",
}
"""What is given up before a single mistake is looked for."""


@pytest.mark.parametrize("what", WORST)
def test_the_worst_body_is_answered_with_some_of_its_mistakes(town: Town, what: str):
    assert len(WORST[what]) <= LARGEST_BODY
    headers = town.bearer(LEAD) | {"Content-Type": "application/json"}
    answer = town.client.put(f"/v1/requests/{uuid4()}/draft", content=WORST[what], headers=headers)
    assert answer.status_code == (400 if what in NOT_READ else 422)
    assert len(answer.json().get("errors", [])) <= MOST_FAULTS
    assert len(answer.content) < 20_000
    assert ("more than" in answer.json().get("detail", "")) or len(answer.json().get("errors", [])) < MOST_FAULTS


def test_no_more_mistakes_are_worded_than_are_named():
    worded: list[int] = []

    def mistakes() -> Iterator[Fault]:
        for n in range(100_000):
            worded.append(n)
            yield Fault(source="body", pointer=f"/{n}", code="wrong", message="is not accepted")

    assert len(invalid(mistakes()).errors) == MOST_FAULTS
    assert len(worded) == MOST_FAULTS + 1


def test_a_list_too_long_is_not_read_to_its_end():
    reader = Reader(SaveDraft)
    with pytest.raises(Problem) as refused:
        reader.read(json.dumps({"form": {"whanau": [{"x": 1}] * 4_000}}).encode())
    assert {fault.code for fault in refused.value.errors} <= {"too_long", "unknown_field"}
    assert len(refused.value.errors) <= MOST_FAULTS


@pytest.mark.parametrize(("size", "beside"), [(100, False), (LARGE, True)])
def test_a_large_body_is_read_beside_the_event_loop(
    town: Town, monkeypatch: pytest.MonkeyPatch, size: int, beside: bool
):
    read, loops, threads = Reader.read, list[int](), list[int]()

    def reading(self: Any, body: bytes) -> Any:
        threads.append(threading.get_ident())
        return read(self, body)

    async def called(self: Any, request: HttpRequest) -> Any:
        loops.append(threading.get_ident())
        return await call(self, request)

    call = Reader.__call__
    monkeypatch.setattr(Reader, "read", reading)
    monkeypatch.setattr(Reader, "__call__", called)
    reason = "a" * size
    answer = town.client.put(
        f"/v1/requests/{uuid4()}/draft", json={"form": {"reason": reason}}, headers=town.bearer(LEAD)
    )
    assert answer.status_code == 201, answer.text
    assert loops
    assert (threads != loops) is beside


def whanau_of(town: Town, student: Any, most: int) -> list[Any]:
    """As many caregivers as a form can name, each linked to the student."""
    found = []
    for n in range(most):
        caregiver = uuid4()
        town.tell(Caregiver, caregiver, RegisterCaregiver(name=PersonName(family_name=f"Ngata {chr(97 + n)}")))
        town.tell(Student, student, LinkCaregiver(caregiver=caregiver, tie=Tie(relation="MOTHER")))
        found.append(caregiver)
    return found


def test_a_form_with_the_most_people_is_decided_in_a_few_exchanges_by_a_process_that_knows_nothing(
    own_town: Town, monkeypatch: pytest.MonkeyPatch
):
    """However many there are: what can be named is asked for at once."""
    town, counts = own_town, dict[int, int]()
    for most in (1, 20):
        student = town.student()
        contacts = [{"caregiver": str(each), "phone": "021 555 0101"} for each in whanau_of(town, student, most)]
        town.service.writer._tools.states.clear()  # noqa: SLF001 - as when it has just started
        exchanges: list[int] = []
        counting(monkeypatch, exchanges)
        form = town.form(student, whanau=contacts)
        answer = town.ask(f"/v1/requests/{uuid4()}/submit", {"form": form}, LEAD)
        assert answer.status_code == 201, answer.text
        counts[most] = len(exchanges)
    assert counts[20] <= counts[1] <= 8


def counting(monkeypatch: pytest.MonkeyPatch, exchanges: list[int]) -> None:
    read = Log.read

    def reading(self: Any, connection: Any, commands: Any, streams: Any, versions: Any, claims: Any) -> Any:
        exchanges.append(1)
        return read(self, connection, commands, streams, versions, claims)

    monkeypatch.setattr(Log, "read", reading)


def test_what_concerns_too_many_at_once_is_refused_and_no_fault(own_town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("eventstore.turn.MOST_FACTS", 5)
    own_town.service.writer._tools.states.clear()  # noqa: SLF001 - as when it has just started
    answer = own_town.submit()
    assert (answer.status_code, answer.json()["code"]) == (409, TooManyFacts.__name__)


ME, SYSTEM = (Actor(user=uuid4(), role=role, organisation=KAURI) for role in (LEAD, Role.SYSTEM))


class Time:
    """A clock that is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def budgets(town: Town, clock: Time, **said: int) -> Budgets:
    return Budgets(town.service.settings.model_copy(update=said), clock)


def test_a_person_who_asks_without_end_is_told_when_to_ask_again_and_a_system_is_not(town: Town):
    clock = Time()
    asked = budgets(town, clock, commands_per_minute=3)
    for _ in range(3):
        asked.spend(ME, 10)
    with pytest.raises(Problem) as refused:
        asked.spend(ME, 10)
    assert (refused.value.status, refused.value.code) == (429, "BudgetSpent")
    assert 0 < int((refused.value.headers or {})["Retry-After"]) <= MINUTE + 1
    for _ in range(10):
        asked.spend(SYSTEM, 10)
    clock.now = MINUTE + 1.0
    asked.spend(ME, 10)


def test_a_person_sends_so_many_bytes_in_a_day(town: Town):
    clock = Time()
    asked = budgets(town, clock, bytes_per_day=1_000)
    asked.spend(ME, 900)
    with pytest.raises(Problem):
        asked.spend(ME, 101)
    asked.spend(ME, 100)
    clock.now = DAY + 1.0
    asked.spend(ME, 900)


def test_every_command_is_counted(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(town.app.state, "budgets", budgets(town, Time(), commands_per_minute=1))
    first, second = (town.submit() for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 429)
    assert second.headers["retry-after"]


def test_a_person_has_so_many_drafts_open_and_goes_on_with_those(own_town: Town, monkeypatch: pytest.MonkeyPatch):
    few = replace(own_town.service, settings=own_town.service.settings.model_copy(update={"drafts_open": 2}))
    monkeypatch.setattr(own_town.app.state, "service", few)
    names = [uuid4() for _ in range(3)]
    answers = []
    for name in names:
        answers.append(
            own_town.client.put(f"/v1/requests/{name}/draft", json={"form": {}}, headers=own_town.bearer(LEAD))
        )
        own_town.follow()
    assert [each.status_code for each in answers] == [201, 201, 429]
    again = {"form": {"year_level": 7}}
    assert (
        own_town.client.put(f"/v1/requests/{names[0]}/draft", json=again, headers=own_town.bearer(LEAD)).status_code
        == 200
    )


def test_a_form_holds_no_more_people_than_its_list_says():
    most = Form.__annotations__["whanau"].__metadata__[0].most
    assert len(Form(whanau=(WhanauContact(),) * most).whanau) == most == 20

"""Reference data from files: what each kind of list asks of which streams, and the samples that are shipped."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, TypeAlias, TypeVar
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from adapters.holiday_data import read_year
from adapters.sample_catchments import DATA, UNDIVIDED
from adapters.schools_csv import Refusal, Row, Unreadable, areas_of, read_schools
from api.commands.taking import Entry, TakeSchool
from domain.calendars.publishing import Calendar, PublishCalendar
from domain.cases.deadlines import NATIONAL
from domain.catchments.catchment import Catchment, CatchmentDetails
from domain.catchments.contracting import RecordContract
from domain.catchments.defining import DefineCatchment
from domain.codesets.code_set import CodeSet
from domain.codesets.publishing import PublishCodeSet
from domain.decision import Command, Ref
from domain.ids import catchment_id, code_set_id, school_id
from domain.policies.criteria import CRITERIA, Criteria
from domain.policies.policy import SERVICE_POLICY, Policy
from domain.policies.publishing import PublishPolicy
from domain.policies.revising import PublishCriteria
from domain.providers.provider import Provider, ProviderDetails
from domain.providers.registering import RegisterProvider
from domain.schools.school import School

T = TypeVar("T")
Tree: TypeAlias = dict[str, Any]

SINCE: Final = date(2026, 1, 5)
"""The day on which the providers of the service began."""

BEGINNING: Final = date(2026, 1, 1)
"""From when the sample calendars hold."""


@dataclass(slots=True)
class Listed:
    """What a file asks: phases of entries, each after the one before; rows refused already, and schools closed."""

    phases: list[list[Entry]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    closed: list[Refusal] = field(default_factory=list)

    @property
    def length(self) -> int:
        return sum(map(len, self.phases))


def schools(data: bytes, effective_on: date, catchments: bytes) -> Listed:
    """Read a list of schools (CSV), and put each into the catchment of its territory. Raises Unreadable."""
    known = [each for _, each in _trees(catchments, "catchments")]
    reading = read_schools(data, areas_of([*known, UNDIVIDED]))
    entries = [_school(row, effective_on) for row in reading.rows]
    return Listed([entries], reading.refused, reading.closed)


def catchments(data: bytes) -> Listed:
    """Read a list of catchments (JSON). Raises Unreadable."""

    def asked(line: int, tree: Tree) -> list[Entry]:
        tree.pop("territories", None)  # for the list of schools only
        details = _read(CatchmentDetails, tree)
        return [_entry(line, Catchment, catchment_id(details.code), DefineCatchment(details=details))]

    return _phases(_trees(data, "catchments"), asked)


def providers(data: bytes) -> Listed:
    """Read a list of providers with their contracts (JSON): first all providers, then all contracts."""

    def asked(line: int, tree: Tree) -> list[Entry]:
        contracts = tree.pop("contracts", [])
        details = _read(ProviderDetails, tree)
        entries = [_entry(line, Provider, details.id, RegisterProvider(details=details))]
        return entries + [_contract(line, details.id, each) for each in contracts]

    return _phases(_trees(data, "providers"), asked)


def code_sets(data: bytes) -> Listed:
    """Read code sets (JSON). Raises Unreadable."""

    def asked(line: int, tree: Tree) -> list[Entry]:
        command = _read(PublishCodeSet, tree)
        return [_entry(line, CodeSet, code_set_id(command.name), command)]

    return _phases(_trees(data, "code_sets"), asked)


def policy(data: bytes) -> Listed:
    """Read one version of the policy (JSON, as the API takes it). Raises Unreadable."""
    return _one(data, Policy, SERVICE_POLICY, PublishPolicy)


def criteria(data: bytes) -> Listed:
    """Read one version of the criteria (JSON, as the API takes it). Raises Unreadable."""
    return _one(data, Criteria, CRITERIA, PublishCriteria)


def calendar(data: bytes, effective_from: date) -> Listed:
    """Read one calendar year (JSON). Raises Unreadable."""
    try:
        year = read_year(_text(data))
    except (KeyError, TypeError, ValueError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else "holds a value of another kind"
        raise Unreadable(f"the file is no calendar year: it {what}") from None
    return Listed([[_entry(1, Calendar, NATIONAL, PublishCalendar(year=year, effective_from=effective_from))]])


def samples() -> Iterator[tuple[str, Listed]]:
    """Return what is shipped, in the order in which it is taken: all that a fresh database needs but the schools."""
    for path in sorted(DATA.glob("calendar-*.json")):
        yield path.stem, calendar(path.read_bytes(), BEGINNING)
    for name, read in _SHIPPED.items():
        yield name, read((DATA / f"{name}.json").read_bytes())


_SHIPPED: Final[Mapping[str, Callable[[bytes], Listed]]] = {
    "policy": policy,
    "criteria": criteria,
    "code-sets": code_sets,
    "catchments": catchments,
    "providers": providers,
}


def _school(row: Row, effective_on: date) -> Entry:
    catchment = catchment_id(row.catchment) if row.catchment else None
    command = TakeSchool(details=row.details, catchment=catchment, effective_on=effective_on)
    return _entry(row.line, School, school_id(row.details.number), command)


def _contract(line: int, provider: UUID, tree: Tree) -> Entry:
    code = str(tree.pop("catchment", ""))
    command = _read(RecordContract, {**tree, "provider": str(provider)})
    return _entry(line, Catchment, catchment_id(code), command)


def _entry(line: int, of: type, stream: UUID, command: Command) -> Entry:
    return Entry(line=line, stream=Ref(of, stream), command=command)


def _phases(trees: Iterable[tuple[int, Tree]], asked: Callable[[int, Tree], list[Entry]]) -> Listed:
    """Collect the first entry of each tree, then the second ones; a tree that cannot be used is refused whole."""
    listed, seen = Listed([[], []]), set[UUID]()
    for line, tree in trees:
        try:
            first, *rest = asked(line, tree)
            _require_new(first.stream.id, seen)
        except _Mistake as mistake:
            listed.refused.append(Refusal(line=line, field=mistake.field, reason=mistake.reason))
            continue
        seen.add(first.stream.id)
        listed.phases[0].append(first)
        listed.phases[1] += rest
    return listed


def _require_new(stream: UUID, seen: set[UUID]) -> None:
    if stream in seen:
        raise _Mistake("code", "stands in an earlier entry already")


def _one(data: bytes, of: type, stream: UUID, kind: type[Any]) -> Listed:
    try:
        return Listed([[_entry(1, of, stream, _read(kind, _json(data)))]])
    except _Mistake as mistake:
        raise Unreadable(f"{mistake.field}: {mistake.reason}") from None


class _Mistake(Exception):
    """An entry that is refused."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(where, reason)
        self.field, self.reason = where, reason


def _read(of: type[T], tree: object) -> T:
    """Return what an entry says, judged as strictly as a body of the API. Raises _Mistake."""
    try:
        return TypeAdapter(of).validate_json(json.dumps(tree))
    except ValidationError as error:
        first, *_ = error.errors(include_url=False, include_input=False, include_context=False)
        raise _Mistake(".".join(map(str, first["loc"])), first["msg"]) from None


def _trees(data: bytes, name: str) -> list[tuple[int, Tree]]:
    """Return the numbered entries of a list, or of the object that holds it under its name. Raises Unreadable."""
    held = _json(data)
    entries = held.get(name) if isinstance(held, dict) else held
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise Unreadable(f"the file holds no list of {name.replace('_', ' ')}")
    return list(enumerate(entries, start=1))


def _json(data: bytes) -> Any:
    try:
        return json.loads(_text(data), object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise Unreadable(f"line {error.lineno}: the file is no JSON") from None
    except RecursionError:
        raise Unreadable("the file is nested too deeply") from None


def _once(pairs: list[tuple[str, Any]]) -> Tree:
    read = dict(pairs)
    if len(read) < len(pairs):
        raise Unreadable("the file gives a name twice in one place")
    return read


def _no_number(name: str) -> float:
    raise Unreadable(f"the file holds {name}")


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"byte {error.start}: the file is not UTF-8") from None

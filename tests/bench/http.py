"""Commands over HTTP: the whole service with one worker, against a bare route that does one INSERT."""

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any
from uuid import UUID, uuid4

import uvicorn
from fastapi import Depends, FastAPI, Header
from psycopg_pool import AsyncConnectionPool

from adapters.identity import Tokens
from api.app import create_app, tokens
from api.bootstrap import service
from api.commands.running import configure_logs
from api.http.bodies import Body
from domain.cases.assigning import AssignCaseManager
from domain.cases.case import Case
from domain.decision import Actor
from domain.requests.form import Form, WhanauContact
from domain.requests.request import Request
from domain.requests.submitting import SubmitCaRequest
from domain.students.contacting import AddContactDetail, ContactDetail
from domain.students.student import Student
from domain.text import PersonName
from domain.users.user import Role
from eventstore.connections import connect
from eventstore.migrations import migrate
from tests.api.town import AWHI, KAURI, LONG_AGO, Town, settings, town_on
from tests.bench.measuring import Benchmarks, Figure, Ground, alternately

STUDENTS = 400
EVENTS = 20
CALLERS = 16
ROUNDS = 3
PATIENCE_SECONDS = 60.0

Server = Callable[[str, str, str], None]


def http_command(ground: Ground) -> list[Figure]:
    """Requests a second: a contact detail of a student is sealed, judged by grants and case, and recorded once."""
    dsn = ground.database()
    migrate(dsn)
    seconds = ground.size(50, 5) / 10
    with TemporaryDirectory(prefix="as-cms-http-") as folder:
        bearer, students = peopled(dsn, Path(folder), ground.size(STUDENTS, 3))
        measure = partial(_requests_a_second, dsn, folder, bearer, students, seconds)
        mine, its = alternately(ground, ROUNDS, partial(measure, serve_ours), partial(measure, serve_bare))
    note = f"{CALLERS} callers, one worker; peer: the same token and body checked, one INSERT"
    return [
        Figure(
            name="http-command", ours=mine, peer=its, ratio=mine / its, unit="requests/s",
            n=round(mine * seconds), note=note,
        )
    ]  # fmt: skip


def peopled(dsn: str, folder: Path, size: int) -> tuple[str, list[UUID]]:
    """Make a town where so many students, each with a case that one person works, have streams of 20 events."""
    with town_on(dsn, folder) as town, ThreadPoolExecutor(CALLERS) as crowd:
        manager, login = town.person(Role.CASE_MANAGER, AWHI)
        students = list(crowd.map(lambda _: _student(town, manager), range(size)))
        return town.token(login, AWHI, Role.CASE_MANAGER), students


def _student(town: Town, manager: UUID) -> UUID:
    student, lead = town.student(), town.people[Role.ATTENDANCE_LEAD]
    school = Actor(user=lead, role=Role.ATTENDANCE_LEAD, organisation=KAURI)
    done = town.tell(Request, uuid4(), SubmitCaRequest(form=_form(student, lead)), by=school)
    town.tell(Case, done.ids["case"], AssignCaseManager(manager=manager))
    while town.tell(Student, student, _detail()).version < EVENTS:
        pass
    return student


def _form(student: UUID, contact: UUID) -> Form:
    mere = PersonName(family_name="Tamatea", given_names="Mere")
    return Form(
        student=student,
        year_level=7,
        whanau=(WhanauContact(name=mere, relation="MOTHER", phone="021 555 0101"),),
        address_unknown=True,
        basis="CHRONIC",
        reason="Kua ngaro te tamaiti.",
        actions_taken="A hui, a plan.",
        strategies_tried=True,
        plan_made_on=LONG_AGO,
        primary_contact=contact,
        whanau_told=True,
    )


def _detail() -> AddContactDetail:
    return AddContactDetail(
        contact=uuid4(), detail=ContactDetail(phone="021 555 0102"), from_on=LONG_AGO, source="School"
    )


def _requests_a_second(
    dsn: str, folder: str, bearer: str, students: list[UUID], seconds: float, serve: Server
) -> float:
    """Let the callers work for a while, warm, each on a connection of its own."""
    with served(serve, dsn, folder) as socket:
        asyncio.run(_crowd(socket, bearer, students, seconds / 5))
        return asyncio.run(_crowd(socket, bearer, students, seconds)) / seconds


@contextmanager
def served(serve: Server, dsn: str, folder: str) -> Iterator[str]:
    """Run a server in a process of its own; lends the path of its socket."""
    socket = f"{folder}/{uuid4().hex[:8]}.sock"
    process = get_context("spawn").Process(target=serve, args=(dsn, folder, socket), daemon=True)
    process.start()
    end = time.monotonic() + PATIENCE_SECONDS
    while not Path(socket).exists() and process.is_alive() and time.monotonic() < end:
        time.sleep(0.05)
    try:
        yield socket
    finally:
        process.terminate()
        process.join(PATIENCE_SECONDS)


async def _crowd(socket: str, bearer: str, students: list[UUID], seconds: float) -> int:
    until, turn = time.perf_counter() + seconds, count()
    done = await asyncio.gather(*(_caller(socket, bearer, students, turn, until) for _ in range(CALLERS)))
    return sum(done)


async def _caller(socket: str, bearer: str, students: list[UUID], turn: Iterator[int], until: float) -> int:
    reader, writer = await asyncio.open_unix_connection(socket)
    done = 0
    while time.perf_counter() < until:
        writer.write(_asked(students[next(turn) % len(students)], bearer))
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        body = await reader.readexactly(int(length.split(b":")[1]))
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(body.decode())
        done += 1
    writer.close()
    await writer.wait_closed()
    return done


def _asked(student: UUID, bearer: str) -> bytes:
    body = json.dumps(
        {
            "contact": str(uuid4()),
            "detail": {"phone": "021 555 0103"},
            "from_on": "2026-05-04",
            "source": "Whānau",
        }
    ).encode()
    return (
        f"POST /v1/students/{student}/contact-details HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {bearer}\r\n"
        f"Content-Type: application/json\r\nIdempotency-Key: {uuid4()}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def serve_ours(dsn: str, folder: str, socket: str) -> None:
    """The service as it is, its log lines included, which nobody reads."""
    configure_logs()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    with service(settings(Path(folder), dsn, commands_per_minute=10**9, bytes_per_day=10**12)) as opened:
        _run(create_app(opened), socket)


def serve_bare(dsn: str, folder: str, socket: str) -> None:
    """The least that could be called a service: is it somebody, is it a body, is it stored."""
    with connect(dsn) as owner:
        owner.execute("CREATE TABLE IF NOT EXISTS bare (id uuid PRIMARY KEY, student uuid NOT NULL, detail text)")
    _run(bare(dsn, tokens(settings(Path(folder), dsn))), socket)


def bare(dsn: str, door: Tokens) -> FastAPI:
    """The peer's application."""
    pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
        dsn, min_size=CALLERS, max_size=CALLERS, open=False, kwargs={"autocommit": True}
    )

    @asynccontextmanager
    async def life(_: FastAPI) -> Any:
        async with pool:
            yield

    app = FastAPI(lifespan=life)

    async def proven(authorization: Annotated[str, Header()]) -> str:
        return door.prove(authorization.removeprefix("Bearer ")).subject

    @app.post("/v1/students/{student_id}/contact-details")
    async def add(
        student_id: UUID, _: Annotated[str, Depends(proven)], command: Body[AddContactDetail]
    ) -> dict[str, str]:
        async with pool.connection() as db:
            stored = [command.contact, student_id, command.detail.phone]
            await db.execute("INSERT INTO bare VALUES (%s, %s, %s)", stored)
        return {"id": str(command.contact)}

    return app


def _run(app: FastAPI, socket: str) -> None:
    uvicorn.run(app, uds=socket, loop="uvloop", http="httptools", log_level="critical", access_log=False)


BENCHMARKS: Benchmarks = {"http-command": http_command}

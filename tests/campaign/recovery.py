"""Recovery: whether everything is back after a fault, without anything being started anew, and after how long."""

from collections.abc import Iterator
from contextlib import suppress
from time import monotonic, sleep
from typing import Any, Final
from uuid import UUID

import httpx2
import psycopg
from kafka.errors import KafkaError

from adapters.case_facts.contract import TOPIC
from domain.users.user import Role
from projections.registry import MODELS
from tests.api.town import KAURI
from tests.campaign.kafka_side import told
from tests.campaign.world import SERVING, World

GIVEN_UP_SECONDS: Final = 60.0
DRAFT: Final = UUID(int=1, version=4)
"""One that is saved over and over."""


def recovered(world: World, seconds: float = GIVEN_UP_SECONDS) -> tuple[float, list[str]]:
    """Wait until all is back; answers with after how long, and what is missing if it never was."""
    began, head = monotonic(), None
    while True:
        head = head or reached(world)
        lacking = missing(world, head or 0) if head else ["the database"]
        if not lacking or monotonic() - began > seconds:
            return monotonic() - began, lacking
        sleep(0.1)


def reached(world: World) -> int | None:
    with suppress(psycopg.Error, OSError), world.beside() as db:
        return int(db.execute("SELECT coalesce(max(position), 0) FROM log.events").fetchall()[0][0])
    return None


def missing(world: World, head: int = 0) -> list[str]:
    """Name what does not work at the moment."""
    return next(([each] for each in _missing(world, head)), [])


def _missing(world: World, head: int) -> Iterator[str]:
    for name, each in world.programs.items():
        if each.ended is not None:
            yield f"{name}, which ended by itself with {each.ended}"
    for name, address in zip(SERVING, world.addresses, strict=True):
        yield from (f"{what} of {name}" for what in _unserved(world, address))
    yield from _behind(world, head)
    if "publish" in world.programs and not _published(world, head):
        yield "the publisher"


def _unserved(world: World, address: str) -> Iterator[str]:
    lead = world.town.bearer(Role.ATTENDANCE_LEAD)
    asked: dict[str, tuple[str, str, Any]] = {
        "readiness": ("GET", "/health/ready", None),
        "a command": ("PUT", f"/v1/requests/{DRAFT}/draft", {"form": {}}),
        "a question": ("GET", f"/v1/schools/{KAURI}/dashboard", None),
    }
    with httpx2.Client(base_url=address, timeout=5) as line:
        for what, (verb, path, body) in asked.items():
            try:
                status = line.request(verb, path, json=body, headers=lead).status_code
            except httpx2.HTTPError:
                status = 0
            if status not in {200, 201}:
                yield f"{what} ({status})"


def _behind(world: World, head: int) -> Iterator[str]:
    query = "SELECT model, position FROM projection.positions WHERE state = 'live'"
    try:
        with world.beside() as db:
            reached = dict(db.execute(query).fetchall())
    except (psycopg.Error, OSError):
        yield "the database"
        return
    yield from (f"the follower of {model.name}" for model in MODELS if reached.get(model.name, -1) < head)


def _published(world: World, head: int) -> bool:
    assert world.broker
    try:
        return told(world.broker.bootstrap, TOPIC) >= head
    except KafkaError:
        return False

"""Asking the service over HTTP, as somebody: each request names itself, so that sending it again does it once."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import httpx2

from domain.cases.case import NOBODY
from domain.users.user import Role

PATIENCE: Final = 10.0
"""For so many seconds a request is repeated, while it cannot be answered."""

PAUSE_SECONDS: Final = 0.2


class Unexpected(Exception):
    """The service answered something that the simulation did not count on."""


@dataclass(slots=True, kw_only=True, eq=False)
class Person:
    """Somebody who works with the service: their login, and the role that they act in. `id` is given by the service."""

    name: dict[str, str]
    login: str
    role: Role
    organisation: UUID
    id: UUID = NOBODY


@dataclass(slots=True)
class Told:
    """What was asked of the service so far: how often each path, and which expected refusals came back."""

    asked: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


class Api:
    """The service, as its users have it."""

    def __init__(self, client: httpx2.AsyncClient, token: Callable[[Person], str], run: str) -> None:
        self.told = Told()
        self._client = client
        self._token = token
        self._run = run
        self._bearers: dict[str, str] = {}
        self._keys: Counter[str] = Counter()

    async def ask(
        self, by: Person, path: str, body: dict[str, Any], *, method: str = "POST", name: str = ""
    ) -> dict[str, Any]:
        """Have something done, and return the answer. Raises Unexpected unless it was done.

        `name` tells requests of one person to one path apart, where their order is left to chance.
        """
        answer = await self._send(by, method, path, body, name)
        if answer.status_code not in {HTTPStatus.OK, HTTPStatus.CREATED}:
            raise Unexpected(_said(by, method, path, answer))
        self.told.asked[_kind(path)] += 1
        return dict(answer.json())

    async def refused(self, by: Person, path: str, body: dict[str, Any], code: str) -> dict[str, Any]:
        """Ask for something that the rules refuse, and return the problem. Raises Unexpected if they do not."""
        answer = await self._send(by, "POST", path, body, "")
        problem = answer.json() if answer.content else {}
        if problem.get("code") != code:
            raise Unexpected(_said(by, "POST", path, answer) + f"; {code} was expected")
        self.told.refused[code] += 1
        return dict(problem)

    async def see(
        self, by: Person, path: str, query: Mapping[str, str], *, patience: float = PATIENCE
    ) -> dict[str, Any]:
        """Ask a question; for so many seconds again while it cannot be answered yet. Raises Unexpected otherwise."""
        answer = await self._sent(
            by,
            lambda: self._client.get(path, params=dict(query), headers=self._headers(by)),
            time.monotonic() + patience,
        )
        if answer.status_code != HTTPStatus.OK:
            raise Unexpected(_said(by, "GET", path, answer))
        return dict(answer.json())

    async def _send(self, by: Person, method: str, path: str, body: dict[str, Any], name: str) -> httpx2.Response:
        headers = self._headers(by) | {"Idempotency-Key": self._key(by, path, name)}
        return await self._sent(
            by, lambda: self._client.request(method, path, json=body, headers=headers), time.monotonic() + PATIENCE
        )

    async def _sent(self, by: Person, send: Callable[[], Awaitable[httpx2.Response]], until: float) -> httpx2.Response:
        """Send a request, and the same again while the service is away or not ready: it acts once."""
        while True:
            over = time.monotonic() > until
            try:
                answer = await send()
            except httpx2.TransportError as error:  # a kept connection that the service has just given up, say
                if over:
                    raise Unexpected(f"the service gave {by.role} no answer: {type(error).__name__}") from None
            else:
                if over or answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                    return answer
            await asyncio.sleep(PAUSE_SECONDS)

    def _headers(self, by: Person) -> dict[str, str]:
        if by.login not in self._bearers:
            self._bearers[by.login] = f"Bearer {self._token(by)}"
        return {"Authorization": self._bearers[by.login]}

    def _key(self, by: Person, path: str, name: str) -> str:
        """Name a request by the run and by how often this person asked this before."""
        asked = f"{by.login} {path} {name}"
        self._keys[asked] += 1
        return f"{self._run}/{name}/{self._keys[asked]}"


def _kind(path: str) -> str:
    return path.rpartition("/")[2]


def _said(by: Person, method: str, path: str, answer: httpx2.Response) -> str:
    """Return what went wrong in words; the service repeats nothing of what was sent."""
    return f"{by.role} asked {method} {path} and was answered {answer.status_code} {answer.text[:600]}"

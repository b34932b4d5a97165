"""Asking: a route hands a command over to the deciding writer, and answers what became of it.

The request's `Idempotency-Key` makes a repeat safe, its `If-Match` guards the version that the asker has seen.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from http import HTTPStatus
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID, uuid4, uuid5

from fastapi import Depends, Header, Request, Response

from api.http.budgets import Budgets
from api.http.faults import Fault
from api.http.problems import invalid
from domain.decision import Actor, Command, Permit, Ref
from domain.ids import NaturalId, own_id
from eventstore.requests import Done, Stale
from eventstore.requests import Request as Asked
from eventstore.sealing import Digests
from eventstore.writer import Writer

_KEY: Final = r"^[!-~]{1,255}$"
_STRONG: Final = re.compile(r'"(?P<version>0|[1-9][0-9]{0,9})"')
_TAG: Final = re.compile(r'(W/)?"[!#-~\x80-\xff]*"')

IdempotencyKey: TypeAlias = Annotated[
    str | None,
    Header(
        max_length=255,
        pattern=_KEY,
        description="Names this request: sent again, it is answered as the first time. Visible ASCII.",
    ),
]
IfMatch: TypeAlias = Annotated[
    str | None,
    Header(
        max_length=100, description="The ETag of the version that was seen; if there is a later one, the answer is 412."
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where the commands of one request are handed over."""

    writer: Writer
    digests: Digests
    permit: Permit
    budgets: Budgets
    request: Request
    key: str | None
    seen: str | None

    def names(self, actor: Actor) -> UUID:
        """Return the id of the command: the same whenever the same person sends the same key to the same path."""
        if self.key is None:
            return uuid4()
        method, path = self.request.method, self.request.url.path
        return self.digests.command_id(actor.organisation, actor.user, method, path, self.key)

    async def ask(self, of: type[Any], stream: UUID, command: Command, by: Actor) -> Done:
        """Have a command of a stream that is there decided; raise the `Refused`, or `Unavailable`."""
        return await self._ask(Ref(of, stream), command, by)

    async def open(self, of: type[Any], command: Command, by: Actor) -> Done:
        """Have a command decided that opens a stream of its own; a repeat finds the same one."""
        command_id = self.names(by)
        return await self._ask(Ref(of, uuid5(command_id, "stream")), command, by, command_id, opens=True)

    async def own(self, of: type[Any], name: UUID, command: Command, by: Actor) -> Done:
        """Have a command decided of what the client named itself, in the asker's organisation; it may open it."""
        stream = Ref(of, own_id(of, by.organisation, name))
        return replace(await self._ask(stream, command, by, opens=True, name=name), stream=name)

    async def named(self, of: type[Any], stream: NaturalId, command: Command, by: Actor) -> Done:
        """Have a command decided of what has a public natural key; it may open it."""
        return await self._ask(Ref(of, stream), command, by, opens=True)

    async def _ask(
        self,
        stream: Ref,
        command: Command,
        by: Actor,
        command_id: UUID | None = None,
        *,
        opens: bool = False,
        name: UUID | None = None,
    ) -> Done:
        body = getattr(self.request.state, "body", b"")
        self.budgets.spend(by, len(body))
        asked = Asked(
            stream=stream,
            command=command,
            actor=by,
            opens=opens,
            name=name,
            permit=self.permit,
            command_id=command_id or self.names(by),
            body=self.digests.body(body),
            expected=_expected(self.seen),
            correlation=self.request.state.correlation,
        )
        return await self.writer.execute_async(asked)


async def _desk(request: Request, idempotency_key: IdempotencyKey = None, if_match: IfMatch = None) -> Desk:
    """Async, for the framework sends what is not to another thread."""
    state = request.app.state
    service = state.service
    return Desk(
        writer=service.writer,
        digests=service.digests,
        permit=state.permit,
        budgets=state.budgets,
        request=request,
        key=idempotency_key,
        seen=if_match,
    )


AtDesk: TypeAlias = Annotated[Desk, Depends(_desk)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """What people should know of something that was done all the same; `code` is stable."""

    code: str
    message: str


def answer(done: Done, *, created: str | None = None, warnings: Sequence[Warned] = ()) -> Response:
    """Answer what a command did: the id, its version (the ETag) and a position that includes it.

    `created` is the address of what it made, if it made something. Warnings are named only if there are any.
    """
    body: dict[str, Any] = {
        "id": str(done.stream),
        "version": done.version,
        "position": done.position,
        "ids": {name: str(made) for name, made in sorted(done.ids.items())},
    }
    if warnings:
        body["warnings"] = [asdict(each) for each in warnings]
    headers = {"ETag": etag(done.version)} | ({"Location": created} if created else {})
    status = HTTPStatus.CREATED if created else HTTPStatus.OK
    return Response(json.dumps(body), status, headers, "application/json")


def made(done: Done, collection: str, thing: UUID) -> Response:
    """Answer what a command that registers something did: 201 with its address if it is new, 200 if it was there."""
    return answer(done, created=f"{collection}/{thing}" if thing == done.stream and done.opened else None)


def etag(version: int) -> str:
    """Return the strong ETag of a version."""
    return f'"{version}"'


def _expected(seen: str | None) -> int | None:
    """Return the version that was seen; `*` is any. Raise Stale for a tag that no version ever had."""
    if seen is None or seen.strip() == "*":
        return None
    if strong := _STRONG.fullmatch(seen.strip()):
        return int(strong["version"])
    if _TAG.fullmatch(seen.strip()):
        raise Stale
    raise invalid([Fault(source="header", pointer="/if-match", code="not_an_etag", message='is no ETag such as "3"')])

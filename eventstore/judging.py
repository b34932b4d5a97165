"""Judging one command: whether the actor may, has seen the present version, what is decided, or was."""

from json import loads
from uuid import UUID

from domain.authority import NotFound
from domain.decision import Context, Decision, Known, Part, Ref
from eventstore.requests import AlreadyDone, Done, IdempotencyKeyReused, Request, Stale, Waiting


def judge(one: Waiting, version: int, state: object, context: Context) -> Decision:
    """Return what is decided; raise what refuses it."""
    request = one.request
    request.permit.check(request.command, state, context)
    if request.expected is not None and request.expected != version:
        raise Stale
    decided = request.command.decide(state, context)
    if isinstance(decided, Decision):
        return decided
    events = tuple(decided)
    return Decision(parts=(Part(request.stream, events),) if events else ())


def first_answer(waiting: Waiting, body: str | None, position: int | None, answer: str | None) -> Done | BaseException:
    """Return what this command was answered the first time, or the refusal of another body or of one too old."""
    if body is None or position is None or answer is None:
        return AlreadyDone()
    if bytes.fromhex(body) != waiting.request.body:
        return IdempotencyKeyReused()
    kept = loads(answer)
    ids = {name: UUID(value) for name, value in kept["ids"].items()}
    stream = waiting.request.stream.id
    return Done(stream=stream, version=kept["version"], position=position, ids=ids, opened=kept["opened"])


def require_new(ref: Ref, request: Request, known: Known) -> None:
    """Raise unless a stream may begin here: at an id that the service made, not at one that somebody sent (ADR 15)."""
    if ref == request.stream and not request.opens:
        raise NotFound
    if ref != request.stream and ref.id not in known.made:
        raise NotOurs(ref)


class NotOurs(Exception):
    """A decision would begin another stream at an id that it did not make: a mistake in a slice (ADR 15)."""

    def __init__(self, ref: Ref) -> None:
        super().__init__(ref.of.__name__)

"""`attendance project` and `rebuild`: the followers that keep the read models, and models folded anew."""

import threading
from collections.abc import Generator, Iterable, Sequence
from contextlib import ExitStack, contextmanager
from typing import Annotated, Any, Final

import structlog
import typer

from api.bootstrap import folding
from api.commands.output import AsJson, say, say_json, share
from api.commands.running import Failed, Stopped, Wait, begun, settings
from api.database import Database, database
from api.sessions import KEYS, of_followers, require_room, together
from api.settings import Login, load
from eventstore.followers import Follower, Health
from projections.blanking import blanking
from projections.live import ReadModel
from projections.model import Model
from projections.rebuilding import rebuild
from projections.registry import MODELS
from projections.tools import Tools

PAUSE_SECONDS: Final = 1.0
AGAIN_SECONDS: Final = 60.0

log = structlog.get_logger()


def project(*, wait: Wait = False) -> None:
    """Keep the read models up to date, until told to stop. Of several copies one works and the others wait."""
    said = settings()

    def work() -> None:
        with database(said) as lent, folding(said, lent) as tools, followers(lent, tools) as running:
            require_room(lent, together(of_followers(), {Login.KEYS: KEYS}))
            watch(running, threading.Event())

    try:
        begun(work, wait=wait)
    except (Stopped, KeyboardInterrupt):
        raise typer.Exit from None  # to be stopped is how it ends


def rebuild_models(
    models: Annotated[list[str] | None, typer.Argument(metavar="[MODEL]...", show_default=False)] = None,
    *,
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many processes fold.")] = 2,
    as_json: AsJson = False,
) -> None:
    """Fold read models (all, if none is named) anew from the whole log; the present ones answer meanwhile."""
    wanted = _wanted(models or [])
    with database(settings()) as lent:
        generations = {model.name: _rebuild(lent, model, workers) for model in wanted}
    if as_json:
        say_json({"rebuilt": generations})
        return
    for name, generation in generations.items():
        say(f"rebuilt {name} (generation {generation})")


@contextmanager
def followers(lent: Database, tools: Tools) -> Generator[Sequence[Follower]]:
    """Run a follower for every read model, in threads, until the block ends."""
    running = [Follower(lent.dsn(Login.FOLLOWERS), ReadModel(model, tools)) for model in MODELS]
    for each in running:
        each.start()
    try:
        with blanking(lent.dsn(Login.FOLLOWERS), MODELS, tools):
            yield running
    finally:
        for each in running:
            each.stop()


def watch(running: Sequence[Follower], stop: threading.Event) -> None:
    """Log how the followers are whenever that changes, and once a minute of those that do not follow; until stopped."""
    told: dict[str, tuple[object, ...]] = {}
    while not stop.wait(PAUSE_SECONDS):
        for health in (each.health for each in running):
            news = (health.state, health.reason, not health.ready and health.seconds // AGAIN_SECONDS)
            if told.get(health.name) != news:
                _tell(health)
            told[health.name] = news


def _tell(health: Health) -> None:
    """A follower that is not ready says for how long."""
    for_so_long = {} if health.ready else {"seconds": round(health.seconds)}
    log.info("follower", follower=health.name, state=health.state, reason=health.reason, **for_so_long)


_KEPT: Final = ExitStack()
"""What a rebuilding worker has open; it ends with its process."""


def equipment() -> Tools:
    """Return what a rebuilding worker folds with, in its own process."""
    said = load()
    return _KEPT.enter_context(folding(said, _KEPT.enter_context(database(said))))


def _rebuild(lent: Database, model: Model[Any], workers: int) -> int:
    with share(model.name) as told:
        return rebuild(
            lent.dsn(Login.OWNER),
            lent.dsn(Login.FOLLOWERS),
            model,
            equipment,
            workers=workers,
            report=lambda progress: told(progress.phase, progress.done),
        )


def _wanted(names: Iterable[str]) -> list[Model[Any]]:
    known = {model.name: model for model in MODELS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Failed(f"there is no read model {unknown[0]}; there are {', '.join(known)}")
    return [known[name] for name in names] or list(MODELS)

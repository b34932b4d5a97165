"""`attendance serve`: the HTTP service, in one process or several, until it is told to stop."""

import socket
import sys
from asyncio import wrap_future
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Annotated, Any, Final

import typer
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.supervisors import Multiprocess

from api.addresses import loopback
from api.app import create_app, figures_app, openapi_text, require_keys, tokens
from api.automations.acting import admit
from api.automations.registry import AUTOMATIONS
from api.automations.waking import Automations
from api.bootstrap import Service, service
from api.commands.projecting import followers
from api.commands.running import Failed, Stopped, Wait, begun, configure_logs, settings, warn_of_development
from api.commands.server_logs import UVICORN
from api.http.boards import Board
from api.http.connections import Guarded, Limits
from api.http.figures import Scraper, numbers_of
from api.http.metrics import Numbers
from api.sessions import Sessions, of_automations, of_followers, of_service, require_room, together
from api.settings import UNSAID, BadSettings, Settings
from domain import registry
from domain.days import auckland_day
from projections.tools import Tools

_UVICORN: Final[dict[str, Any]] = {
    "loop": "uvloop",
    "ws": "none",
    "log_config": UVICORN,
    "log_level": "info",
    "access_log": False,
    "server_header": False,
    "timeout_graceful_shutdown": 10,
    "timeout_worker_healthcheck": 60,  # one that starts on a busy machine is silent for a while
}


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port to listen on; 0 is any that is free.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many processes answer.")] = 1,
    *,
    project: Annotated[
        bool | None,
        typer.Option(
            help="Whether to keep the read models and run the automations too; with the embedded database by default.",
            show_default=False,
        ),
    ] = None,
    wait: Wait = False,
) -> None:
    """Serve the API over HTTP. Without DATABASE_URL, the embedded database is started and kept up to date."""
    said = settings()
    _require_said(said, host)
    following = said.embedded if project is None else project
    serving = _serve_in_one if workers == 1 else partial(_serve_in_many, workers=workers)
    with _listening(host, port) as listener, _listening_for_figures(said) as own:
        try:
            begun(partial(serving, listener, own, said, following=following), wait=wait)
        except (Stopped, KeyboardInterrupt):
            raise typer.Exit from None  # to be stopped is how it ends


def openapi() -> None:
    """Print the OpenAPI document of the API."""
    sys.stdout.write(openapi_text())


def worker(folder: Path) -> ASGIApp:
    """Return the application of one process of several, which opens its own service when it starts."""
    configure_logs()
    return _Worker(Board(folder))


def _serve_in_one(listener: socket.socket, own: socket.socket | None, said: Settings, *, following: bool) -> None:
    with service(said) as opened, _alongside(following, opened):
        require_room(opened.database, _sessions(said, 1, following=following))
        app = create_app(opened)
        require_keys(app.state.door.tokens)
        _announce("Serving", listener)
        with _measured(own, said, app.state.numbers):
            uvicorn.Server(uvicorn.Config(app, lifespan="off", http=_guarded(said), **_UVICORN)).run(sockets=[listener])


def _serve_in_many(
    listener: socket.socket, own: socket.socket | None, said: Settings, *, following: bool, workers: int
) -> None:
    """Open the service here as well: what would stop every worker stops us, once and in words.

    A worker that is started anew while the issuer is away takes no token until it has keys.
    """
    with service(said) as opened, _alongside(following, opened), TemporaryDirectory(prefix="as-cms-") as folder:
        require_room(opened.database, _sessions(said, 1 + workers, following=following))
        require_keys(tokens(said))
        Scraper.of(said)
        board = Path(folder)
        _announce("Serving", listener)
        with _measured(own, said, Board(board).read):
            more = {"factory": True, "lifespan": "on", "workers": workers, "http": _guarded(said)}
            config = uvicorn.Config(partial(worker, board), **more, **_UVICORN)
            Multiprocess(config, sockets=[listener]).run()


def _sessions(said: Settings, processes: int, *, following: bool) -> Sessions:
    return together(of_service(said, processes), *((of_followers(), of_automations()) if following else ()))


@contextmanager
def _measured(own: socket.socket | None, said: Settings, numbers: Callable[[], list[Numbers]]) -> Generator[None]:
    """Answer at the port of the figures, if they have one, in a thread until the block ends."""
    if own is None:
        yield
        return
    app = figures_app(said, numbers)
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", http=_guarded(said), **_UVICORN))
    thread = Thread(target=server.run, kwargs={"sockets": [own]}, name="figures", daemon=True)
    thread.start()
    _announce("Figures", own)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


def _require_said(said: Settings, host: str) -> None:
    """Where others can reach us, the mode is somebody's choice. Raises BadSettings."""
    asked = [host] if said.metrics_port is None else [host, said.metrics_host]
    reached = [each for each in asked if not loopback(each)]
    if reached and not said.said:
        raise BadSettings(f"{reached[0] or 'every address'} can be reached by others: {UNSAID}")
    if reached and said.embedded:
        warn_of_development()


def _guarded(said: Settings) -> Any:
    """Return what makes the protocol of a connection; it can be sent to workers."""
    limits = Limits(head_seconds=said.head_seconds, body_seconds=said.body_seconds, connections=said.connections)
    return partial(Guarded, limits=limits)


@contextmanager
def _alongside(wanted: bool, opened: Service) -> Generator[None]:  # noqa: FBT001 - reads as it is said
    """Keep the read models and run the automations, if wanted, for as long as the block lasts."""
    if not wanted:
        yield
        return
    tools = Tools(types=registry.events(), codec=opened.codec, keyring=opened.keyring)
    with followers(opened.database, tools), _automating(opened):
        yield


@contextmanager
def _automating(opened: Service) -> Generator[None]:
    admit(opened.writer, auckland_day(opened.clock()))
    automations, stop = Automations(opened, list(AUTOMATIONS.values())), Event()
    thread = Thread(target=automations.run, args=(stop,), name="automations", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _listening(host: str, port: int) -> socket.socket:
    """Take the address; whoever comes is refused until we listen, for a probe must not be kept waiting."""
    six = ":" in host
    taken = socket.socket(socket.AF_INET6 if six else socket.AF_INET)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if six:
        taken.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        taken.bind((host, port))
    except OSError as error:
        taken.close()
        raise Failed(f"cannot listen on {host}, port {port}: {error.strerror}") from None
    return taken


@contextmanager
def _listening_for_figures(said: Settings) -> Generator[socket.socket | None]:
    if said.metrics_port is None:
        yield None
        return
    with _listening(said.metrics_host, said.metrics_port) as listener:
        yield listener


def _announce(what: str, listener: socket.socket) -> None:
    """Listen, and say where."""
    listener.listen(2048)
    host, port, *_ = listener.getsockname()
    address = f"[{host}]" if ":" in host else host
    sys.stdout.write(f"{what} on http://{address}:{port}\n")
    sys.stdout.flush()


class _Worker:
    """Passes requests on to the application of a service that is open from startup to shutdown."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._opened = ExitStack()
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._app:
            await self._app(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        app = create_app(self._opened.enter_context(service(settings())), self._board)
        if fetching := app.state.door.fetched and app.state.door.fetched.renew():
            await wrap_future(fetching)  # whatever comes of it: another may have keys, and we ask again
        self._opened.enter_context(self._board.kept(partial(numbers_of, app.state)))
        self._app = app
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._opened.close()
        await send({"type": "lifespan.shutdown.complete"})

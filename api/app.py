"""The HTTP service: its routes, its layers, and whom it believes."""

from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig

from adapters.development_issuer import ISSUER, DevelopmentIssuer
from adapters.fetched_keys import FetchedKeys
from adapters.identity import Published, Tokens, types_in
from adapters.public_keys import KeysAway, PublishedKeys, UnusableKeys
from api.bootstrap import Service
from api.cases import ROUTERS as CASES
from api.http import document, figures, health, pages, problems, reference
from api.http.boards import Board
from api.http.budgets import Budgets
from api.http.edge import Edge
from api.http.identity import Door
from api.http.logins import Logins
from api.http.metrics import Metrics, Numbers
from api.http.routes import add_routes, require_audiences
from api.questions import ROUTERS as QUESTIONS
from api.reference import ROUTERS as REFERENCE
from api.requests import ROUTERS as REQUESTS
from api.settings import BadSettings, Settings, variable
from domain.permits import authority

WITHOUT_FIGURES: Final = (health.router, pages.router, reference.router, *REQUESTS, *CASES, *REFERENCE, *QUESTIONS)
ROUTERS: Final = (figures.router, *WITHOUT_FIGURES)

DESCRIPTION: Final = """Cases of chronically absent students, from a school's request to the closing of the case.

A request may name itself by an `Idempotency-Key`: sent again, it is answered as the first time. Answers of commands
carry the version as an `ETag`, which `If-Match` guards, and a `position`, at which questions can be asked.
"""

_SILENT: Final = TelemetryConfig(tracing=False, metrics=False, logs=False, operation_spans=False, auto_configure=False)
"""The framework's own telemetry would carry addresses and bodies out of the service."""


def create_app(service: Service, board: Board | None = None) -> FastAPI:
    """Return the service over HTTP; one process of several finds the figures of the others on a board.

    Raises BadSettings, and UndeclaredAudience for a route that does not say who may ask it.
    """
    app = bare_app(ROUTERS if service.settings.metrics_port is None else WITHOUT_FIGURES)
    logins = Logins(service.logins, service.digests)
    app.state.service = service
    app.state.scraper = figures.Scraper.of(service.settings)
    app.state.numbers = partial(_numbers, app, board)
    app.state.permit = authority()
    app.state.budgets = Budgets(service.settings)
    judge = tokens(service.settings)
    app.state.door = Door(tokens=judge, fetched=fetched(judge), user_of=logins.find, known=logins.kept)
    return app


def figures_app(settings: Settings, numbers: Callable[[], list[Numbers]]) -> FastAPI:
    """Return the figures at a port of their own, which are asked for themselves too. Raises BadSettings."""
    app = bare_app((figures.router,))
    app.state.scraper = figures.Scraper.of(settings)
    app.state.numbers = lambda: [*numbers(), app.state.metrics.numbers()]
    return app


def _numbers(app: FastAPI, board: Board | None) -> list[Numbers]:
    own = figures.numbers_of(app.state)
    if board is None:
        return [own]
    board.leave(own)
    return board.read()


def bare_app(routers: Sequence[APIRouter] = ROUTERS) -> FastAPI:
    """Return the routes and layers without anything behind them: enough for the OpenAPI document."""
    app = FastAPI(
        title="Attendance Service Case Management",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        telemetry=_SILENT,
    )
    add_routes(app, routers)
    app.state.metrics = Metrics()
    app.openapi = cache(partial(document.document, app))  # type: ignore[method-assign] # how FastAPI has it replaced
    problems.install(app)
    app.add_middleware(Edge, metrics=app.state.metrics)
    require_audiences(app)
    return app


def openapi_text() -> str:
    """Return the OpenAPI document as docs/openapi.json has it."""
    return document.text(bare_app().openapi())


def tokens(settings: Settings) -> Tokens:
    """Return the judge of tokens: of the issuer that is set, or of our own in development. Raises BadSettings."""
    own = settings.development_issuer
    return Tokens(
        development_issuer(settings).keys if own else _published(settings),
        issuer=ISSUER if own else settings.issuer or "",
        audience=settings.audience,
        longest=settings.token_seconds,
        types=types_in(settings.token_types),
    )


def fetched(judge: Tokens) -> FetchedKeys | None:
    """Return the keys that tokens are judged by, if they are fetched from an address."""
    return judge.keys if isinstance(judge.keys, FetchedKeys) else None


def require_keys(judge: Tokens) -> None:
    """See that there are keys to judge by, and wait for them. Raises BadSettings, or KeysAway, by the setting."""
    keys = fetched(judge)
    try:
        if keys:
            keys.require()
    except KeysAway as error:
        raise KeysAway(f"{variable('jwks_url')}: {error}") from None
    except UnusableKeys as error:
        raise BadSettings(f"{variable('jwks_url')}: {error}") from None


def development_issuer(settings: Settings) -> DevelopmentIssuer:
    """Return the issuer of a development service, whose key is in its data folder. Raises NotInProduction."""
    return DevelopmentIssuer(settings.data / "issuer.json", production=settings.production, audience=settings.audience)


def _published(settings: Settings) -> Published:
    if settings.jwks_url:
        return FetchedKeys(settings.jwks_url, good_seconds=settings.jwks_good_seconds)
    try:
        return PublishedKeys(settings.jwks_file or Path())
    except UnusableKeys as error:
        raise BadSettings(f"{variable('jwks_file')}: {error}") from None
    except OSError as error:
        raise BadSettings(f"{variable('jwks_file')}: it cannot be read: {type(error).__name__}") from None

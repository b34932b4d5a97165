"""`attendance publish` and `asyncapi`: case facts go to Kafka, and the document that says what they look like."""

import json
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from adapters.case_facts.asyncapi import document
from adapters.case_facts.messages import Messages
from adapters.case_facts.pseudonyms import Pseudonyms
from adapters.kafka.client import BadKafkaSettings, Fenced, settings_of
from adapters.kafka.publisher import CaseFacts
from api.bootstrap import require_schema
from api.commands.output import say_json
from api.commands.projecting import watch
from api.commands.running import UNUSABLE, Stopped, Wait, begun, settings
from api.database import database
from api.own_secrets import own_pseudonym_secret
from api.settings import PUBLISHERS, BadSettings, Login, Settings, variable
from eventstore.followers import Follower, Halt
from eventstore.key_material import Secrets

FENCED: Final = 5
"""The exit status of a publisher that a newer one has replaced."""

BATCH: Final = 2_000
"""How many events go into one transaction at most."""

GONE_SECONDS: Final = 30.0
"""Kafka may take half of it to answer, and nothing is said to the database meanwhile."""

ANYBODY: Final = "PLAINTEXT"
"""What the client speaks unless it is told otherwise: without a login, to be read by everybody on the way."""

Bootstrap = Annotated[
    str,
    typer.Option(envvar="KAFKA_BOOTSTRAP", show_default=False, help="Brokers to ask first: HOST:PORT[,HOST:PORT]..."),
]
More = Annotated[
    Path | None,
    typer.Option(envvar="KAFKA_SETTINGS_FILE", show_default=False, help="A JSON object of further client settings."),
]


def publish(*, bootstrap: Bootstrap, kafka_settings: More = None, wait: Wait = False) -> None:
    """Send every fact of the log to Kafka, until told to stop. Of several copies one works and the others wait."""
    stop = threading.Event()
    said, given = settings(), client_settings(bootstrap, kafka_settings)
    require_login(said, given)
    work = CaseFacts(given, Messages(Pseudonyms(pseudonym_secret(said))), ended=stop.set)

    def send() -> None:
        with database(said) as lent:
            require_schema(lent)
            follow(Follower(lent.dsn(Login.FOLLOWERS), work, batch=BATCH, gone=GONE_SECONDS), stop)

    try:
        begun(send, wait=wait)
    except (Stopped, KeyboardInterrupt):
        raise typer.Exit from None  # to be stopped is how it ends
    finally:
        work.close()
    give_up(work.over)


def asyncapi() -> None:
    """Print the AsyncAPI document of the facts."""
    say_json(document())


def pseudonym_secret(ours: Settings) -> Secrets:
    """Return what pseudonyms are made with; development makes its own. Raises BadSettings."""
    given = ours.secrets(PUBLISHERS)
    if given is None and ours.production:
        raise BadSettings(f"{variable(PUBLISHERS)}: production needs it to publish, and nothing else does")
    return given or own_pseudonym_secret(ours.data)


def client_settings(bootstrap: str, file: Path | None) -> dict[str, Any]:
    """Return the settings of the client. Raises BadSettings, which repeats no value."""
    try:
        return settings_of(bootstrap, _read(file) if file else {})
    except BadKafkaSettings as wrong:
        raise BadSettings(str(wrong)) from None


def require_login(said: Settings, given: Mapping[str, Any]) -> None:
    """Raise BadSettings in production unless Kafka is told who we are."""
    if said.production and given.get("security_protocol", ANYBODY) == ANYBODY:
        raise BadSettings("production needs a login at Kafka: say its security_protocol in the client settings")


def follow(follower: Follower, stop: threading.Event) -> None:
    """Follow the log in a thread, and log how it goes, until told to stop."""
    follower.start()
    try:
        watch([follower], stop)
    finally:
        follower.stop()


def give_up(over: Halt | None) -> None:
    """End with the status that says why there is no use in going on."""
    if over:
        sys.stderr.write(f"attendance: {over}\n")
        raise typer.Exit(FENCED if isinstance(over, Fenced) else UNUSABLE)


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadSettings(f"{file} cannot be read: {type(error).__name__}") from None
    if not isinstance(found, dict):
        raise BadSettings(f"{file} holds no JSON object")
    return found

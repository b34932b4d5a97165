"""`attendance reconcile`: after an older copy was restored, the topic of case facts follows the log again."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Annotated

import typer

from adapters.case_facts.messages import Messages
from adapters.case_facts.pseudonyms import Pseudonyms
from adapters.case_facts.reconciling import Difference
from adapters.kafka.client import BrokerAway
from adapters.kafka.reconciler import NothingShared, Reconciler
from api.bootstrap import now
from api.commands.output import AsJson, say, say_json, share
from api.commands.publishing import Bootstrap, More, client_settings, give_up, pseudonym_secret, require_login
from api.commands.running import AWAY, Failed, settings
from api.database import database
from api.settings import Login
from domain.days import auckland_day
from eventstore.codec import UnknownType
from eventstore.connections import available, connect
from eventstore.followers import Halt


def reconcile(
    *,
    bootstrap: Bootstrap,
    kafka_settings: More = None,
    preview_only: Annotated[bool, typer.Option("--preview", help="Only show how topic and log differ.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether to go on.")] = False,
    as_json: AsJson = False,
) -> None:
    """Have the topic say what a log says that was restored from an older copy, so that `publish` can go on.

    Facts of events that the log has no more are withdrawn, those that are missing are told; readers are told which.
    Cut off anywhere, it is done again. Where nothing is to be reconciled, it changes nothing.
    """
    said, given = settings(), client_settings(bootstrap, kafka_settings)
    require_login(said, given)
    messages = Messages(Pseudonyms(pseudonym_secret(said)))
    with (
        database(said) as lent,
        halting(),
        available(),
        connect(lent.dsn(Login.FOLLOWERS), deadline=None, name="as-cms reconcile") as db,
    ):
        work = Reconciler(settings=given, messages=messages, day=auckland_day(now(said)))
        with share("preview") as tell:
            found = replace(work, tell=tell).preview(db)
        done = found is not None and not preview_only
        if found and done:
            agree(found, yes=yes, as_json=as_json)
            with share("reconcile") as tell:
                found = replace(work, tell=tell).carry_out(db)
    _show(found, done=done, as_json=as_json)


def agree(found: Difference, *, yes: bool, as_json: bool) -> None:
    """Have whoever runs it agree, once they saw what changes. Raises Failed."""
    if yes:
        return
    if as_json or not sys.stdin.isatty():
        raise Failed("say --yes, once you have seen the --preview")
    _show(found, done=False, as_json=False)
    if not typer.confirm("Tell this to every reader of the topic?"):
        raise Failed("nothing was told")


@contextmanager
def halting() -> Generator[None]:
    """End with the status that says why there is no going on."""
    try:
        yield
    except BrokerAway:
        sys.stderr.write("attendance: Kafka does not answer; whatever was told by then is no harm: do it again\n")
        raise typer.Exit(AWAY) from None
    except (NothingShared, UnknownType) as why:
        raise Failed(f"{type(why).__name__}: {why}") from None
    except Halt as halt:
        give_up(halt)


def _show(found: Difference | None, *, done: bool, as_json: bool) -> None:
    if as_json:
        say_json({"follows": found is None or done, "carried_out": done, **asdict(found or Difference())})
    elif found is None:
        say("the topic follows this log: there is nothing to reconcile")
    else:
        say(f"facts that stand: {found.standing}")
        say(f"withdrawn: {found.withdrawn}, of {found.cases} cases; told: {found.told}")
        say("done: the publisher goes on from here" if done else "nothing was changed yet")

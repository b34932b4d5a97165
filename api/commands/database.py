"""`attendance migrate`, `backup` and `restore`: the schema, and copies of the database.

A copy holds the log and the wrapped keys; read models, where personal values stand in clear, are not in it and
are built again. Secrets and the erasure journal are kept elsewhere: only with them is a copy of any use.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from psycopg import pq
from psycopg.sql import SQL, Identifier

from adapters.embedded_postgres import EmbeddedPostgres
from adapters.postgres_binaries import NoBinaries
from api.bootstrap import service
from api.commands.output import AsJson, say, say_json
from api.commands.running import Failed, settings
from api.database import Database, begin_journal, database
from api.database import migrate as migrate_database
from api.settings import Login, Settings
from eventstore.connections import Connection, available, connect
from eventstore.erasure import reapply
from eventstore.journal import Journal
from eventstore.log import head

_WITHOUT_MODELS: Final = (
    "--exclude-table=service.*",
    "--exclude-table=analytics.*",
    "--exclude-table-data=projection.*",
    "--exclude-schema=pg_catalog",  # what hardening took from everybody is no part of a copy
)
_RESTORE: Final = ("pg_restore", "--no-owner", "--exit-on-error", "--single-transaction")
_OURS: Final = "SELECT nspname FROM pg_namespace WHERE nspowner = current_user::regrole"


def migrate(*, as_json: AsJson = False) -> None:
    """Bring the schema of the database up to date, as its owner."""
    with database(settings()) as lent:
        applied = migrate_database(lent.dsn(Login.OWNER))
        begin_journal(lent)
    if as_json:
        say_json({"applied": applied})
        return
    for name in applied:
        say(f"applied {name}")
    say("the schema is up to date")


def backup(
    file: Annotated[Path, typer.Argument(show_default=False, help="The file to write; it must not exist yet.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Write a copy of the log and its keys into a file. Secrets and the erasure journal are kept apart from it."""
    with database(settings()) as lent, _fresh(file) as draft:
        _run(lent, ["pg_dump", "--format=custom", "--no-owner", *_WITHOUT_MODELS, f"--file={draft}"])
    size = file.stat().st_size
    if as_json:
        say_json({"file": str(file), "bytes": size})
    else:
        say(f"wrote {size} bytes to {file}")


def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, show_default=False)],
    *,
    without_journal: Annotated[
        bool, typer.Option("--without-journal", help="There is no erasure journal: nobody was erased since the copy.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fill a database without events from a copy, and destroy again whatever the erasure journal names.

    Cut off anywhere, the next program that starts destroys it before it reads.
    """
    said = settings()
    _require_journal(said, asked_without=without_journal)
    with database(said) as lent:
        migrate_database(lent.dsn(Login.OWNER))  # makes the roles, which a copy names and does not hold
        with available(), connect(lent.dsn(Login.OWNER), name="as-cms restore") as owner:
            _clear(owner)
        _run(
            lent,
            [
                "pg_restore",
                "--no-owner",
                "--exit-on-error",
                "--single-transaction",
                f"--dbname={_name(lent)}",
                str(file),
            ],
        )
        migrate_database(lent.dsn(Login.OWNER))
        with available(), connect(lent.dsn(Login.ERASURE), deadline=None, name="as-cms restore") as eraser:
            erased = len(reapply(eraser, Journal(said.journal)))
        with service(said) as opened, opened.reads.connection() as db:
            position, _ = head(db)  # the secrets are those of the copy, or it says so before this
    if as_json:
        say_json({"file": str(file), "position": position, "erased_again": erased})
    else:
        say(f"restored {position} events from {file}; erased again, as the journal says: {erased}")


def _require_journal(said: Settings, *, asked_without: bool) -> None:
    """Raise Failed where nobody knows who was erased since, unless that is said; then the journal begins."""
    journal = Journal(said.journal)
    if journal.there:
        return
    if not asked_without:
        raise Failed(
            f"there is no erasure journal at {said.journal}: whoever was erased since the copy would be known again; "
            "bring it, or say --without-journal if nobody was"
        )
    said.journal.parent.mkdir(parents=True, exist_ok=True)
    journal.begin()


@contextmanager
def _fresh(file: Path) -> Iterator[Path]:
    """Lend the name of a draft, readable by us alone, which becomes the file when all went well."""
    if file.exists():
        raise Failed(f"{file} exists already")
    draft = file.with_name(f"{file.name}.part")
    try:
        draft.touch(mode=0o600)
        yield draft
        draft.rename(file)
    except OSError as error:
        raise Failed(f"{file} cannot be written: {error.strerror}") from None
    finally:
        draft.unlink(missing_ok=True)


def _clear(owner: Connection) -> None:
    """Drop our schemas, which hold no event; what is restored brings its own. Raises Failed if they do."""
    position, _ = head(owner)
    if position:
        raise Failed(f"the database holds {position} events; restore into an empty one")
    with owner.transaction():
        for (name,) in owner.execute(_OURS).fetchall():
            owner.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(name)))


def _run(lent: Database, command: Sequence[str]) -> None:
    """Run a program of PostgreSQL as the owner; the password goes by the environment. Raises Failed."""
    program = _program(lent, command[0])
    done = subprocess.run(  # noqa: S603 - our own arguments
        [program, *command[1:]], env={"PATH": os.defpath, **_environment(lent)}, capture_output=True, check=False
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise Failed(f"{command[0]}: {said[0] if said else done.returncode}")


def _program(lent: Database, name: str) -> str:
    """Find the program that we bring, which reads every older server, or else the machine's."""
    server = lent.server or EmbeddedPostgres(lent.settings.data / "postgres")
    try:
        return str(server.binaries / name)
    except NoBinaries:
        found = shutil.which(name)
    if found is None:
        raise Failed(f"there is no {name}")
    return found


def _environment(lent: Database) -> dict[str, str]:
    options = pq.Conninfo.parse(lent.dsn(Login.OWNER).encode())
    return {each.envvar.decode(): each.val.decode() for each in options if each.envvar and each.val is not None}


def _name(lent: Database) -> str:
    return _environment(lent)["PGDATABASE"]

"""`attendance rewrap`, `expire` and `hardening`: what operators do from time to time, beside running services.

The first two can be cut off and done again, and each needs one login: that of as_cms_rotation, or of as_cms_expiry.
"""

import sys
from datetime import timedelta
from typing import Final

from api.bootstrap import now, wrapping
from api.commands.output import AsJson, say, say_json, share
from api.commands.running import settings
from api.database import database
from api.hardening import text
from api.settings import Login
from eventstore.answers import expire as expire_answers
from eventstore.connections import available, connect
from eventstore.keyring import rewrap as rewrap_keys

KEPT: Final = timedelta(days=30)
"""How long the answer of a command is kept for whoever repeats it."""


def rewrap(*, as_json: AsJson = False) -> None:
    """Wrap every key of personal data with the present key-encryption key, so that former ones can be taken away."""
    said = settings()
    with database(said) as lent:
        encryption = wrapping(said, lent)
        rotation = lent.dsn(Login.ROTATION)
        with available(), connect(rotation, deadline=None, name="as-cms rewrap") as db, share("rewrap") as told:
            done = rewrap_keys(db, encryption, lambda done, of: told(f"{done} of {of}", done / of))
    if as_json:
        say_json({"rewrapped": done})
    else:
        say(f"wrapped {done} keys anew; all are wrapped with the present key-encryption key")


def hardening() -> None:
    """Print what a superuser of the database runs once: it takes from everybody what no login of the service needs."""
    sys.stdout.write(text())


def expire(*, as_json: AsJson = False) -> None:
    """Remove the answers of commands that are 30 days old; a repeat is recognised without them, and acts no more."""
    said = settings()
    with (
        database(said) as lent,
        available(),
        connect(lent.dsn(Login.EXPIRY), deadline=None, name="as-cms expire") as job,
        share("expire") as told,
    ):
        removed = expire_answers(job, now(said) - KEPT, lambda removed: told(f"{removed} removed", 0.0))
    if as_json:
        say_json({"removed": removed})
    else:
        say(f"removed {removed} answers")

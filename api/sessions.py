"""Sessions: how many connections a process holds at most, by whom it comes as, and whether the server has so many.

Each kind of work has connections of its own, so that none starves another: questions, whoever is looked up, the
writer, keys, each follower. What is left is for operators.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from api.bootstrap import LOGINS
from api.database import Database
from api.settings import BadSettings, Login, Settings, variable
from eventstore.connections import available, connect
from projections.registry import MODELS

Sessions = Mapping[Login, int]

WRITER: Final = 1
KEYS: Final = 3
"""Two that keys are read and made with, and one on which it is heard that some were destroyed."""
AUTOMATING: Final = 1
"""For the bell; sweeps ask as questions do."""
BLANKING: Final = 1

_ROOM: Final = """
SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
       - coalesce(current_setting('reserved_connections', true)::int, 0),
       (SELECT rolconnlimit FROM pg_roles WHERE rolname = session_user)
"""


def of_service(said: Settings, processes: int = 1) -> Sessions:
    """Return what `serve` in so many processes, or `automate`, holds beside its followers."""
    return {Login.SERVICE: processes * (said.reads + LOGINS + WRITER), Login.KEYS: processes * KEYS}


def of_automations() -> Sessions:
    return {Login.SERVICE: AUTOMATING}


def of_followers() -> Sessions:
    """Return what those hold that keep the read models."""
    return {Login.FOLLOWERS: len(MODELS) + BLANKING}


def together(*parts: Sessions) -> Sessions:
    """Return the sum."""
    counted: Counter[Login] = Counter()
    for part in parts:
        counted.update(part)
    return counted


def require_room(lent: Database, wanted: Sessions) -> None:
    """Raise BadSettings unless the server gives this process all that it may come to hold. Raises Unavailable."""
    for login, needed in wanted.items():
        with available(), connect(lent.dsn(login), name="as-cms start", writes=False) as db:
            room, own = db.execute(_ROOM).fetchall()[0]
        if 0 <= own < needed:
            raise BadSettings(_refusal(needed, f"the login of {login} has {own}"))
    if room < sum(wanted.values()):
        raise BadSettings(_refusal(sum(wanted.values()), f"the server has {room}"))


def _refusal(needed: int, there: str) -> str:
    return f"this takes up to {needed} connections, and {there}: lower {variable('reads')} or --workers, or allow more"

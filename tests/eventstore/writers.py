"""A deciding writer of the small domain, put together as the composition root puts together that of the service."""

from eventstore.codec import Codec
from eventstore.connections import Pool, pool
from eventstore.key_material import Secrets
from eventstore.keyring import Keyring, check_secrets
from eventstore.log import Log
from eventstore.sealing import Digests, KeyEncryption
from eventstore.states import States
from eventstore.turn import Tools
from eventstore.writer import Clock, Writer, utc_now
from tests.eventstore.roles import as_role, as_service
from tests.eventstore.tally import TYPES

SECRET = "test:" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="


class WriterWithItsConnections(Writer):
    """Closes what was opened for it."""

    def __init__(self, dsn: str, tools: Tools, clock: Clock, patience: float, keys: Pool) -> None:
        super().__init__(dsn, tools, clock, patience=patience)
        self.keyring = tools.keyring
        self._opened = (tools.log, keys)

    def close(self) -> None:
        super().close()
        for one in self._opened:
            one.close()


def writer_of(
    dsn: str, *, through: str | None = None, clock: Clock = utc_now, patience: float = 60
) -> WriterWithItsConnections:
    """Make a writer; `through` is another DSN that leads to the same database. It is patient with a busy machine."""
    secrets = Secrets.parse(SECRET)
    encryption, digests = KeyEncryption(secrets), Digests(claims=secrets, idempotency=secrets)
    keys = pool(as_role(through or dsn, "keys"), size=2, name="keys")
    keys.open()
    with pool(as_role(dsn, "keys"), size=1, name="start") as start, start.connection() as connection:
        check_secrets(connection, encryption.checks, digests.checks)
    keyring, codec = Keyring(keys.connection, encryption), Codec(TYPES)
    log = Log(as_service(through or dsn))
    tools = Tools(log=log, codec=codec, keyring=keyring, digests=digests, states=States(codec, keyring))
    return WriterWithItsConnections(as_service(through or dsn), tools, clock, patience, keys)

"""The schema, the logins with their roles, the secrets, and what a superuser takes away: as this release needs them."""

from collections.abc import Iterator, Mapping
from typing import Final

from api.bootstrap import given_secrets
from api.doctor.findings import Finding, broken, ok, unseen
from api.doctor.patient import Patient
from api.own_rights import server_quotes, too_much
from api.settings import BadSettings, Login, variable
from eventstore.connections import Connection
from eventstore.key_material import MissingSecret, Secrets, WrongSecret
from eventstore.keyring import compare_secrets
from eventstore.migrations import SchemaEdited, SchemaNewer, pending
from eventstore.sealing import Digests, KeyEncryption

_MEMBER: Final = "SELECT pg_has_role(current_user, oid, 'USAGE') FROM pg_roles WHERE rolname = %s"

_OPEN: Final = """
SELECT p.oid::regprocedure::text FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
 WHERE p.pronamespace = 'pg_catalog'::regnamespace AND a.grantee = 0 AND a.privilege_type = 'EXECUTE'
   AND p.proname ~ '^(pg_(try_)?advisory_|lo_|loread$|lowrite$|pg_logical_emit_message$)'
 ORDER BY 1
"""


def schema(patient: Patient) -> Iterator[Finding]:
    """The schema: that of this release."""
    try:
        missing = pending(patient.anybody())
    except SchemaNewer:
        yield broken("it was migrated by a later release than this one", "deploy that release, or a later one, here")
    except SchemaEdited as edited:
        yield broken(
            f"a file of the schema has changed since it was applied: {edited}", "install the program anew, unchanged"
        )
    else:
        lacks = broken(f"it lacks {', '.join(missing)}", "run `attendance migrate` as the owner of the database")
        yield lacks if missing else ok("it is that of this release")


def logins(patient: Patient) -> Iterator[Finding]:
    """The logins: whoever is named comes in, and has the rights of its role; in production not one more."""
    well = []
    for login in Login:
        found = [*_of_login(patient, login)]
        yield from found
        well += [] if found else [str(login)]
    if well:
        yield ok(f"come in with the rights of their roles: {', '.join(well)}")


def hardening(patient: Patient) -> Iterator[Finding]:
    """What only a superuser takes away: locks for everybody, and values in the server's own log."""
    if not patient.settings.production:
        yield ok("is asked of production only")
        return
    db = patient.anybody()
    do = "run `attendance hardening | psql --set ON_ERROR_STOP=1 DATABASE` as a superuser"
    still = [name for (name,) in db.execute(_OPEN).fetchall()]
    if still:
        yield broken(f"everybody may execute {still[0]}, one of {len(still)} that only the owner needs", do)
    if server_quotes(db):
        yield broken("the server's own log may quote personal values: no process starts", do)
    elif not still:
        yield ok("it was done")


def secrets(patient: Patient) -> Iterator[Finding]:
    """The secrets: those with which the database was written."""
    try:
        given = given_secrets(patient.settings, patient.lent.own)
        compare_secrets(patient.session(Login.KEYS), *_checks(given))
    except (BadSettings, MissingSecret, WrongSecret) as error:
        names = ", ".join(variable(name) for name in ("key_encryption_key", "claims_secret", "idempotency_secret"))
        yield broken(str(error), f"give the secret of this database back: {names}, or their _FILE")
    else:
        yield ok("they are those with which the database was written")


def _checks(given: Mapping[str, Secrets]) -> tuple[Mapping[str, bytes], Mapping[str, bytes]]:
    digests = Digests(claims=given["claims_secret"], idempotency=given["idempotency_secret"])
    return KeyEncryption(given["key_encryption_key"]).checks, digests.checks


def _of_login(patient: Patient, login: Login) -> Iterator[Finding]:
    """Say what is wrong with a login; of the owner only if somebody is named for it."""
    visit, named = patient.visit(login), patient.named(login)
    where = patient.lent.said_by(login)
    if login is Login.OWNER and not named:
        return
    if visit.session:
        yield from _rights(patient, login, visit.session, where)
    elif named:
        yield broken(
            f"{where}: the login of the {login} does not come in: {visit.why}",
            "correct the URL, the password or the login",
        )
    else:
        yield unseen(
            f"{where} cannot take on the role of the {login}: {visit.why}",
            f"where that role is needed, give {variable(f'database_url_{login}')}",
        )


def _rights(patient: Patient, login: Login, session: Connection, where: str) -> Iterator[Finding]:
    role = f"as_cms_{login}"
    found = session.execute(_MEMBER, [role]).fetchall()
    if login is not Login.OWNER and found != [(True,)]:
        lacks = "is no member of it" if found else "which is not there"
        yield broken(
            f"{where}: the login needs the role {role}, {lacks}", f"GRANT {role} TO that login, as a superuser"
        )
    if patient.settings.production and (more := too_much(session, login)):
        yield broken(
            f"{where}: the login of the {login} {', '.join(more)}",
            f"give it {role} and nothing else: nothing starts so",
        )

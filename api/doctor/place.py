"""What can be said of a deployment without its database: settings, files, the issuer's keys, room on the disk."""

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from adapters.fetched_keys import FetchedKeys
from adapters.public_keys import KeysAway, UnusableKeys, key_set
from api.doctor.findings import Finding, attention, broken, ok
from api.doctor.patient import Patient
from api.guarded_files import unguarded
from api.settings import GUARDED, BadSettings, Settings, variable
from eventstore.canonical import Misshapen
from eventstore.journal import Journal

SCARCE: Final = 0.1
"""Less than this share of a disk left is worth a look."""

LEAST_BYTES: Final = 256 * 1024 * 1024
"""With less than this left the database may stop at any moment: one segment of its write-ahead log takes 16 MiB."""

KEYS_SECONDS: Final = 3.0
"""How long the issuer may take to give its keys."""


def settings(patient: Patient) -> Iterator[Finding]:
    """The settings: they were read, or we would not be here."""
    said = patient.settings
    whose = "the embedded database" if said.embedded else "a database of your own"
    yield ok(f"they can be used; the mode is {said.mode}, with {whose}")


def files(patient: Patient) -> Iterator[Finding]:
    """The files: secrets and tokens can be read by us, by no stranger, and written by their owner alone."""
    said, named = patient.settings, secret_files(patient.settings)
    guarded = [*named, said.journal, *([said.jwks_file] if said.jwks_file else [])]
    found = [attention(wrong, "chmod go-w the file or folder that is named") for wrong in unguarded(guarded)]
    found += [attention(f"{file} can be read by everybody", f"chmod o-r {file}") for file in named if _open(file)]
    found += _unreadable(said)
    yield from found or [ok(f"{sum(file.exists() for file in guarded)} files are guarded, and can be read")]


def secret_files(said: Settings) -> list[Path]:
    """Return the files that hold secrets, as the settings name them or as the program makes them."""
    named = [getattr(said, f"{name}_file") for name in GUARDED]
    return [*(file for file in named if file), *([said.data / "secrets.json"] if said.embedded else [])]


def issuer(patient: Patient) -> Iterator[Finding]:
    """The keys of the issuer, by which every token is judged."""
    said = patient.settings
    if said.development_issuer:
        yield ok("tokens come from the development issuer")
        return
    try:
        where, count = _keys(said)
    except (OSError, UnusableKeys, KeysAway) as error:
        names = f"{variable('jwks_file')} or {variable('jwks_url')}"
        yield broken(
            f"no key of the issuer can be used: {type(error).__name__}",
            f"look at what {names} names; until then no process starts, and those that run take no new keys",
        )
    else:
        yield ok(f"{count} public keys in {where}")


def disk(patient: Patient) -> Iterator[Finding]:
    """Room on the disks of the erasure journal and, if it is embedded, of the database."""
    said = patient.settings
    places = {"the erasure journal": said.journal.parent} | (
        {"the embedded database": said.data} if said.embedded else {}
    )
    for what, folder in places.items():
        if folder.is_dir():
            used = shutil.disk_usage(folder)
            yield room(what, used.total, used.free)
        else:
            yield attention(f"there is no folder {folder} for {what}", "make it, or mount its disk")


def room(what: str, total: int, free: int) -> Finding:
    """Judge how much of a disk is left, in bytes."""
    left = f"{free / total:.0%} of the disk of {what} is free ({free >> 20} MiB)"
    do = "make room, or give it a larger disk; nothing of the database's own folder may be deleted by hand"
    if free < LEAST_BYTES:
        return broken(left, do)
    return attention(left, do) if free < SCARCE * total else ok(left)


def journal_file(patient: Patient) -> Iterator[Finding]:
    """The file of the erasure journal: it is there and every entry can be read."""
    file = patient.settings.journal
    journal = Journal(file)
    if not journal.there:
        yield attention(
            f"there is no erasure journal at {file}",
            f"mount its disk or bring it back from where it is kept, or correct {variable('erasure_journal')}; "
            "for a new database `attendance migrate` makes it",
        )
        return
    try:
        yield ok(f"the erasure journal is there and names {len(journal.entries())} erasures")
    except (OSError, Misshapen):
        yield broken(f"the erasure journal at {file} cannot be read", "bring back the last good copy of that file")


def _unreadable(said: Settings) -> list[Finding]:
    found = []
    for name in GUARDED:
        try:
            said.shown_token() if name == "metrics_token" else said.secrets(name)
        except BadSettings as error:
            found.append(broken(str(error), "give the file of the secret back, readable by whoever runs the service"))
    return found


def _keys(said: Settings) -> tuple[str, int]:
    """Return where the issuer's keys are, and how many. Raises OSError, UnusableKeys or KeysAway."""
    if said.jwks_file:
        return str(said.jwks_file), len(key_set(said.jwks_file).keys)
    url = str(said.jwks_url)
    fetched = FetchedKeys(url, good_seconds=said.jwks_good_seconds, timeout=KEYS_SECONDS)
    fetched.require()
    return url, len(fetched.latest.keys)


def _open(file: Path) -> bool:
    try:
        return bool(file.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False  # said elsewhere

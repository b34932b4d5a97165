"""The secret of pseudonyms: the publisher's alone, made in development, asked for in production."""

from pathlib import Path
from typing import Any

import pytest

from api.commands.publishing import pseudonym_secret
from api.own_secrets import OwnSecrets
from api.settings import BadSettings, Mode, Settings
from eventstore.key_material import Secret

ONE = Secret("one", bytes(range(32))).text


def settings(home: Path, **more: Any) -> Settings:
    return Settings(data=home, **more)


def production(home: Path, **more: Any) -> Settings:
    others: dict[str, Any] = dict.fromkeys(("key_encryption_key", "claims_secret", "idempotency_secret"), ONE)
    asked: dict[str, Any] = {"database_url": "postgresql://127.0.0.1/attendance", "issuer": "https://identity.example"}
    (home / "keys.json").touch(mode=0o600)
    apart: dict[str, Any] = {"data": home / "data", "erasure_journal": home / "erasures.jsonl"}
    return Settings(**apart, mode=Mode.PRODUCTION, jwks_file=home / "keys.json", **asked, **others, **more)


def test_development_makes_one_and_keeps_it_for_its_owner_alone(tmp_path: Path):
    made = pseudonym_secret(settings(tmp_path))
    assert pseudonym_secret(settings(tmp_path)).present == made.present
    [file] = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_it_is_not_among_those_that_the_service_reads(tmp_path: Path):
    OwnSecrets.of(tmp_path)
    made = pseudonym_secret(settings(tmp_path))
    assert "pseudonym_secret" not in OwnSecrets.of(tmp_path).secrets
    assert made.present.text not in (tmp_path / "secrets.json").read_text()


def test_one_that_cannot_be_read_is_named_by_its_file_and_not_repeated(tmp_path: Path):
    (tmp_path / "pseudonym_secret").write_text("hush")
    with pytest.raises(BadSettings, match="pseudonym_secret cannot be used") as error:
        pseudonym_secret(settings(tmp_path))
    assert "hush" not in str(error.value)


def test_what_is_given_is_used_and_nothing_made(tmp_path: Path):
    assert pseudonym_secret(settings(tmp_path, pseudonym_secret=ONE)).present.text == ONE
    assert list(tmp_path.iterdir()) == []


def test_production_publishes_only_with_one_and_does_everything_else_without(tmp_path: Path):
    with pytest.raises(BadSettings, match="AS_CMS_PSEUDONYM_SECRET: "):
        pseudonym_secret(production(tmp_path))
    assert pseudonym_secret(production(tmp_path, pseudonym_secret=ONE)).present.text == ONE


def test_the_secret_and_its_file_are_not_both_given(tmp_path: Path):
    with pytest.raises(ValueError, match="AS_CMS_PSEUDONYM_SECRET"):
        settings(tmp_path, pseudonym_secret=ONE, pseudonym_secret_file=tmp_path / "one")

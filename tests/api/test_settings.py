"""Settings: what is set is checked as a whole, named by its variable, and never repeated."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.settings import BadSettings, Login, Mode, Settings, load, variables
from eventstore.key_material import Secret
from tests.house.tree import ROOT

SECRET = Secret("one", bytes(32)).text
PRODUCTION = {
    "AS_CMS_MODE": "production",
    "DATABASE_URL": "postgresql://somebody:hush@db.example/attendance?sslmode=verify-full",
    "AS_CMS_KEY_ENCRYPTION_KEY": SECRET,
    "AS_CMS_CLAIMS_SECRET": SECRET,
    "AS_CMS_IDEMPOTENCY_SECRET": SECRET,
    "AS_CMS_ISSUER": "https://identity.example",
    "AS_CMS_JWKS_FILE": "keys.json",
    "AS_CMS_ERASURE_JOURNAL": "journal/erasures.jsonl",
}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch):
    """Begin without any setting, whoever runs the tests."""
    for name in os.environ:
        if name.upper().startswith("AS_CMS_") or name == "DATABASE_URL":
            monkeypatch.delenv(name)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch):
    def give(**environ: str) -> Settings:
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        return load()

    return give


@contextmanager
def refused(*said: str) -> Iterator[None]:
    with pytest.raises(BadSettings) as error:
        yield
    assert all(each in str(error.value) for each in said), str(error.value)
    assert "hush" not in str(error.value)


def test_without_any_setting_the_program_brings_its_database(given):
    settings = given()
    assert settings.embedded
    assert settings.development_issuer
    assert settings.mode is Mode.DEVELOPMENT


def test_the_data_folder_follows_the_customs_of_the_desktop(given):
    assert given(XDG_DATA_HOME="/elsewhere").data == Path("/elsewhere/attendance")


def test_an_empty_variable_is_as_good_as_none(given):
    assert given(DATABASE_URL="", AS_CMS_MODE="").embedded


def test_a_setting_that_does_not_exist_is_refused_with_the_one_that_was_meant(given):
    with refused("AS_CMS_MODUS: there is no such setting", "did you mean AS_CMS_MODE?"):
        given(AS_CMS_MODUS="hush")


def test_a_value_of_another_kind_is_named_and_not_repeated(given):
    with refused("AS_CMS_READS: "):
        given(AS_CMS_READS="hush")


def test_production_is_whole_with_all_of_these(given):
    assert given(**PRODUCTION).production


@pytest.mark.parametrize("missing", [name for name in PRODUCTION if name != "AS_CMS_MODE"])
def test_production_leaves_nothing_to_the_program(given, missing: str):
    with refused(missing):
        given(**{name: value for name, value in PRODUCTION.items() if name != missing})


@pytest.mark.parametrize("login", [None, *Login])
@pytest.mark.parametrize("end", ["", "?sslmode=require", "?sslmode=verify-ca", "?sslmode=disable"])
def test_production_believes_no_database_elsewhere_that_does_not_prove_who_it_is(given, login: Login | None, end: str):
    name = f"AS_CMS_DATABASE_URL_{login.upper()}" if login else "DATABASE_URL"
    with refused(f"{name}: say sslmode=verify-full"):
        given(**{**PRODUCTION, name: f"postgresql://somebody:hush@db.example/attendance{end}"})


def test_production_names_a_connection_string_that_is_none(given):
    with refused("AS_CMS_DATABASE_URL_KEYS is no connection string"):
        given(**PRODUCTION, AS_CMS_DATABASE_URL_KEYS="hush")


def test_a_database_on_this_machine_needs_no_certificate(given):
    assert given(**{**PRODUCTION, "DATABASE_URL": "postgresql://me:hush@/attendance?host=/run/postgresql"}).production


def test_production_keeps_the_erasure_journal_apart_from_the_data(given, tmp_path: Path):
    apart = {"AS_CMS_DATA": str(tmp_path), "AS_CMS_ERASURE_JOURNAL": str(tmp_path / "deep" / ".." / "erasures.jsonl")}
    with refused("AS_CMS_ERASURE_JOURNAL: keep it apart from AS_CMS_DATA"):
        given(**{**PRODUCTION, **apart})


@pytest.mark.parametrize(
    "name",
    [
        "AS_CMS_JWKS_FILE",
        "AS_CMS_ERASURE_JOURNAL",
        "AS_CMS_KEY_ENCRYPTION_KEY_FILE",
        "AS_CMS_CLAIMS_SECRET_FILE",
        "AS_CMS_IDEMPOTENCY_SECRET_FILE",
        "AS_CMS_PSEUDONYM_SECRET_FILE",
        "AS_CMS_METRICS_TOKEN_FILE",
    ],
)
@pytest.mark.parametrize("mode", [0o666, 0o660])
def test_production_believes_no_file_that_others_can_write(given, name: str, mode: int, tmp_path: Path):
    file = tmp_path / "believed"
    file.write_text(SECRET)
    file.chmod(mode)
    without = {key: value for key, value in PRODUCTION.items() if key != name.removesuffix("_FILE") or key == name}
    with refused(f"{file} can be written by others"):
        given(**{**without, name: str(file)})


def test_with_a_database_of_ones_own_the_mode_has_to_be_said(given):
    with refused("DATABASE_URL is set: say AS_CMS_MODE=production; or AS_CMS_MODE=development"):
        given(DATABASE_URL="postgresql://somebody:hush@localhost/attendance")
    with refused("say AS_CMS_MODE=production"):
        given(AS_CMS_MODE="")


def test_development_that_was_said_takes_a_database_anywhere(given):
    said = given(AS_CMS_MODE="development", DATABASE_URL="postgresql://somebody:hush@db.example/attendance")
    assert said.said
    assert said.mode is Mode.DEVELOPMENT


def test_a_token_for_the_figures_is_not_guessed(given):
    with refused("AS_CMS_METRICS_TOKEN"):
        given(AS_CMS_METRICS_TOKEN="hush")
    assert given(AS_CMS_METRICS_TOKEN="x" * 32).metrics_token


def test_the_types_of_tokens_that_are_taken_are_names_of_types(given):
    for wrong in ("hush!,", "at+jwt;none", "   "):
        with refused("AS_CMS_TOKEN_TYPES"):
            given(AS_CMS_TOKEN_TYPES=wrong)
    assert given(AS_CMS_TOKEN_TYPES="at+jwt").token_types == "at+jwt"


def test_the_keys_of_an_issuer_come_from_a_file_or_an_address_and_go_with_it(given, monkeypatch: pytest.MonkeyPatch):
    for name in ("AS_CMS_JWKS_FILE", "AS_CMS_JWKS_URL"):
        with refused(f"{name}: goes with AS_CMS_ISSUER"):
            given(**{name: "https://identity.example/keys"})
        monkeypatch.delenv(name)
    with refused("AS_CMS_JWKS_FILE or AS_CMS_JWKS_URL"):
        given(AS_CMS_ISSUER="https://identity.example")
    assert given(AS_CMS_JWKS_URL="https://identity.example/keys?of=us").jwks_url
    with refused("AS_CMS_JWKS_URL: give the address of the keys or their file, not both"):
        given(AS_CMS_JWKS_FILE="keys.json")


def by_address(url: str) -> dict[str, str]:
    return {name: value for name, value in PRODUCTION.items() if name != "AS_CMS_JWKS_FILE"} | {"AS_CMS_JWKS_URL": url}


@pytest.mark.parametrize(
    "url",
    [
        "https://identity.example/realms/us/certs?kind=all",
        "https://10.0.0.1:8443/keys",
        "http://127.0.0.1:8080/keys",
        "http://[::1]/keys",
        "http://localhost:8080/keys",
    ],
)
def test_production_fetches_keys_from_whoever_proves_who_it_is_or_is_on_this_machine(given, url: str):
    assert given(**by_address(url)).production


@pytest.mark.parametrize(
    "url",
    [
        "http://identity.example/keys",
        "http://10.0.0.1/keys",
        "http://127.0.0.1.example/keys",
        "http://localhost.example/keys",
        "http://0.0.0.0/keys",
    ],
)
def test_production_fetches_no_keys_that_somebody_in_between_could_exchange(given, url: str):
    with refused("AS_CMS_JWKS_URL: say https"):
        given(**by_address(url))


@pytest.mark.parametrize(
    "url",
    [
        "hush",
        "ftp://hush.example/keys",
        "file:///hush",
        "https://",
        "https:///hush",
        "https://me:hush@identity.example/keys",
        "https://identity.example@hush.example/keys",
        "http://127.0.0.1\\@hush.example/keys",
        "http://127.0.0.1#@hush.example/",
        "https://identity.example/hush keys",
        "https://identity.example/hush\nkeys",
        "https://identity.example:99999/hush",
        "http://[hush]/keys",
    ],
)
def test_an_address_of_keys_that_two_would_read_differently_is_refused(given, url: str):
    for mode in ("development", "production"):
        with refused("AS_CMS_JWKS_URL: is no address"):
            given(**by_address(url) | {"AS_CMS_MODE": mode})


def test_production_has_no_clock_that_can_be_set(given):
    with refused("AS_CMS_CLOCK_FROM"):
        given(**PRODUCTION, AS_CMS_CLOCK_FROM="2026-02-02T09:00:00+13:00")


def test_a_clock_begins_at_an_instant_of_some_zone(given):
    with refused("AS_CMS_CLOCK_FROM"):
        given(AS_CMS_CLOCK_FROM="2026-02-02T09:00:00")


@pytest.mark.parametrize("name", ["AS_CMS_CLAIMS_SECRET", "AS_CMS_METRICS_TOKEN"])
def test_a_secret_and_its_file_are_one_too_many(given, name: str):
    with refused(f"{name}: give the secret or its file, not both"):
        given(**{name: SECRET, f"{name}_FILE": "secret"})


def test_production_shows_figures_to_others_for_a_token_alone(given, tmp_path: Path):
    reached = {"AS_CMS_METRICS_PORT": "9464", "AS_CMS_METRICS_HOST": "192.0.2.1"}
    with refused("AS_CMS_METRICS_HOST can be reached by others: give AS_CMS_METRICS_TOKEN or its file"):
        given(**PRODUCTION, **reached)
    assert given(**PRODUCTION, **reached, AS_CMS_METRICS_TOKEN_FILE=str(tmp_path / "token")).production


def test_production_shows_figures_on_its_own_machine(given):
    assert given(**PRODUCTION, AS_CMS_METRICS_PORT="9464").metrics_host == "127.0.0.1"


def test_figures_have_no_address_without_a_port(given):
    with refused("AS_CMS_METRICS_HOST: goes with AS_CMS_METRICS_PORT, which is not set"):
        given(AS_CMS_METRICS_HOST="192.0.2.1")


def test_a_login_of_its_own_goes_with_a_database(given):
    with refused("AS_CMS_DATABASE_URL_KEYS", "DATABASE_URL"):
        given(AS_CMS_DATABASE_URL_KEYS="postgresql://keys:hush@db.example/attendance")


def test_a_secret_is_read_from_its_file(given, tmp_path: Path):
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    secrets = given(AS_CMS_CLAIMS_SECRET_FILE=str(file)).secrets("claims_secret")
    assert secrets is not None
    assert secrets.present.text == SECRET


@pytest.mark.parametrize("text", ["", "hush", "one:aHVzaA=="])
def test_what_is_no_secret_is_refused(given, tmp_path: Path, text: str):
    file = tmp_path / "secret"
    file.write_text(text)
    with refused("AS_CMS_CLAIMS_SECRET: "):
        given(AS_CMS_CLAIMS_SECRET_FILE=str(file)).secrets("claims_secret")


def test_a_secret_file_that_cannot_be_read_is_named(given, tmp_path: Path):
    with refused(str(tmp_path)):
        given(AS_CMS_CLAIMS_SECRET_FILE=str(tmp_path)).secrets("claims_secret")


def test_nothing_secret_shows_in_a_representation(given):
    shown = repr(given(**PRODUCTION))
    assert "hush" not in shown
    assert SECRET not in shown


def test_the_unsafe_way_to_insert_is_refused(given):
    with refused("POSTGRES_ENABLE_DB_FUNCTIONS"):
        given(POSTGRES_ENABLE_DB_FUNCTIONS="y")


def test_every_login_can_be_said_apart(given):
    names = {f"AS_CMS_DATABASE_URL_{login.upper()}" for login in Login}
    assert names <= set(variables())


def test_the_page_of_settings_lists_every_setting_as_it_is():
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows == [f"| `{name}` | {meaning} |" for name, meaning in variables().items()]

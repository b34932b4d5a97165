"""The compose file runs production, confines every part, and gives each the logins that it needs and no others."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg.sql import SQL, Identifier
from pydantic import SecretStr

from adapters.embedded_postgres import EmbeddedPostgres
from adapters.kafka.client import settings_of
from api.addresses import trusted
from api.cli import COMMANDS
from api.commands.publishing import require_login
from api.database import database, migrate
from api.hardening import harden
from api.settings import SECRETS, Login, Mode, Settings, variable, variables
from tests.house.tree import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
PROXY = (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
VARIABLE = re.compile(r"\$\{(?P<name>\w+)[^}]*\}")
LOGIN = re.compile(r"postgresql://attendance_(?P<login>\w+):")
PASSWORD = re.compile(r":'(?P<name>\w+)'")

LOGINS = {
    "migrate": {"owner", "erasure"},
    "serve": {"service", "keys"},
    "project": {"followers", "keys"},
    "automate": {"service", "keys"},
    "publish": {"followers"},
    "expire": {"expiry"},
    "operate": {*Login},
}
"""As whom each part comes to the database."""

WRITES_THE_JOURNAL = {"migrate", "operate"}


def filled(text: str) -> str:
    """Return a text of the file with something in the place of each variable."""
    return VARIABLE.sub("hush", text)


@pytest.mark.parametrize("name", SERVICES)
def test_every_part_is_confined(name: str):
    part = SERVICES[name]
    assert part["read_only"] is True
    assert part["cap_drop"] == ["ALL"]
    assert part["security_opt"] == ["no-new-privileges:true"]
    assert part.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])
    assert not part.get("privileged")


def test_nobody_runs_as_root():
    """The image of Kafka names its own user."""
    users = {name: str(part.get("user", "")) for name, part in SERVICES.items() if "kafka" not in part["image"]}
    assert {name for name, user in users.items() if user.partition(":")[0] in {"", "0", "root"}} == set()
    file = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^USER (.+)$", file, re.MULTILINE) == [OURS["serve"]["user"]]


def test_only_the_proxy_can_be_reached_from_outside():
    assert [name for name, part in SERVICES.items() if "ports" in part] == ["proxy"]
    open_ones = {name for name, network in COMPOSE["networks"].items() if not (network or {}).get("internal")}
    assert [name for name, part in SERVICES.items() if open_ones & set(part.get("networks", []))] == ["proxy"]
    alone = {name for name, part in SERVICES.items() if part.get("network_mode") == "none"}
    assert alone == {"postgres", "migrate", "project", "automate", "expire", "operate"}


def test_the_database_asks_everybody_for_a_password_and_listens_to_no_network():
    assert SERVICES["postgres"]["command"] == ["-c", "listen_addresses="]
    assert SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"] == "--auth=scram-sha-256"
    assert "POSTGRES_HOST_AUTH_METHOD" not in SERVICES["postgres"]["environment"]


def test_whatever_goes_on_waits_for_its_database():
    going_on = {name for name, part in OURS.items() if part.get("restart") != "no"}
    assert {name for name in OURS if "--wait" in OURS[name]["command"]} == going_on


@pytest.mark.parametrize("name", OURS)
def test_every_part_of_ours_runs_production_by_settings_that_there_are(name: str, tmp_path: Path):
    given = {key: filled(value) for key, value in OURS[name]["environment"].items()}
    assert given.keys() <= variables().keys()
    assert given["AS_CMS_MODE"] == "production"
    fields: dict[str, Any] = {
        field: given[variable(field)] for field in Settings.model_fields if variable(field) in given
    }
    assert Settings(**fields, data=tmp_path).production
    assert all(trusted(url) for key, url in given.items() if "DATABASE_URL" in key)
    assert OURS[name]["command"][0] in {*COMMANDS, "--help"}


@pytest.mark.parametrize("name", OURS)
def test_every_part_of_ours_has_the_logins_that_it_needs(name: str):
    said = " ".join(OURS[name]["environment"].values())
    assert set(LOGIN.findall(said)) == LOGINS[name]


def test_the_journal_is_apart_from_the_database_and_written_by_those_who_erase():
    mounts = {name: part["volumes"] for name, part in SERVICES.items() if "volumes" in part}
    assert all("erasures" not in " ".join(mounts[name]) for name in mounts.keys() - OURS.keys())
    journal = "erasures:/var/lib/attendance/erasures"
    assert {name for name in OURS if journal in mounts[name]} == WRITES_THE_JOURNAL
    assert {name for name in OURS if f"{journal}:ro" in mounts[name]} == OURS.keys() - WRITES_THE_JOURNAL


def test_figures_are_shown_inside_at_a_port_of_their_own_for_a_token_that_one_part_alone_has():
    said = OURS["serve"]["environment"]
    file = said["AS_CMS_METRICS_TOKEN_FILE"]
    assert int(said["AS_CMS_METRICS_PORT"]) not in {0, 8000}
    assert SERVICES["serve"]["networks"] == ["inside"]
    assert {name for name, part in SERVICES.items() if "metrics_token" in part.get("secrets", [])} == {"serve"}
    assert {name for name, part in OURS.items() if file in part["environment"].values()} == {"serve"}
    assert file == "/run/secrets/metrics_token"
    assert {*COMPOSE["secrets"]} >= {"metrics_token"}


def test_the_publisher_logs_in_at_kafka_and_nobody_else_is_heard():
    said = json.loads(filled(COMPOSE["configs"]["kafka"]["content"]))
    settings = settings_of("kafka:9092", said)
    require_login(Settings.model_construct(mode=Mode.PRODUCTION), settings)
    assert said["sasl_mechanism"] == "SCRAM-SHA-512"
    kafka = SERVICES["kafka"]["environment"]
    listeners = dict(each.split("://") for each in kafka["KAFKA_LISTENERS"].split(","))
    protocols = dict(each.split(":") for each in kafka["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
    assert {name for name, address in listeners.items() if not address.startswith("127.0.0.1:")} == {"FACTS"}
    assert protocols["FACTS"] == said["security_protocol"]
    assert kafka["KAFKA_AUTHORIZER_CLASS_NAME"].endswith("StandardAuthorizer")


@pytest.fixture
def made(passable: Path, tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A server of its own, on which the statements of the compose file have been run."""
    with EmbeddedPostgres(passable / tmp_path.name, durable=False) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as superuser:
            superuser.execute("CREATE DATABASE attendance")
            lines = COMPOSE["configs"]["logins"]["content"].splitlines()
            statements = [PASSWORD.sub("'hush'", line) for line in lines if not line.startswith("\\")]
            superuser.execute("\n".join(statements).encode())
        with psycopg.connect(server.dsn("attendance"), autocommit=True) as superuser:
            harden(superuser)
        yield server


def test_the_logins_of_the_compose_file_are_those_that_production_takes(made: EmbeddedPostgres, tmp_path: Path):
    dsns = {login: made.dsn("attendance", f"attendance_{login}", "hush") for login in Login}
    migrate(dsns[Login.OWNER])
    secret: dict[str, Any] = {name: SecretStr("hush") for name in SECRETS}
    urls: dict[str, Any] = {f"database_url_{login}": SecretStr(dsn) for login, dsn in dsns.items()}
    settings = Settings(
        mode="production", data=tmp_path / "data", erasure_journal=tmp_path / "erasures.jsonl",
        issuer="https://identity.example", jwks_file=tmp_path / "jwks.json",
        database_url=urls["database_url_service"], **urls, **secret,
    )  # fmt: skip
    with database(settings) as lent:
        assert [lent.dsn(login) for login in Login] == list(dsns.values())
    with psycopg.connect(made.dsn()) as superuser, superuser.transaction(force_rollback=True):
        for login in Login:
            superuser.execute(SQL("SET SESSION AUTHORIZATION {}").format(Identifier(f"attendance_{login}")))
            row = superuser.execute("SELECT has_database_privilege('postgres', 'CONNECT')").fetchone()
            assert row == (False,)
            superuser.execute("RESET SESSION AUTHORIZATION")


def directive(name: str) -> str:
    """Return what a directive of the proxy is given; it stands there once."""
    (found,) = re.findall(rf"^\s*{name} (.+)$", PROXY, re.MULTILINE)
    return found.removesuffix(" {")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("admin", "off"),
        ("auto_https", "off"),
        ("max_header_size", "16KB"),
        ("read_header", "10s"),
        ("read_body", "20s"),
        ("write", "120s"),
        ("idle", "60s"),
        ("max_size", "512KB"),
        ("max_conns_per_host", "256"),
    ],
)
def test_the_proxy_ends_what_has_no_end(name: str, value: str):
    assert directive(name) == value


def test_the_proxy_speaks_tls_alone_keeps_figures_inside_and_knows_where_the_service_is():
    (site,) = re.findall(r"^(\S+) \{$", PROXY, re.MULTILINE)
    assert site == "{$LISTEN::8443}"
    assert SERVICES["proxy"]["ports"] == ["443:8443"]
    (protocols,) = re.findall(r"^\s*protocols (tls.+)$", PROXY, re.MULTILINE)
    assert protocols == "tls1.2 tls1.3"
    assert directive("@operators path") == "/metrics /metrics/*"
    assert directive("respond @operators") == "404"
    assert directive("reverse_proxy") == "{$UPSTREAM:serve:8000}"
    files = re.findall(r"/run/secrets/(\w+)", directive("tls"))
    assert files == SERVICES["proxy"]["secrets"]

"""Settings: everything that a deployment says from outside, read once at the start and never echoed.

They come from the environment: `DATABASE_URL`, and names that begin with `AS_CMS_` (docs/settings.md lists them).
"""

import os
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Self, TypeAlias

from pydantic import AliasChoices, AwareDatetime, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from adapters.identity import TYPES
from api.addresses import loopback, proven, trusted
from api.guarded_files import unguarded
from eventstore.key_material import BadSecret, Secrets
from eventstore.log import UnsafeSetting, refuse_unsafe_settings

PREFIX: Final = "AS_CMS_"

OLDEST_POSTGRES: Final = 15
"""The oldest major version of the server that the schema works with."""


class Mode(StrEnum):
    """What may be left to the program: keys, logins, issuer and clock in development, nothing in production."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Login(StrEnum):
    """As whom a process comes to the database; only the owner owns something."""

    SERVICE = "service"
    FOLLOWERS = "followers"
    KEYS = "keys"
    ERASURE = "erasure"
    EXPIRY = "expiry"
    ROTATION = "rotation"
    OWNER = "owner"


class BadSettings(Exception):
    """The settings cannot be used; every line names a variable, and none repeats a value."""


Secret: TypeAlias = SecretStr | None


def _data_home() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "attendance"


def _url(whom: str) -> Any:
    return Field(None, description=f"Where {whom} connects, if not by `DATABASE_URL` with the rights of its role.")


class Settings(BaseSettings):
    """What a deployment says. Make one with `load()`; tests may give values by field name."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    mode: Mode = Field(
        Mode.DEVELOPMENT,
        description="`production` refuses whatever development leaves to the program; `development` has to be said "
        "with `DATABASE_URL`, and to listen on more than the loopback address.",
    )
    data: Path = Field(
        default_factory=_data_home,
        description="Folder of the embedded database, the generated secrets and the erasure journal.",
    )

    database_url: Secret = Field(
        None,
        validation_alias=AliasChoices("database_url", "DATABASE_URL"),
        description=f"The PostgreSQL ({OLDEST_POSTGRES} or later) to use. "
        "Unset: the embedded one, kept in the data folder.",
    )
    database_url_service: Secret = _url("the service")
    database_url_followers: Secret = _url("whoever fills read models")
    database_url_keys: Secret = _url("whoever makes and reads keys of personal data")
    database_url_erasure: Secret = _url("whoever destroys keys")
    database_url_expiry: Secret = _url("whoever removes answers that are 30 days old")
    database_url_rotation: Secret = _url("whoever wraps keys with another key-encryption key")
    database_url_owner: Secret = _url("`attendance migrate`")
    reads: Annotated[int, Field(ge=1, le=200)] = Field(8, description="Connections for reads, in each process.")

    read_lag_seconds: Annotated[int, Field(ge=1, le=3_600)] = Field(
        5,
        description="So old may be what read models have not folded; beyond it lists and `/health/ready` answer 503.",
    )

    commands_per_minute: Annotated[int, Field(ge=1)] = Field(
        600, description="How many commands one person may send in a minute, to each process; systems are not counted."
    )
    bytes_per_day: Annotated[int, Field(ge=1_000)] = Field(
        100_000_000, description="How many bytes of commands one person may send in a day, to each process."
    )
    drafts_open: Annotated[int, Field(ge=1)] = Field(200, description="How many drafts one person may have open.")

    key_encryption_key: Secret = Field(
        None, description="What wraps the keys of personal data, `id:base64 of 32 bytes`; the present one first."
    )
    key_encryption_key_file: Path | None = Field(None, description="The file that holds it instead.")
    claims_secret: Secret = Field(
        None, description="What digests of NSNs and logins are keyed with, written alike; it never changes."
    )
    claims_secret_file: Path | None = Field(None, description="The file that holds it instead.")
    idempotency_secret: Secret = Field(
        None, description="What digests of requests are keyed with, written alike; it never changes."
    )
    idempotency_secret_file: Path | None = Field(None, description="The file that holds it instead.")
    pseudonym_secret: Secret = Field(
        None, description="What pseudonyms outside are made with, written alike, the present one first; only publish."
    )
    pseudonym_secret_file: Path | None = Field(None, description="The file that holds it instead.")
    erasure_journal: Path | None = Field(
        None, description="The file that lists what was erased, kept apart from every backup of the database."
    )

    issuer: str | None = Field(None, description="Who issues the tokens. Unset: the development issuer.")
    audience: str = Field("as-cms", description="Whom the tokens are meant for.")
    jwks_file: Path | None = Field(
        None, description="The file that holds the issuer's public keys (a JSON Web Key Set); goes with the issuer."
    )
    jwks_url: str | None = Field(
        None,
        description="The address at which the issuer publishes them instead; `https`, unless it is the loopback one.",
    )
    jwks_good_seconds: Annotated[int, Field(ge=600, le=604_800)] = Field(
        86_400,
        description="How long the keys that were fetched last stay good while no others can be fetched, in seconds; "
        "then no token is taken.",
    )

    token_seconds: Annotated[int, Field(ge=60, le=86_400)] = Field(
        3_600, description="The longest lifetime of a token, in seconds."
    )
    token_types: Annotated[str, Field(pattern=r"^\s*[\w!#$&^.+/-]+(\s+[\w!#$&^.+/-]+)*\s*$")] = Field(
        TYPES,
        description="What a token may say it is by its header `typ`, parted by blanks; `none` takes one that says "
        "nothing.",
    )

    head_seconds: Annotated[float, Field(gt=0, le=300)] = Field(
        10, description="How long the head of a request may take to arrive, in seconds."
    )
    body_seconds: Annotated[float, Field(gt=0, le=300)] = Field(
        30, description="How long its body may take, and the reading of its answer, in seconds."
    )
    connections: Annotated[int, Field(ge=1, le=100_000)] = Field(
        1_000, description="How many connections each process keeps open; those beyond are answered 503."
    )
    metrics_token: Annotated[SecretStr, Field(min_length=32)] | None = Field(
        None,
        description="The bearer token, of 32 characters or more, that `/metrics` asks for; production serves none "
        "without it, but at a port of its own on the loopback address.",
    )
    metrics_token_file: Path | None = Field(None, description="The file that holds it instead.")
    metrics_port: Annotated[int, Field(ge=0, le=65_535)] | None = Field(
        None,
        description="The port at which `serve` answers `/metrics`, and nowhere else, for all of its processes; 0 is "
        "any that is free. Unset: that of the service.",
    )
    metrics_host: str = Field("127.0.0.1", description="The address at which it has that port.")

    clock_from: AwareDatetime | None = Field(
        None, description="Development, on a fresh database: the instant at which a clock of its own begins."
    )

    @property
    def production(self) -> bool:
        return self.mode is Mode.PRODUCTION

    @property
    def said(self) -> bool:
        """Whether somebody has said in which mode to run; nothing that others can reach runs in one by chance."""
        return "mode" in self.model_fields_set

    @property
    def embedded(self) -> bool:
        """Whether the program brings its own PostgreSQL."""
        return self.database_url is None

    @property
    def development_issuer(self) -> bool:
        """Whether tokens come from the program itself; never in production."""
        return self.issuer is None

    @property
    def journal(self) -> Path:
        """Where the erasure journal is."""
        return self.erasure_journal or self.data / "erasures.jsonl"

    def url(self, login: Login) -> str | None:
        """Return where somebody connects, if it is said for them alone."""
        given: Secret = getattr(self, f"database_url_{login}")
        return given.get_secret_value() if given else None

    def secrets(self, name: str) -> Secrets | None:
        """Return the secrets of this field, from the environment or their file; None if neither is given.

        Raises BadSettings for what is no secret, and for a file that cannot be read.
        """
        given: Secret = getattr(self, name)
        file: Path | None = getattr(self, f"{name}_file")
        if given is None and file is None:
            return None
        try:
            return Secrets.parse(given.get_secret_value() if given else _read(file))
        except BadSecret as error:
            raise BadSettings(f"{variable(name)}: {error}") from None

    def shown_token(self) -> str | None:
        """Return the token that `/metrics` asks for, from the environment or its file; None if neither is given.

        Raises BadSettings for a file that cannot be read, or holds no such token.
        """
        if self.metrics_token_file is None:
            return self.metrics_token.get_secret_value() if self.metrics_token else None
        token = _read(self.metrics_token_file).strip()
        if len(token) < SHORTEST_TOKEN or len(token.split()) > 1:
            raise BadSettings(f"{variable('metrics_token_file')}: one token of {SHORTEST_TOKEN} characters or more")
        return token

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        twice = [name for name in GUARDED if getattr(self, name) and getattr(self, f"{name}_file")]
        if twice:
            raise ValueError(f"{variable(twice[0])}: give the secret or its file, not both")
        self._require_keys_of_the_issuer()
        if self.metrics_port is None and "metrics_host" in self.model_fields_set:
            raise ValueError(f"{variable('metrics_host')}: goes with {variable('metrics_port')}, which is not set")
        lone = [login for login in Login if self.url(login)] if self.embedded else []
        if lone:
            raise ValueError(f"{variable(f'database_url_{lone[0]}')}: goes with DATABASE_URL, which is not set")
        return self

    def _require_keys_of_the_issuer(self) -> None:
        given = [name for name in ("jwks_file", "jwks_url") if getattr(self, name)]
        if given and not self.issuer:
            raise ValueError(f"{variable(given[0])}: goes with {variable('issuer')}, which is not set")
        if self.issuer and not given:
            raise ValueError(f"{variable('jwks_file')} or {variable('jwks_url')}: the keys of the issuer are needed")
        if len(given) > 1:
            raise ValueError(f"{variable('jwks_url')}: give the address of the keys or their file, not both")
        try:
            fits = not self.jwks_url or proven(self.jwks_url)
        except ValueError as error:
            raise ValueError(f"{variable('jwks_url')}: {error}") from None
        if self.production and not fits:
            raise ValueError(f"{variable('jwks_url')}: say https, for the issuer is not on this machine")

    @model_validator(mode="after")
    def _fit_for_production(self) -> Self:
        if self.production:
            missing = [name for name in SECRETS if not (getattr(self, name) or getattr(self, f"{name}_file"))]
            missing += [name for name in NEEDED if getattr(self, name) is None]
            if missing:
                raise ValueError(f"production needs {', '.join(map(variable, missing))}")
            self._require_trusted_databases()
            self._require_token_for_others()
            if self.journal.resolve().is_relative_to(self.data.resolve()):
                raise ValueError(f"{variable('erasure_journal')}: keep it apart from {variable('data')}")
            if wrong := unguarded(self._believed()):
                raise ValueError("; ".join(wrong))
            if self.clock_from:
                raise ValueError(f"production knows only the system's clock: unset {variable('clock_from')}")
        return self

    def _require_trusted_databases(self) -> None:
        for name in ("database_url", *(f"database_url_{login}" for login in Login)):
            given: Secret = getattr(self, name)
            try:
                fits = given is None or trusted(given.get_secret_value())
            except ValueError as error:
                raise ValueError(f"{variable(name)} {error}") from None
            if not fits:
                raise ValueError(f"{variable(name)}: say sslmode=verify-full, for the database is not on this machine")

    def _require_token_for_others(self) -> None:
        shown = self.metrics_port is not None and not (self.metrics_token or self.metrics_token_file)
        if shown and not loopback(self.metrics_host):
            name, token = variable("metrics_host"), variable("metrics_token")
            raise ValueError(f"{name} can be reached by others: give {token} or its file")

    def _believed(self) -> list[Path]:
        """Return the files by which others could change what we believe."""
        named = (self.jwks_file, self.erasure_journal, *(getattr(self, f"{name}_file") for name in GUARDED))
        return [file for file in named if file]


SECRETS: Final = ("key_encryption_key", "claims_secret", "idempotency_secret")
NEEDED: Final = ("database_url", "issuer", "erasure_journal")
"""What production has to be told beside the secrets."""

UNSAID: Final = (
    "say AS_CMS_MODE=production; or AS_CMS_MODE=development, in which the program issues tokens to whoever asks it and "
    "believes whatever it is told: never where there is data of real people"
)

PUBLISHERS: Final = "pseudonym_secret"
"""A secret that the publisher alone holds: with it, and only with it, facts outside are joined to ids inside."""

GUARDED: Final = (*SECRETS, PUBLISHERS, "metrics_token")
"""What is given in a file or in the environment, and in production in no file that others can write."""

SHORTEST_TOKEN: Final = 32
"""In characters."""


def load() -> Settings:
    """Read the settings of this process.

    Raises BadSettings naming every variable that is wrong, and every one with our prefix that does not exist.
    """
    try:
        refuse_unsafe_settings()
    except UnsafeSetting as unsafe:
        raise BadSettings(UnsafeSetting.__doc__) from unsafe
    ours = [name for name in os.environ if name.upper().startswith(PREFIX)]
    wrong = [_unknown(name) for name in ours if name.upper() not in variables()]
    if wrong:
        raise BadSettings("\n".join(wrong))
    try:
        found = Settings()
    except ValidationError as error:
        raise BadSettings("\n".join(_lines(error))) from None
    if found.database_url and not found.said:
        raise BadSettings(f"DATABASE_URL is set: {UNSAID}")
    return found


def variable(name: str) -> str:
    """Return the environment variable of a field."""
    return "DATABASE_URL" if name == "database_url" else f"{PREFIX}{name.upper()}"


def variables() -> dict[str, str]:
    """Return every variable with what it says, in order."""
    return {variable(name): field.description or "" for name, field in Settings.model_fields.items()}


def _unknown(name: str) -> str:
    near = get_close_matches(name, variables(), n=1)
    return f"{name}: there is no such setting" + (f"; did you mean {near[0]}?" if near else "")


def _lines(error: ValidationError) -> list[str]:
    return [
        ": ".join(
            [
                *(variable(str(part).lower().removeprefix(PREFIX.lower())) for part in each["loc"][:1]),
                _said(each["msg"]),
            ]
        )
        for each in error.errors(include_input=False, include_url=False, include_context=False)
    ]


def _said(message: str) -> str:
    return message.removeprefix("Value error, ")


def _read(file: Path | None) -> str:
    try:
        return file.read_text(encoding="utf-8") if file else ""
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"{file} cannot be read: {type(error).__name__}") from None

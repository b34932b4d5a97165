"""Keys that an issuer publishes are fetched beside the requests, bounded, and believed whole or not at all."""

import gzip
import json
import socket
import ssl
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from threading import Event
from time import monotonic, sleep
from typing import Any

import pytest
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.errors import SecurityWarning
from joserfc.jwk import OctKey, RSAKey

from adapters.fetched_keys import LONGEST_ANSWER, PERIOD_SECONDS, SOONEST_SECONDS, FetchedKeys
from adapters.public_keys import KeysAway, KeysOutdated, UnusableKeys
from tests.issuer import Clock, Issuer, away, issuing, key, published

DAY = 86_400.0
PATIENCE = 20
OURS, NEW = key("ours"), key("new")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing(published(OURS)) as opened:
        yield opened


@pytest.fixture
def keys(issuer: Issuer, clock: Clock) -> FetchedKeys:
    """The keys of the issuer, fetched at a start that went well."""
    made = keys_at(issuer.url, clock)
    made.require()
    return made


def keys_at(url: str, clock: Callable[[], float]) -> FetchedKeys:
    return FetchedKeys(url, good_seconds=DAY, timeout=1.5, clock=clock)


def names(keys: FetchedKeys) -> list[str | None]:
    return [each.kid for each in keys.latest]


def fetch_again(keys: FetchedKeys, clock: Clock, after: float = PERIOD_SECONDS) -> None:
    """Let time pass, and wait until somebody has fetched."""
    clock.now += after
    begun = keys.renew()
    assert begun
    begun.result()


def down(issuer: Issuer) -> None:
    """Be gone, as far as anybody can tell: hang up on whoever asks."""
    issuer.answer(b"", 503)


def beside(*more: dict[str, Any]) -> bytes:
    """Return a key set with our key in it and more."""
    return json.dumps({"keys": [OURS.as_dict(private=False), *more]}).encode()


def weak() -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        return published(OURS, RSAKey.generate_key(1024, parameters={"kid": "weak"}))


AWAY: dict[str, Callable[[Issuer], None]] = {
    "an error": lambda issuer: issuer.answer(published(NEW), 500),
    "nothing there": lambda issuer: issuer.answer(published(NEW), 404),
    "somewhere else": lambda issuer: issuer.answer(published(NEW), 302, Location=f"{issuer.url}/moved"),
    "too much": lambda issuer: issuer.answer(published(NEW) + b" " * LONGEST_ANSWER),
    "without end": lambda issuer: issuer.answer(b" " * 100 * LONGEST_ANSWER),
    "less than it says": lambda issuer: issuer.answer(published(NEW), Content_Length="9999"),
    "drop by drop": lambda issuer: issuer.answer(published(NEW), drops=True),
    "too late": lambda issuer: issuer.open.clear(),
}
UNUSABLE: dict[str, Callable[[Issuer], None]] = {
    "no JSON": lambda issuer: issuer.answer(b"<html>"),
    "no key set": lambda issuer: issuer.answer(b'{"keys": {}}'),
    "no keys": lambda issuer: issuer.answer(b'{"keys": []}'),
    "keys that are none": lambda issuer: issuer.answer(b'{"keys": [7]}'),
    "what is deep": lambda issuer: issuer.answer(b"[" * 60_000),
    "a private key": lambda issuer: issuer.answer(published(OURS, NEW, private=True)),
    "a private key for encrypting": lambda issuer: issuer.answer(beside(NEW.as_dict(private=True) | {"use": "enc"})),
    "a shared secret": lambda issuer: issuer.answer(beside(OctKey.generate_key(256).as_dict(private=True))),
    "a weak key": lambda issuer: issuer.answer(weak()),
    "two keys of a name": lambda issuer: issuer.answer(published(OURS, NEW, kid="ours")),
    "what is packed": lambda issuer: issuer.answer(gzip.compress(published(NEW)), Content_Encoding="gzip"),
}
BAD = AWAY | UNUSABLE


def test_the_keys_are_fetched_at_the_start(keys: FetchedKeys, issuer: Issuer):
    assert (names(keys), issuer.asked) == (["ours"], 1)


@pytest.mark.parametrize("how", AWAY)
def test_an_issuer_that_gives_no_keys_stops_the_start(issuer: Issuer, clock: Clock, how: str):
    AWAY[how](issuer)
    with pytest.raises(KeysAway):
        keys_at(issuer.url, clock).require()


@pytest.mark.filterwarnings("ignore:Key size")
@pytest.mark.parametrize("how", UNUSABLE)
def test_keys_that_must_not_be_believed_stop_the_start(issuer: Issuer, clock: Clock, how: str):
    UNUSABLE[how](issuer)
    with pytest.raises(UnusableKeys):
        keys_at(issuer.url, clock).require()


def test_an_issuer_that_is_down_stops_the_start(clock: Clock):
    with away() as url, pytest.raises(KeysAway, match="ConnectError"):
        keys_at(url, clock).require()


def test_whoever_waits_is_told_in_time_of_a_name_that_nobody_resolves(clock: Clock, monkeypatch: pytest.MonkeyPatch):
    """Only the machine knows when it gives up on a name, and it cannot be told to."""
    resolved = Event()

    def resolve(*_: Any, **__: Any) -> list[Any]:
        resolved.wait()
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    begun = keys_at("http://identity.example/keys", clock).renew()
    assert begun
    try:
        assert isinstance(begun.result(PATIENCE), KeysAway)
    finally:
        resolved.set()


@pytest.mark.filterwarnings("ignore:Key size")
@pytest.mark.parametrize("how", BAD)
def test_a_bad_answer_changes_nothing_and_is_told_of(keys: FetchedKeys, issuer: Issuer, clock: Clock, how: str):
    BAD[how](issuer)
    with structlog.testing.capture_logs() as said:
        fetch_again(keys, clock)
    assert names(keys) == ["ours"]
    assert [(line["event"], line["good_seconds"]) for line in said] == [("keys_not_fetched", DAY - PERIOD_SECONDS)]


def test_nobody_is_led_elsewhere(keys: FetchedKeys, issuer: Issuer, clock: Clock):
    issuer.answer(b"", 302, Location=f"{issuer.url}/moved")
    fetch_again(keys, clock)
    assert issuer.asked == 2


def test_keys_that_the_issuer_replaces_are_fetched_after_a_period(keys: FetchedKeys, issuer: Issuer, clock: Clock):
    issuer.answer(published(NEW))
    clock.now += PERIOD_SECONDS
    issuer.open.clear()
    assert names(keys) == ["ours"], "nobody waits for it"
    until = monotonic() + PATIENCE
    while issuer.asked < 2 and monotonic() < until:
        sleep(0.01)
    assert issuer.asked == 2
    issuer.open.set()
    begun = keys.renew()
    assert begun is None or begun.result() is None
    assert (names(keys), issuer.asked) == (["new"], 2)


def test_within_the_period_nothing_is_asked(keys: FetchedKeys, issuer: Issuer, clock: Clock):
    clock.now += PERIOD_SECONDS - 1
    assert (names(keys), issuer.asked) == (["ours"], 1)


def test_whoever_asks_and_however_often_the_issuer_is_asked_once_in_a_while(
    keys: FetchedKeys, issuer: Issuer, clock: Clock
):
    assert keys.renew() is None, "it was asked just now"
    issuer.open.clear()
    clock.now += SOONEST_SECONDS
    begun = {keys.renew() for _ in range(100)}
    assert len(begun) == 1, "they wait for one and the same"
    issuer.open.set()
    for each in begun:
        assert each is not None
        each.result()
    assert (issuer.asked, keys.renew()) == (2, None)


def test_an_issuer_that_is_away_is_asked_no_more_often(keys: FetchedKeys, issuer: Issuer, clock: Clock):
    down(issuer)
    fetch_again(keys, clock)
    assert (keys.renew(), names(keys), issuer.asked) == (None, ["ours"], 2)
    fetch_again(keys, clock, SOONEST_SECONDS)
    assert issuer.asked == 3


def test_the_last_good_keys_stay_good_for_a_day_and_no_longer(keys: FetchedKeys, issuer: Issuer, clock: Clock):
    down(issuer)
    fetch_again(keys, clock, DAY - 1)
    assert (names(keys), keys.good_seconds) == (["ours"], 1)
    clock.now += 1
    with pytest.raises(KeysOutdated):
        _ = keys.latest
    assert keys.good_seconds == 0
    issuer.answer(published(NEW))
    fetch_again(keys, clock, SOONEST_SECONDS)
    assert (names(keys), keys.good_seconds) == (["new"], DAY)


def test_before_the_first_fetch_there_are_no_keys(issuer: Issuer, clock: Clock):
    keys = keys_at(issuer.url, clock)
    with pytest.raises(KeysOutdated):
        _ = keys.latest
    assert keys.good_seconds == 0


def test_keys_that_are_not_for_signatures_are_left_aside(issuer: Issuer, clock: Clock):
    """An issuer publishes them beside the others, and nobody can take them out of its answer."""
    told = (
        published(OURS)[:-2] + b', {"kty": "RSA", "use": "enc", "n": "AQAB", "e": "AQAB"}, {"kty": "AKP", "kid": "x"}]}'
    )
    issuer.answer(told)
    keys = keys_at(issuer.url, clock)
    keys.require()
    assert names(keys) == ["ours"]


def test_the_environment_leads_nobody_to_a_proxy(issuer: Issuer, clock: Clock, monkeypatch: pytest.MonkeyPatch):
    with issuing(published(NEW)) as elsewhere:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, elsewhere.url.removesuffix("/keys"))
        keys = keys_at(issuer.url, clock)
        keys.require()
        assert (names(keys), elsewhere.asked) == (["ours"], 0)


@contextmanager
def certified(folder: Path) -> Iterator[ssl.SSLContext]:
    """What a server proves itself by: a certificate that it has made itself."""
    own, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(own.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=True).sign(own, hashes.SHA256())
    )  # fmt: skip
    kinds = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key").write_bytes(own.private_bytes(serialization.Encoding.PEM, *kinds))
    (folder / "certificate").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate", folder / "key")
    yield context


def test_an_issuer_proves_who_it_is(clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with certified(tmp_path) as tls, issuing(published(OURS), tls) as issuer:
        with pytest.raises(KeysAway, match="ConnectError"):
            keys_at(issuer.url, clock).require()
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate"))
        keys = keys_at(issuer.url, clock)
        keys.require()
        assert names(keys) == ["ours"]

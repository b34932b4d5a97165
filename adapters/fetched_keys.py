"""Public keys of an issuer, fetched from the address where it publishes them, by a thread beside the requests.

They are fetched at the start, and again as soon as somebody needs them when a period is over. What cannot be used
changes nothing: the last good keys stay good for as long as the deployment says, and then nothing is proven by them.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future
from math import inf
from threading import Lock, Thread
from typing import Any, Final

import httpx2
import structlog
from joserfc.jwk import KeySet

from adapters.public_keys import KeysAway, KeysOutdated, UnusableKeys, keys_in

PERIOD_SECONDS: Final = 300.0
"""So old may the keys be before they are fetched again."""
SOONEST_SECONDS: Final = 30.0
"""So much passes between two fetches, whoever asks and whatever came of the last."""
TIMEOUT_SECONDS: Final = 5.0
"""So long may the whole answer take."""
LONGEST_ANSWER: Final = 64 * 1024
"""In bytes."""

log = structlog.get_logger()

Fetching = Future[Exception | None]
"""What went wrong with a fetch, once it is over."""


class FetchedKeys:
    """The keys at an address, as they were fetched last. It can be asked from any thread, and waits for nobody."""

    def __init__(
        self,
        url: str,
        *,
        good_seconds: float,
        timeout: float = TIMEOUT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._longest = good_seconds
        self._timeout = timeout
        self._clock = clock
        self._lock = Lock()
        self._keys: KeySet | None = None
        self._fetched = self._asked = -inf
        self._underway: Fetching | None = None

    @property
    def latest(self) -> KeySet:
        """The last good keys; if they are due again, somebody begins to fetch them. Raises KeysOutdated."""
        self.look()
        if self._keys is None or not self.good_seconds:
            raise KeysOutdated
        return self._keys

    def look(self) -> None:
        """Begin to fetch the keys if they are due again."""
        if self._clock() - self._fetched >= PERIOD_SECONDS:
            self.renew()

    @property
    def good_seconds(self) -> float:
        """How long the keys are good still if the issuer stays away, in seconds."""
        return max(0.0, self._fetched + self._longest - self._clock())

    def require(self) -> None:
        """Fetch the keys and wait for them; raise KeysAway or UnusableKeys, which is for the caller to tell."""
        if wrong := self._begun().result():
            raise wrong

    def renew(self) -> Fetching | None:
        """Begin to fetch, or join whoever does; None if the issuer was asked a moment ago."""
        with self._lock:
            if self._underway is None and self._clock() - self._asked >= SOONEST_SECONDS:
                self._underway = self._begun()
            return self._underway

    def _begun(self) -> Fetching:
        begun: Fetching = Future()
        self._asked = self._clock()
        begun.set_running_or_notify_cancel()  # who waits for it may leave; the others wait on
        Thread(target=self._fetch, args=(begun, self._asked), name="issuer-keys", daemon=True).start()
        return begun

    def _fetch(self, begun: Fetching, at: float) -> None:
        async def fetch() -> None:
            self._end(begun, await self._tried(at))  # the loop may wait long for a name to be resolved before it closes

        try:
            asyncio.run(fetch())
        except OSError as error:  # no loop, for want of open files
            self._end(begun, KeysAway(f"nothing can be fetched: {type(error).__name__}"))

    async def _tried(self, at: float) -> Exception | None:
        """Fetch, and return what went wrong."""
        try:
            self._take(keys_in(await _answer(self._url, self._timeout), _for_signatures), at)
        except (KeysAway, UnusableKeys) as error:
            return error
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait are told, and the next may try again
            return KeysAway(f"the keys cannot be fetched: {type(error).__name__}")
        return None

    def _end(self, begun: Fetching, wrong: Exception | None) -> None:
        with self._lock:
            renewed = self._underway is begun  # else they were required, by somebody who tells what is wrong
            self._underway = None
        if wrong and renewed:
            log.error("keys_not_fetched", why=str(wrong), good_seconds=int(self.good_seconds))
        begun.set_result(wrong)

    def _take(self, keys: KeySet, at: float) -> None:
        if self._keys is None or keys.as_dict() != self._keys.as_dict():
            log.info("keys_replaced", keys=len(keys.keys))
        self._keys, self._fetched = keys, at


async def _answer(url: str, seconds: float) -> bytes:
    """Return what stands at an address; raise KeysAway if that is nothing, too much, or elsewhere."""
    try:
        async with asyncio.timeout(seconds):
            return await _body(url, seconds)
    except TimeoutError:
        raise KeysAway("the issuer's answer takes too long") from None
    except (httpx2.HTTPError, OSError) as error:
        raise KeysAway(f"the issuer does not answer: {type(error).__name__}") from None


async def _body(url: str, seconds: float) -> bytes:
    # The environment may name who is believed (SSL_CERT_FILE); it leads to no proxy, and no login goes along.
    believed = httpx2.create_ssl_context()
    async with (
        httpx2.AsyncClient(verify=believed, trust_env=False, timeout=seconds) as client,
        client.stream("GET", url, headers=_PLAIN) as answer,
    ):
        if answer.status_code != httpx2.codes.OK:
            raise KeysAway(f"the issuer answers {answer.status_code}")
        body = b""
        async for part in answer.aiter_raw():
            body += part
            if len(body) > LONGEST_ANSWER:
                raise KeysAway(f"the issuer's answer has more than {LONGEST_ANSWER // 1024} KiB")
        return body


def _for_signatures(key: dict[str, Any]) -> bool:
    """Whether to judge this key. Public ones for something else, or of a kind to come, are left aside (RFC 7517, 5).

    An issuer publishes them beside its others, and nobody can take them out of its answer.
    """
    secret = key["kty"] == "oct" or "d" in key
    return secret or (key["kty"] in _KINDS and key.get("use", "sig") == "sig")


_PLAIN: Final = {"Accept": "application/json", "Accept-Encoding": "identity"}
_KINDS: Final = frozenset({"RSA", "EC", "OKP"})

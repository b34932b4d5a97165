"""The library's own contract of a recorder, on the append function that production uses, as the role of the service."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from eventsourcing.persistence import AggregateRecorder, StoredEvent
from eventsourcing.tests import persistence as contract

from eventstore.log import Log
from tests.eventstore.roles import as_service


class OnOurLog:
    """Gives each test of the contract a migrated database of its own."""

    @pytest.fixture(autouse=True)
    def _database(self, copy_of: Callable[[str], str], template: str) -> None:
        self._copy = lambda: copy_of(template)

    def create_recorder(self) -> Any:
        log = Log(as_service(self._copy()), size=12)
        self.addCleanup(log.close)  # type: ignore[attr-defined] # of unittest.TestCase
        return log


class WithoutResult(AggregateRecorder):
    """The contract of an aggregate's recorder wants None where that of an application's wants positions."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> None:
        self._log.insert_events(stored_events, **kwargs)

    def select_events(self, *args: Any, **kwargs: Any) -> Sequence[StoredEvent]:
        return self._log.select_events(*args, **kwargs)


class TestAnAggregate(OnOurLog, contract.AggregateRecorderTestCase):
    def create_recorder(self) -> AggregateRecorder:
        return WithoutResult(super().create_recorder())


class TestAnApplication(OnOurLog, contract.ApplicationRecorderTestCase[Log]):
    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestPositionsOfTwoAppendsDoNotInterleave(OnOurLog, contract.NonInterleavingNotificationIDsBaseCase):
    pass

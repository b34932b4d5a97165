"""A minute of the fault campaign on a deployment of its own; `make soak` runs hours of it."""

import os
from pathlib import Path

from tests.campaign.faults import FAULTS
from tests.campaign.running import campaign
from tests.campaign.schedule import Planned
from tests.house.tree import ROOT
from tests.kafka_broker import possible

SEED = 20_261_128
BUSY_SECONDS = 40.0
"""On a busy machine of two cores, beside other tests. What is promised is held by `make soak`."""

SHORT = [
    Planned(1, "line-cut-after-commit", "serve-1", 1.0),
    Planned(2, "server-killed", "database", 0.5),
    Planned(3, "line-half-open", "serve-2", 3.0),
    Planned(4, "read-only", "database", 1.0),
    Planned(5, "program-paused", "project", 2.0),
    Planned(6, "erasure", "database", 0.1),
]


def kafka() -> bool:
    """Whether there is a broker to be had; where it runs continuously there has to be."""
    return possible() or os.environ.get("CI") == "true"


def test_a_minute_of_faults_loses_doubles_and_betrays_nothing(tmp_path: Path):
    report = campaign(SHORT, SEED, tmp_path / "journal", clients=4, kafka=kafka(), back_seconds=BUSY_SECONDS)
    assert report.violations == []
    assert report.faults == len(SHORT)
    assert report.acknowledged > 20


def test_every_kind_of_fault_is_on_the_page():
    page = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    assert [name for name in FAULTS if f"`{name}`" not in page] == []

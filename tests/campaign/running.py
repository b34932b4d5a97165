"""A campaign: faults one after the other while people work, and what it found."""

import sys
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from tests.campaign.checking import violations
from tests.campaign.clients import Crowd
from tests.campaign.faults import FAULTS
from tests.campaign.journal import Journal
from tests.campaign.recovery import recovered
from tests.campaign.schedule import Planned
from tests.campaign.world import World, world
from tests.kafka_broker import Broker, broker

if TYPE_CHECKING:
    from collections.abc import Generator

BACK_SECONDS: Final = 10.0
"""What is promised: so soon after the end of every fault everything works again."""


@dataclass(slots=True)
class Report:
    """What came of a campaign."""

    faults: int = 0
    commands: int = 0
    acknowledged: int = 0
    questions: int = 0
    slowest: float = 0.0
    slowest_after: str = ""
    violations: list[str] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        return asdict(self)


def campaign(
    schedule: Sequence[Planned],
    seed: int,
    file: Path,
    *,
    clients: int = 8,
    kafka: bool = True,
    back_seconds: float = BACK_SECONDS,
    progress: Callable[[str], object] = lambda _: None,
) -> Report:
    """Run a schedule in a world of its own, and look at everything; the journal is written as it goes."""
    report, journal = Report(), Journal(file)
    with (
        TemporaryDirectory(prefix="as-cms-campaign-") as folder,
        lent_broker(wanted=kafka) as lent,
        world(Path(folder), lent) as here,
    ):
        crowd = Crowd(here, journal, seed, clients)
        crowd.start()
        for planned in schedule:
            progress(f"{planned.number}/{len(schedule)} {planned.kind} {planned.target}, {planned.seconds} s")
            if not _survived(here, planned, report, journal, back_seconds):
                break
        crowd.stop()
        recovered(here)
        progress("looking at everything")
        report.violations += violations(here, crowd, seed)
        ends = {name: each.stop() for name, each in here.programs.items()}
        report.violations += [f"{name} ends with {status}" for name, status in ends.items() if status]
    report.commands, report.questions = len(crowd.commands), crowd.questions
    report.acknowledged = sum(each.done for each in crowd.commands)
    journal.note("report", **report.told())
    journal.close()
    return report


def _survived(here: World, planned: Planned, report: Report, journal: Journal, limit: float) -> bool:
    """Let a fault happen, and wait until all is back; say whether it ever is."""
    journal.note("fault", **planned.told())
    FAULTS[planned.kind].happen(here, planned.target, planned.seconds)
    seconds, lacking = recovered(here)
    journal.note("back", seconds=round(seconds, 2), missing=lacking)
    _judge(report, planned, seconds, lacking, limit)
    return not lacking


def _judge(report: Report, planned: Planned, seconds: float, lacking: list[str], limit: float) -> None:
    report.faults += 1
    if seconds > report.slowest:
        report.slowest, report.slowest_after = round(seconds, 1), f"{planned.kind} {planned.target}"
    if lacking:
        report.violations.append(f"never back after {planned.kind} of {planned.target}: {lacking[0]}")
    elif seconds > limit:
        report.violations.append(f"back {seconds:.1f} s after {planned.kind} of {planned.target}")


@contextmanager
def lent_broker(*, wanted: bool) -> "Generator[Broker | None]":
    if not wanted:
        yield None
        return
    with broker() as lent:
        assert isinstance(lent, Broker), "a broker that is given is nobody's to stop or kill"
        yield lent


def say(line: str) -> None:
    """Tell whoever waits; at a terminal each line takes the place of the one before."""
    began = f"\r\033[K{line}" if sys.stderr.isatty() else f"{line}\n"
    sys.stderr.write(began)
    sys.stderr.flush()

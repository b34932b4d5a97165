"""`python -m tests.campaign`: a fault campaign on a deployment of its own; what it finds is shown with its seed."""

import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import SystemRandom
from tempfile import mkdtemp
from typing import Annotated, Final

import typer

from tests.campaign.faults import FAULTS
from tests.campaign.running import BACK_SECONDS, Report, campaign, say
from tests.campaign.schedule import Planned, drawn, shortest
from tests.kafka_broker import possible

TOGETHER: Final = 100

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(  # noqa: PLR0913 - each says one thing
    *,
    seed: Annotated[int | None, typer.Option(help="Repeats a campaign; drawn and told if it is not given.")] = None,
    faults: Annotated[int, typer.Option(min=0, help="How many happen, one after the other.")] = 50,
    clients: Annotated[int, typer.Option(min=1, help="How many people work meanwhile.")] = 8,
    pace: Annotated[float, typer.Option(help="How long faults last, as a share of what is usual.")] = 1.0,
    only: Annotated[list[str] | None, typer.Option(help=f"Kinds: {', '.join(FAULTS)}.")] = None,
    back: Annotated[float, typer.Option(help="After how many seconds everything is back.")] = BACK_SECONDS,
    journal: Annotated[Path | None, typer.Option(help="Where the journal is written.")] = None,
    without_kafka: Annotated[bool, typer.Option("--without-kafka")] = False,
    shrink: Annotated[
        bool, typer.Option(help="After a violation, look for the shortest schedule that shows it.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Let faults happen to deployments at work, look at everything, and exit with 1 at the first that is wrong.

    A hundred happen to one deployment, the next hundred to the next, with the next seed.
    """
    first = SystemRandom().randrange(2**31) if seed is None else seed
    folder = Path(mkdtemp(prefix="as-cms-journal-"))
    kafka = possible() and not without_kafka
    for part in range(max(1, -(-faults // TOGETHER))):
        seed, file = first + part, journal or folder / f"{first + part}.ndjson"
        schedule = drawn(seed, min(TOGETHER, faults - part * TOGETHER), only or (), pace=pace, kafka=kafka)
        run = partial(campaign, seed=seed, clients=clients, kafka=kafka, back_seconds=back, progress=say)
        report = run(schedule, file=file)
        least = _least(schedule, run, folder) if shrink and report.violations else schedule
        tell(report, seed, least, file, as_json=as_json)
        if report.violations:
            raise typer.Exit(1)


def _least(schedule: Sequence[Planned], run: "partial[Report]", folder: Path) -> Sequence[Planned]:
    def shows(part: Sequence[Planned]) -> bool:
        say(f"again with {len(part)} faults")
        return bool(run(part, file=folder / "again.ndjson").violations)

    return shortest(schedule, shows)


def tell(report: Report, seed: int, least: Sequence[Planned], journal: Path, *, as_json: bool) -> None:
    if as_json:
        said = report.told() | {"seed": seed, "journal": str(journal)}
        sys.stdout.write(f"{json.dumps(said)}\n")
        return
    sys.stdout.write(
        f"\nseed {seed}: {report.faults} faults, {report.commands} commands ({report.acknowledged} acknowledged), "
        f"{report.questions} questions; slowest return {report.slowest} s, after {report.slowest_after}\n"
    )
    for each in report.violations:
        sys.stdout.write(f"VIOLATION: {each}\n")
    if report.violations:
        sys.stdout.write(f"journal: {journal}\nthe schedule, as short as it was found to show it:\n")
        for planned in least:
            sys.stdout.write(f"  {planned.kind} {planned.target} {planned.seconds}\n")


if __name__ == "__main__":
    app()

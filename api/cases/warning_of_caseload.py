"""Warning of a caseload above the guide, once a case is assigned; nobody is stopped by it (BR-38)."""

from typing import Final
from uuid import UUID

import structlog
from starlette.concurrency import run_in_threadpool

from api.http.asking import Warned
from api.questions.reading import Desk
from domain.days import auckland_day
from eventstore.connections import available
from projections import cases
from projections.caseload import others_of
from projections.moments import NOW, moment

log = structlog.get_logger()

ABOVE_GUIDE: Final = Warned(
    code="CaseloadAboveGuide", message="This Case Manager now has more active cases than the guide says."
)


async def warnings_of(desk: Desk, manager: UUID, case: UUID) -> list[Warned]:
    """Return the warning if the manager, with this case, has more active cases than `P:caseloadWarn` (BR-38).

    The case is assigned already: whatever is wrong with the read model, this is answered without a warning.
    """
    try:
        above = await run_in_threadpool(_above_guide, desk, manager, case)
    except Exception as error:  # noqa: BLE001 - whatever it is, the command was done and has to be answered so
        log.warning("caseload not counted", error=type(error).__name__)
        return []
    return [ABOVE_GUIDE] if above else []


def _above_guide(desk: Desk, manager: UUID, case: UUID) -> bool:
    now = desk.service.clock()
    with available(), desk.service.reads.connection() as db:
        guide = desk.rules(db, auckland_day(now)).caseload_warn
        with moment(db, (cases.project,), NOW, now=now) as at:
            return others_of(db, manager, case, at) + 1 > guide

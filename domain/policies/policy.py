"""The policy: every number that a rule uses, by date and version."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.days import LeapBirthday as LeapBirthday  # noqa: PLC0414 - named here with the other choices
from domain.ids import policy_id
from domain.policies import versions
from domain.text import STRICT, Code

SERVICE_POLICY: Final = policy_id("service")
"""The one stream of the parameters of all rules: one version covers them all."""


class Mode(StrEnum):
    """What a rule does that may stop something."""

    WARN = "WARN"
    BLOCK = "BLOCK"


class TransferHistory(StrEnum):
    """What the next provider sees of a case that is transferred (BR-41)."""

    FULL = "FULL"
    SHARED_ONLY = "SHARED_ONLY"


class ClockStart(StrEnum):
    """From when the clock of the school meeting runs, which the sources leave open (BR-45)."""

    SUBMITTED = "SUBMITTED"
    ALLOCATED = "ALLOCATED"
    ASSIGNED = "ASSIGNED"


class ReopenTarget(StrEnum):
    """Where a reopened case stands (BR-82)."""

    PROVIDER_QUEUE = "PROVIDER_QUEUE"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyValues:
    """The parameters with their first values. The rule names the calendar of its days; no fractions."""

    __pydantic_config__ = STRICT

    star_thresholds: tuple[int, ...] = (5, 10, 15)  # days absent in the term (BR-120)
    chronic_percent: int = 70  # BR-121
    school_meeting_days: int = 5  # working days (BR-45)
    school_meeting_from: ClockStart = ClockStart.ALLOCATED
    school_meeting_rolls_to_school_day: bool = False  # BR-5
    whanau_meeting_days: int = 10  # working days (BR-46)
    nen_school_days: int = 20  # BR-26
    nen_form_days: int = 5  # school days (BR-28)
    enrol_update_days: int = 5  # school days
    reopen_months: int = 3  # BR-81
    reopen_target: ReopenTarget = ReopenTarget.PROVIDER_QUEUE
    ubnf_cap_percent: int = 3  # BR-101
    ubnf_cap_mode: Mode = Mode.BLOCK
    info_request_forward_days: int = 2  # working days (BR-110)
    info_request_decide_days: int = 20  # OIA working days (BR-111)
    breach_notify_hours: int = 72  # BR-114
    min_age_compulsory: int = 6
    max_age_compulsory: int = 16
    pause_under_age: int = 6  # BR-70
    leap_birthday: LeapBirthday = LeapBirthday.MAR1
    ipp3a_from_on: date = date(2026, 5, 1)  # BR-112
    ipp3a_days: int = 20  # working days
    caseload_warn: int = 30  # BR-38
    letter_gaps: tuple[int, ...] = (10,)  # working days after letter k; the last one goes for all that follow (BR-94)
    locating_steps: int = 3  # BR-90
    locating_days: int = 10  # working days
    information_check_days: int = 20  # working days until silence counts as an answer (BR-90)
    transfer_read_days: int = 90  # calendar days, the last included (BR-41)
    transfer_history: TransferHistory = TransferHistory.FULL
    small_cell: int = 6  # BR-116
    window: int = 6  # school weeks (BR-124)
    draft_expiry_days: int = 60  # calendar days
    draft_warning_days: int = 10  # before the expiry
    silent_days: int = 10  # working days
    wait_rules_mode: Mode = Mode.WARN  # BR-16
    office_support_timeline: bool = True  # BR-67
    hard_stops: tuple[Code, ...] = ("NO_VISA", "SINGLE_CLASS")  # BR-14
    forums: tuple[UUID, ...] = ()  # catchments that have a multi-agency forum (BR-97)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersion:
    """One published version, in force from a day on until a later version is."""

    version: int
    effective_from: date
    values: PolicyValues


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    versions: tuple[PolicyVersion, ...] = ()

    @property
    def latest(self) -> int:
        """The highest version published, in force or not yet; 0 before the first."""
        return versions.latest(self.versions)

    def version_on(self, day: date) -> int:
        """Return the version in force on the day; 0, the first values, before anything was published."""
        return self._on(day).version

    def in_force(self, day: date) -> PolicyValues:
        """Return the parameters in force on the day: the highest version that is effective by then."""
        return self._on(day).values

    def _on(self, day: date) -> PolicyVersion:
        return versions.in_force(self.versions, day, _FIRST)


_FIRST: Final = PolicyVersion(version=0, effective_from=date.min, values=PolicyValues())

"""The policy: every number that a rule uses, by date and version."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.bounds import AFew, Many, Percent, Quantity
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
    """Where a reopened case stands, which the sources leave open (BR-82)."""

    PROVIDER_QUEUE = "PROVIDER_QUEUE"
    OPEN = "OPEN"  # with the last Case Manager, if they work for the provider now right; else in its queue


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyValues:
    """The parameters with their first values. The rule names the calendar of its days; no fractions."""

    __pydantic_config__ = STRICT

    star_thresholds: AFew[Quantity] = (5, 10, 15)  # days absent in the term (BR-120)
    chronic_percent: Percent = 70  # BR-121
    school_meeting_days: Quantity = 5  # working days (BR-45)
    school_meeting_from: ClockStart = ClockStart.ALLOCATED
    school_meeting_rolls_to_school_day: bool = False  # BR-5
    whanau_meeting_days: Quantity = 10  # working days (BR-46)
    nen_school_days: Quantity = 20  # BR-26
    nen_form_days: Quantity = 5  # school days (BR-28)
    enrol_update_days: Quantity = 5  # school days
    reopen_months: Quantity = 3  # BR-81
    reopen_target: ReopenTarget = ReopenTarget.PROVIDER_QUEUE  # BR-82
    ubnf_cap_percent: Percent = 3  # BR-101
    ubnf_cap_mode: Mode = Mode.BLOCK
    info_request_forward_days: Quantity = 2  # working days (BR-110)
    info_request_decide_days: Quantity = 20  # OIA working days (BR-111)
    breach_notify_hours: Quantity = 72  # BR-114
    min_age_compulsory: Quantity = 6
    max_age_compulsory: Quantity = 16
    pause_under_age: Quantity = 6  # BR-70
    leap_birthday: LeapBirthday = LeapBirthday.MAR1
    ipp3a_from_on: date = date(2026, 5, 1)  # BR-112
    ipp3a_days: Quantity = 20  # working days
    caseload_warn: Quantity = 30  # BR-38
    letter_gaps: AFew[Quantity] = (10,)  # working days after letter k; the last one goes for all that follow (BR-94)
    locating_steps: Quantity = 3  # BR-90
    locating_days: Quantity = 10  # working days
    information_check_days: Quantity = 20  # working days until silence counts as an answer (BR-90)
    transfer_read_days: Quantity = 90  # calendar days, the last included (BR-41)
    transfer_history: TransferHistory = TransferHistory.FULL
    small_cell: Quantity = 6  # BR-116
    window: Quantity = 6  # school weeks (BR-124)
    draft_expiry_days: Quantity = 60  # calendar days
    draft_warning_days: Quantity = 10  # before the expiry
    silent_days: Quantity = 10  # working days
    wait_rules_mode: Mode = Mode.WARN  # BR-16
    office_support_timeline: bool = True  # BR-67
    hard_stops: Many[Code] = ("NO_VISA", "SINGLE_CLASS")  # BR-14
    approval_days: Quantity = 14  # calendar days that what takes a second person waits for one
    administrators_apart_days: Quantity = 30  # calendar days until an administrator seconds whoever asked for them
    audit_longest_days: Quantity = 366  # calendar days that an auditor's role is granted for at most
    forums: Many[UUID] = ()  # catchments that have a multi-agency forum (BR-97)


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

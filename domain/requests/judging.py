"""Judging: whether a complete request fits the criteria of its day, and over which advice (BR-14 to BR-17)."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.decision import Context, Refused
from domain.policies.criteria import CRITERIA, Criteria, CriteriaValues
from domain.policies.policy import SERVICE_POLICY, Mode, Policy, PolicyValues
from domain.requests.form import EXCEPTIONAL, YEAR_LEVELS, Form


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """By which version of the criteria a request was let through, and over which advice."""

    criteria_version: int
    overrides: tuple[str, ...]


def judged(form: Form, context: Context) -> Judged:
    """Judge a request by the criteria in force today, whatever its draft was begun under (BR-17)."""
    criteria = context.fact(Criteria, CRITERIA)
    values = criteria.in_force(context.today)
    policy = context.fact(Policy, SERVICE_POLICY).in_force(context.today)
    _require_known(form, values)
    _require_apt(form, policy)
    _require_eligible(form, values)
    _require_tried(form)
    _require_not_early(form, policy)
    advice = (code for code in form.stops if code not in policy.hard_stops)
    return Judged(criteria_version=criteria.version_on(context.today), overrides=(*form.wait_reasons, *advice))


def _require_known(form: Form, values: CriteriaValues) -> None:
    if form.year_level not in YEAR_LEVELS:
        raise NotOnTheForm("year_level")
    lists = {
        "indicators": (form.indicators, (*values.strong, *values.may, *values.consider)),
        "wait_reasons": (form.wait_reasons, values.wait),
        "stops": (form.stops, values.refuse),
    }
    if unknown := [name for name, (given, offered) in lists.items() if not _within(given, offered)]:
        raise NotOnTheForm(*unknown)


def _within(given: Iterable[str], offered: Iterable[str]) -> bool:
    return set(given) <= set(offered)


def _require_apt(form: Form, policy: PolicyValues) -> None:
    if any(code in policy.hard_stops for code in form.stops):
        raise NotAppropriate("stops")


def _require_eligible(form: Form, values: CriteriaValues) -> None:
    if form.basis not in values.eligibility:
        raise NotEligible("basis")


def _require_tried(form: Form) -> None:
    if form.basis == EXCEPTIONAL:
        return
    tried = {"strategies_tried": form.strategies_tried, "plan_made_on": form.plan_made_on is not None}
    if missing := [name for name, done in tried.items() if not done]:
        raise SchoolHasNotTried(*missing)


def _require_not_early(form: Form, policy: PolicyValues) -> None:
    """Reasons to wait are advice: overridden on record, unless the policy blocks them (BR-16)."""
    if form.wait_reasons and policy.wait_rules_mode is Mode.BLOCK:
        raise BetterToWait("wait_reasons")


class NotOnTheForm(Refused):
    """The form offers other values on this day."""


class NotAppropriate(Refused):
    """A request is not appropriate for an international student without a valid visa, or for a single class missed.

    If you are unsure, ask your local Attendance Service provider or your regional office of the Ministry.
    """


class NotEligible(Refused):
    """Support is for chronic absence, a clear pattern consistent with it, or exceptional circumstances."""


class SchoolHasNotTried(Refused):
    """Before a request, the school tries strategies of its own and makes an individual attendance plan."""


class BetterToWait(Refused):
    """While a reason to wait holds, the school goes on with its own plan."""

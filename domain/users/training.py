"""Training: the module that people of providers pass before they get a role; optional for schools."""

from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias

from domain.decision import Context, Refused
from domain.text import STRICT
from domain.users.user import User


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTrainingPassed:
    """Record the day on which somebody passed the module; passing it again later adds nothing."""

    __pydantic_config__ = STRICT

    passed_on: date

    def decide(self, user: User, context: Context) -> list["TrainingPassed"]:
        user.require()
        if self.passed_on > context.today:
            raise TrainingInTheFuture("passed_on")
        return [] if user.training_passed_on else [TrainingPassed(passed_on=self.passed_on)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPassed:
    """A user passed the online training, which people of providers need before they get a role."""

    passed_on: date

    def evolve(self, user: User) -> User:
        return replace(user, training_passed_on=self.passed_on)


class TrainingInTheFuture(Refused):
    """Training is recorded once it was passed."""


Command: TypeAlias = RecordTrainingPassed
Event: TypeAlias = TrainingPassed

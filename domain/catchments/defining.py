"""Catchments from the Ministry's list: defined once, changed when the list says something else."""

from dataclasses import dataclass, replace
from typing import TypeAlias

from domain.catchments.catchment import Catchment, CatchmentDetails
from domain.decision import Context, Refused
from domain.ids import catchment_id
from domain.text import STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineCatchment:
    """Say what a catchment is: opens its stream, or changes what was said; its code stays."""

    __pydantic_config__ = STRICT

    details: CatchmentDetails

    def decide(self, catchment: Catchment, context: Context) -> list["CatchmentDefined"]:
        if context.stream != catchment_id(self.details.code):
            raise CodeOfAnotherCatchment("code")
        return [] if catchment.details == self.details else [CatchmentDefined(details=self.details)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchmentDefined:
    """What the Ministry's list says of a catchment, for the first time or anew; its code stays."""

    details: CatchmentDetails

    def evolve(self, catchment: Catchment) -> Catchment:
        return replace(catchment, details=self.details)


class CodeOfAnotherCatchment(Refused):
    """This is the code of another catchment; a catchment keeps its code."""


Command: TypeAlias = DefineCatchment
Event: TypeAlias = CatchmentDefined

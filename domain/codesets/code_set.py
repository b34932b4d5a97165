"""A code set: the codes that a form offers, each valid for a time, with labels in English and Māori."""

from dataclasses import dataclass
from datetime import date

from domain.decision import Context, Refused
from domain.ids import code_set_id
from domain.text import STRICT, Code, OptionalText, ShortText


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeEntry:
    """A code and how it is shown; valid from and to a day, both included."""

    __pydantic_config__ = STRICT

    code: Code
    label_en: ShortText
    label_mi: ShortText | None = None
    description: OptionalText = ""
    valid_from: date | None = None
    valid_to: date | None = None
    replaced_by: Code | None = None
    source: ShortText | None = None

    def valid(self, day: date) -> bool:
        """Say whether the code may be chosen on the day; one that is no longer valid keeps its labels."""
        return (self.valid_from or date.min) <= day <= (self.valid_to or date.max)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSet:
    name: str = ""
    version: int = 0
    codes: tuple[CodeEntry, ...] = ()

    def entry(self, code: str) -> CodeEntry | None:
        return next((each for each in self.codes if each.code == code), None)

    def valid(self, code: str, day: date) -> bool:
        """Say whether the set has the code and it may be chosen on the day."""
        entry = self.entry(code)
        return entry is not None and entry.valid(day)


def require_codes(context: Context, name: str, *codes: str | None, field: str) -> None:
    """Raise UnknownCode, naming the field, unless every code given is valid today; None is none."""
    given = [code for code in codes if code is not None]
    if given:
        known = context.fact(CodeSet, code_set_id(name))
        if not all(known.valid(code, context.today) for code in given):
            raise UnknownCode(field)


class UnknownCode(Refused):
    """The code is not in its list, or not valid on this day."""

"""Publishing a code set: a new version of the whole list. A code is retired by a date and never dropped."""

from collections import Counter
from dataclasses import dataclass
from typing import TypeAlias

from domain.bounds import Many, VersionNumber
from domain.codesets.code_set import CodeEntry, CodeSet
from domain.decision import Context, Refused
from domain.ids import code_set_id
from domain.text import STRICT, ShortText


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishCodeSet:
    """Publish the whole list of a set, the codes that stay the same too."""

    __pydantic_config__ = STRICT

    name: ShortText
    version: VersionNumber
    codes: Many[CodeEntry]

    def decide(self, code_set: CodeSet, context: Context) -> list["CodeSetPublished"]:
        if context.stream != code_set_id(self.name):
            raise NameOfAnotherCodeSet("name")
        happened = CodeSetPublished(name=self.name, version=self.version, codes=self.codes)
        if happened.evolve(code_set) == code_set:
            return []
        if self.version != code_set.version + 1:
            raise NotTheNextVersion("version")
        require_whole(self.codes, code_set)
        return [happened]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSetPublished:
    """The whole list of a set, in place of the one before; each code says from and to which day it may be chosen."""

    name: str
    version: int
    codes: tuple[CodeEntry, ...]

    def evolve(self, code_set: CodeSet) -> CodeSet:
        return CodeSet(name=self.name, version=self.version, codes=self.codes)


def require_whole(codes: tuple[CodeEntry, ...], before: CodeSet) -> None:
    """Raise unless every code comes once, ends after it begins, and none of before is missing."""
    count = Counter(each.code for each in codes)
    if any(times > 1 for times in count.values()):
        raise CodeTwice("codes")
    if any(each.valid_from and each.valid_to and each.valid_to < each.valid_from for each in codes):
        raise CodeNeverValid("codes")
    if any(each.code not in count for each in before.codes):
        raise CodeDropped("codes")


class NameOfAnotherCodeSet(Refused):
    """This is the name of another code set."""


class NotTheNextVersion(Refused):
    """What was published is not edited; the next version has the next number."""


class CodeTwice(Refused):
    """A code stands in the list once."""


class CodeNeverValid(Refused):
    """The last day of a code lies before its first."""


class CodeDropped(Refused):
    """Codes in use keep their labels: a code is ended by a last day, not left out."""


Command: TypeAlias = PublishCodeSet
Event: TypeAlias = CodeSetPublished

"""The reference pages are what the code says, and they name everything that people and programs can meet."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, make_dataclass
from typing import Any

import pytest

from api.cli import COMMANDS
from api.settings import PREFIX, variables
from domain import registry
from tests.house import commanding, describing, dictionary, happening, refusing, ruling
from tests.house.reference import DICTIONARY, PAGES
from tests.house.tree import ROOT

DOCS = ROOT / "docs"
LINK = re.compile(r"\]\((?P<file>[\w./-]*)(?:#(?P<anchor>[\w-]+))?\)")
HEADING = re.compile(r"^#+ (?P<name>.+)$", re.MULTILINE)
ANCHOR = re.compile(r'<a id="(?P<name>[\w-]+)">')
REGENERATE = "`make docs` writes the pages anew"


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def everything() -> str:
    """Return the README and all pages."""
    pages = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
    return "\n".join(page.read_text(encoding="utf-8") for page in pages)


def unnamed(names: set[str]) -> list[str]:
    """Return the names that stand in no page as code or as a heading."""
    pages = everything()
    return sorted(name for name in names if f"`{name}" not in pages and f"\n### {name}\n" not in pages)


def unheard_of(text: str) -> set[str]:
    """Return what a text names like a setting and is none."""
    return {*re.findall(rf"\b{PREFIX}[A-Z]\w*", text)} - variables().keys()


def anchors(page: str) -> set[str]:
    """Return what can be linked to in a page."""
    headings = (found["name"].lower().replace(".", "").replace(" ", "-") for found in HEADING.finditer(page))
    return {*headings, *(found["name"] for found in ANCHOR.finditer(page))}


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_is_what_the_code_says(name: str):
    assert read(name) == PAGES[name](), REGENERATE


def test_the_data_dictionary_is_that_of_a_migrated_database(migrated: str):
    assert read(DICTIONARY) == dictionary.page(migrated), REGENERATE


def test_every_column_is_described():
    assert dictionary.silent(read(DICTIONARY)) == [], "say it in the schema, beside the field, or in columns.json"


def test_a_column_is_described_in_one_place():
    page = read(DICTIONARY)
    stale = {
        name: said
        for name, said in dictionary.told().items()
        if f"| {describing.linked(said)} |" not in page and f"\n{said}\n" not in page
    }
    assert stale == {}, "these entries of columns.json describe nothing, or what the code describes itself"


def test_a_column_that_nobody_describes_is_noticed():
    lines = [
        "## log.events",
        "",
        *describing.table("Column | Type | May be empty | What it holds", [["`x`", "uuid", "", ""]]),
    ]
    assert dictionary.silent("\n".join(lines)) == ["log.events.x"]


def test_every_event_and_command_is_named():
    assert unnamed({*registry.events(), *registry.commands()}) == []


@pytest.mark.parametrize("kinds", [registry.events(), registry.commands()], ids=["events", "commands"])
def test_every_event_and_command_says_what_it_is(kinds: Mapping[str, type[Any]]):
    assert [name for name, kind in kinds.items() if not describing.said(kind)] == [], "a docstring of its own"


def test_what_a_dataclass_makes_up_says_nothing():
    class Told:
        """What happened."""

    untold = make_dataclass("Untold", [("day", int)])
    assert (untold.__doc__, describing.said(untold)) == ("Untold(day: int)", "")
    assert (describing.said(dataclass(Told)), describing.said(type("Silent", (), {}))) == ("What happened.", "")


def test_every_refusal_is_named():
    assert unnamed({kind.__name__ for kind in refusing.refusals()}) == []


def test_every_refusal_is_raised_somewhere():
    assert [kind.__name__ for kind in refusing.refusals() if not refusing.raised_in(kind)] == []


def test_every_refusal_tells_people_why():
    assert [kind.__name__ for kind in refusing.refusals() if not describing.said(kind)] == []


def test_every_setting_is_named():
    assert unnamed(set(variables())) == []


def test_every_command_of_the_program_is_named():
    assert unnamed({f"attendance {name}" for name in COMMANDS}) == []


def test_no_setting_is_named_that_there_is_not():
    assert unheard_of(everything()) == set()


def test_a_setting_that_there_is_not_is_noticed():
    assert unheard_of("Give `AS_CMS_MODE` and `AS_CMS_MOOD`.") == {"AS_CMS_MOOD"}


def test_a_name_that_stands_nowhere_is_noticed():
    assert unnamed({"CaseForgotten", "CasePaused"}) == ["CaseForgotten"]


def glossary() -> list[tuple[str, str, str]]:
    """Return the words of the README: word, what it is, and the file where it is."""
    words = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Words")[2].partition("\n## ")[0]
    rows = (line.strip("| ").split(" | ") for line in words.splitlines() if line.startswith("| ") and "`" in line)
    return [(word, meaning, where.strip("`")) for word, meaning, where in rows]


@pytest.mark.parametrize(("word", "meaning", "where"), glossary())
def test_a_word_of_the_readme_is_where_it_says(word: str, meaning: str, where: str):
    code = (ROOT / where).read_text(encoding="utf-8")
    names = re.findall(r"`([A-Z]\w+)`", meaning)
    known = {*registry.events(), *registry.commands()}
    assert all(f"class {name}" in code or name in known for name in names), (word, where)


def test_every_word_of_the_field_is_in_the_readme():
    words = {part for word, _, _ in glossary() for part in word.split(", ")}
    assert {"case", "command", "event", "stream", "log", "position", "claim", "clock", "episode", "upcaster"} <= words


def test_every_rule_that_is_named_is_in_the_table():
    known = {rule.number for rule in ruling.rules()}
    assert {*ruling.carried_out(), *ruling.proved()} - known == set()


def test_every_rule_of_the_present_stage_is_carried_out_and_proved():
    present = [rule.number for rule in ruling.rules() if rule.stage == ruling.NOW]
    assert present
    assert [f"BR-{number}" for number in present if number not in ruling.carried_out()] == []
    assert [f"BR-{number}" for number in present if number not in ruling.proved()] == [], "no test names these"


def test_a_rule_whose_proof_is_owed_has_none():
    owed = [rule.number for rule in ruling.rules() if rule.stage == ruling.OWED]
    assert [f"BR-{number}" for number in owed if number in ruling.proved()] == [], "their stage is `now`"


def test_a_rule_for_later_that_some_test_proves_is_carried_out_in_part():
    page = read("rules.md")
    rows = {rule: next(row for row in page.splitlines() if f'"br-{rule.number}"' in row) for rule in ruling.rules()}
    partly = {rule.number for rule, row in rows.items() if "| in part<br>" in row}
    later = {rule.number for rule in rows if rule.stage == ruling.LATER}
    assert partly
    assert partly == later & ruling.proved().keys()


def test_rules_are_told_in_one_line_each_and_once():
    rules = ruling.rules()
    assert len({rule.number for rule in rules}) == len(rules)
    assert [rule.number for rule in rules if "\n" in rule.says or not rule.says.endswith(".")] == []
    assert {rule.basis for rule in rules} <= {"source", "ours", "source, in part ours"}
    assert {rule.stage for rule in rules} == {ruling.NOW, ruling.LATER} | (
        {ruling.OWED} & {rule.stage for rule in rules}
    )


def test_a_range_of_rules_names_those_in_the_middle_unless_it_is_too_wide():
    assert describing.rules_in("(BR-70 to BR-72, BR-80) and test_BR_4") == {70, 71, 72, 80, 4}
    assert describing.rules_in("(BR-130 to BR-143)") == set()
    assert describing.rules_in("test_the_table_BR_60_to_62") == {60, 61, 62}
    assert describing.rules_alone_in("(BR-70 to BR-72, BR-80) and test_BR_4") == {80, 4}


def test_only_a_test_that_names_a_rule_proves_it():
    source = '"""BR-1."""\ndef helper():\n    """BR-2."""\ndef test_it_BR_3():\n    """BR-4."""\n'
    assert [describing.rules_in(said) for _, said in ruling.tests_in(source)] == [{3, 4}]


@pytest.mark.parametrize("name", [*PAGES, DICTIONARY])
def test_links_between_pages_lead_somewhere(name: str):
    for link in LINK.finditer(read(name)):
        target = (DOCS / (link["file"] or name)).resolve()
        assert target.exists(), link.group()
        assert not link["anchor"] or link["anchor"] in anchors(target.read_text(encoding="utf-8")), link.group()


@pytest.mark.parametrize(
    ("event", "field", "data_class"),
    [
        ("StudentRegistered", "details", "identity"),
        ("ContactDetailAdded", "detail", "contact"),
        ("SchoolMeetingHeld", "health_note", "health"),
        ("SchoolMeetingHeld", "note", "narrative"),
        ("CaseResumed", "trigger", "identity"),
    ],
)
def test_the_class_with_which_a_field_is_sealed_is_read_from_the_code(event: str, field: str, data_class: str):
    kind = registry.events()[event]
    assert happening.sealed_as(event, field, describing.hints(kind)[field]) == data_class


def test_a_field_that_is_not_needed_says_what_it_is_without():
    page = read("commands.md").partition("### AddContactDetail")[2].partition("###")[0]
    needed = {row.split("`")[1]: row.split(" | ")[2] for row in page.splitlines() if row.startswith("| `")}
    assert (needed["contact"], needed["confidence"], needed["catchment"]) == ("yes", "else `LIKELY`", "")


def test_every_command_names_the_events_that_it_becomes():
    assert [name for name, kind in registry.commands().items() if not commanding.becomes(kind)] == []
    assert commanding.becomes(registry.commands()["MergeNsn"]) == ["NsnMerged", "NsnAliasAdded", "NsnReplaced"]
    assert commanding.becomes(registry.commands()["ReopenCase"])[0] == "CaseReopened"


def test_a_field_without_words_has_those_of_the_event_that_takes_it_over():
    record, reopen = (registry.commands()[name] for name in ("RecordActivity", "ReopenCase"))
    assert commanding.meaning(record, "kind") == "a code of `ActivityKind`"
    assert commanding.meaning(reopen, "reason") == "", "what an allocation says of its reason is about another one"


def test_a_command_without_a_route_says_so():
    assert "No route" in read("commands.md").partition("### ResumeWhenDue")[2].partition("###")[0]


def test_golden_files_are_linked_from_the_events():
    page = read("events.md")
    assert all(f"../tests/golden/{name}.v" in page for name in registry.events())

"""The reference as a page: everything that can be asked is on it, and it needs nothing from elsewhere."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient

from api.app import bare_app
from api.http.edge import SAFE
from api.http.reference import kind, page
from domain.users.user import Role

APP = bare_app()
DOCUMENT = APP.openapi()
OPERATIONS = [(path, method, one) for path, methods in DOCUMENT["paths"].items() for method, one in methods.items()]
NAMES = [operation["operationId"] for _, _, operation in OPERATIONS]
ANSWER = TestClient(APP).get("/docs")
LOADING = {"src", "srcset", "poster", "data", "action", "formaction", "background", "style"}
EMPTY = {"meta", "link", "br", "hr", "img"}


class Elements(HTMLParser):
    """Every element with its attributes, the text of everything, and whether what is opened is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.open.extend([] if tag in EMPTY else [tag])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, self.getpos()

    def handle_data(self, data):
        self.text += data

    def all(self, attribute: str) -> list[str]:
        return [value for _, attributes in self.elements if (value := attributes.get(attribute)) is not None]


READ = Elements(ANSWER.text)
STYLE = re.search(r"<style>(.*?)</style>", ANSWER.text, re.DOTALL)


def part(named: str) -> Elements:
    """What is said of one operation, or of one schema."""
    found = re.search(rf'<article id="{named}">.*?</article>', ANSWER.text, re.DOTALL)
    assert found, named
    return Elements(found[0])


def flat(text: str) -> str:
    return " ".join(text.replace("`", "").split())


def example_of(operation):
    return operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")


def test_the_page_is_html_for_everybody_in_the_language_of_the_country():
    assert (ANSWER.status_code, ANSWER.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert ANSWER.text.startswith("<!DOCTYPE html>")
    assert ("html", {"lang": "en-NZ"}) in READ.elements
    assert ("meta", {"charset": "utf-8"}) in READ.elements
    assert READ.open == []


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=NAMES)
def test_every_operation_is_on_the_page_with_its_address_words_parameters_and_answers(path, method, operation):
    said = part(operation["operationId"])
    told = flat(said.text)
    assert flat(f"{method.upper()} {path} {operation['description']}") in told
    assert all(parameter["name"] in told for parameter in operation.get("parameters", ()))
    for status, answer in operation["responses"].items():
        words = flat(answer["description"])
        assert (words in told) if status.startswith("2") else (f"#problem-{status}" in said.all("href"))
        assert words in flat(READ.text)
    example = example_of(operation)
    assert example is None or json.dumps(example, indent=2, ensure_ascii=False) in said.text
    assert ("without a token" in told) == (not operation.get("security"))


def test_every_object_tells_its_fields_and_every_list_of_words_its_words():
    for name, schema in DOCUMENT["components"]["schemas"].items():
        if "properties" in schema or "enum" in schema:
            told = flat(part(f"schema-{name}").text)
            assert all(str(one) in told for one in (*schema.get("properties", ()), *schema.get("enum", ()))), name


def test_what_a_body_and_an_answer_are_made_of_is_one_step_away():
    assert {"#schema-Attestations", "#schema-Answer", "#schema-Role"} <= set(part("pause_case").all("href"))


def test_the_contents_lead_to_every_operation_and_no_link_leads_nowhere():
    ids, links = READ.all("id"), READ.all("href")
    assert len(ids) == len(set(ids))
    assert {link for link in links if not link.startswith("#")} == {"openapi.json"}
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    contents = Elements(ANSWER.text.partition("</nav>")[0].partition("<nav")[2])
    assert {f"#{operation['operationId']}" for _, _, operation in OPERATIONS} <= set(contents.all("href"))


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs():
    tags = {tag for tag, _ in READ.elements}
    names = {name for _, attributes in READ.elements for name in attributes}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    assert not names & LOADING
    assert not [name for name in names if name.startswith("on")]
    assert STYLE
    assert not re.search(r"url\(|@import|://", STYLE[1])


def test_the_policy_allows_the_one_style_of_the_page_and_nothing_else():
    assert STYLE
    digest = base64.b64encode(hashlib.sha256(STYLE[1].encode()).digest()).decode()
    assert ANSWER.headers["content-security-policy"].split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]


def test_the_other_headers_are_those_of_every_answer():
    others = {name: value for name, value in SAFE.items() if name != "Content-Security-Policy"}
    assert {name: ANSWER.headers[name] for name in others} == others
    assert TestClient(APP).get("/openapi.json").headers["content-security-policy"] == SAFE["Content-Security-Policy"]


def test_the_page_is_no_part_of_the_document():
    assert "/docs" not in DOCUMENT["paths"]


def test_it_is_the_same_every_time_and_nothing_is_asked_beside_it():
    again = TestClient(APP, headers={"Host": "elsewhere.example"}).get("/docs", headers={"Accept": "x"})
    assert (again.status_code, again.text) == (200, ANSWER.text)
    asked = TestClient(APP).get("/docs?x=<script>")
    assert (asked.status_code, "script" in asked.text) == (422, False)


def test_the_way_to_a_token_names_a_role_and_an_address_that_there_are():
    commands = flat(READ.text.partition("TOKEN=")[2].partition("--org is")[0])
    role, address = re.findall(r"--role (\w+)", commands), re.findall(r"\$ADDRESS(/[^\"]+)", commands)
    assert [Role(one) for one in role] == [Role.ATTENDANCE_LEAD]
    assert [re.sub(r"\$(\w+)", lambda name: f"{{{name[1].lower()}}}", one) in DOCUMENT["paths"] for one in address] == [
        True
    ]


def test_macrons_are_shown_as_they_are():
    assert "whānau" in ANSWER.content.decode("utf-8")


def test_words_of_the_document_are_text_whatever_they_say():
    operation = {"operationId": "ask", "summary": "<b>", "description": "`<i>` & co", "tags": ["<u>"], "responses": {}}
    made = page({"info": {"title": "T", "version": "1", "description": "<s>"}, "paths": {"/a": {"get": operation}}})
    assert "<code>&lt;i&gt;</code> &amp; co" in made.html
    assert not {tag for tag, _ in Elements(made.html).elements} & {"i", "u", "s"}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string", "format": "uuid"}, "uuid"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Kind"}}, "list of Kind"),
        ({"$ref": "#/components/schemas/Thing"}, "Thing"),
        ({"$ref": "#/components/schemas/Number"}, "integer"),
        ({"enum": ["A", "B"]}, "one of A, B"),
        ({"const": "A"}, "A"),
        ({}, "any value"),
    ],
)
def test_what_a_value_is_is_told_in_a_few_words(schema, words):
    schemas = {
        "Kind": {"enum": ["A", "B"], "type": "string"},
        "Thing": {"properties": {}},
        "Number": {"type": "integer"},
    }
    assert kind(schema, schemas) == words

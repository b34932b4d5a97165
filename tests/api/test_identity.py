"""Who asks is proved by a signed token; what they may do is a grant in the log, and a revocation works at once."""

import base64
import hmac
import json
import time
import warnings
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from adapters.development_issuer import ISSUER, DevelopmentIssuer, NotInProduction
from adapters.identity import LEEWAY_SECONDS, NotProven, Tokens, types_in
from adapters.public_keys import PERIOD_SECONDS, PublishedKeys, UnusableKeys, key_set
from domain.ids import own_id
from domain.requests.request import Request
from domain.users.user import Role
from tests.api.town import AWHI, KAURI, RIMU, TAUTOKO, Town

HEAD = '{"alg": "ES256", "kid": "ours"}'
ES256 = JWSRegistry.algorithms["ES256"]
KEY = ECKey.generate_key("P-256", parameters={"kid": "ours"})


def public(*keys: Any) -> KeySet:
    return KeySet.import_key_set({"keys": [key.as_dict(private=False) for key in keys]})


NOW = 1_800_000_000
LONGEST = 3_600
CLAIMS = {"iss": "us", "aud": "as-cms", "exp": NOW + 60, "iat": NOW, "sub": "mere", "org": str(KAURI)}
TOKENS = Tokens(public(KEY), issuer="us", audience="as-cms", now=lambda: NOW)


def signed(claims: dict[str, Any], key: Any = KEY, algorithm: str = "ES256") -> str:
    return jwt.encode({"alg": algorithm, "kid": "ours"}, claims, key, algorithms=[algorithm])


def encoded(part: dict[str, Any]) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")


def unsigned(claims: dict[str, Any]) -> str:
    return b".".join((encoded({"alg": "none"}), encoded(claims), b"")).decode()


def confused(claims: dict[str, Any]) -> str:
    """Signed with our public key, as if it were a shared secret."""
    said = b".".join(encoded(part) for part in ({"alg": "HS256", "kid": "ours"}, claims))
    mark = hmac.digest(KEY.as_pem(private=False), said, "sha256")
    return b".".join((said, base64.urlsafe_b64encode(mark).rstrip(b"="))).decode()


def written(head: str, claims: str) -> str:
    """Signed by us, with head and claims written just so."""
    said = ".".join(base64.urlsafe_b64encode(part.encode("utf-8")).rstrip(b"=").decode() for part in (head, claims))
    mark = ES256.sign(said.encode(), KEY)
    return f"{said}.{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}"


def telling(**more: str) -> Callable[[], str]:
    """The claims as text, and these beside them as they stand here."""
    text = json.dumps(CLAIMS)[:-1] + "".join(f', "{name}": {value}' for name, value in more.items()) + "}"
    return lambda: written(HEAD, text)


def typed(kind: Any) -> Callable[[], str]:
    return lambda: written(json.dumps({"alg": "ES256", "kid": "ours", "typ": kind}), json.dumps(CLAIMS))


def headed(**more: Any) -> Callable[[], str]:
    return lambda: written(json.dumps({"alg": "ES256", "kid": "ours"} | more), json.dumps(CLAIMS))


def last_bit_set(token: str) -> str:
    """The same signature, written in another way: the last bits of base64url count for nothing."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) | 1]


def without(name: str) -> Callable[[], str]:
    return lambda: signed({key: value for key, value in CLAIMS.items() if key != name})


def changed(**claims: object) -> Callable[[], str]:
    return lambda: signed(CLAIMS | claims)


FALSE: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "no token": lambda: "Whetūrangi",
    "expired": changed(exp=NOW - LEEWAY_SECONDS),
    "issued in the future": changed(iat=NOW + LEEWAY_SECONDS + 1),
    "not valid yet": changed(nbf=NOW + LEEWAY_SECONDS + 1),
    "for another audience": changed(aud="another"),
    "of another issuer": changed(iss="them"),
    "unsigned": lambda: unsigned(CLAIMS),
    "of another key": lambda: signed(CLAIMS, ECKey.generate_key("P-256")),
    "of our public key as a secret": lambda: confused(CLAIMS),
    "with an algorithm that is not allowed": lambda: signed(CLAIMS, ECKey.generate_key("P-384"), "ES384"),
    "tampered with": lambda: signed(CLAIMS)[:-4] + "AAAA",
    "that never expires": changed(exp=None),
    "with a time in words": changed(exp="tomorrow"),
    "of an organisation that is no id": changed(org="kauri"),
    "of many organisations": changed(org=[str(KAURI)]),
    "of nobody": changed(sub=""),
    "of a number": changed(sub=7),
    "with a role that is no text": changed(role=["SYSTEM"]),
    "that lives too long": changed(exp=NOW + LONGEST + 1),
    "that lives too long already": changed(iat=NOW - LONGEST, exp=NOW + 1),
    "that ends before it begins": changed(iat=NOW + 20, exp=NOW + 10),
    "that lives for ever": telling(**{"exp ": "1"}, iat="1e999"),
    "with a claim given twice": telling(sub='"mere"'),
    "with a claim given twice, escaped": telling(**{"\\u0073ub": '"mere"'}),
    "with a claim given twice inside": telling(act='{"sub": "a", "sub": "b"}'),
    "with half a character": telling(name='"\\ud800"'),
    "named by half a character": telling(**{"\\udfff": "1"}),
    "with no number": telling(age="NaN"),
    "with a header given twice": lambda: written('{"alg": "none", "alg": "ES256", "kid": "ours"}', json.dumps(CLAIMS)),
    "for logging out": typed("logout+jwt"),
    "that proves possession": typed("dpop+jwt"),
    "of a type that is no text": typed(7),
    "that demands something": headed(crit=["exp"]),
    "that is not encoded": headed(b64=False),
    "that brings its key": headed(jwk=KEY.as_dict(private=False)),
    "that says where its key is": headed(jku="https://example.org"),
    "of a key that nobody has": headed(kid="theirs"),
    **{
        f"of whoever signed in, by its {name}": changed(**{name: "x"})
        for name in ("nonce", "at_hash", "c_hash", "s_hash")
    },
    "of whoever signed in, by a mark that is null": changed(nonce=None),
    "of whoever signed in, by its type": changed(typ="ID"),
    "of whoever signed in, by its type in small letters": changed(typ="id"),
    "of whoever signed in, by its use": changed(token_use="id"),
    "of whoever signed in, by its use in capitals": changed(token_use="ID"),
    "of a type that is absent in words": typed("none"),
    "of an organisation in braces": changed(org=f"{{{KAURI}}}"),
    "of an organisation without hyphens": changed(org=KAURI.hex),
    "padded": lambda: signed(CLAIMS) + "==",
    "with a blank": lambda: " " + signed(CLAIMS),
    "of four parts": lambda: signed(CLAIMS) + ".x",
    "written in another way": lambda: last_bit_set(signed(CLAIMS)),
    "too long": changed(sub="x" * 9_000),
    **{f"without {name}": without(name) for name in CLAIMS},
}


def test_a_token_proves_the_person_and_the_organisation():
    proven = TOKENS.prove(signed(CLAIMS | {"role": "AUDITOR", "aud": ["as-cms", "another"]}))
    assert (proven.subject, proven.organisation, proven.role) == ("mere", KAURI, "AUDITOR")


def test_clocks_may_differ_a_little():
    for near in ({"exp": NOW - LEEWAY_SECONDS + 1, "iat": NOW - 60}, {"iat": NOW + LEEWAY_SECONDS}):
        assert TOKENS.prove(signed(CLAIMS | near)).subject == "mere"


@pytest.mark.parametrize("kind", ["JWT", "jwt", "at+jwt", "application/at+jwt"])
def test_a_token_of_access_is_one_whatever_the_case_of_its_type(kind: str):
    assert TOKENS.prove(typed(kind)()).subject == "mere"


@pytest.mark.parametrize("use", [{"typ": "Bearer"}, {"token_use": "access"}, {"typ": 7}])
def test_a_token_that_says_it_is_one_of_access_in_its_claims_proves_as_much(use: dict[str, Any]):
    assert TOKENS.prove(signed(CLAIMS | use)).subject == "mere"


def untyped() -> str:
    return written(HEAD, json.dumps(CLAIMS))


@pytest.mark.parametrize(
    ("taken", "proving"),
    [
        ("JWT at+jwt none", {"JWT", "at+jwt", "application/at+jwt", None}),
        ("at+jwt", {"at+jwt", "application/at+jwt"}),
        ("application/AT+JWT", {"at+jwt", "application/at+jwt"}),
        ("none", {None}),
        ("jwt", {"JWT"}),
        ("okta-internal-at+jwt", {"application/okta-internal-at+jwt"}),
    ],
)
def test_which_types_of_tokens_are_taken_can_be_said(taken: str, proving: set[str | None]):
    judge = Tokens(public(KEY), issuer="us", audience="as-cms", types=types_in(taken), now=lambda: NOW)
    kinds = ["JWT", "at+jwt", "application/at+jwt", "application/okta-internal-at+jwt", "none", "logout+jwt"]
    found = {kind for kind in kinds if proven(judge, typed(kind)())} | ({None} if proven(judge, untyped()) else set())
    assert found == proving


def test_the_development_issuer_says_that_its_tokens_are_of_access(tmp_path: Path):
    issuer = DevelopmentIssuer(tmp_path / "issuer.json", production=False)
    judge = Tokens(issuer.keys, issuer=ISSUER, audience="as-cms", types=types_in("at+jwt"))
    assert judge.prove(issuer.token(subject="mere", organisation=KAURI)).subject == "mere"


@pytest.mark.parametrize("what", FALSE)
def test_a_token_that_proves_nothing_is_refused(what: str):
    with pytest.raises(NotProven):
        TOKENS.prove(FALSE[what]())


with warnings.catch_warnings(action="ignore"):
    SHORT = RSAKey.generate_key(1_024, auto_kid=True)
WEAK: list[Any] = [
    SHORT,
    OKPKey.generate_key("X25519"),
    ECKey.generate_key("secp256k1"),
]
UNUSABLE: dict[str, list[dict[str, Any]]] = {
    "none": [],
    "a secret": [OctKey.generate_key(256).as_dict(private=True)],
    "a secret beside": [KEY.as_dict(private=False), OctKey.generate_key(256).as_dict(private=True)],
    "a private one": [KEY.as_dict(private=True)],
    "a private one beside": [RSAKey.generate_key(2_048).as_dict(private=True), KEY.as_dict(private=False)],
    "two of a name": [KEY.as_dict(private=False), ECKey.generate_key("P-256").as_dict(private=False) | {"kid": "ours"}],
    **{f"weak {i}": [key.as_dict(private=False)] for i, key in enumerate(WEAK)},
}


def published(keys: list[dict[str, Any]]) -> KeySet:
    return KeySet.import_key_set({"keys": keys}) if keys else KeySet([])


@pytest.mark.filterwarnings("ignore:Key size")
@pytest.mark.parametrize("what", UNUSABLE)
def test_keys_are_public_strong_and_each_of_its_own_name(what: str):
    with pytest.raises(UnusableKeys):
        Tokens(published(UNUSABLE[what]), issuer="us", audience="as-cms")


def test_keys_are_read_from_a_file(tmp_path: Path):
    file = tmp_path / "jwks.json"
    rsa = RSAKey.generate_key(2048, parameters={"kid": "theirs"})
    file.write_text(json.dumps(KeySet([KEY, rsa]).as_dict(private=False)))
    tokens = Tokens(key_set(file), issuer="us", audience="as-cms", now=lambda: NOW)
    assert tokens.prove(signed(CLAIMS)).subject == "mere"
    theirs = jwt.encode({"alg": "RS256", "kid": "theirs"}, CLAIMS, rsa)
    assert tokens.prove(theirs).subject == "mere"


def test_keys_that_the_issuer_replaces_are_read_again_and_a_file_that_holds_none_changes_nothing(tmp_path: Path):
    file, time_, theirs = tmp_path / "jwks.json", [0.0], ECKey.generate_key("P-256", parameters={"kid": "new"})
    file.write_text(json.dumps(KeySet([KEY]).as_dict(private=False)))
    tokens = Tokens(PublishedKeys(file, lambda: time_[0]), issuer="us", audience="as-cms", now=lambda: NOW)
    new = jwt.encode({"alg": "ES256", "kid": "new"}, CLAIMS, theirs)
    for written, proves_old, proves_new in (
        (KeySet([KEY, theirs]).as_dict(private=False), True, True),
        ("no keys at all", True, True),
        (KeySet([theirs]).as_dict(private=False), False, True),
    ):
        file.with_suffix(".new").write_text(json.dumps(written))
        file.with_suffix(".new").replace(file)
        time_[0] += PERIOD_SECONDS
        assert (proven(tokens, signed(CLAIMS)), proven(tokens, new)) == (proves_old, proves_new)


def proven(tokens: Tokens, token: str) -> bool:
    try:
        return tokens.prove(token).subject == "mere"
    except NotProven:
        return False


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"keys": [{}]}', '{"keys": 7}', "null"])
def test_a_file_without_keys_stops_the_start(tmp_path: Path, text: str):
    file = tmp_path / "jwks.json"
    file.write_text(text)
    with pytest.raises(UnusableKeys):
        Tokens(key_set(file), issuer="us", audience="as-cms")


def test_the_development_issuer_refuses_production(tmp_path: Path):
    with pytest.raises(NotInProduction):
        DevelopmentIssuer(tmp_path / "issuer.json", production=True)
    assert list(tmp_path.iterdir()) == []


def test_the_development_issuer_keeps_its_key_to_itself(tmp_path: Path):
    file = tmp_path / "issuer.json"
    first, second = (DevelopmentIssuer(file, production=False) for _ in range(2))
    assert file.stat().st_mode & 0o077 == 0
    assert [each.name for each in tmp_path.iterdir()] == ["issuer.json"]
    tokens = Tokens(second.keys, issuer=ISSUER, audience="as-cms")
    assert tokens.prove(first.token(subject="mere", organisation=KAURI)).subject == "mere"
    assert all("d" not in key.as_dict(private=False) for key in first.keys)


def test_without_a_token_nobody_gets_in(town: Town):
    answer = town.client.post(f"/v1/cases/{uuid4()}/resume", json={})
    assert (answer.status_code, answer.json()["code"]) == (401, "TokenMissing")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("scheme", ["Basic", "Token", ""])
def test_a_token_comes_as_a_bearer(town: Town, scheme: str):
    token = town.bearer(Role.CASE_MANAGER)["Authorization"].removeprefix("Bearer ")
    headers = {"Authorization": f"{scheme} {token}".strip()}
    assert town.client.post(f"/v1/cases/{uuid4()}/resume", json={}, headers=headers).status_code == 401


def test_a_false_token_is_answered_401_before_the_body_is_looked_at(town: Town):
    town_issuer = town.issuer.token(
        subject="x", organisation=KAURI, role=Role.CASE_MANAGER, lifetime=timedelta(seconds=-3_600)
    )
    for token in (town_issuer, unsigned(CLAIMS | {"exp": time.time() + 60}), "x"):
        headers = {"Authorization": f"Bearer {token}"}
        answer = town.client.post(f"/v1/cases/{uuid4()}/resume", content=b"nonsense", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "TokenInvalid")
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


def test_a_login_that_nobody_has_proves_nothing(town: Town):
    headers = {"Authorization": f"Bearer {town.token('nobody', AWHI, Role.CASE_MANAGER)}"}
    assert town.client.post(f"/v1/cases/{uuid4()}/resume", json={}, headers=headers).status_code == 401


def test_a_role_in_a_token_is_no_right(town: Town):
    """A token may name any role: only a grant in the log makes it one."""
    login = f"case_manager-{AWHI.hex[:6]}"
    for organisation, role in [(AWHI, Role.WORKFLOW_LEAD), (TAUTOKO, Role.CASE_MANAGER)]:
        headers = {"Authorization": f"Bearer {town.token(login, organisation, role)}"}
        answer = town.client.post(f"/v1/cases/{town.case()}/resume", json={}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "NotAllowed")


def test_the_role_can_be_named_beside_a_token_that_names_none(town: Town):
    case = town.assigned()
    token = town.token(f"case_manager-{AWHI.hex[:6]}", AWHI, None)
    headers = {"Authorization": f"Bearer {token}"}
    body = {"barrier": str(uuid4()), "category": "TRANSPORT", "source": "SCHOOL", "identified_on": "2026-05-04"}
    ask = town.client.post
    assert ask(f"/v1/cases/{case}/barriers", json=body, headers=headers).status_code == 403
    named = headers | {"Acting-Role": "CASE_MANAGER"}
    assert ask(f"/v1/cases/{case}/barriers", json=body, headers=named).status_code == 200


def test_a_narrowed_token_cannot_be_widened(town: Town):
    headers = town.bearer(Role.OFFICE_SUPPORT) | {"Acting-Role": "CASE_MANAGER"}
    assert town.client.post(f"/v1/cases/{uuid4()}/resume", json={}, headers=headers).status_code == 403


def test_a_revoked_grant_works_at_once(town: Town):
    user, login = town.person(Role.WORKFLOW_LEAD, AWHI)
    headers = {"Authorization": f"Bearer {town.token(login, AWHI, Role.WORKFLOW_LEAD)}"}
    case = town.case()
    body = {"manager": str(town.people[Role.CASE_MANAGER])}
    assert town.client.post(f"/v1/cases/{case}/assign", json=body, headers=headers).status_code == 200
    town.revoke(user, Role.WORKFLOW_LEAD, AWHI)
    body["reason"] = "CASELOAD"
    answer = town.client.post(f"/v1/cases/{case}/reassign", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "NotAllowed")


def test_a_repeat_by_somebody_who_was_revoked_meanwhile_is_not_answered(town: Town):
    user, login = town.person(Role.WORKFLOW_LEAD, AWHI)
    headers = {"Authorization": f"Bearer {town.token(login, AWHI, Role.WORKFLOW_LEAD)}", "Idempotency-Key": "again"}
    body = {"manager": str(town.people[Role.CASE_MANAGER])}
    path = f"/v1/cases/{town.case()}/assign"
    first, second = (town.client.post(path, json=body, headers=headers) for _ in range(2))
    assert (first.status_code, second.json()) == (200, first.json())
    town.revoke(user, Role.WORKFLOW_LEAD, AWHI)
    third = town.client.post(path, json=body, headers=headers)
    assert (third.status_code, third.json()["code"]) == (403, "NotAllowed")


def test_a_case_out_of_scope_answers_as_one_that_does_not_exist_BR_69(town: Town):
    theirs, nobodys = town.assigned(), str(uuid4())
    answers = [
        town.client.post(f"/v1/cases/{case}/resume", json={}, headers=town.bearer(Role.CASE_MANAGER, TAUTOKO))
        for case in (theirs, nobodys)
    ]
    assert len({answer.content for answer in answers}) == 1
    assert {answer.status_code for answer in answers} == {404}


def test_a_draft_of_another_answers_as_one_that_does_not_exist_BR_11(town: Town):
    draft = uuid4()
    body = {"form": {"year_level": 7}}
    saved = town.client.put(f"/v1/requests/{draft}/draft", json=body, headers=town.bearer(Role.ATTENDANCE_LEAD))
    assert (saved.status_code, saved.headers["etag"]) == (201, '"1"')
    for role, organisation in [(Role.OFFICE_SUPPORT, KAURI), (Role.ATTENDANCE_LEAD, None)]:
        asked = town.bearer(role, organisation) if organisation else town.bearer(role, RIMU)
        answers = [
            town.client.post(f"/v1/requests/{one}/discard", json={"reason": "DUPLICATE"}, headers=asked)
            for one in (draft, uuid4())
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1


def test_an_id_of_another_kind_of_thing_answers_as_one_that_does_not_exist_BR_69(town: Town):
    request, headers = uuid4(), town.bearer(Role.ATTENDANCE_LEAD)
    town.client.put(f"/v1/requests/{request}/draft", json={"form": {}}, headers=headers)
    others = (request, own_id(Request, KAURI, request), town.student(), KAURI, uuid4())
    answers = [town.ask(f"/v1/cases/{one}/resume", {}, Role.CASE_MANAGER) for one in others]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1

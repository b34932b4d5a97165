"""Keys open only what they sealed, where they sealed it; digests stand for what must not be read."""

from base64 import b64encode
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.sealed import DataClass
from eventstore.key_material import BadSecret, MissingSecret, Secret, Secrets, WrongSecret, compare
from eventstore.sealing import BLOCK, Digests, Key, KeyEncryption, Tampered, new_secret, owner, place

A_PLACE = place(UUID(int=1), 1, "Named", "/name")
NSN = "123456789"


def key() -> Key:
    return Key(uuid4(), new_secret())


@given(st.binary(max_size=300))
def test_what_was_sealed_opens_at_its_place_with_blanks_behind_it(plaintext: bytes):
    same = key()
    sealed = same.seal(plaintext, A_PLACE)
    assert same.open(sealed, A_PLACE).startswith(plaintext)
    assert len(same.open(sealed, A_PLACE)) % BLOCK == 0


def test_the_same_value_never_looks_the_same():
    same = key()
    assert same.seal(b"yes", A_PLACE) != same.seal(b"yes", A_PLACE)


def test_another_key_does_not_open_it():
    with pytest.raises(Tampered):
        key().open(key().seal(b"yes", A_PLACE), A_PLACE)


@given(st.integers(0, 91), st.integers(1, 255))
def test_no_byte_of_it_can_be_changed(index: int, change: int):
    same = key()
    sealed = bytearray(same.seal(b"yes", A_PLACE))
    sealed[index] ^= change
    with pytest.raises(Tampered):
        same.open(bytes(sealed), A_PLACE)


def test_places_that_read_alike_are_told_apart():
    stream = UUID(int=1)
    assert place(stream, 1, "Named", "/a/b") != place(stream, 1, "Named/a", "/b")
    assert place(stream, 1, "Named", "/a") != place(stream, 11, "Named", "/a")


def encryption(*secrets: Secret) -> KeyEncryption:
    return KeyEncryption(Secrets(*secrets))


def test_a_wrapped_key_belongs_to_its_row():
    keks = encryption(Secret.new("first"))
    secret, whose = new_secret(), owner(uuid4(), uuid4(), DataClass.HEALTH)
    wrapped = keks.wrap(secret, whose)
    assert secret not in wrapped
    assert keks.unwrap("kek/first", wrapped, whose) == secret
    with pytest.raises(Tampered):
        keks.unwrap("kek/first", wrapped, owner(uuid4(), uuid4(), DataClass.HEALTH))


def test_a_former_kek_still_unwraps_until_it_is_taken_away():
    first, second = Secret.new("first"), Secret.new("second")
    secret = new_secret()
    wrapped = encryption(first).wrap(secret, b"")
    assert encryption(second, first).unwrap("kek/first", wrapped, b"") == secret
    with pytest.raises(MissingSecret, match="first"):
        encryption(second).unwrap("kek/first", wrapped, b"")


def digests(claims: Secret | None = None, idempotency: Secret | None = None) -> Digests:
    return Digests(claims=Secrets(claims or Secret.new("a")), idempotency=Secrets(idempotency or Secret.new("b")))


def test_a_claim_is_found_again_and_does_not_show_its_key():
    made = digests()
    assert made.claim("nsn", NSN) == made.claim("nsn", NSN)
    assert NSN.encode() not in made.claim("nsn", NSN)


def test_nobody_without_the_secret_can_try_out_all_nsns():
    assert digests().claim("nsn", NSN) != digests().claim("nsn", NSN)


def test_claims_of_two_kinds_or_keys_never_meet():
    made = digests()
    found = {made.claim(*claim) for claim in (("nsn", "12"), ("nsn", "1"), ("ns", "n12"), ("nsn1", "2"), ("", ""))}
    assert len(found) == 5


def test_a_claim_names_its_secret_so_that_it_can_be_changed():
    assert digests(claims=Secret.new("2026a")).claim("nsn", NSN).startswith(b"2026a:")


def test_a_repeated_request_has_the_same_command_id_and_no_other_has():
    made, organisation, user = digests(), uuid4(), uuid4()
    asked = (organisation, user, "POST", "/v1/cases", "key")
    others = [
        (organisation, user, "POST", "/v1/cases", "other"),
        (organisation, user, "POST", "/v1/case", "skey"),
        (organisation, user, "PUT", "/v1/cases", "key"),
        (organisation, uuid4(), "POST", "/v1/cases", "key"),
        (uuid4(), user, "POST", "/v1/cases", "key"),
    ]
    assert made.command_id(*asked) == made.command_id(*asked)
    assert made.command_id(*asked) not in {made.command_id(*other) for other in others}
    assert made.command_id(*asked).version == 5


def test_claims_and_commands_have_secrets_of_their_own():
    claims, idempotency = Secret.new("a"), Secret.new("b")
    before, after = digests(claims, idempotency), digests(claims, Secret.new("c"))
    assert before.claim("nsn", NSN) == after.claim("nsn", NSN)
    assert before.body(b"{}") != after.body(b"{}")


def test_another_body_has_another_digest():
    made = digests()
    assert made.body(b"{}") == made.body(b"{}")
    assert made.body(b"{}") != made.body(b"{ }")


def test_secrets_are_read_as_they_are_written_the_present_one_first():
    first, second = Secret.new("2026b"), Secret.new("2026a")
    secrets = Secrets.parse(f"\n{first.text}\n {second.text}\n")
    assert secrets.present == first
    assert secrets["2026a"] == second


SHORT = b64encode(b"x" * 31).decode()
LONG = b64encode(b"x" * 32).decode()


@pytest.mark.parametrize(
    "text",
    ["", LONG, f"a:{SHORT}", f"A:{LONG}", f":{LONG}", f"a:{LONG}=", f"a:{LONG} a:{LONG}", f"a:{LONG[:-1]}", "a:ā"],
)
def test_a_secret_in_another_form_is_refused_and_not_repeated(text: str):
    with pytest.raises(BadSecret) as error:
        Secrets.parse(text)
    assert LONG[:10] not in f"{error.value!r} {error.value.__context__!r}"


def test_no_representation_shows_a_secret():
    secret = Secret("a", b"x" * 32)
    secrets = Secrets(secret)
    for shown in (secret, secrets, KeyEncryption(secrets), Digests(claims=secrets, idempotency=secrets), key()):
        assert "xxx" not in repr(shown)
        assert LONG[:10] not in repr(shown)


def test_a_check_value_tells_a_missing_and_a_wrong_secret():
    secret = Secret.new("a")
    stored = Secrets(secret).checks("kek")
    compare(Secrets(Secret.new("b"), secret).checks("kek"), stored)
    with pytest.raises(MissingSecret, match="kek/a"):
        compare(Secrets(Secret.new("b")).checks("kek"), stored)
    with pytest.raises(WrongSecret, match="kek/a"):
        compare(Secrets(Secret.new("a")).checks("kek"), stored)


def test_check_values_of_two_purposes_are_not_alike():
    secrets = Secrets(Secret.new("a"))
    assert secrets.checks("kek")["kek/a"] != secrets.checks("claims")["claims/a"]

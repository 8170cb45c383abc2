"""The directory of public keys: each root speaks for its own member; mistakes are located."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natcbus.envelope.certificates import Certificate, Use, certify
from natcbus.envelope.directory import KeyDirectory
from natcbus.envelope.errors import BadIdError, KeyDirectoryError, KeyProblem, MissingKeyError
from natcbus.envelope.keys import SealingKey, SigningKey, VerifyKey
from natcbus.envelope.public_files import hub_text

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def signing(seed: int) -> SigningKey:
    return SigningKey.from_raw(bytes([seed]) * 32)


def sealing(seed: int) -> SealingKey:
    return SealingKey.from_raw(bytes([seed]) * 32)


ROOTS = {"rs": signing(1), "hu": signing(2)}
HUB = signing(9)


def a_file(member: str, *certificates: Certificate) -> dict[str, Any]:
    return {
        "member": member,
        "root": {"key": ROOTS[member].public.to_base64()},
        "certificates": [each.to_json() for each in certificates],
    }


def serbia() -> dict[str, Any]:
    return a_file(
        "rs",
        certify("rs", signing(11).public, NOON, ROOTS["rs"]),
        certify("rs", sealing(12).public, NOON, ROOTS["rs"]),
        certify("rs.spoc", sealing(13).public, NOON, ROOTS["rs"]),
    )


def hungary() -> dict[str, Any]:
    return a_file("hu", certify("hu.spoc", sealing(21).public, NOON, ROOTS["hu"]))


def parse(**files: object) -> KeyDirectory:
    return KeyDirectory.parse({f"{name}.json": as_text(value) for name, value in files.items()})


def as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def problems(**files: object) -> tuple[KeyProblem, ...]:
    with pytest.raises(KeyDirectoryError) as caught:
        parse(**files)
    return caught.value.problems


def codes(**files: object) -> list[tuple[str, str]]:
    return [(problem.file, problem.code) for problem in problems(**files)]


def test_every_key_is_found_by_whose_it_is() -> None:
    directory = parse(rs=serbia(), hu=hungary(), hub=hub_text(HUB.public))
    assert directory.signing_key("rs") == signing(11).public
    assert directory.member_key("rs") == sealing(12).public
    assert directory.desk_key("rs.spoc") == sealing(13).public
    assert directory.desk_key("hu.spoc") == sealing(21).public
    assert directory.hub_key() == HUB.public
    assert set(directory.files) == {"rs", "hu"}


def lookups() -> dict[str, tuple[str, Callable[[KeyDirectory], object]]]:
    return {
        "unknown member": ("ro", lambda keys: keys.signing_key("ro")),
        "no signing key": ("hu", lambda keys: keys.signing_key("hu")),
        "no own key": ("hu", lambda keys: keys.member_key("hu")),
        "unknown desk": ("rs.border", lambda keys: keys.desk_key("rs.border")),
        "a desk is no member": ("rs.spoc", lambda keys: keys.member_key("rs.spoc")),
        "a member is no desk": ("rs", lambda keys: keys.desk_key("rs")),
        "desks do not sign": ("rs.spoc", lambda keys: keys.signing_key("rs.spoc")),
        "a root does not sign messages": ("hub", lambda keys: keys.hub_key()),
    }


@pytest.mark.parametrize("name", lookups())
def test_a_key_that_is_not_there_is_missed_by_name(name: str) -> None:
    party, look_up = lookups()[name]
    with pytest.raises(MissingKeyError, match="MISSING_KEY") as caught:
        look_up(parse(rs=serbia(), hu=hungary()))
    assert caught.value.party == party


def test_an_empty_directory_is_no_mistake() -> None:
    assert parse().files == {}


@pytest.mark.parametrize("field", ["subject", "use", "key", "not_before", "signature"])
def test_a_certificate_covers_each_of_its_fields(field: str) -> None:
    file = serbia()
    first, second = file["certificates"][1:]
    changed = {
        "subject": "rs.border",
        "use": "sign",
        "key": sealing(99).public.to_base64(),
        "not_before": "2026-11-24T12:00:01Z",
        "signature": first["signature"],
    }
    if field == "use":
        first["use"] = changed["use"]
        del file["certificates"][0]
    else:
        second[field] = changed[field]
    found = problems(rs=file)
    assert [(each.file, each.code) for each in found] == [("rs.json", "BAD_CERTIFICATE")]
    assert "keys init" in found[0].fix


@given(st.integers(0, 64 * 8 - 1))
def test_any_flipped_bit_of_a_certificates_signature_is_refused(bit: int) -> None:
    file = hungary()
    signature = bytearray(base64.b64decode(file["certificates"][0]["signature"]))
    signature[bit // 8] ^= 1 << bit % 8
    file["certificates"][0]["signature"] = base64.b64encode(signature).decode()
    assert codes(hu=file) == [("hu.json", "BAD_CERTIFICATE")]


def test_a_root_speaks_for_no_other_member() -> None:
    file = serbia()
    file["certificates"].append(certify("hu.spoc", sealing(31).public, NOON, ROOTS["rs"]).to_json())
    found = problems(rs=file)
    assert [each.code for each in found] == ["FOREIGN_SUBJECT"]
    assert found[0].text == "certificate 4: hu.spoc does not belong to rs"
    assert found[0].fix == "move it to hu.json"


def test_a_member_whose_name_begins_alike_is_another_member() -> None:
    file = serbia()
    file["certificates"].append(
        certify("rsx.spoc", sealing(31).public, NOON, ROOTS["rs"]).to_json()
    )
    assert codes(rs=file) == [("rs.json", "FOREIGN_SUBJECT")]


def test_a_desk_has_no_key_to_sign() -> None:
    file = a_file("rs", certify("rs.spoc", signing(31).public, NOON, ROOTS["rs"]))
    assert codes(rs=file) == [("rs.json", "BAD_USE")]


def test_a_subject_has_one_key_for_one_use() -> None:
    file = serbia()
    file["certificates"].append(certify("rs.spoc", sealing(31).public, NOON, ROOTS["rs"]).to_json())
    assert codes(rs=file) == [("rs.json", "DUPLICATE")]


def test_two_parties_never_have_one_key() -> None:
    file = hungary()
    file["certificates"].append(certify("hu", sealing(13).public, NOON, ROOTS["hu"]).to_json())
    found = problems(rs=serbia(), hu=file)
    assert [(each.file, each.code) for each in found] == [("rs.json", "SHARED_KEY")]
    assert found[0].text == "the seal key of rs.spoc is the seal key of hu too"


def test_a_root_key_is_used_for_nothing_else() -> None:
    file = a_file("rs", certify("rs", ROOTS["rs"].public, NOON, ROOTS["rs"]))
    assert codes(rs=file) == [("rs.json", "SHARED_KEY")]
    assert codes(rs=serbia(), hub=hub_text(ROOTS["rs"].public)) == [("rs.json", "SHARED_KEY")]


def test_a_member_has_one_file() -> None:
    text = json.dumps(serbia())
    with pytest.raises(KeyDirectoryError, match="DUPLICATE"):
        KeyDirectory.parse({"old/rs.json": text, "rs.json": text})


def test_the_file_is_called_after_its_member() -> None:
    found = problems(hu=serbia())
    assert [(each.code, each.fix) for each in found] == [("WRONG_FILE_NAME", "call it rs.json")]


def test_every_problem_of_every_file_is_told_at_once() -> None:
    broken, foreign = serbia(), hungary()
    broken["certificates"][0]["not_before"] = "yesterday"
    broken["certificates"][2]["use"] = "read"
    foreign["certificates"].append(serbia()["certificates"][2])
    assert codes(rs=broken, hu=foreign, hub="{", ro="[]") == [
        ("hu.json", "FOREIGN_SUBJECT"),
        ("hub.json", "MALFORMED_JSON"),
        ("ro.json", "WRONG_SHAPE"),
        ("rs.json", "BAD_TIME"),
        ("rs.json", "BAD_USE"),
    ]


def altered(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    file = serbia()
    change(file)
    return file


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("", "MALFORMED_JSON"),
        ("[" * 100_000, "MALFORMED_JSON"),
        ('{"member": "rs", "member": "rs"}', "DUPLICATE_KEY"),
        ("null", "WRONG_SHAPE"),
        (altered(lambda file: file.pop("root")), "WRONG_SHAPE"),
        (altered(lambda file: file.update(comment="more")), "WRONG_SHAPE"),
        (altered(lambda file: file.update(member="RS")), "WRONG_SHAPE"),
        (altered(lambda file: file.update(member=7)), "WRONG_SHAPE"),
        (altered(lambda file: file.update(root="a key")), "WRONG_SHAPE"),
        (altered(lambda file: file["root"].update(key=7)), "WRONG_SHAPE"),
        (altered(lambda file: file["root"].update(key="AAAA")), "BAD_KEY"),
        (altered(lambda file: file["root"].update(key="A" * 43 + "=")), "BAD_KEY"),
        (altered(lambda file: file.update(certificates={})), "WRONG_SHAPE"),
        (altered(lambda file: file["certificates"].append([])), "WRONG_SHAPE"),
        (altered(lambda file: file["certificates"][0].pop("use")), "WRONG_SHAPE"),
        (altered(lambda file: file["certificates"][0].update(key=None)), "WRONG_SHAPE"),
        (altered(lambda file: file["certificates"][1].update(key="A" * 43 + "=")), "BAD_KEY"),
        (altered(lambda file: file["certificates"][0].update(signature="AA==")), "WRONG_SHAPE"),
        (altered(lambda file: file["certificates"][0].update(signature="é")), "WRONG_SHAPE"),
        (altered(lambda file: file["certificates"][0].update(subject="\ud800")), "BAD_SUBJECT"),
        (
            altered(
                lambda file: file["certificates"][0].update(not_before="2026-11-24T12:00:00+00:00")
            ),
            "BAD_TIME",
        ),
        (altered(lambda file: file["certificates"][0].update(not_before="2026-11-24")), "BAD_TIME"),
    ],
)
def test_a_malformed_file_is_refused_with_its_name(file: object, code: str) -> None:
    assert codes(rs=file) == [("rs.json", code)]


@pytest.mark.parametrize("text", ["{}", '{"hub": {}}', '{"hub": {"key": "AAAA"}}', '{"hub": []}'])
def test_a_malformed_hub_file_is_refused(text: str) -> None:
    assert problems(hub=text)[0].file == "hub.json"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_no_json_whatever_is_taken_for_a_members_keys(value: object) -> None:
    assert problems(rs=value)


def test_a_certificate_is_made_at_an_aware_time() -> None:
    with pytest.raises(BadIdError):
        certify("rs", signing(11).public, datetime(2026, 11, 24), ROOTS["rs"])  # noqa: DTZ001


def test_the_use_of_a_key_follows_from_its_kind() -> None:
    assert certify("rs", signing(11).public, NOON, ROOTS["rs"]).use is Use.SIGN
    certificate = certify("rs", sealing(12).public, NOON, ROOTS["rs"])
    assert certificate.use is Use.SEAL
    assert certificate.key_id == sealing(12).key_id
    assert certificate.holds(ROOTS["rs"].public)
    assert not certificate.holds(VerifyKey(ROOTS["hu"].public.raw))

"""Adding to a seal is an insertion: whatever was there stays, byte for byte."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.edc.seal import jades_levels
from app.adapters.edc.seal.jades_levels import insist_on_extension, seal_text, with_entries
from app.domain.credentials.levels import SealLevel, SealNotExtensible
from app.domain.errors import InternalInconsistency
from tests.reference_data import reference_file

BASE64URL = st.text("ABCDEFGHIJKLMNOPabcdefghijklmnop0123456789-_", min_size=1, max_size=40)
BLANKS = st.text(" \t\r\n", max_size=3)
NAMES = ("sigTst", "xVals", "rVals", "arcTst")
ENTRIES = st.sampled_from(NAMES).map(lambda name: {name: [name]})


@st.composite
def seals(draw: st.DrawFn) -> bytes:
    """Files with a seal, written in all the ways in which JSON may be written."""
    gap = lambda: draw(BLANKS)  # noqa: E731
    ascii_only = draw(st.booleans())
    payload = json.dumps(draw(st.text(max_size=60)), ensure_ascii=ascii_only)
    members = [f'"protected"{gap()}:{gap()}"{draw(BASE64URL)}"']
    if draw(st.booleans()):
        entries = [jades_levels.encoded(entry) for entry in draw(st.lists(ENTRIES, max_size=4))]
        listed = f"{gap()},{gap()}".join(f'"{entry}"' for entry in entries)
        members.append(f'"header"{gap()}:{gap()}{{{gap()}"etsiU"{gap()}:[{gap()}{listed}{gap()}]}}')
    members.append(f'"signature"{gap()}:{gap()}"{draw(BASE64URL)}"')
    members = draw(st.permutations(members))
    seal = f"{{{gap()}{f'{gap()},{gap()}'.join(members)}{gap()}}}"
    outer = draw(
        st.permutations(
            [f'"payload"{gap()}:{gap()}{payload}', f'"signatures":{gap()}[{gap()}{seal}{gap()}]']
        )
    )
    return f"{gap()}{{{gap()}{f'{gap()},{gap()}'.join(outer)}{gap()}}}{gap()}".encode(
        "utf-8", "surrogatepass"
    )


@given(seals(), st.lists(ENTRIES, min_size=1, max_size=3))
def test_every_byte_that_was_there_stays_where_it_was(
    raw: bytes, entries: list[dict[str, Any]]
) -> None:
    after = with_entries(raw, *entries)
    # One insertion and nothing else: cut it out, and the former file is left.
    common = next((i for i, (a, b) in enumerate(zip(raw, after, strict=False)) if a != b), len(raw))
    grown = len(after) - len(raw)
    assert grown > 0
    assert any(
        after[:at] + after[at + grown :] == raw for at in range(max(common - grown, 0), common + 1)
    )
    old, new = json.loads(raw), json.loads(after)
    assert new["payload"] == old["payload"]
    (was,), (now,) = old["signatures"], new["signatures"]
    assert (now["protected"], now["signature"]) == (was["protected"], was["signature"])
    listed = [jades_levels.encoded(entry) for entry in entries]
    assert now["header"]["etsiU"] == [*was.get("header", {}).get("etsiU", []), *listed]


@given(seals())
def test_parts_are_read_as_any_json_library_reads_them(raw: bytes) -> None:
    document = json.loads(raw)
    (seal,) = document["signatures"]
    text = seal_text(raw)
    assert (text.payload.decode(), text.protected, text.signature, list(text.entries)) == (
        document["payload"],
        seal["protected"],
        seal["signature"],
        seal.get("header", {}).get("etsiU", []),
    )


@pytest.mark.parametrize(
    ("names", "level"),
    [
        ([], SealLevel.B_B),
        (["sigTst"], SealLevel.B_T),
        (["sigTst", "xVals", "rVals"], SealLevel.B_LT),
        (["sigTst", "xVals", "rVals", "arcTst"], SealLevel.B_LTA),
        (["sigTst", "xVals", "rVals", "arcTst", "tstVD", "arcTst"], SealLevel.B_LTA),
        # Values without a timestamp lift nothing.
        (["xVals", "rVals"], SealLevel.B_B),
    ],
)
def test_the_level_is_what_the_seal_carries(names: list[str], level: SealLevel) -> None:
    raw = b'{"payload":"{}","signatures":[{"protected":"e30","signature":"AA"}]}'
    if names:
        raw = with_entries(raw, *({name: []} for name in names))
    assert seal_text(raw).level is level


SEAL = '{"protected":"e30","signature":"AA"}'


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "{",
        "[]",
        '{"payload":"{}"}',
        '{"payload":"{}","signatures":[]}',
        f'{{"payload":"{{}}","signatures":[{SEAL},{SEAL}]}}',
        f'{{"payload":"{{}}","payload":"{{}}","signatures":[{SEAL}]}}',
        f'{{"payload":1,"signatures":[{SEAL}]}}',
        f'{{"payload":"{{}}","more":1,"signatures":[{SEAL}]}}',
        '{"payload":"{}","signatures":[{"protected":"e30"}]}',
        '{"payload":"{}","signatures":[{"protected":"é","signature":"AA"}]}',
        '{"payload":"{}","signatures":[{"protected":"e30","signature":"AA","header":{}}]}',
        (
            '{"payload":"{}","signatures":[{"protected":"e30","signature":"AA","header":'
            '{"etsiU":[{}]}}]}'
        ),
        (
            '{"payload":"{}","signatures":[{"protected":"e30","signature":"AA","header":'
            '{"etsiU":[],"kid":"1"}}]}'
        ),
        '{"payload":"\\ud800","signatures":[{"protected":"e30","signature":"AA"}]}',
        "[" * 100_000,
    ],
)
def test_nothing_is_added_to_a_file_of_another_form(raw: str) -> None:
    with pytest.raises(SealNotExtensible):
        with_entries(raw.encode(), {"sigTst": []})


def test_a_file_that_is_not_utf_8_is_of_another_form() -> None:
    with pytest.raises(SealNotExtensible):
        with_entries(b'{"payload":"\xff","signatures":[]}', {"sigTst": []})


BEFORE = (
    b'{"payload":"{}","signatures":[{"protected":"e30","header":{"etsiU":["e30"]},'
    b'"signature":"AA"}]}'
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"{}"', b'"{ }"'),
        (b'"protected":"e30"', b'"protected":"e31"'),
        (b'"AA"', b'"AB"'),
        (b'["e30"]', b'["e31","e32"]'),
        (b'["e30"]', b'["e31","e30"]'),
        (b'["e30"]', b'["e30"]'),
        (b'["e30"]', b"[]"),
    ],
)
def test_whatever_changes_what_was_there_is_not_kept(old: bytes, new: bytes) -> None:
    grown = BEFORE if b"[" in old else BEFORE.replace(b'["e30"]', b'["e30","e32"]')
    with pytest.raises(InternalInconsistency):
        insist_on_extension(BEFORE, grown.replace(old, new))


def test_the_commissions_own_entries_have_the_form_that_ours_have() -> None:
    raw = reference_file("elm/samples/Sample-MC-Annex1-signed.jsonld").read_bytes()
    text = seal_text(raw)
    assert text.level is SealLevel.B_LTA
    entries = dict(text.unsigned)
    der = {
        name: [base64.b64decode(value["val"]) for value in found]
        for name, found in {
            "x": [entry["x509Cert"] for entry in entries["xVals"]],
            **entries["rVals"],
        }.items()
    }
    ours = [
        jades_levels.signature_timestamp(text.tokens("sigTst")[0]),
        jades_levels.certificate_values(der["x"]),
        jades_levels.revocation_values(der["crlVals"], der["ocspVals"]),
        jades_levels.archive_timestamp(text.tokens("arcTst")[0]),
    ]
    assert [jades_levels.encoded(entry) for entry in ours] == list(text.entries)

"""Values of the wrong kind and at the edges of what can be written, anywhere in a sealed file."""

import base64
import copy
import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.adapters.edc.seal.jades import protected_header
from app.domain.credentials.verification import CheckName, CheckStatus, Verdict
from tests.adapters.edc.credentials import a_credential, as_bytes
from tests.adapters.edc.material import ISSUED
from tests.adapters.edc.seals import verified
from tests.adapters.edc.test_hostile import CREDENTIAL, KEY, base64url, crafted

Path = tuple[str | int, ...]

DER = KEY.certificate_chain[0].public_bytes(Encoding.DER)
OTHER_REFERENCE = {"digAlg": "S256", "digVal": base64url(sha256(DER).digest())}
HEADERS: list[dict[str, Any]] = [
    protected_header(KEY, ISSUED),
    {
        **{k: v for k, v in protected_header(KEY, ISSUED).items() if k not in ("x5t#S256", "iat")},
        "x5t#o": OTHER_REFERENCE,
        "sigT": ISSUED.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "adoTst": {"tstTokens": [{"val": base64.b64encode(b"0").decode()}]},
        "crit": ["b64", "x5t#o", "sigT", "adoTst"],
    },
]
UNSIGNED: list[Any] = [
    {"sigTst": {"tstTokens": [{"val": base64.b64encode(b"0").decode()}]}},
    {"xVals": [{"x509Cert": {"val": base64.b64encode(DER).decode()}}]},
    {"rVals": {"crlVals": [{"val": "MAA="}], "ocspVals": [{"val": "MAA="}]}},
    {"arcTst": {"tstTokens": [{"val": "MAA="}], "canonAlg": "x"}},
]

MOMENTS = [
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59.999999-23:59",
    "0000-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
]
NUMBERS: list[Any] = [0, -1, 253402300799, -62135596800, -62135596801, 10**18, -(10**30), 1e308]
SHAPES: list[Any] = [
    None, True, "", " ", [], {}, [[]], [{}], [None], {"": []}, {"id": []}, {"id": {}},
    {"en": []}, {"type": [{}]}, {"digAlg": [], "digVal": ""}, {"digAlg": {}, "digVal": []},
    "\x00", "\ufffe", "\U0010ffff", "P99999999999999Y", "A" * 5_000, [[[[[[[[]]]]]]]], "S256",
]  # fmt: skip
ODD = [*MOMENTS, *NUMBERS, *SHAPES]


def paths(value: Any, so_far: Path = ()) -> Iterator[Path]:
    """Every place in it, from the outermost inwards."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, below in inner:
        yield (*so_far, key)
        if isinstance(below, dict | list):
            yield from paths(below, (*so_far, key))


def altered(value: Any, path: Path, by: Any) -> Any:
    """A copy with something else at that place."""
    made = copy.deepcopy(value)
    at = made
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = by
    return made


@pytest.mark.parametrize("moment", MOMENTS[:5])
@pytest.mark.parametrize("key", ["validFrom", "validUntil", "expirationDate", "issued"])
def test_the_first_and_the_last_moment_that_can_be_written_are_judged(
    key: str, moment: str
) -> None:
    verification = verified(crafted(payload=as_bytes({**CREDENTIAL, key: moment})))
    assert verification.check(CheckName.SEAL).status is CheckStatus.OK
    early = moment.startswith("0001")
    expected = {
        "validFrom": "valid_now" if early else "not_yet_valid",
        "issued": "valid_now",
    }.get(key, "expired" if early else "valid_now")
    assert verification.check(CheckName.EXPIRY).code == expected


def test_an_unsealed_credential_of_the_first_moment_is_judged() -> None:
    verification = verified(as_bytes({**a_credential(), "validFrom": "0001-01-01T00:00:00Z"}))
    assert verification.check(CheckName.EXPIRY).code == "valid_now"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(-62135596800, "certificate_not_valid_then"), (253402300799, "sealed_in_future")],
)
def test_a_seal_of_the_first_or_the_last_second_is_an_error(seconds: int, code: str) -> None:
    verification = verified(crafted({"iat": seconds}))
    assert verification.check(CheckName.SEAL).code == code


@pytest.mark.parametrize("name", [[], {}, None, 7, ["S256"], {"S256": 1}])
def test_a_digest_that_is_named_by_no_text_is_not_understood(name: Any) -> None:
    reference = {**OTHER_REFERENCE, "digAlg": name}
    verification = verified(crafted({"x5t#o": reference}, without=("x5t#S256",)))
    assert verification.check(CheckName.SEAL).code == "certificate_reference"


def test_the_second_header_is_one_of_an_honest_seal() -> None:
    header = {key: value for key, value in HEADERS[1].items() if key != "adoTst"}
    raw = crafted({**header, "crit": header["crit"][:3]}, without=("x5t#S256", "iat"))
    assert verified(raw).verdict is Verdict.VERIFIED


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_stands_anywhere_in_the_protected_header_a_verdict_follows(
    data: st.DataObject,
) -> None:
    header = data.draw(st.sampled_from(HEADERS))
    path = data.draw(st.sampled_from(list(paths(header))))
    made = altered(header, path, data.draw(st.sampled_from(ODD)))
    verified(crafted(made, without=tuple(protected_header(KEY, ISSUED).keys() - made.keys())))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_stands_anywhere_in_a_sealed_credential_a_verdict_follows(
    data: st.DataObject,
) -> None:
    path = data.draw(st.sampled_from(list(paths(CREDENTIAL))))
    made = altered(CREDENTIAL, path, data.draw(st.sampled_from(ODD)))
    payload = json.dumps(made).encode()
    verified(crafted(payload=payload))
    verified(payload)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_stands_anywhere_beside_the_signature_a_verdict_follows(
    data: st.DataObject,
) -> None:
    path = data.draw(st.sampled_from(list(paths(UNSIGNED))))
    made = altered(UNSIGNED, path, data.draw(st.sampled_from(ODD)))
    verified(crafted(unprotected={"etsiU": made}))
    encoded = [base64url(json.dumps(one).encode()) for one in made]
    verified(crafted(unprotected={"etsiU": encoded}))

"""Seals in hardware: lost sessions, wrong PINs, and where the certificate comes from."""

from pathlib import Path

import pkcs11
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from pkcs11 import Attribute, CertificateType, ObjectClass

from app.adapters.edc.pki import signatures
from app.adapters.edc.seal.seals import preflight
from app.adapters.issuing.keys_pkcs11 import KeyOnToken, Pkcs11SealKey
from app.domain.credentials.seal import SealUnavailable
from tests.adapters.edc.seals import NOW
from tests.pki.authority import TestPki
from tests.seal_keepers import IDS, LABELS, TOKEN, TOKEN_PIN, make_token, token_key

# The library says so when it cannot end an operation of a session that has gone.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def module(pki: TestPki, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_token(tmp_path_factory.getbasetemp() / "softhsm", pki)


def signs(key: Pkcs11SealKey) -> bool:
    public = key.certificate_chain[0].public_key()
    return signatures.verifies(key.alg, public, b"data", key.sign(b"data"))


def test_a_session_that_was_closed_is_opened_anew(module: Path, pki: TestPki) -> None:
    key = token_key(module, pki, "ES256")
    assert signs(key)
    assert key._session is not None
    key._session.close()
    assert signs(key)


def test_sessions_that_went_with_the_library_are_opened_anew(module: Path, pki: TestPki) -> None:
    keys = [token_key(module, pki, alg) for alg in ("ES256", "RS256")]
    assert [signs(key) for key in keys] == [True, True]
    pkcs11.lib(str(module)).reinitialize()
    assert [signs(key) for key in keys] == [True, True]


def test_two_seals_on_one_token_share_its_login(module: Path, pki: TestPki) -> None:
    one, two = token_key(module, pki, "ES256"), token_key(module, pki, "PS256")
    assert signs(one)
    assert signs(two)


def test_a_wrong_pin_is_said_and_never_shown(module: Path, pki: TestPki) -> None:
    pkcs11.lib(str(module)).reinitialize()
    key = token_key(module, pki, "ES256", pin="wrong-pin")
    with pytest.raises(SealUnavailable, match=r"refuses the PIN \(PinIncorrect\)") as refusal:
        key.sign(b"data")
    assert "wrong-pin" not in f"{refusal.value}{key._place}"
    assert [f.code for f in preflight(key, NOW)] == ["key_does_not_sign"]


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ({"token": "no such token"}, "does not answer"),
        ({"label": "no such key", "id": None}, "has 0 keys of that name"),
        ({"module": Path("/nowhere/lib.so")}, "no PKCS #11 library lib.so"),
    ],
)
def test_what_is_not_there_makes_the_seal_unavailable(
    module: Path, pki: TestPki, place: dict, says: str
) -> None:
    where = {"module": module, "token": TOKEN, "label": LABELS["ES256"], "id": IDS["seal-ec"]}
    key = Pkcs11SealKey(
        KeyOnToken(pin=TOKEN_PIN, **{**where, **place}), certificates=pki.chain("seal-ec")
    )
    with pytest.raises(SealUnavailable, match=says):
        key.sign(b"data")


def test_the_certificates_can_be_on_the_token(module: Path, pki: TestPki) -> None:
    label = LABELS["RS256"]
    key = Pkcs11SealKey(KeyOnToken(module, TOKEN, TOKEN_PIN, id=IDS[label]))
    with pytest.raises(SealUnavailable, match="holds 0 certificates of that name"):
        key.sign(b"data")
    pkcs11.lib(str(module)).reinitialize()
    token = pkcs11.lib(str(module)).get_token(token_label=TOKEN)
    with token.open(rw=True, user_pin=TOKEN_PIN) as session:
        for number, certificate in enumerate(pki.chain(label)):
            session.create_object(
                {
                    Attribute.CLASS: ObjectClass.CERTIFICATE,
                    Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
                    Attribute.TOKEN: True,
                    Attribute.ID: IDS[label] if number == 0 else bytes([100 + number]),
                    Attribute.SUBJECT: certificate.subject.public_bytes(),
                    Attribute.VALUE: certificate.public_bytes(Encoding.DER),
                }
            )
    assert key.certificate_chain == pki.chain(label)
    assert signs(key)

"""Remote seals: what is asked how often, and what happens when the service does not play along."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.adapters.edc.seal.seals import preflight
from app.adapters.issuing.csc_profile import PROFILES
from app.adapters.issuing.keys_csc import CscSealKey
from app.domain.credentials.seal import SealUnavailable
from tests.csc_service import CLIENT_SECRET, CREDENTIAL, PIN, CscService, running
from tests.pki.authority import TestPki
from tests.seal_keepers import account_at, remote_key, service_for


@pytest.fixture
def service(pki: TestPki) -> Iterator[CscService]:
    with running(service_for(pki, "ES256")) as made:
        yield made


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=10) as client:
        yield client


def codes(key: CscSealKey) -> list[str]:
    return [finding.code for finding in preflight(key, datetime.now(UTC))]


def test_the_credential_is_asked_for_once_and_each_signature_authorised(
    service: CscService, http: httpx.Client
) -> None:
    key = remote_key(service, http)
    key.sign(b"one")
    key.sign(b"two")
    assert service.names() == [
        "token", "list", "info",
        "authorize", "signHash",
        "authorize", "signHash",
    ]  # fmt: skip


def test_an_authorisation_without_digests_serves_until_it_is_used_up(
    service: CscService, http: httpx.Client
) -> None:
    service.scal, service.multisign = "1", 3
    key = remote_key(service, http)
    for number in range(7):
        key.sign(b"%d" % number)
    asked = [body["numSignatures"] for path, body in service.calls if path.endswith("authorize")]
    assert asked == [3, 3, 3]
    assert service.names().count("signHash") == 7


def test_no_more_is_authorised_than_the_setting_allows(
    service: CscService, http: httpx.Client
) -> None:
    service.scal = "1"
    key = CscSealKey(account_at(service), http, signatures_per_authorisation=2)
    key.sign(b"one")
    assert next(
        body["numSignatures"] for path, body in service.calls if path.endswith("authorize")
    ) == 2  # fmt: skip


def test_an_authorisation_that_was_taken_back_is_got_anew(
    service: CscService, http: httpx.Client
) -> None:
    service.scal = "1"
    key = remote_key(service, http)
    key.sign(b"one")
    service.authorisations.clear()
    key.sign(b"two")
    assert service.names()[-4:] == ["signHash", "signHash", "authorize", "signHash"][-4:]


def test_what_waits_while_a_call_is_under_way_goes_together_into_the_next(
    service: CscService, http: httpx.Client
) -> None:
    service.multisign = 4
    key = remote_key(service, http)
    key.sign(b"first")
    with key._signing:
        threads = [threading.Thread(target=key.sign, args=(b"%d" % n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        while len(key._queue) < 6:
            pass
    for thread in threads:
        thread.join()
    sizes = [len(body["hashes"]) for path, body in service.calls if path.endswith("signHash")]
    assert sizes == [1, 4, 2]


def test_a_token_that_is_not_taken_any_more_is_renewed_once(
    service: CscService, http: httpx.Client
) -> None:
    key = remote_key(service, http)
    key.sign(b"one")
    service.tokens.clear()
    key.sign(b"two")
    assert service.names().count("token") == 2
    service.broken["authorize"] = 401
    with pytest.raises(SealUnavailable, match="answers 401 to credentials/authorize"):
        key.sign(b"three")
    assert service.names().count("token") == 3


def test_a_service_with_the_old_name_of_digests_has_a_profile(
    service: CscService, http: httpx.Client
) -> None:
    service.hashes_name = "hash"
    key = CscSealKey(account_at(service, profile="v2-hash"), http)
    assert len(key.sign(b"one")) == 64
    with pytest.raises(SealUnavailable, match="answers 400 to credentials/authorize"):
        remote_key(service, http).sign(b"one")


def test_signatures_with_r_and_s_side_by_side_are_taken_as_they_are(
    service: CscService, http: httpx.Client
) -> None:
    service.joined = True
    assert len(remote_key(service, http).sign(b"one")) == 64


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("token", "answers 503 to oauth2/token"),
        ("list", "answers 503 to credentials/list"),
        ("info", "answers 503 to credentials/info"),
        ("authorize", "answers 503 to credentials/authorize"),
        ("signHash", "answers 503 to signatures/signHash"),
    ],
)
def test_a_service_that_fails_makes_the_seal_unavailable(
    service: CscService, http: httpx.Client, name: str, says: str
) -> None:
    service.broken[name] = 503
    with pytest.raises(SealUnavailable, match=says):
        remote_key(service, http).sign(b"one")


def test_a_service_that_is_not_there_makes_the_seal_unavailable(
    service: CscService, http: httpx.Client
) -> None:
    nowhere = replace(account_at(service), url="http://127.0.0.1:1/csc/v2", token_url=None)
    with pytest.raises(SealUnavailable, match=r"does not answer \(ConnectError\)"):
        CscSealKey(nowhere, http).sign(b"one")


def test_a_signature_over_something_else_is_not_passed_on(
    service: CscService, http: httpx.Client
) -> None:
    service.other_digest = True
    with pytest.raises(SealUnavailable, match="something else"):
        remote_key(service, http).sign(b"one")


def test_of_several_credentials_one_has_to_be_named(
    service: CscService, http: httpx.Client
) -> None:
    service.credentials = (CREDENTIAL, "another")
    with pytest.raises(SealUnavailable, match="name one"):
        remote_key(service, http).sign(b"one")
    named = replace(account_at(service), credential=CREDENTIAL)
    assert len(CscSealKey(named, http).sign(b"one")) == 64


def test_a_disabled_key_and_clocks_apart_are_doubtful(
    service: CscService, http: httpx.Client
) -> None:
    assert codes(remote_key(service, http)) == []
    service.clock = timedelta(minutes=10)
    assert codes(remote_key(service, http)) == ["clocks_differ"]
    service.enabled = False
    assert codes(remote_key(service, http)) == ["key_disabled", "clocks_differ"]


def test_a_wrong_pin_is_refused_there(service: CscService, http: httpx.Client) -> None:
    wrong = replace(account_at(service), secrets={"PIN": "000000"})
    assert codes(CscSealKey(wrong, http)) == ["key_does_not_sign"]


def test_nothing_secret_gets_into_logs_messages_or_representations(
    service: CscService, http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    service.scal = "1"
    key = remote_key(service, http)
    key.sign(b"one")
    secret = {PIN, CLIENT_SECRET, *service.tokens, *service.authorisations}
    service.broken["signHash"] = 500
    with pytest.raises(SealUnavailable) as refusal:
        key.sign(b"two")
    said = caplog.text + str(refusal.value) + repr(vars(key)) + repr(account_at(service))
    kept = repr(key._authorised)
    assert [word for word in secret if word in said.replace(kept, "")] == []


def test_every_profile_says_what_its_version_calls_things() -> None:
    bodies = {
        name: (
            profile.authorise("c", ["h"], 1, {"PIN": "p"}, pinned=True),
            profile.sign("c", "sad", ["h"], {"signAlgo": "a"}),
            profile.info("c"),
        )
        for name, profile in PROFILES.items()
    }
    sha256 = "2.16.840.1.101.3.4.2.1"
    assert bodies["v1"] == (
        {"credentialID": "c", "numSignatures": 1, "hash": ["h"], "PIN": "p"},
        {"credentialID": "c", "SAD": "sad", "hash": ["h"], "hashAlgo": sha256, "signAlgo": "a"},
        {"credentialID": "c", "certificates": "chain"},
    )
    assert bodies["v2"][0] == {
        "credentialID": "c",
        "numSignatures": 1,
        "hashes": ["h"],
        "hashAlgorithmOID": sha256,
        "authData": [{"id": "PIN", "value": "p"}],
    }
    assert bodies["v2"][1]["hashAlgorithmOID"] == sha256
    assert bodies["v2-hash"][1].keys() == (bodies["v2"][1].keys() - {"hashes"}) | {"hash"}

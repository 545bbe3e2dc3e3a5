"""What every keeper of seals promises: files, hardware, and remote services of two versions."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from threading import Thread

import httpx
import pytest

from app.adapters.edc.pki import signatures
from app.adapters.edc.seal import jades
from app.adapters.edc.seal.seals import SealKey, preflight
from app.domain.credentials.verification import CheckName, CheckStatus
from tests.adapters.edc.credentials import a_credential, as_bytes
from tests.adapters.edc.seals import verified
from tests.csc_service import running
from tests.pki.authority import TestPki
from tests.seal_keepers import (
    certomancer_key,
    certomancer_service,
    file_key,
    make_token,
    remote_key,
    service_for,
    token_key,
)

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
Keeper = Callable[[str], SealKey]
KEEPERS = ("file", "token", "remote v1", "remote v2", "remote v2 unpinned")


@pytest.fixture(scope="module", params=KEEPERS)
def keeper(
    request: pytest.FixtureRequest, pki: TestPki, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Keeper]:
    """From an algorithm to a key of the test PKI, as that keeper keeps it."""
    with ExitStack() as stack:
        http = stack.enter_context(httpx.Client(timeout=30))
        match request.param:
            case "file":
                folder = tmp_path_factory.mktemp("files")
                yield lambda alg: file_key(folder, pki, alg)
            case "token":
                module = make_token(tmp_path_factory.getbasetemp() / "softhsm", pki)
                yield lambda alg: token_key(module, pki, alg)
            case "remote v1":
                keys = pki._folder
                url = stack.enter_context(certomancer_service(keys, pinned=True))
                yield lambda alg: certomancer_key(url, http, alg)
            case kind:

                def remote(alg: str) -> SealKey:
                    service = service_for(pki, alg)
                    service.scal = "1" if kind.endswith("unpinned") else "2"
                    return remote_key(stack.enter_context(running(service)), http, alg)

                yield remote


@pytest.mark.parametrize("alg", signatures.SEALING)
def test_the_signature_is_one_by_the_certificate(keeper: Keeper, alg: str) -> None:
    key = keeper(alg)
    data = b"header." + "¡Zoë!".encode()
    signature = key.sign(data)
    public = key.certificate_chain[0].public_key()
    assert key.alg == alg
    assert signatures.verifies(alg, public, data, signature)
    assert not signatures.verifies(alg, public, data + b" ", signature)


def test_ecdsa_has_the_form_of_jose(keeper: Keeper) -> None:
    key = keeper("ES256")
    assert {len(key.sign(bytes([number]))) for number in range(8)} == {64}


def test_the_chain_begins_with_the_seal_and_each_is_issued_by_the_next(keeper: Keeper) -> None:
    chain = keeper("RS256").certificate_chain
    assert [c.subject for c in chain[1:]] == [c.issuer for c in chain[:-1]]
    assert len(chain) == 3


@pytest.mark.parametrize("alg", signatures.SEALING)
def test_nothing_is_doubtful_about_it(keeper: Keeper, alg: str) -> None:
    assert preflight(keeper(alg), datetime.now(UTC)) == []


@pytest.mark.parametrize("alg", signatures.SEALING)
def test_what_it_seals_verifies(keeper: Keeper, alg: str, pki: TestPki) -> None:
    raw = jades.seal(as_bytes(a_credential()), keeper(alg), NOW)
    found = {check.name: check.status for check in verified(raw, trust=pki.trust()).checks}
    assert found[CheckName.SEAL] is CheckStatus.OK


def test_several_threads_may_sign_at_once(keeper: Keeper) -> None:
    key = keeper("ES256")
    made: dict[bytes, bytes] = {}

    def sign(data: bytes) -> None:
        made[data] = key.sign(data)

    threads = [Thread(target=sign, args=(b"%d" % number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    public = key.certificate_chain[0].public_key()
    assert len(made) == 12
    assert all(signatures.verifies("ES256", public, data, made[data]) for data in made)

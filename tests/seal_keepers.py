"""Everything that keeps seals, with the same keys of the test PKI behind each.

A token of SoftHSM, certomancer's service of version 1, our own of version 2, and files.
"""

import asyncio
import os
import shutil
import subprocess
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from aiohttp import web
from certomancer.registry import CertomancerConfig

from app.adapters.edc.seal.seals import SealKey, load_pkcs12
from app.adapters.issuing.csc_client import CscAccount
from app.adapters.issuing.csc_profile import PROFILES
from app.adapters.issuing.keys_csc import CscSealKey
from app.adapters.issuing.keys_pkcs11 import KeyOnToken, Pkcs11SealKey
from tests.csc_service import CLIENT, CLIENT_SECRET, PIN, CscService
from tests.pki.authority import TestPki
from tests.pki.config import ARCH, configuration

LABELS = {"RS256": "seal-rsa", "PS256": "seal-rsa", "ES256": "seal-ec"}
"""The seal of the test PKI for each algorithm."""
IDS = {"seal-rsa": b"\x01", "seal-ec": b"\x02"}
TOKEN, TOKEN_PIN = "seals of a test", "271828"
_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
)


def softhsm_module() -> Path:
    """SoftHSM's library; skips the test without it."""
    found = next((path for path in _MODULES if Path(path).exists()), None)
    if found is None or shutil.which("softhsm2-util") is None:
        pytest.skip("needs SoftHSM: softhsm2-util and libsofthsm2.so")
    return Path(found)


def make_token(folder: Path, pki: TestPki) -> Path:
    """A token with the keys of the seals, for this process; its library."""
    module = softhsm_module()
    if (folder / "tokens").exists():
        return module
    (folder / "tokens").mkdir(parents=True)
    config = folder / "softhsm2.conf"
    config.write_text(
        f"directories.tokendir = {folder / 'tokens'}\n"
        "objectstore.backend = file\nlog.level = ERROR\n"
    )
    # Read when the library is loaded, which is once per process.
    os.environ["SOFTHSM2_CONF"] = str(config)

    def util(*arguments: str) -> None:
        subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True)

    util("--init-token", "--free", "--label", TOKEN, "--so-pin", "00000000", "--pin", TOKEN_PIN)
    for label, identifier in IDS.items():
        key = folder / f"{label}.pem"
        key.write_bytes(pki.key_pem(label))
        util(
            *("--import", str(key), "--token", TOKEN, "--pin", TOKEN_PIN),
            *("--label", label, "--id", identifier.hex()),
        )
        key.unlink()
    return module


def token_key(module: Path, pki: TestPki, alg: str, *, pin: str = TOKEN_PIN) -> Pkcs11SealKey:
    label = LABELS[alg]
    place = KeyOnToken(module, TOKEN, pin, label=label, id=IDS[label])
    return Pkcs11SealKey(place, certificates=pki.chain(label), alg=alg)


def file_key(folder: Path, pki: TestPki, alg: str) -> SealKey:
    file = folder / f"{alg}.p12"
    file.write_bytes(pki.pkcs12(LABELS[alg], "secret"))
    return load_pkcs12(file, "secret", alg)


def service_for(pki: TestPki, alg: str) -> CscService:
    return CscService(pki.private_key(LABELS[alg]), pki.chain(LABELS[alg]))


def account_at(service: CscService, *, profile: str = "v2", pin: str = PIN) -> CscAccount:
    return CscAccount(
        url=service.url,
        profile=PROFILES[profile],
        token_url=service.token_url,
        client_id=CLIENT,
        client_secret=CLIENT_SECRET,
        secrets={"PIN": pin},
    )


def remote_key(service: CscService, http: httpx.Client, alg: str | None = None) -> CscSealKey:
    return CscSealKey(account_at(service), http, alg=alg)


@contextmanager
def certomancer_service(folder: Path, *, pinned: bool) -> Iterator[str]:
    """Certomancer's own service (version 1), in a thread; its address up to the version."""
    from csc_dummy.csc_dummy_server import (  # type: ignore[import-untyped]
        CSCWithCertomancer,
        DummyServiceParams,
    )

    made = CertomancerConfig(
        configuration(), key_search_dir=str(folder), external_url_prefix="http://127.0.0.1:1"
    )
    with warnings.catch_warnings():
        # aiohttp would rather have other keys than that program uses.
        warnings.simplefilter("ignore")
        service = CSCWithCertomancer(
            made, service_params=DummyServiceParams(hash_pinning_required=pinned)
        )
        service.register_routes()
    ready, stop = threading.Event(), asyncio.Event()
    where: list[int] = []
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        runner = web.AppRunner(service.app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        assert site._server is not None
        where.append(site._server.sockets[0].getsockname()[1])  # type: ignore[attr-defined]
        ready.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield f"http://127.0.0.1:{where[0]}/csc/v1"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def certomancer_key(url: str, http: httpx.Client, alg: str) -> CscSealKey:
    account = CscAccount(url=url, profile=PROFILES["v1"], credential=f"{ARCH}/{LABELS[alg]}")
    return CscSealKey(account, http, alg=alg)

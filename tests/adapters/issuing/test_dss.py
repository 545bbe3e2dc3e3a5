"""What the Commission's own validation library (DSS) says of seals that were raised here.

Opt-in with MC_DSS=1: Maven fetches the library, and a Java machine has to start.
"""

import json
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from app.domain.clock import SystemClock
from app.domain.credentials.levels import SealLevel
from tests.adapters.issuing.raising import a_web, raised_to, raising
from tests.maven import built, needs_maven, told
from tests.pki.authority import TestPki
from tests.pki.sealed import sealed_by

HERE = Path(__file__).parent / "dss"

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not os.environ.get("MC_DSS"), reason="opt-in: MC_DSS=1 asks DSS"),
    needs_maven,
]

SIGNATURE, ARCHIVE = ["SIGNATURE_TIMESTAMP", True], ["ARCHIVE_TIMESTAMP", True]


@pytest.fixture(scope="module")
def classpath(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program that asks, compiled, with everything that it needs."""
    return built(HERE, tmp_path_factory.mktemp("dss"), "the Commission's library")


def opinions(classpath: str, pki: TestPki, folder: Path, *sealed: bytes) -> list[dict[str, Any]]:
    root = folder / "root.crt"
    root.write_bytes(pki.certificate("root").public_bytes(Encoding.DER))
    files = []
    for place, document in enumerate(sealed):
        files.append(folder / f"{place}.jsonld")
        files[-1].write_bytes(document)
    answer = told(classpath, "Opinion", root, *files)
    return [json.loads(line) for line in answer.splitlines()]


async def every_step(pki: TestPki, label: str, alg: str | None = None) -> Sequence[bytes]:
    """A seal at every level, and renewed. At the machine's time: the library knows no other."""
    clock = SystemClock()
    at = clock.now().replace(microsecond=0) - timedelta(seconds=1)
    original = sealed_by(pki, at, label, alg)
    async with a_web(seconds=60) as web:
        levels = raising(pki, web, clock)
        steps = await raised_to(levels, original, SealLevel.B_LTA)
        renewed = await levels.renew(steps[-1].document)
    return [original, *(step.document for step in steps), renewed.document]


@pytest.mark.parametrize(
    ("label", "alg"), [("seal-rsa", "RS256"), ("seal-rsa", "PS256"), ("seal-ec", "ES256")]
)
async def test_every_level_is_what_dss_calls_it_and_the_long_ones_pass_entirely(
    classpath: str, pki: TestPki, tmp_path: Path, label: str, alg: str
) -> None:
    told = opinions(classpath, pki, tmp_path, *await every_step(pki, label, alg))
    assert [(o["format"], o["valid"], o["timestamps"]) for o in told] == [
        ("JAdES-BASELINE-B", True, []),
        ("JAdES-BASELINE-T", True, [SIGNATURE]),
        ("JAdES-BASELINE-LT", True, [SIGNATURE]),
        ("JAdES-BASELINE-LTA", True, [SIGNATURE, ARCHIVE]),
        ("JAdES-BASELINE-LTA", True, [SIGNATURE, ARCHIVE, ARCHIVE]),
    ]
    # Without revocation data and without asking anybody, nobody can say more of the first two.
    assert [o["indication"] for o in told] == [*["INDETERMINATE"] * 2, *["TOTAL_PASSED"] * 3]


async def test_dss_notices_what_we_would_notice(
    classpath: str, pki: TestPki, tmp_path: Path
) -> None:
    *_, renewed = await every_step(pki, "seal-rsa")
    outer = json.loads(renewed)
    entries = outer["signatures"][0]["header"]["etsiU"]
    other_payload = json.dumps({**outer, "payload": outer["payload"] + " "})
    del entries[2]
    (broken, shortened) = opinions(
        classpath, pki, tmp_path, other_payload.encode(), json.dumps(outer).encode()
    )
    assert (broken["valid"], broken["indication"]) == (False, "TOTAL_FAILED")
    assert shortened["timestamps"] == [
        SIGNATURE,
        ["ARCHIVE_TIMESTAMP", False],
        ["ARCHIVE_TIMESTAMP", False],
    ]

"""How a deployment says what seals are raised to, and whom timestamps may come from."""

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.adapters.edc.pki.trust import PathStatus, Purpose
from app.adapters.issuing.augmenting import EdcSealLevels
from app.adapters.issuing.trusted import Trusted
from app.domain.clock import SystemClock
from app.domain.credentials.levels import SealLevel
from app.domain.credentials.ports_levels import BasicLevelOnly
from app.settings import read_settings
from app.wiring import connected
from tests.pki.authority import TestPki

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_nothing_is_asked_for_unless_somebody_is_named() -> None:
    settings = read_settings({})
    assert (settings.seal_level, settings.timestamp_authorities) == (SealLevel.B_B, ())
    with pytest.raises(ValidationError, match="MC_TIMESTAMP_AUTHORITIES"):
        read_settings({"MC_SEAL_LEVEL": "B-T"})


def test_a_digest_in_use_cannot_be_retired() -> None:
    assert read_settings({"MC_RETIRED_DIGESTS": "sha384 sha512"}).retired_digests == (
        "sha384",
        "sha512",
    )
    with pytest.raises(ValidationError, match="MC_RETIRED_DIGESTS"):
        read_settings({"MC_RETIRED_DIGESTS": "sha256"})


def test_addresses_with_passwords_are_not_printed_with_the_settings() -> None:
    settings = read_settings(
        {"MC_TIMESTAMP_AUTHORITIES": "https://us:hunter2@a.example https://b/"}
    )
    assert len(settings.timestamp_authorities) == 2
    assert "hunter2" not in repr(settings)


def test_roots_for_timestamps_are_trusted_for_nothing_else(pki: TestPki, tmp_path: Path) -> None:
    file = tmp_path / "timestamps.pem"
    file.write_bytes(pki.certificate_pem("root"))
    store = Trusted(None, development_seals=None, clock=SystemClock(), timestamp_anchors=file).store
    leaf, *others = pki.chain("tsa")
    stamps = store.path(leaf, others, NOW, Purpose.TIMESTAMPS)
    leaf, *others = pki.chain("seal-rsa")
    seals = store.path(leaf, others, NOW, Purpose.SEALS)
    assert (stamps.status, seals.status) == (PathStatus.TRUSTED, PathStatus.UNKNOWN)


@pytest.mark.filterwarnings("ignore:.*[Dd]evelopment:UserWarning")
async def test_a_deployment_gets_what_its_settings_say(pki: TestPki, tmp_path: Path) -> None:
    anchors = tmp_path / "anchors.pem"
    anchors.write_bytes(pki.certificate_pem("root"))
    url = "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"
    environment = {"MC_DATA_DIR": str(tmp_path)}
    async with connected(read_settings(environment), url) as ports:
        assert isinstance(ports.seal_levels, BasicLevelOnly)
    environment |= {
        "MC_SEAL_LEVEL": "B-LTA",
        "MC_TIMESTAMP_AUTHORITIES": f"{pki.tsa_url('tsa')} {pki.tsa_url('tsa-ec')}",
        "MC_TIMESTAMP_ANCHORS": str(anchors),
        "MC_TIMESTAMP_TOLERANCE": "30",
        "MC_ARCHIVE_RENEWAL_DAYS": "10",
    }
    async with connected(read_settings(environment), url) as ports:
        levels = ports.seal_levels
        assert isinstance(levels, EdcSealLevels)
        assert (levels.target, levels.renewed_before) == (SealLevel.B_LTA, timedelta(days=10))
        assert levels.timestamps.tolerance == timedelta(seconds=30)
        assert [a.name for a in levels.timestamps.authorities] == [
            pki.tsa_url("tsa"),
            pki.tsa_url("tsa-ec"),
        ]
        # Somebody who looks at a seal has an authority asked; here it answers, then it does not.
        assert "timestamp_authority_unreachable" not in await doubts(ports)
        levels.timestamps.standings.clear()
        pki.broken |= {"tsa", "tsa-ec"}
        try:
            assert "timestamp_authority_unreachable" in await doubts(ports)
        finally:
            pki.broken.clear()
    shutil.rmtree(tmp_path / "seals")


async def doubts(ports) -> list[str]:
    async with asyncio.timeout(60):
        facts = await ports.sealing.facts("UNIOVI")
    return [finding.code for finding in facts.findings]

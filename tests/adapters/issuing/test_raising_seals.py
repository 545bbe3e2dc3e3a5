"""Seals on their way up to B-LTA: what is added, what stays, and what keeps them down."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from app.adapters.edc.jades_levels import seal_text
from app.adapters.edc.verify import verify
from app.domain.credentials.levels import SealLevel
from app.domain.credentials.verification import Verdict
from tests.adapters.issuing.raising import SetClock, a_web, raised_to, raising
from tests.pki.authority import TestPki, in_der
from tests.pki.sealed import sealed_by

SEALED = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LEVELS = [SealLevel.B_T, SealLevel.B_LT, SealLevel.B_LTA]


@pytest.fixture(autouse=True)
def _services_in_order(pki: TestPki):
    yield
    pki.broken.clear()
    pki.now = None


def clock_after(pki: TestPki, sealed: datetime) -> SetClock:
    return SetClock(sealed + SECOND, pki)


@pytest.mark.parametrize("label", ["seal-rsa", "seal-ec"])
async def test_each_level_is_what_verification_calls_it(pki: TestPki, label: str) -> None:
    clock = clock_after(pki, SEALED)
    async with a_web() as web:
        steps = await raised_to(
            raising(pki, web, clock), sealed_by(pki, SEALED, label), SealLevel.B_LTA
        )
    assert [step.level for step in steps] == LEVELS
    for step in steps:
        found = verify(
            step.document,
            trust=pki.trust(),
            now=clock.now() + SECOND,
            known_status=lambda _: None,
            recognised=lambda _: None,
        )
        assert (found.level, found.verdict) == (step.level.value, Verdict.VERIFIED)
        assert found.proven_at == SEALED + SECOND


async def test_what_is_added_stands_in_the_order_of_europass(pki: TestPki) -> None:
    async with a_web() as web:
        levels = raising(pki, web, clock_after(pki, SEALED))
        *_, top = await raised_to(levels, sealed_by(pki, SEALED), SealLevel.B_LTA)
        renewed = await levels.renew(top.document)
    names = [name for name, _ in seal_text(renewed.document).unsigned]
    assert names == ["sigTst", "xVals", "rVals", "arcTst", "tstVD", "arcTst"]


async def test_every_certificate_up_to_the_root_is_carried_and_no_other(pki: TestPki) -> None:
    async with a_web() as web:
        levels = raising(pki, web, clock_after(pki, SEALED))
        steps = await raised_to(levels, sealed_by(pki, SEALED), SealLevel.B_LT)
    values = dict(seal_text(steps[-1].document).unsigned)
    carried = [base64.b64decode(entry["x509Cert"]["val"]) for entry in values["xVals"]]
    needed = ("seal-rsa", "issuing", "root", "responder-issuing", "responder-root", "tsa")
    assert sorted(carried) == sorted(in_der([pki.certificate(label) for label in needed]))

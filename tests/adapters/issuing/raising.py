"""What raises seals in the tests: the product's own parts, at the services of the test PKI."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx

from app.adapters.edc.pki.fetching import HttpWeb, Web, reach
from app.adapters.edc.pki.issuers import Issuers
from app.adapters.edc.pki.revocation import Revocation
from app.adapters.edc.pki.timestamps import HttpAuthority, TimestampAuthority, Timestamps
from app.adapters.edc.seal.validation_material import Gatherer
from app.adapters.issuing.augmenting import EdcSealLevels
from app.domain.clock import Clock
from app.domain.credentials.levels import Raised, SealLevel
from tests.pki.authority import TestPki


class SetClock:
    """Stands still until it is set; the services of the test PKI keep the same time."""

    def __init__(self, now: datetime, pki: TestPki | None = None) -> None:
        self._pki = pki
        self.set(now)

    def set(self, now: datetime) -> None:
        self.time = now
        if self._pki is not None:
            self._pki.now = now

    def pass_(self, time: timedelta) -> None:
        self.set(self.time + time)

    def now(self) -> datetime:
        return self.time


@asynccontextmanager
async def a_web(**settings: Any) -> AsyncIterator[HttpWeb]:
    """A way to ask machines here."""
    async with httpx.AsyncClient(trust_env=False) as client:
        yield HttpWeb(client, reach(["127.0.0.1"]), **settings)


def raising(
    pki: TestPki,
    web: Web,
    clock: Clock,
    *,
    target: SealLevel = SealLevel.B_LTA,
    tsas: Sequence[str | TimestampAuthority] = ("tsa",),
    trusting: tuple[str, ...] = ("root",),
    days: int = 90,
    **settings: Any,
) -> EdcSealLevels:
    """What raises seals; authorities of timestamps by their labels in the PKI."""
    trust, issuers = pki.trust(*trusting), Issuers(web)
    retired = settings.pop("retired_digests", ())
    return EdcSealLevels(
        target,
        Timestamps(
            [HttpAuthority(web, pki.tsa_url(t)) if isinstance(t, str) else t for t in tsas],
            lambda: trust,
            issuers,
            clock,
            **settings,
        ),
        Gatherer(Revocation(web, clock)),
        issuers,
        lambda: trust,
        clock,
        timedelta(days=days),
        retired,
    )


async def raised_to(levels: EdcSealLevels, document: bytes, level: SealLevel) -> list[Raised]:
    """Every step up to a level."""
    steps: list[Raised] = []
    while not steps or steps[-1].level is not level:
        steps.append(await levels.raise_once(steps[-1].document if steps else document))
    return steps

"""What raises seals on paper, for stories that look at everything around it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.credentials.levels import Raised, SealLevel
from app.domain.errors import Finding


@dataclass
class PaperLevels:
    """Adds the names of levels to documents on paper; fails where a story wants it."""

    target: SealLevel = SealLevel.B_LTA
    retired_digests: tuple[str, ...] = ()
    renew_at: datetime | None = None
    digest: str = "sha256"
    failing: dict[SealLevel, Exception] = field(default_factory=dict)
    asked: list[SealLevel] = field(default_factory=list)
    together: asyncio.Barrier | None = None

    async def raise_once(self, document: bytes) -> Raised:
        levels = [level for level in SealLevel if level.value.encode() in document.split(b"+")]
        level = (levels[-1] if levels else SealLevel.B_B).above
        return await self._made(document, level)

    async def renew(self, document: bytes) -> Raised:
        return await self._made(document, SealLevel.B_LTA)

    async def findings(self, *, ask: bool = True) -> Sequence[Finding]:
        return ()

    async def _made(self, document: bytes, level: SealLevel) -> Raised:
        self.asked.append(level)
        if self.together is not None:
            await self.together.wait()
        if level in self.failing:
            raise self.failing[level]
        top = level is SealLevel.B_LTA
        return Raised(
            document + b"+" + level.value.encode(),
            level,
            self.renew_at if top else None,
            self.digest if top else None,
        )

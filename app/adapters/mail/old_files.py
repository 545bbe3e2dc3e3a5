"""Erasing mail that development has written into files."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path


class OldMailFiles:
    """See `app.domain.retention.ports.MailFiles`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _older(self, cutoff: datetime) -> Iterator[Path]:
        for path in self._folder.glob("*.eml"):
            # Another worker may have been quicker.
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < cutoff.timestamp():
                    yield path

    async def older(self, cutoff: datetime) -> int:
        """How many are older."""
        return await asyncio.to_thread(lambda: sum(1 for _ in self._older(cutoff)))

    async def erase(self, cutoff: datetime) -> int:
        """Erase those that are older; how many there were."""

        def unlink() -> int:
            gone = 0
            for path in list(self._older(cutoff)):
                with suppress(FileNotFoundError):
                    path.unlink()
                    gone += 1
            return gone

        return await asyncio.to_thread(unlink)

"""ESCO as it was imported, behind the `Skills` port; the built-in set until something was."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from time import monotonic

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.esco.concepts import Note
from app.adapters.esco.index import IndexedSkills
from app.adapters.esco.sections import Sections
from app.adapters.postgres.esco_index import Loaded, active_version, write_index
from app.domain.vocabulary.skills import (
    EVERY_SKILL,
    Occupation,
    OccupationSkills,
    Resolution,
    Skill,
    SkillFilter,
    Skills,
    SkillsInUse,
    SkillsUnavailable,
    Suggestion,
)

log = logging.getLogger(__name__)

_LOOK_AGAIN = 5.0
"""Seconds after which the database is asked whether another version is active."""


class ImportedSkills:
    """Answers from the index of the active version.

    The index is a file that all processes map, so that many workers hold it once; the first that
    needs it has it built by a process of its own. While a new one is built, the old one answers.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        folder: Path,
        fallback: Skills,
        notes: Mapping[str, Note],
        *,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._engine = engine
        self._folder = folder
        self._fallback = fallback
        self._notes = notes
        self._now = now
        self._looked = -_LOOK_AGAIN
        self._loaded: Loaded | None = None
        self._skills: Skills | None = None
        self._building: asyncio.Task[None] | None = None

    async def in_use(self) -> SkillsInUse:
        """See `Skills.in_use`."""
        return await (await self._current()).in_use()

    async def resolve(self, labels: Sequence[str], language: str) -> list[Resolution]:
        """See `Skills.resolve`."""
        return await (await self._current()).resolve(labels, language)

    async def get(self, uri: str, language: str) -> Skill:
        """See `Skills.get`."""
        return await (await self._current()).get(uri, language)

    async def search(
        self,
        text: str,
        language: str,
        limit: int,
        *,
        include_groups: bool = False,
        where: SkillFilter = EVERY_SKILL,
    ) -> list[Skill]:
        """See `Skills.search`."""
        skills = await self._current()
        return await skills.search(
            text, language, limit, include_groups=include_groups, where=where
        )

    async def suggest(
        self,
        sentences: Sequence[str],
        language: str,
        limit: int,
        *,
        where: SkillFilter = EVERY_SKILL,
    ) -> list[list[Suggestion]]:
        """See `Skills.suggest`."""
        return await (await self._current()).suggest(sentences, language, limit, where=where)

    async def below(self, uri: str | None, language: str) -> list[Skill]:
        """See `Skills.below`."""
        return await (await self._current()).below(uri, language)

    async def occupations(self, text: str, language: str, limit: int) -> list[Occupation]:
        """See `Skills.occupations`."""
        return await (await self._current()).occupations(text, language, limit)

    async def needed_for(self, occupation: str, language: str) -> OccupationSkills:
        """See `Skills.needed_for`."""
        return await (await self._current()).needed_for(occupation, language)

    async def _current(self) -> Skills:
        if self._now() - self._looked >= _LOOK_AGAIN:
            await self._look()
        if self._skills is None:
            raise SkillsUnavailable
        return self._skills

    async def _look(self) -> None:
        try:
            async with self._engine.connect() as connection:
                active = await active_version(connection)
        except (OSError, SQLAlchemyError):
            if self._skills is None:
                raise SkillsUnavailable from None
            return
        self._looked = self._now()
        if active is None:
            self._skills, self._loaded = self._fallback, None
            return
        if active == self._loaded:
            return
        if self._building is None or self._building.done():
            self._building = asyncio.create_task(self._load(active))
        if self._skills is None or active.path(self._folder).exists():
            await asyncio.shield(self._building)
        if self._skills is None:
            raise SkillsUnavailable

    async def _load(self, active: Loaded) -> None:
        try:
            await self._open(active)
        except (OSError, SQLAlchemyError, ValueError, BrokenProcessPool):
            # What answered so far goes on; the next look tries again.
            log.exception("The index of ESCO %s cannot be built.", active.version)

    async def _open(self, active: Loaded) -> None:
        path = active.path(self._folder)
        if not path.exists():
            url = self._engine.url.render_as_string(hide_password=False)
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere:
                await asyncio.get_running_loop().run_in_executor(
                    elsewhere, write_index, url, active, self._folder
                )
        self._skills = IndexedSkills(Sections.of_file(path), self._notes)
        self._loaded = active

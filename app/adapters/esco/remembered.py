"""A source that may be down, with another behind it that never is."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from app.domain.vocabulary.skills import (
    EVERY_SKILL,
    Occupation,
    OccupationSkills,
    Resolution,
    Skill,
    SkillFilter,
    SkillNotFound,
    Skills,
    SkillsInUse,
    SkillsUnavailable,
    Suggestion,
)

T = TypeVar("T")
_KEPT = 20_000


class RememberedSkills:
    """Asks `fresh`, remembers its concepts, and falls back on `offline` when it does not answer.

    A concept never goes stale: it belongs to one version, and versions do not change. A concept
    that `offline` lacks while `fresh` is down is not declared missing: that would refuse links
    that are good.
    """

    def __init__(self, fresh: Skills, offline: Skills) -> None:
        self._fresh = fresh
        self._offline = offline
        self._known: OrderedDict[tuple[str, str], Skill] = OrderedDict()

    async def in_use(self) -> SkillsInUse:
        """See `Skills.in_use`."""
        return await self._asked(lambda skills: skills.in_use())

    async def resolve(self, labels: Sequence[str], language: str) -> list[Resolution]:
        """See `Skills.resolve`."""
        return await self._asked(lambda skills: skills.resolve(labels, language))

    async def get(self, uri: str, language: str) -> Skill:
        """See `Skills.get`."""
        key = (uri, language)
        if key not in self._known:
            try:
                self._known[key] = await self._fresh.get(uri, language)
            except SkillsUnavailable:
                try:
                    return await self._offline.get(uri, language)
                except SkillNotFound:
                    raise SkillsUnavailable from None
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return self._known[key]

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
        return await self._asked(
            lambda skills: skills.search(
                text, language, limit, include_groups=include_groups, where=where
            )
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
        return await self._asked(
            lambda skills: skills.suggest(sentences, language, limit, where=where)
        )

    async def below(self, uri: str | None, language: str) -> list[Skill]:
        """See `Skills.below`."""
        return await self._asked(lambda skills: skills.below(uri, language))

    async def occupations(self, text: str, language: str, limit: int) -> list[Occupation]:
        """See `Skills.occupations`."""
        return await self._asked(lambda skills: skills.occupations(text, language, limit))

    async def needed_for(self, occupation: str, language: str) -> OccupationSkills:
        """See `Skills.needed_for`."""
        return await self._asked(lambda skills: skills.needed_for(occupation, language))

    async def _asked(self, ask: Callable[[Skills], Awaitable[T]]) -> T:
        try:
            return await ask(self._fresh)
        except SkillsUnavailable:
            return await ask(self._offline)

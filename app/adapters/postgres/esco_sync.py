"""Harvests the live ESCO API into the tables: first labels of all languages, then the rest.

Every step is one transaction that also says where to go on, so that a harvest which was stopped
continues. Answers are counted against the total that the API states: half a harvest is refused.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import httpx
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.esco.api_client import EscoClient
from app.adapters.esco.api_shapes import concept
from app.adapters.esco.concepts import EscoConcept
from app.adapters.esco.published import Content
from app.adapters.postgres.esco_import import note_import, take_in
from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.esco import (
    EscoConceptRow,
    EscoImportRow,
    EscoRelationRow,
    EscoVersionRow,
)
from app.domain.clock import Clock
from app.domain.errors import Unavailable
from app.domain.vocabulary.skills import SkillsUnavailable, SkillType

Telling = Callable[[str, int, int], None]

_version = table(EscoVersionRow)
_import = table(EscoImportRow)
_concept = table(EscoConceptRow)
_relation = table(EscoRelationRow)
_BULK = 50
_PAUSE = 0.2
"""Seconds between questions: the API has no published limit, and is everybody's."""


class HarvestIncomplete(Unavailable):
    """The API gave less than it said it has."""

    code = "esco_harvest_incomplete"

    def __init__(self, got: int, total: int) -> None:
        super().__init__(
            f"ESCO announced {total} skills and gave {got}. What came is kept; sync again later."
        )


async def sync(
    engine: AsyncEngine,
    url: str,
    version: str,
    clock: Clock,
    *,
    details: bool = False,
    tell: Telling = lambda step, done, of: None,
    page: int = 10_000,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Harvest one version. Raises SkillsUnavailable, HarvestIncomplete."""
    async with engine.begin() as connection:
        await connection.execute(
            insert(_version)
            .values(version=version, changed_at=clock.now())
            .on_conflict_do_nothing()
        )
    async with httpx.AsyncClient() as http:
        client = EscoClient(http, url, version, timeout=60, tries=5, sleep=sleep)
        harvest = _Harvest(engine, client, url, version, clock, tell, sleep)
        await harvest.labels(page)
        await harvest.groups()
        if details:
            await harvest.details()


class _Harvest:
    def __init__(
        self,
        engine: AsyncEngine,
        client: EscoClient,
        url: str,
        version: str,
        clock: Clock,
        tell: Telling,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._engine = engine
        self._client = client
        self._url = url
        self._version = version
        self._clock = clock
        self._tell = tell
        self._sleep = sleep

    async def labels(self, page: int) -> None:
        """Preferred labels of all languages: a page is so many skills, and two are all of ESCO."""
        step = "api labels"
        at, finished = await self._standing(step)
        if finished:
            return
        total = at + 1
        while at < total:
            answer = await self._client.ask(
                "/search",
                [
                    ("type", "skill"),
                    ("full", "false"),
                    ("limit", str(page)),
                    # A page number, not the number of a skill.
                    ("offset", str(at // page)),
                ],
                keep=False,
            )
            total = int((answer or {}).get("total", 0))
            results = ((answer or {}).get("_embedded") or {}).get("results") or []
            if not results and at < total:
                raise HarvestIncomplete(at, total)
            await self._keep(step, [concept(one) for one in results], at + len(results), total)
            at += len(results)
            if len(results) < page and at < total:
                raise HarvestIncomplete(at, total)
            await self._sleep(_PAUSE)
        if total == 0:
            raise HarvestIncomplete(0, 0)

    async def groups(self) -> None:
        """The groups that skills stand in, up to the widest."""
        step = "api groups"
        done: set[str] = set()
        _, finished = await self._standing(step)
        while not finished:
            wanted = await self._unknown_above() - done
            if not wanted:
                await self._mark(step, len(done))
                return
            for uri in sorted(wanted):
                record = await self._record("/resource/concept", uri)
                done.add(uri)
                if record is not None:
                    await self._keep(step, [concept(record)], len(done), len(done) + 1)
                await self._sleep(_PAUSE)

    async def details(self) -> None:
        """Alternative labels, descriptions and collections, fifty skills at a time."""
        step = "api details"
        at, finished = await self._standing(step)
        if finished:
            return
        async with self._engine.connect() as connection:
            everything = list(
                await connection.scalars(
                    select(_concept.c.uri)
                    .where(
                        _concept.c.version == self._version,
                        _concept.c.kind.in_(["skill", "knowledge", "untyped"]),
                    )
                    .order_by(_concept.c.uri)
                )
            )
        while at < len(everything):
            some = everything[at : at + _BULK]
            answer = await self._client.ask(
                "/resource/skill", [("uris", uri) for uri in some], keep=False
            )
            embedded: Mapping[str, Any] = (answer or {}).get("_embedded") or {}
            records = [embedded[uri] for uri in some if uri in embedded]
            at += len(some)
            await self._keep(step, [concept(one) for one in records], at, len(everything))
            await self._sleep(_PAUSE)

    async def _record(self, path: str, uri: str) -> Mapping[str, Any] | None:
        try:
            found: Mapping[str, Any] | None = await self._client.ask(
                path, [("uri", uri)], keep=False
            )
        except SkillsUnavailable:
            # One concept of the hierarchy is known to answer 500 for ever.
            return None
        return found

    async def _unknown_above(self) -> set[str]:
        known = select(_concept.c.uri).where(_concept.c.version == self._version)
        async with self._engine.connect() as connection:
            return set(
                await connection.scalars(
                    select(_relation.c.object)
                    .where(
                        _relation.c.version == self._version,
                        _relation.c.kind == "broader",
                        _relation.c.object.not_in(known),
                    )
                    .distinct()
                )
            )

    async def _standing(self, step: str) -> tuple[int, bool]:
        async with self._engine.connect() as connection:
            row = (
                await connection.execute(
                    select(_import).where(
                        _import.c.version == self._version, _import.c.name == step
                    )
                )
            ).one_or_none()
        if row is None or row.fingerprint != self._url:
            return 0, False
        return row.position, row.finished

    async def _keep(
        self, step: str, concepts: Sequence[EscoConcept], position: int, total: int
    ) -> None:
        async with self._engine.begin() as connection:
            await take_in(connection, self._version, step, _content(concepts), replacing=False)
            await note_import(
                connection, self._version, step, self._values(position, position >= total)
            )
        self._tell(step, position, total)

    async def _mark(self, step: str, position: int) -> None:
        async with self._engine.begin() as connection:
            await note_import(connection, self._version, step, self._values(position, True))

    def _values(self, position: int, finished: bool) -> dict[str, Any]:
        return {
            "kind": "api",
            "language": None,
            "fingerprint": self._url,
            "position": position,
            "finished": finished,
            "oddities": {},
            "at": self._clock.now(),
        }


def _content(concepts: Sequence[EscoConcept]) -> Content:
    found = Content(rows=len(concepts))
    for one in concepts:
        kind = one.type.value if one.type is not None else "untyped"
        code = one.code if one.type is SkillType.GROUP else None
        found.concepts.append((one.uri, kind, one.reuse, code, "released"))
        for language, text in one.label.items():
            found.labels.append((one.uri, language, "preferred", text))
        for language, texts in one.alt.items():
            found.labels.extend((one.uri, language, "alternative", text) for text in texts)
        for language, text in one.description.items():
            found.descriptions.append((one.uri, language, text))
        found.relations.extend((one.uri, "broader", uri) for uri in one.broader)
        found.collections.extend((name, one.uri) for name in one.collections)
    return found

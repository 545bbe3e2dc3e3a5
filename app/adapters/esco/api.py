"""The live ESCO API behind the `Skills` port.

The API finds candidates, and what they are is read from their records; which of them bears a
wording is decided here, by the same rules as everywhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.adapters.esco.api_client import EscoClient, Query
from app.adapters.esco.api_shapes import HIERARCHY, LANGUAGES, concept, uris
from app.adapters.esco.concepts import EscoConcept, EscoOccupation, Note
from app.adapters.esco.index import SkillIndex
from app.adapters.esco.published import BASE
from app.adapters.esco.words import clauses_of
from app.domain.vocabulary.skills import (
    EVERY_SKILL,
    Occupation,
    OccupationSkills,
    Resolution,
    Skill,
    SkillFilter,
    SkillNotFound,
    SkillsInUse,
    Suggestion,
)

BULK = 50
"""URIs in one question; with more the API answers nothing at all."""
_PAGE = 25
"""Candidates that are looked at for one wording."""
_CLAUSES = 6
"""Pieces of a sentence that the API is asked about at most."""


class EscoApi:
    """ESCO as the Commission serves it, in one version."""

    def __init__(self, client: EscoClient, notes: Mapping[str, Note] | None = None) -> None:
        self._client = client
        self._notes = notes or {}

    async def in_use(self) -> SkillsInUse:
        """See `Skills.in_use`."""
        answer = await self._client.ask(
            "/search", [("type", "skill"), ("language", "en"), ("limit", "1"), ("offset", "0")]
        )
        total = int((answer or {}).get("total", 0))
        return SkillsInUse(self._client.version, LANGUAGES, total, "api")

    async def resolve(self, labels: Sequence[str], language: str) -> list[Resolution]:
        """See `Skills.resolve`."""
        found = []
        for label in labels:
            index = await self._around(label, language, groups=True)
            found += await index.resolve([label], language)
        return found

    async def get(self, uri: str, language: str) -> Skill:
        """See `Skills.get`."""
        known = await self._concepts([uri])
        if uri not in known:
            raise SkillNotFound(uri)
        return await (await self._index(known.values())).get(uri, language)

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
        if not text.strip() or limit < 1:
            return []
        index = await self._around(text, language, groups=True, size=max(_PAGE, limit))
        return await index.search(text, language, limit, include_groups=include_groups, where=where)

    async def suggest(
        self,
        sentences: Sequence[str],
        language: str,
        limit: int,
        *,
        where: SkillFilter = EVERY_SKILL,
    ) -> list[list[Suggestion]]:
        """See `Skills.suggest`."""
        found = []
        for sentence in sentences:
            pieces = dict.fromkeys([sentence, *clauses_of(sentence)])
            hits: list[str] = []
            for piece in list(pieces)[:_CLAUSES]:
                types = ("skill", "concept") if where.include_groups else ("skill",)
                hits += await self._found(piece[:300], language, types, _PAGE)
            index = await self._index((await self._concepts(hits)).values())
            found += await index.suggest([sentence], language, limit, where=where)
        return found

    async def below(self, uri: str | None, language: str) -> list[Skill]:
        """See `Skills.below`."""
        if uri is None:
            scheme = await self._client.ask("/resource/taxonomy", [("uri", HIERARCHY)])
            under = uris(scheme or {}, "hasTopConcept")
        else:
            record = await self._record(uri)
            if record is None:
                raise SkillNotFound(uri)
            under = uris(record, "narrowerConcept", "narrowerSkill")
        known = await self._concepts(under)
        index = await self._index(known.values())
        skills = [await index.get(one, language) for one in known]
        skills.sort(
            key=lambda s: (not s.is_group, s.code if s.is_group else "", s.label.casefold(), s.uri)
        )
        return skills

    async def occupations(self, text: str, language: str, limit: int) -> list[Occupation]:
        """See `Skills.occupations`."""
        if not text.strip() or limit < 1:
            return []
        found = []
        for uri in await self._found(text, language, ("occupation",), limit):
            record = await self._client.ask("/resource/occupation", [("uri", uri)])
            if record is not None:
                known = concept(record)
                found.append(
                    EscoOccupation(
                        uri, known.label, known.alt, str(record.get("code") or "") or None
                    )
                )
        index = SkillIndex(self._client.version, (), occupations=found, source="api")
        return await index.occupations(text, language, limit)

    async def needed_for(self, occupation: str, language: str) -> OccupationSkills:
        """See `Skills.needed_for`."""
        record = await self._client.ask("/resource/occupation", [("uri", occupation)])
        if record is None:
            raise SkillNotFound(occupation)
        known = concept(record)
        needs = {name: uris(record, name) for name in ("hasEssentialSkill", "hasOptionalSkill")}
        skills = await self._concepts([uri for listed in needs.values() for uri in listed])
        index = await self._index(
            skills.values(),
            EscoOccupation(
                occupation,
                known.label,
                known.alt,
                str(record.get("code") or "") or None,
                needs["hasEssentialSkill"],
                needs["hasOptionalSkill"],
            ),
        )
        return await index.needed_for(occupation, language)

    async def _around(
        self, text: str, language: str, *, groups: bool, size: int = _PAGE
    ) -> SkillIndex:
        """What the API finds for a text, in its language and in English, as a small index."""
        types = ("skill", "concept") if groups else ("skill",)
        hits = [text.strip()] if text.strip().startswith(BASE) else []
        for tag in dict.fromkeys((language, "en")):
            if tag in LANGUAGES:
                hits += await self._found(text.strip()[:300], tag, types, size)
        return await self._index((await self._concepts(hits)).values())

    async def _found(self, text: str, language: str, types: Sequence[str], size: int) -> list[str]:
        query: Query = [
            ("text", text),
            ("language", language if language in LANGUAGES else "en"),
            *(("type", one) for one in types),
            ("full", "false"),
            ("limit", str(size)),
            ("offset", "0"),
        ]
        answer = await self._client.ask("/search", query)
        results = ((answer or {}).get("_embedded") or {}).get("results") or []
        return [str(one["uri"]) for one in results if one.get("uri")]

    async def _concepts(self, wanted: Iterable[str]) -> dict[str, EscoConcept]:
        """Records by URI, in bulk; those that are not there left out."""
        missing = list(dict.fromkeys(wanted))
        records: dict[str, Mapping[str, Any]] = {}
        for start in range(0, len(missing), BULK):
            some = missing[start : start + BULK]
            answer = await self._client.ask("/resource/skill", [("uris", uri) for uri in some])
            embedded = (answer or {}).get("_embedded") or {}
            records |= {uri: record for uri, record in embedded.items() if uri in some}
        for uri in missing:
            if uri not in records:
                record = await self._record(uri)
                if record is not None:
                    records[uri] = record
        return {uri: concept(records[uri]) for uri in missing if uri in records}

    async def _record(self, uri: str) -> Mapping[str, Any] | None:
        for path in ("/resource/skill", "/resource/concept"):
            record = await self._client.ask(path, [("uri", uri)])
            if record is not None and record.get("className") in ("Skill", "Concept"):
                found: Mapping[str, Any] = record
                return found
        return None

    async def _index(
        self, concepts: Iterable[EscoConcept], occupation: EscoOccupation | None = None
    ) -> SkillIndex:
        """A small index of concepts, together with all groups above them."""
        known = {one.uri: one for one in concepts}
        waiting = list(known.values())
        while waiting:
            above = {uri for one in waiting for uri in one.broader if uri not in known}
            waiting = []
            for uri in sorted(above):
                record = await self._record(uri)
                if record is not None:
                    known[uri] = concept(record)
                    waiting.append(known[uri])
        return SkillIndex(
            self._client.version,
            known.values(),
            self._notes,
            [occupation] if occupation else (),
            source="api",
        )

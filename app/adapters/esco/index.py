"""Any set of ESCO concepts behind the `Skills` port, answered from an index on this machine."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from app.adapters.esco import lookup
from app.adapters.esco.build import GROUP, OCCUPATION, build
from app.adapters.esco.concepts import EscoConcept, EscoOccupation, Note
from app.adapters.esco.reader import ENGLISH, Reader
from app.adapters.esco.scoring import Scored, score
from app.adapters.esco.sections import Sections
from app.domain.vocabulary.skill_wordings import Match, SkillNote, label_key, resolution
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
from app.domain.vocabulary.text import in_language

__all__ = ["NEAR", "EscoConcept", "EscoOccupation", "IndexedSkills", "Note", "SkillIndex"]

NEAR = 5
"""How many concepts at most are offered for a wording that is no label."""
_LONGEST = 20_000
"""Characters of a sentence that are read; more is no sentence."""


class IndexedSkills:
    """Concepts of one ESCO version, looked up in an index."""

    def __init__(
        self,
        sections: Sections,
        notes: Mapping[str, Note] | None = None,
        *,
        source: str = "imported",
        whole: bool = True,
    ) -> None:
        self._reader = Reader(sections)
        self._whole = whole
        self._notes = notes or {}
        self._source = source
        kinds = self._reader.kind
        self._skills = sum(1 for kind in kinds if kind < GROUP)

    @property
    def version(self) -> str:
        """The ESCO version."""
        return self._reader.version

    def uris(self) -> Sequence[str]:
        """The URIs of all skills and groups."""
        reader = self._reader
        return [uri for at, uri in enumerate(reader.uri) if reader.kind[at] != OCCUPATION]

    async def in_use(self) -> SkillsInUse:
        """See `Skills.in_use`."""
        return SkillsInUse(
            self._reader.version, tuple(self._reader.languages), self._skills, self._source
        )

    async def resolve(self, labels: Sequence[str], language: str) -> list[Resolution]:
        """See `Skills.resolve`."""
        return [self._resolve(label, language) for label in labels]

    async def get(self, uri: str, language: str) -> Skill:
        """See `Skills.get`."""
        number = self._reader.number(uri)
        if number is None or self._reader.is_occupation(number):
            raise SkillNotFound(uri)
        return self._reader.skill(number, language)

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
        if self._whole:
            lookup.expect_known(self._reader, where, place="#/query", many="collection")
        wanted = lookup.wanted_by(
            self._reader, where, groups=include_groups or where.include_groups
        )
        found = lookup.search(self._reader, text, language, limit, wanted)
        return [self._reader.skill(one, language) for one in found]

    async def suggest(
        self,
        sentences: Sequence[str],
        language: str,
        limit: int,
        *,
        where: SkillFilter = EVERY_SKILL,
    ) -> list[list[Suggestion]]:
        """See `Skills.suggest`."""
        if self._whole:
            lookup.expect_known(self._reader, where, place="", many="collections")
        wanted = lookup.wanted_by(self._reader, where, groups=where.include_groups)
        found = []
        for sentence in sentences:
            scored = score(
                self._reader, sentence[:_LONGEST], language, wanted=wanted, limit=3 * limit
            )
            found.append(self._suggestions(scored, language, limit))
            # Many sentences take their time; others get their turn in between.
            await asyncio.sleep(0)
        return found

    async def below(self, uri: str | None, language: str) -> list[Skill]:
        """See `Skills.below`."""
        reader = self._reader
        if uri is None:
            found = [
                one
                for one in range(len(reader))
                if reader.is_group(one) and not reader.broader[one]
            ]
        else:
            number = reader.number(uri)
            if number is None or reader.is_occupation(number):
                raise SkillNotFound(uri)
            found = reader.narrower[number]
        skills = [reader.skill(one, language) for one in found]
        skills.sort(
            key=lambda s: (not s.is_group, s.code if s.is_group else "", s.label.casefold(), s.uri)
        )
        return skills

    async def occupations(self, text: str, language: str, limit: int) -> list[Occupation]:
        """See `Skills.occupations`."""
        found = lookup.search(self._reader, text, language, limit, self._reader.is_occupation)
        return [self._occupation(one, language) for one in found]

    async def needed_for(self, occupation: str, language: str) -> OccupationSkills:
        """See `Skills.needed_for`."""
        reader = self._reader
        number = reader.number(occupation)
        if number is None or not reader.is_occupation(number):
            raise SkillNotFound(occupation)

        def named(numbers: Sequence[int]) -> tuple[Skill, ...]:
            skills = [reader.skill(one, language) for one in numbers]
            return tuple(sorted(skills, key=lambda skill: (skill.label.casefold(), skill.uri)))

        return OccupationSkills(
            self._occupation(number, language),
            named(reader.essential[number]),
            named(reader.optional[number]),
        )

    def _occupation(self, number: int, language: str) -> Occupation:
        label, spoken = self._reader.preferred(number, language)
        return Occupation(
            self._reader.uri[number],
            label,
            spoken,
            self._reader.version,
            self._reader.code[number] or None,
        )

    def _suggestions(self, scored: Sequence[Scored], language: str, limit: int) -> list[Suggestion]:
        """The best, with what is broader or narrower and says the same folded into them."""
        reader = self._reader
        kept: list[tuple[Scored, list[int]]] = []
        for one in scored:
            for better, folded in kept:
                if set(one.matched) <= set(better.matched) and self._related(
                    one.concept, better.concept
                ):
                    folded.append(one.concept)
                    break
            else:
                if len(kept) < limit:
                    kept.append((one, []))
        return [
            Suggestion(
                reader.skill(one.concept, language),
                round(one.score, 3),
                reader.label[one.label],
                one.matched,
                tuple(reader.skill(other, language) for other in folded[:NEAR]),
            )
            for one, folded in kept
        ]

    def _related(self, one: int, other: int) -> bool:
        return one in self._reader.below(other) or other in self._reader.below(one)

    def _resolve(self, wording: str, language: str) -> Resolution:
        reader = self._reader
        key = label_key(wording)
        spoken = language
        found = lookup.bearing(reader, language, key)
        if not found and language != ENGLISH:
            spoken = ENGLISH
            found = lookup.bearing(reader, ENGLISH, key)
        matches = [Match(reader.skill(one, language), kind) for one, kind in found.items()]
        matches.sort(key=lambda match: (match.skill.code or "", match.skill.uri))
        near = [] if matches else lookup.near(reader, wording, language, NEAR)
        uris = [match.skill.uri for match in matches]
        return resolution(
            wording,
            matches,
            near=[reader.skill(one, language) for one in near],
            notes={uri: self._note(uri, language) for uri in uris if uri in self._notes},
            in_english=bool(matches) and spoken != language,
        )

    def _note(self, uri: str, language: str) -> SkillNote:
        note = self._notes[uri]
        return SkillNote(note.code, in_language(note.text, language), tuple(note.instead))


class SkillIndex(IndexedSkills):
    """An index of a few concepts, built on the spot and held in memory."""

    def __init__(
        self,
        version: str,
        concepts: Iterable[EscoConcept],
        notes: Mapping[str, Note] | None = None,
        occupations: Iterable[EscoOccupation] = (),
        *,
        source: str = "built_in",
    ) -> None:
        content = build(version, concepts, occupations).content()
        # Of the API's classification only what was asked for is here.
        super().__init__(Sections(content), notes, source=source, whole=source != "api")

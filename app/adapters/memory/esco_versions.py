"""Versions of ESCO in memory."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.domain.proposals.proposal import Proposal
from app.domain.skills.changes import MOST_SUCCESSORS, ConceptState, LinkedSkill, comes_near
from app.domain.skills.ports import EscoVersion, EscoVersionNotFound

if TYPE_CHECKING:
    from app.adapters.memory.unit_of_work import MemoryTable


@dataclass(frozen=True)
class StoredConcept:
    """A concept of one version."""

    state: ConceptState
    preferred: Mapping[str, str]
    """Preferred labels by language."""
    others: Collection[str] = ()
    """Further labels, in English."""
    above: Collection[str] = ()
    """URIs of the concepts above it."""


@dataclass(frozen=True)
class StoredVersion:
    """One version with its concepts by URI."""

    version: str
    active: bool
    changed_at: datetime
    concepts: Mapping[str, StoredConcept] = field(default_factory=dict)


class MemoryEscoVersions:
    """See `app.domain.skills.ports.EscoVersions`."""

    def __init__(self, versions: "MemoryTable[str, StoredVersion]") -> None:
        self._versions = versions

    async def all(self) -> Sequence[EscoVersion]:
        """Every imported version, by its name."""
        return [
            EscoVersion(
                stored.version,
                stored.active,
                stored.changed_at,
                Counter(tag for one in stored.concepts.values() for tag in one.preferred),
            )
            for stored in sorted(self._versions.values(), key=lambda one: one.version)
        ]

    async def states(
        self, version: str, uris: Collection[str] | None
    ) -> Mapping[str, ConceptState]:
        """See `EscoVersions.states`. Raises EscoVersionNotFound."""
        stored = self._versions.get(version)
        if stored is None:
            raise EscoVersionNotFound(version)
        wanted = stored.concepts if uris is None else uris
        return {uri: stored.concepts[uri].state for uri in wanted if uri in stored.concepts}

    async def labels(
        self, version: str, asked: Collection[tuple[str, str]]
    ) -> Mapping[tuple[str, str], str]:
        """Preferred labels by URI and language, of those that there are."""
        stored = self._versions.get(version)
        concepts = stored.concepts if stored else {}
        return {
            (uri, language): concepts[uri].preferred[language]
            for uri, language in asked
            if uri in concepts and language in concepts[uri].preferred
        }

    async def successors(
        self, version: str, link: LinkedSkill, before: ConceptState | None
    ) -> Sequence[ConceptState]:
        """See `EscoVersions.successors`."""
        stored, own = self._versions.get(version), self._versions.get(link.version)
        concepts = dict(sorted(stored.concepts.items())) if stored else {}
        old = own.concepts.get(link.uri) if own else None
        known = {link.label.casefold(), *([before.label.casefold()] if before else [])}
        old_labels = {*old.others, *old.preferred.values()} if old else set()

        def spoken(one: StoredConcept) -> set[str]:
            return {*one.preferred.values(), *one.others}

        found = [
            *(u for u, c in concepts.items() if known & {t.casefold() for t in spoken(c)}),
            *(
                uri
                for uri, one in concepts.items()
                if before and before.kind == one.state.kind == "group"
                if before.code and before.code == one.state.code
            ),
            *(uri for uri, one in concepts.items() if old_labels & spoken(one)),
            *(u for u in (old.above if old else ()) if u in concepts),
        ]
        states = (concepts[uri].state for uri in dict.fromkeys(found) if uri != link.uri)
        return [state for state in states if comes_near(state, before)][:MOST_SUCCESSORS]


class MemoryLinkedSkills:
    """See `app.domain.skills.ports.LinkedSkills`."""

    def __init__(self, proposals: "MemoryTable[UUID, Proposal]") -> None:
        self._proposals = proposals

    async def in_proposals(self) -> Sequence[LinkedSkill]:
        """Every link of every proposal, whatever its state, by the proposal's code."""
        return [
            LinkedSkill(
                proposal=proposal.code,
                outcome=outcome.code,
                uri=skill.link.uri,
                label=skill.link.label,
                language=skill.link.language,
                version=skill.link.version,
            )
            for proposal in sorted(self._proposals.values(), key=lambda one: one.code)
            for outcome in proposal.content.academic.outcomes
            for skill in outcome.skills
            if skill.link is not None
        ]

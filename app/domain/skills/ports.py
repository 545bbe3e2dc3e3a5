"""What the following of ESCO's versions needs from outside."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.domain.errors import NotFound
from app.domain.skills.changes import ConceptState, LinkedSkill
from app.domain.unit_of_work import UnitOfWork


class EscoVersionNotFound(NotFound):
    """No such version was imported."""

    code = "esco_version_not_found"

    def __init__(self, version: str) -> None:
        super().__init__(f"ESCO {version} is not imported. GET /v1/skills/versions lists what is.")


@dataclass(frozen=True)
class EscoVersion:
    """A version of ESCO that was imported, whole or in part."""

    version: str
    """`1.1.1`."""
    active: bool
    """Whether it is the one that answers."""
    changed_at: datetime
    """When something was last imported into it."""
    labels: Mapping[str, int]
    """How many concepts have a preferred label, by language (BCP 47)."""


class EscoVersions(Protocol):
    """Imported versions, side by side."""

    async def all(self) -> Sequence[EscoVersion]:
        """Every imported version, by its name."""
        ...

    async def states(
        self, version: str, uris: Collection[str] | None
    ) -> Mapping[str, ConceptState]:
        """Those of the concepts (None: all) that the version has, by URI.

        Raises EscoVersionNotFound.
        """
        ...

    async def labels(
        self, version: str, asked: Collection[tuple[str, str]]
    ) -> Mapping[tuple[str, str], str]:
        """Preferred labels by URI and language, of those that there are."""
        ...

    async def successors(
        self, version: str, link: LinkedSkill, before: ConceptState | None
    ) -> Sequence[ConceptState]:
        """Concepts of the version that come near one that it lacks, at most five.

        Those that bear a label of it, have its code, or stood above it in the link's own version,
        in this order.
        """
        ...


class LinkedSkills(Protocol):
    """The links that people have made."""

    async def in_proposals(self) -> Sequence[LinkedSkill]:
        """Every link of every proposal, whatever its state, by the proposal's code."""
        ...


class SkillsWork(UnitOfWork, Protocol):
    """A unit of work that looks at versions of ESCO."""

    @property
    def esco_versions(self) -> EscoVersions:
        """Imported versions."""
        ...

    @property
    def linked_skills(self) -> LinkedSkills:
        """Links in proposals."""
        ...

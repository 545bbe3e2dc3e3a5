"""What a credential is made from, gathered once for all the functions that write a class."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from app.domain.errors import InternalInconsistency
from app.domain.vocabulary.award import Award
from app.domain.vocabulary.specification import (
    AcademicData,
    Organisation,
    SkillDecision,
    Specification,
)
from app.domain.vocabulary.text import LanguageMap


@dataclass(frozen=True)
class Sources:
    """The award, what it was awarded for, and who stands behind it."""

    award: Award
    specification: Specification
    organisations: Mapping[str, Organisation]
    """By code: awarding bodies, and whoever else the specification names."""
    alliance_name: LanguageMap

    @property
    def academic(self) -> AcademicData:
        """Block C of the specification."""
        return self.specification.academic

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """BCP 47 tags of the display languages, the primary one first; English if none is set."""
        return display_languages(self.specification)

    @property
    def primary(self) -> str:
        """The language that is shown first, in which names without a language are marked."""
        return self.languages[0]

    @cached_property
    def linked_labels(self) -> Mapping[tuple[str, str], str]:
        """The labels that people linked, the first of each skill and language."""
        found: dict[tuple[str, str], str] = {}
        for outcome in self.academic.outcomes:
            for skill in outcome.skills:
                if skill.link and skill.decision is SkillDecision.LINKED:
                    found.setdefault((skill.link.uri, skill.link.language), skill.link.label)
        return found

    def organisation(self, code: str) -> Organisation:
        """The organisation with that code. Raises InternalInconsistency when it was not given."""
        try:
            return self.organisations[code]
        except KeyError:
            raise InternalInconsistency(f"No organisation with the code {code} was given") from None


def display_languages(specification: Specification) -> tuple[str, ...]:
    """BCP 47 tags of a specification's display languages, the primary one first; English if none
    is set."""
    return specification.academic.display_tags or ("en",)

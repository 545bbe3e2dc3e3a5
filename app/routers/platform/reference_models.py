"""Controlled lists as the API shows them."""

from typing import Self

from pydantic import BaseModel, Field

from app.domain.vocabulary.lists import ControlledList, ListedConcept

LANGUAGE_TAG = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}$"
"""BCP 47, as far as it matters here."""


class VocabularyOut(BaseModel):
    """One controlled list."""

    name: str = Field(examples=["eqf"])
    scheme: str = Field(
        description="IRI of the concept scheme",
        examples=["http://data.europa.eu/snb/eqf/25831c2"],
    )
    enforced: bool = Field(description="whether EDC refuses a value of another scheme")
    size: int = Field(examples=[8])

    @classmethod
    def of(cls, known: ControlledList) -> Self:
        """From the list."""
        return cls(name=known.name, scheme=known.scheme, enforced=known.enforced, size=len(known))


class VocabulariesOut(BaseModel):
    """All controlled lists."""

    items: list[VocabularyOut]


class ListedConceptOut(BaseModel):
    """One value of a list."""

    uri: str = Field(examples=["http://data.europa.eu/snb/eqf/6"])
    label: dict[str, str] = Field(description="by language", examples=[{"en": "Level 6"}])
    notation: str | None = Field(None, description="what EDC writes as `skos:notation`")
    code: str | None = Field(
        None, description="the short code people use: ISO 3166-1 alpha-2, BCP 47", examples=["ES"]
    )

    @classmethod
    def of(cls, concept: ListedConcept) -> Self:
        """From the value."""
        return cls(
            uri=concept.uri,
            label=dict(concept.label),
            notation=concept.notation,
            code=concept.code,
        )


class VocabularyDetailOut(VocabularyOut):
    """One controlled list with all its values."""

    concepts: list[ListedConceptOut]

    @classmethod
    def of(cls, known: ControlledList) -> Self:
        """From the list."""
        return cls(
            name=known.name,
            scheme=known.scheme,
            enforced=known.enforced,
            size=len(known),
            concepts=[ListedConceptOut.of(concept) for concept in known],
        )

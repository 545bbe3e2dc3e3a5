"""Controlled values: a concept of a published list, given by its URI with a label beside it."""

from dataclasses import dataclass, field

from app.domain.vocabulary.text import LanguageMap


@dataclass(frozen=True)
class Concept:
    """A value of a controlled list (SKOS concept).

    On input only `uri` counts; the labels that we know are put beside it on output.
    """

    __pydantic_config__ = {"extra": "forbid"}

    uri: str
    """The concept's IRI in the list that publishes it."""
    label: LanguageMap = field(default_factory=dict)
    """What people call it, by language. Ignored on input."""

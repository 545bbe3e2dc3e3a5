"""Controlled values: a concept of a published list, given by its URI with a label beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from app.domain.vocabulary.text import LanguageMap


@dataclass(frozen=True)
class Concept:
    """A value of a controlled list (SKOS concept).

    On input only `uri` counts; the labels that we know are put beside it on output.
    """

    __pydantic_config__: ClassVar[Mapping[str, object]] = {"extra": "forbid"}

    uri: str
    """The concept's IRI in the list that publishes it."""
    label: LanguageMap = field(default_factory=dict)
    """What people call it, by language. Ignored on input."""

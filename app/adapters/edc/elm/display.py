"""How a credential is shown: titles, languages, and a picture in each of them."""

from collections.abc import Mapping

from app.adapters.edc.elm.sources import Sources
from app.adapters.edc.elm.values import Node, concept, concepts, media_object, node, texts
from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.lists import language_concept
from app.domain.vocabulary.text import language_tag


def display_parameter(sources: Sources, images: Mapping[str, bytes]) -> Node:
    """The title and summary that a viewer lists, and one display per language.

    `images` holds a PNG by BCP 47 tag. A language without a picture gets no display, which the
    profile's validation then reports.
    """
    academic = sources.academic
    languages = list(academic.display_languages) or [language_concept(sources.primary)]
    primary = academic.primary_language or languages[0]
    return node(
        "DisplayParameter",
        title=texts(academic.title),
        description=texts(sources.specification.summary_public),
        primaryLanguage=concept(primary, sources.languages),
        language=concepts(languages, sources.languages),
        individualDisplay=[
            individual_display(language, images[tag], sources)
            for language in languages
            if (tag := language_tag(language.uri)) and tag in images
        ],
    )


def individual_display(language: Concept, png: bytes, sources: Sources) -> Node:
    """What is shown in one language."""
    return node(
        "IndividualDisplay",
        language=concept(language, sources.languages),
        displayDetail=display_detail(png, page=1),
    )


def display_detail(png: bytes, *, page: int) -> Node:
    """One page of the diploma as a picture."""
    return node("DisplayDetail", image=media_object(png, "PNG"), page=page)

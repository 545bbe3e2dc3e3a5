"""Partners of the alliance as credentials name them."""

from collections.abc import Iterable, Mapping

from app.domain.vocabulary.institutions import Institution
from app.domain.vocabulary.lists import country_concept
from app.domain.vocabulary.specification import Organisation


def organisation_of(institution: Institution) -> Organisation:
    """A partner, with its name in its own language and in English, and its code as short name."""
    return Organisation(
        code=institution.code,
        legal_name={
            "en": institution.name_en,
            institution.name_local_language: institution.name_local,
        },
        alternative_name={"en": institution.code},
        country=country_concept(institution.country),
        homepage=institution.homepage or None,
        identifiers=institution.identifiers,
    )


def organisations_of(institutions: Iterable[Institution]) -> Mapping[str, Organisation]:
    """Partners by their codes."""
    return {institution.code: organisation_of(institution) for institution in institutions}

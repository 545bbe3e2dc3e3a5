"""People and institutions as the Learning Model writes them, one function per class."""

from app.adapters.edc.elm.sources import Sources
from app.adapters.edc.elm.values import (
    Node,
    concept,
    day,
    identifier,
    labels,
    legal_identifier,
    location,
    node,
    texts,
    web_resource,
)
from app.domain.vocabulary.award import Holder
from app.domain.vocabulary.specification import Organisation
from app.domain.vocabulary.text import LanguageMap

EIDAS = "eidas"
"""Key of an organisation's identifiers: the organizationIdentifier of its seal certificate."""
VAT = "vat"

SCHEME_NAMES = {
    "erasmus": "Erasmus code",
    "schac": "SCHAC home organisation",
    "pic": "Participant Identification Code",
    "ror": "Research Organization Registry",
    "eter": "European Tertiary Education Register",
    "deqar": "Database of External Quality Assurance Results",
}
"""Names of the schemes in which institutions are known, by our short names."""

_EUROPEAN_STUDENT_IDENTIFIER = "urn:schac:personalUniqueCode:int:esi:"


def organisation(of: Organisation, sources: Sources, *, member: LanguageMap | None = None) -> Node:
    """An institution; `member` names the alliance that it belongs to."""
    country = concept(of.country, sources.languages)
    vat = of.identifiers.get(VAT)
    eidas = of.identifiers.get(EIDAS)
    return node(
        "Organisation",
        legalName=texts(of.legal_name),
        altLabel=texts(of.alternative_name),
        location=location(country),
        homepage=web_resource(of.homepage),
        identifier=[
            identifier(SCHEME_NAMES.get(scheme, scheme), notation)
            for scheme, notation in of.identifiers.items()
            if scheme not in (VAT, EIDAS)
        ],
        vatIdentifier=legal_identifier(vat, country) if vat else None,
        eIDASIdentifier=legal_identifier(eidas, country) if eidas else None,
        groupMemberOf=group(member, sources) if member else None,
    )


def group(name: LanguageMap, sources: Sources) -> Node:
    """An alliance of institutions, named in the display languages that it has a name in."""
    return node("Group", prefLabel=labels(texts(name), sources.languages))


def awarding_process(sources: Sources) -> Node:
    """Who awarded, and when; several bodies for a joint award."""
    return node(
        "AwardingProcess",
        awardingBody=[
            organisation(sources.organisation(code), sources, member=sources.alliance_name)
            for code in sources.academic.awarding_bodies
        ],
        awardingDate=day(sources.award.awarded_on),
    )


def person(holder: Holder, sources: Sources, claim: Node) -> Node:
    """The learner, with what they confirmed about themselves, and their achievement.

    The shapes allow one language for all names, and names have none: the primary one stands.
    """
    name = sources.primary
    return node(
        "Person",
        fullName={name: holder.full_name},
        givenName={name: holder.given_name} if holder.given_name else None,
        familyName={name: holder.family_name} if holder.family_name else None,
        dateOfBirth=day(holder.birth_date) if holder.birth_date else None,
        identifier=_student_identifier(holder.student_identifier),
        hasClaim=claim,
    )


def _student_identifier(notation: str | None) -> Node | None:
    if not notation:
        return None
    european = notation.startswith(_EUROPEAN_STUDENT_IDENTIFIER)
    name = "European Student Identifier" if european else "Student identifier"
    return identifier(name, notation)

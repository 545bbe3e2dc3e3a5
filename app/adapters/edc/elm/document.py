"""An award as a European Digital Credential: ELM v3 in JSON-LD, ready to be validated and sealed.

One pure function per class of the Learning Model, named after it, in the `elm_*` modules beside
this one. Every object is embedded in full, as wallets read plain JSON; ids are given at the end,
by content. Which certified field goes where is declared in `app.domain.credentials.paths`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.adapters.edc.elm.agents import organisation, person
from app.adapters.edc.elm.claims import learning_achievement
from app.adapters.edc.elm.display import display_parameter
from app.adapters.edc.elm.node_ids import identified
from app.adapters.edc.elm.sources import Sources
from app.adapters.edc.elm.values import concept, instant, later, mandate_evidence
from app.domain.credentials.credential_id import credential_urn
from app.domain.credentials.profile.model import Profile
from app.domain.credentials.profile.tables import edc_profile
from app.domain.credentials.profile.values import is_duration
from app.domain.vocabulary.award import Award
from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.specification import Organisation, Specification
from app.domain.vocabulary.text import LanguageMap

MANDATE = "Issued and sealed on behalf of the awarding bodies, who have agreed to it."


def build_credential(
    *,
    credential_id: UUID,
    award: Award,
    specification: Specification,
    issuer: Organisation,
    organisations: Mapping[str, Organisation],
    alliance_name: LanguageMap,
    issued: datetime,
    images: Mapping[str, bytes],
    profile: Profile | None = None,
) -> dict[str, Any]:
    """The unsealed credential for one award.

    `issuer` is already what its seal certificate says
    (`app.adapters.edc.pki.certificates.issuer_from_certificate`), `organisations` hold whoever the
    specification names, by code, `images` one PNG per display language by BCP 47 tag, `issued` is
    the moment of sealing, with a zone, and `profile` what it is written by, else the default.
    Fields of the specification that are still empty are left out; whether the result may be sealed
    is for the profile's validation to say.

    Raises InternalInconsistency when an organisation is named but not given.
    """
    sources = Sources(award, specification, organisations, alliance_name)
    academic, profile = specification.academic, profile or edc_profile()
    kind = academic.credential_profile or Concept(profile.generic)
    moment = instant(issued)
    period = academic.validity_period
    until = instant(later(issued, period)) if period and is_duration(period) else None
    credential: dict[str, Any] = {
        "@context": profile.contexts,
        "id": credential_urn(credential_id),
        "type": list(profile.types),
        "credentialSchema": {
            "id": profile.schemas.get(kind.uri, profile.generic_schema),
            "type": profile.schema_type,
        },
        "credentialProfiles": concept(kind, sources.languages),
        "displayParameter": display_parameter(sources, images),
        "issuer": organisation(issuer, sources),
        "issuanceDate": moment,
        "issued": moment,
        "validFrom": moment,
    }
    if until:
        credential |= {"validUntil": until, "expirationDate": until}
    if academic.issuer not in academic.awarding_bodies:
        credential["evidence"] = mandate_evidence(MANDATE, sources.languages)
    credential["credentialSubject"] = person(award.holder, sources, learning_achievement(sources))
    return identified(credential)

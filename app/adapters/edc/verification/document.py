"""The checks of what a credential says: its form, issuer, validity and standing."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from app.adapters.edc.contents import at, language_map, moment_at, objects, text_at
from app.adapters.edc.pki.certificates import TEST_IDENTIFIER, CertificateFacts
from app.adapters.edc.seal.opened import Sealed
from app.adapters.edc.strict_json import NotReadable
from app.domain.credentials.profile.limits import EXCESSES
from app.domain.credentials.profile.model import Profile
from app.domain.credentials.profile.tables import kinds_of, schemas_of
from app.domain.credentials.profile.validation import against_the_shapes
from app.domain.credentials.verification import (
    Check,
    CheckName,
    CheckStatus,
)
from app.domain.errors import Finding
from app.domain.vocabulary.lists import code_of

_SHOWN = 20
"""Findings that are listed; more help nobody."""
_CLOCK_SKEW = timedelta(minutes=5)
_ACCREDITED = {
    "http://data.europa.eu/snb/credential/6cf8e68c43",
    "http://data.europa.eu/snb/credential/c_ae121a00",
}


def format_check(
    document: Mapping[str, Any] | None,
    problem: NotReadable | None,
    sealed: Sealed | None,
    findings: Sequence[Finding],
    profile: Profile,
) -> Check:
    """Whether it can be read and follows the application profile.

    `findings` are what the profile has against the document. What only our own rules for issuing
    ask for is no fault of somebody else's credential, and is listed as evidence. A document that
    declares to be more than a generic credential is judged as such a one, which is said; where
    nobody here knows what it declares to be, no finding makes it wrong.
    """
    name = CheckName.FORMAT
    if document is None:
        code = problem.code if problem else "not_json"
        detail = problem.detail if problem else "It cannot be read."
        return Check(name, CheckStatus.ERROR, code, f"What was sealed is no credential. {detail}")
    faults = against_the_shapes(list(findings))
    evidence: dict[str, Any] = {"findings": len(faults), "remarks": len(findings) - len(faults)}
    listed = faults or findings
    if listed:
        evidence["at"] = [
            {"pointer": f.pointer[:300], "code": f.code, "detail": f.detail}
            for f in listed[:_SHOWN]
        ]
    kinds, schemas = kinds_of(document), schemas_of(document)
    declared = {*schemas, *(profile.schemas.get(kind, kind) for kind in kinds)}
    known = set(profile.schemas.values())
    excessive = any(fault.code in EXCESSES for fault in faults)
    if faults and (excessive or not declared - known):
        return Check(
            name,
            CheckStatus.ERROR,
            "profile_not_followed",
            "It does not follow the profile of European Digital Credentials.",
            evidence,
            advice="Only its issuer can correct and reissue it.",
        )
    if declared - {profile.generic_schema}:
        evidence["declared"] = sorted(one[:300] for one in declared)[:_SHOWN]
        return Check(
            name,
            CheckStatus.WARNING,
            "judged_as_generic_only",
            "It declares to be more than a generic credential, and was judged as one only.",
            evidence,
            advice="Ask its issuer what it has to satisfy, or who can judge that.",
        )
    if sealed and (sealed.payload_encoded or not sealed.payload_first):
        return Check(
            name,
            CheckStatus.WARNING,
            "not_for_europass",
            "It is a proper seal, but not in the form that Europass can read.",
            evidence,
        )
    return Check(
        name,
        CheckStatus.OK,
        "profile_followed",
        "It follows the profile of European Digital Credentials.",
        evidence,
    )


def identity_check(
    document: Mapping[str, Any] | None, facts: CertificateFacts | None, seal: Check
) -> Check:
    """Whether the credential names as issuer whom the certificate names."""
    name = CheckName.ISSUER_IDENTITY
    if document is None or facts is None or seal.status is not CheckStatus.OK:
        return Check(
            name, CheckStatus.SKIPPED, "seal_not_intact", "A broken seal vouches for nothing."
        )
    stated_number = text_at(document, "issuer", "eIDASIdentifier", "notation")
    stated_names = list(language_map(at(document, "issuer", "legalName")).values())
    stated_country = text_at(document, "issuer", "eIDASIdentifier", "spatial", "id")
    evidence = {
        "certificate": {
            "organisation": facts.organisation,
            "organisation_identifier": facts.organisation_identifier,
            "country": facts.country,
        },
        "credential": {
            "legal_name": stated_names[:5],
            "organisation_identifier": stated_number,
            "country": stated_country,
        },
    }
    if not facts.organisation_identifier or not facts.organisation:
        return Check(
            name,
            CheckStatus.WARNING,
            "certificate_names_no_organisation",
            "The certificate does not say which organisation it belongs to.",
            evidence,
        )
    country = code_of(stated_country or "")
    if (
        stated_number != facts.organisation_identifier
        or facts.organisation not in stated_names
        or (country is not None and facts.country is not None and country != facts.country)
    ):
        return Check(
            name,
            CheckStatus.ERROR,
            "issuer_is_not_the_sealer",
            "The credential names another issuer than the certificate that sealed it.",
            evidence,
            advice="Do not rely on it.",
        )
    return Check(
        name,
        CheckStatus.OK,
        "issuer_is_the_sealer",
        f"It was sealed by {facts.organisation}, which it names as its issuer.",
        evidence,
    )


def owner_check() -> Check:
    """Whether the presenter is the holder; nobody's account is known here."""
    return Check(
        CheckName.OWNER,
        CheckStatus.SKIPPED,
        "presenter_unknown",
        "Who presents the credential is not known here.",
        advice="Compare the name and the date of birth with an identity document.",
    )


def expiry_check(document: Mapping[str, Any] | None, now: datetime) -> Check:
    """Whether it is valid now."""
    name = CheckName.EXPIRY
    start = moment_at(document, "validFrom")
    ends = [moment_at(document, "validUntil"), moment_at(document, "expirationDate")]
    end = min((moment for moment in ends if moment), default=None)
    evidence = {
        "valid_from": start.isoformat() if start else None,
        "valid_until": end.isoformat() if end else None,
    }
    if start is None:
        return Check(
            name, CheckStatus.SKIPPED, "no_dates", "It does not say from when it is valid."
        )
    # Not taken from the start: a file may say the first or the last moment that there is.
    if start - now > _CLOCK_SKEW:
        return Check(name, CheckStatus.ERROR, "not_yet_valid", "It is not valid yet.", evidence)
    if end and now >= end:
        return Check(name, CheckStatus.ERROR, "expired", "It has expired.", evidence)
    return Check(name, CheckStatus.OK, "valid_now", "It is valid now.", evidence)


def recognition_check(
    facts: CertificateFacts | None,
    seal: Check,
    recognised: Callable[[str], bool | None],
    register_says: Callable[[str], Mapping[str, Any]] | None = None,
) -> Check:
    """Whether the sealer is a recognised higher-education institution, by its identifier."""
    name = CheckName.RECOGNISED_INSTITUTION
    number = facts.organisation_identifier if facts else None
    if seal.status is not CheckStatus.OK or not number:
        return Check(name, CheckStatus.SKIPPED, "sealer_unknown", "It is not known who sealed it.")
    evidence: dict[str, Any] = {"organisation_identifier": number}
    if number.startswith(TEST_IDENTIFIER):
        return Check(
            name,
            CheckStatus.WARNING,
            "development_identifier",
            "The sealer's identifier is reserved for development and belongs to no institution.",
            evidence,
        )
    answer = recognised(number)
    if answer is not None and register_says is not None:
        evidence |= register_says(number)
    if answer is None:
        return Check(
            name,
            CheckStatus.SKIPPED,
            "no_register",
            "No register of recognised institutions is configured here.",
            evidence,
        )
    if answer:
        return Check(
            name,
            CheckStatus.OK,
            "recognised",
            "The sealer is a recognised higher-education institution.",
            evidence,
        )
    return Check(
        name,
        CheckStatus.WARNING,
        "not_in_register",
        "The sealer is not in the register of recognised institutions.",
        evidence,
        advice="Look it up in the national register of its country.",
    )


def accreditation_check(document: Mapping[str, Any] | None) -> Check:
    """Accreditations are looked up only for credentials of the accredited profile."""
    name = CheckName.ACCREDITATION
    kinds = {text_at(node, "id") for node in objects(at(document, "credentialProfiles"))}
    if kinds & _ACCREDITED:
        return Check(
            name,
            CheckStatus.SKIPPED,
            "accreditation_not_looked_up",
            "It claims an accreditation, which was not looked up.",
        )
    return Check(
        name, CheckStatus.SKIPPED, "no_accreditation_claimed", "It claims no accreditation."
    )

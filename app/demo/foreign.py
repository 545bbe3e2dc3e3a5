"""A credential sealed by an authority that nobody here knows, for the demonstration."""

import json
from datetime import datetime, timedelta

from app.adapters.edc.pki.authorities import SealSubject, new_authority, new_rsa_key
from app.adapters.edc.seal.jades import seal
from app.adapters.edc.seal.seals import SoftwareSealKey


def sealed_by_a_stranger(payload: bytes, sealed_at: datetime) -> bytes:
    """The same credential, sealed in the same name with a certificate of a foreign authority."""
    issuer = json.loads(payload)["issuer"]
    identifier = issuer["eIDASIdentifier"]
    subject = SealSubject(
        organisation=_first(issuer["legalName"]),
        common_name=_first(issuer["altLabel"]),
        country=identifier["notation"][3:5],
        organisation_identifier=identifier["notation"],
    )
    begins, ends = sealed_at - timedelta(days=1), sealed_at + timedelta(days=1)
    authority = new_authority(
        "Authority that nobody knows, for tests", valid_from=begins, valid_until=ends
    )
    key = new_rsa_key()
    certificate = authority.issue(subject, key, valid_from=begins, valid_until=ends)
    stranger = SoftwareSealKey("RS256", (certificate, authority.certificate), key)
    return seal(payload, stranger, sealed_at)


def _first(texts: dict[str, str]) -> str:
    return next(iter(texts.values()))

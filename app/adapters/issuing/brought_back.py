"""Seals of keys that stay with their institution: what is to be signed, and what comes back."""

import json
from datetime import datetime, timedelta

from app.adapters.edc.image.shown import pictures_in
from app.adapters.edc.pki import certificates, signatures
from app.adapters.edc.seal import jades
from app.adapters.edc.seal.brought import written_anew, wrong_beside
from app.adapters.edc.seal.opened import open_sealed
from app.adapters.edc.seal.seals import SealKey
from app.adapters.edc.strict_json import NotReadable
from app.adapters.issuing.building import Built, leaf_of, valid_until
from app.adapters.issuing.making import Maker
from app.domain.credentials.seal import (
    Brought,
    IssuedCredential,
    IssuingOrder,
    PreparedSeal,
    SignatureRefused,
)
from app.domain.errors import Finding
from app.domain.vocabulary.institutions import Institution


def prepared(maker: Maker, order: IssuingOrder) -> PreparedSeal:
    """Build and check, and say what is to be signed where the key is."""
    made = maker.checked(order)
    institution = made.institution.code
    return PreparedSeal(
        credential=order.credential,
        registration=order.award.registration,
        institution=institution,
        seal=order.seal or maker.keys.names(institution)[0],
        payload=made.built.payload,
        protected=jades.encoded_header(made.key, order.issued_at, maker.time_header),
        algorithm=made.key.alg,
        certificate_sha256=maker.leaves.facts(made.key).sha256,
        prepared_at=order.issued_at,
    )


def attached(
    maker: Maker,
    prepared: PreparedSeal,
    brought: Brought,
    institution: Institution,
    now: datetime,
) -> IssuedCredential:
    """Put together what was prepared and what was brought, and verify what came out.

    Raises SignatureRefused, SealUnavailable, SealDoubtful.
    """
    key = maker.keys.key(prepared.institution, prepared.seal)
    maker.insist_on_seal(key, institution, now)
    if maker.leaves.facts(key).sha256 != prepared.certificate_sha256:
        raise SignatureRefused((_REPLACED,))
    if brought.document is None:
        sealed = _with_signature(prepared, key, brought.signature or b"")
    else:
        sealed = _of_same(prepared, brought.document, now)
    # At the time that it claims or, for a file that was signed later, now.
    if wrong := maker.wrong_with(sealed, prepared.credential, now):
        raise SignatureRefused(wrong)
    document = json.loads(prepared.payload)
    built = Built(prepared.payload, pictures_in(document), valid_until(document))
    return maker.issued(sealed, built, key, prepared.prepared_at)


_SKEW = timedelta(minutes=5)
"""How far the clock of whoever signs elsewhere may be from ours."""

_REPLACED = Finding(
    "",
    "certificate_replaced",
    "The institution's seal was replaced after this was prepared. Prepare it again.",
)


def _with_signature(prepared: PreparedSeal, key: SealKey, signature: bytes) -> bytes:
    """The sealed document, from a signature that somebody made over what was prepared."""
    public = leaf_of(key).public_key()
    value = signatures.jose_form(prepared.algorithm, public, signature)
    if not signatures.verifies(prepared.algorithm, public, prepared.signing_input, value):
        raise SignatureRefused(
            (
                Finding(
                    "/signature",
                    "signature_wrong",
                    "It was not made over these bytes by the key of the seal's certificate.",
                ),
            )
        )
    return jades.general_serialisation(prepared.payload, prepared.protected, value)


def _of_same(prepared: PreparedSeal, document: bytes, now: datetime) -> bytes:
    """A sealed file that somebody else's program made, if it seals exactly what was prepared."""
    try:
        sealed = open_sealed(document)
    except NotReadable as problem:
        raise SignatureRefused((Finding("/document", problem.code, problem.detail),)) from None
    findings = []
    if sealed.payload != prepared.payload:
        findings.append(
            Finding("/payload", "payload_changed", "It seals other bytes than were prepared.")
        )
    if not sealed.payload_first or sealed.payload_encoded:
        findings.append(
            Finding(
                "/payload",
                "not_for_europass",
                "Europass reads files whose payload comes first and is not encoded.",
            )
        )
    if beside := wrong_beside(sealed):
        findings.append(beside)
    leaf = sealed.certificates[0] if sealed.certificates else None
    if leaf is None or certificates.fingerprint(leaf) != prepared.certificate_sha256:
        findings.append(
            Finding("/x5c", "other_certificate", "It is sealed with another certificate.")
        )
    if sealed.header.get("alg") not in signatures.SEALING:
        findings.append(
            Finding("/alg", "algorithm_not_used", f"Seal with {', '.join(signatures.SEALING)}.")
        )
    signed_at = sealed.signed_at
    if signed_at is None or not -_SKEW <= signed_at - prepared.prepared_at <= (
        now - prepared.prepared_at + _SKEW
    ):
        findings.append(
            Finding(
                "/iat",
                "time_impossible",
                "It claims to be sealed before it was prepared, or later than now.",
            )
        )
    if findings:
        raise SignatureRefused(tuple(findings))
    # Verifiers doubt a file in another form than ours.
    return written_anew(sealed)

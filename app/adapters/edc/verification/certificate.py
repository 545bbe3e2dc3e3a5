"""The checks of the seal's certificate: chain, standing at the time of sealing, qualification."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from cryptography import x509

from app.adapters.edc.pki.certificates import CertificateFacts
from app.adapters.edc.pki.qualification import (
    CertificateType,
    Qualification,
    QualificationSource,
    claimed_qualification,
)
from app.adapters.edc.pki.revocation_data import Statement, best_statement
from app.adapters.edc.pki.trust import Path, PathStatus, TrustAnchor, TrustStore
from app.adapters.edc.seal.opened import Sealed
from app.adapters.edc.verification.times import Times
from app.domain.credentials.verification import Check, CheckName, CheckStatus

_NO_PATH = Path(PathStatus.UNKNOWN)
_UNPROVEN = (
    "Nobody but the sealer attests when it was sealed. Ask its issuer, or its holder for a copy "
    "with timestamps."
)


def trust_check(
    sealed: Sealed, facts: CertificateFacts | None, seal: Check, times: Times, trust: TrustStore
) -> tuple[Check, Path]:
    """Whether the certificate hangs on an authority that we know, and by which chain."""
    name = CheckName.ISSUER_TRUST
    at = times.proven or sealed.signed_at
    if seal.status is not CheckStatus.OK or facts is None or at is None:
        skipped = Check(
            name, CheckStatus.SKIPPED, "seal_not_intact", "A broken seal vouches for nothing."
        )
        return skipped, _NO_PATH
    path = trust.path(sealed.certificates[0], times.material.certificates, at)
    evidence: dict[str, Any] = {"issued_by": facts.issuer}
    if path.status is PathStatus.TRUSTED and path.anchor:
        evidence |= {"trusted_as": path.anchor.name, "chain_length": path.length}
        return _trusted(path.anchor, evidence), path
    if path.status is PathStatus.NOT_VALID:
        evidence["problem"] = path.problem
        return Check(
            name,
            CheckStatus.ERROR,
            "chain_not_valid",
            f"The certificate's chain breaks the rules: {path.problem}.",
            evidence,
        ), path
    return Check(
        name,
        CheckStatus.WARNING,
        "unknown_issuer",
        "The seal is intact, but the authority behind its certificate is not known here.",
        evidence,
        advice="Find out by other means whether the certificate belongs to that institution.",
    ), path


def _trusted(anchor: TrustAnchor, evidence: Mapping[str, Any]) -> Check:
    if anchor.development:
        return Check(
            CheckName.ISSUER_TRUST,
            CheckStatus.OK,
            "development_issuer",
            "The seal is a development seal of this installation. It proves that the "
            "programs work, and nothing about any institution.",
            evidence,
        )
    return Check(
        CheckName.ISSUER_TRUST,
        CheckStatus.OK,
        "trusted_issuer",
        "The seal's certificate was issued by an authority that is trusted here.",
        evidence,
    )


def status_check(
    sealed: Sealed,
    facts: CertificateFacts | None,
    seal: Check,
    times: Times,
    path: Path,
    now: datetime,
) -> Check:
    """Whether the certificates were in force when they sealed, at the time that is provable.

    A timestamp proves that the seal was there before whatever happened to the certificate later.
    Without one, only the sealer says so, and that is left open rather than called wrong.
    """
    claimed = sealed.signed_at
    if seal.status is not CheckStatus.OK or facts is None or claimed is None:
        return _status(CheckStatus.SKIPPED, "seal_not_intact", "A broken seal vouches for nothing.")
    judged_at = times.proven or now
    evidence: dict[str, Any] = {
        "judged_at": judged_at.isoformat(),
        "proven": times.proven is not None,
        "valid_until": facts.valid_until.isoformat(),
    }
    if times.proven and times.proven < facts.valid_from:
        return _status(
            CheckStatus.ERROR,
            "certificate_not_valid_then",
            "The timestamps attest a time before the certificate began to be valid.",
            evidence,
        )
    statements = _statements(sealed, path, times)
    for certificate, statement in statements:
        found = _revoked(certificate, statement, claimed, times.proven, evidence)
        if found and found.status is not CheckStatus.OK:
            return found
    if judged_at > facts.valid_until:
        return _status(
            CheckStatus.WARNING,
            "certificate_expired_since",
            "The certificate has ended meanwhile, and only the sealer says that it was in force "
            "at the time of sealing.",
            evidence,
            advice=_UNPROVEN,
        )
    later = [
        _revoked(certificate, statement, claimed, times.proven, evidence)
        for certificate, statement in statements
    ]
    return next(filter(None, later), None) or _standing(statements, judged_at, evidence)


Spoken = tuple[x509.Certificate, Statement | None]


def _statements(sealed: Sealed, path: Path, times: Times) -> list[Spoken]:
    """For each certificate below the top: what its authority said of it.

    The authority's key is known by its signature under the certificate, whether we trust it or not;
    so even of a stranger's certificate it can be said that it was revoked.
    """
    material = times.material
    if len(path.chain) > 1:
        pairs = [(c, [above]) for c, above in zip(path.chain, path.chain[1:], strict=False)]
    else:
        leaf = sealed.certificates[0]
        pairs = [(leaf, material.issuers_of(leaf))]
    return [
        (certificate, best_statement(certificate, issuers, material.lists, material.responses))
        for certificate, issuers in pairs
    ]


def _revoked(
    certificate: x509.Certificate,
    statement: Statement | None,
    claimed: datetime,
    proven: datetime | None,
    evidence: Mapping[str, Any],
) -> Check | None:
    if statement is None or statement.revoked_at is None:
        return None
    told = {
        **evidence,
        "revoked": certificate.subject.rfc4514_string(),
        "revoked_at": statement.revoked_at.isoformat(),
        "reason": statement.reason,
        "source": statement.source,
    }
    if statement.revoked_at <= claimed:
        return _status(
            CheckStatus.ERROR,
            "revoked_before_sealing",
            "The certificate had been revoked before it sealed.",
            told,
            advice="Do not rely on it.",
        )
    if proven is None or statement.revoked_at <= proven:
        return _status(
            CheckStatus.WARNING,
            "revoked_since",
            "The certificate was revoked, and only the sealer says that it sealed before that.",
            told,
            advice=_UNPROVEN,
        )
    return _status(
        CheckStatus.OK,
        "revoked_after_sealing",
        "The certificate was revoked later; the timestamps prove that it had sealed before that.",
        told,
    )


def _standing(statements: list[Spoken], at: datetime, evidence: dict[str, Any]) -> Check:
    """Nobody says that anything was revoked: what is that worth?"""
    known = [statement for _, statement in statements if statement]
    evidence["sources"] = [
        {
            "source": statement.source,
            "this_update": statement.this_update.isoformat(),
            "next_update": statement.next_update.isoformat() if statement.next_update else None,
        }
        for statement in known
    ]
    if not statements or statements[0][1] is None:
        return _status(
            CheckStatus.SKIPPED,
            "no_status_known",
            "Whether the certificate was revoked is not known: the seal does not carry the answer, "
            "and nothing is fetched.",
            evidence,
            advice="Ask the authority that issued the certificate, if it matters.",
        )
    if any(not _current(statement, at) for statement in known):
        return _status(
            CheckStatus.SKIPPED,
            "status_outdated",
            "The certificate was not revoked when its authority last said so here, but that was "
            "before the time that counts.",
            evidence,
            advice="Ask the authority that issued the certificate, if it matters.",
        )
    if len(known) < len(statements):
        return _status(
            CheckStatus.OK,
            "seal_certificate_not_revoked",
            "The seal's certificate had not been revoked; of an authority above it, it is not "
            "known.",
            evidence,
        )
    return _status(
        CheckStatus.OK,
        "not_revoked",
        "The certificate was in force, and had not been revoked when it sealed.",
        evidence,
    )


_TOLERANCE = timedelta(minutes=5)


def _current(statement: Statement, at: datetime) -> bool:
    if at - statement.this_update <= _TOLERANCE:
        return True
    return statement.next_update is not None and at <= statement.next_update


def qualification_check(
    sealed: Sealed,
    seal: Check,
    times: Times,
    path: Path,
    source: QualificationSource | None,
    now: datetime,
) -> Check:
    """What kind of seal it is, as of the time of sealing."""
    if seal.status is not CheckStatus.OK:
        return _kind(CheckStatus.SKIPPED, "seal_not_intact", "A broken seal vouches for nothing.")
    claimed = claimed_qualification(sealed.certificates[0])
    evidence: dict[str, Any] = {"certificate_says": _plain(claimed)}
    at = times.proven or sealed.signed_at or now
    listed = None
    if source is not None and source.list_date is not None:
        evidence |= {
            "lists_of": source.list_date.isoformat(),
            "lists_outdated": source.outdated,
            "as_of": at.isoformat(),
        }
        listed = source.qualification(path, at)
        evidence["lists_say"] = _plain(listed) if listed else None
    if listed is not None and listed.qualified:
        return _by_the_lists(listed, evidence)
    if claimed.qualified and claimed.types and CertificateType.SEAL not in claimed.types:
        return _other_type(claimed, evidence)
    if not claimed.qualified and listed is not None:
        return _kind(
            CheckStatus.SKIPPED,
            "not_qualified",
            "The trusted lists do not have the certificate as a qualified one: it is an advanced "
            "seal at most.",
            evidence,
        )
    if not claimed.qualified:
        return _kind(
            CheckStatus.SKIPPED,
            "no_qualification_claimed",
            "The certificate does not claim to be a qualified one: it is an advanced seal at most.",
            evidence,
        )
    if "lists_of" in evidence:
        return _kind(
            CheckStatus.WARNING,
            "qualification_not_confirmed",
            "The certificate claims to be a qualified one, but no trusted list that is kept here "
            "confirms that.",
            evidence,
            advice="Look its authority up in the trusted list of its country.",
        )
    return _kind(
        CheckStatus.SKIPPED,
        "qualification_not_looked_up",
        "The certificate claims to be a qualified one; no trusted lists are kept here to look "
        "that up.",
        evidence,
        advice="Look its authority up in the trusted list of its country.",
    )


def _by_the_lists(listed: Qualification, evidence: dict[str, Any]) -> Check:
    if CertificateType.SEAL not in listed.types:
        return _other_type(listed, evidence)
    if listed.device:
        return _kind(
            CheckStatus.OK,
            "qualified_seal",
            "It is a qualified electronic seal: a qualified certificate, its key in a qualified "
            "device.",
            evidence,
        )
    return _kind(
        CheckStatus.OK,
        "qualified_certificate",
        "It is an advanced seal with a qualified certificate.",
        evidence,
    )


def _other_type(said: Qualification, evidence: dict[str, Any]) -> Check:
    return _kind(
        CheckStatus.WARNING,
        "certificate_of_other_type",
        f"The certificate is qualified for a {said.types[0].value}, not for a seal."
        if said.types
        else "The certificate is a qualified one, but not for a seal.",
        evidence,
        advice="Ask the issuer why no seal certificate was used.",
    )


def _plain(said: Qualification) -> Mapping[str, Any]:
    return {
        "qualified": said.qualified,
        "device": said.device,
        "types": [kind.value for kind in said.types],
        "service": said.service,
    }


_status = partial(Check, CheckName.CERTIFICATE_STATUS)
_kind = partial(Check, CheckName.QUALIFICATION)

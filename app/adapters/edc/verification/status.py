"""What the register adds to the verification of a file: whether it was issued here, and whether it
is in force. The register lies behind a connection, so that it is asked after everything else."""

from dataclasses import replace

from app.domain.credentials.credential_id import credential_urn
from app.domain.credentials.status import PUBLIC, CredentialState, PublicStatus
from app.domain.credentials.verification import Check, CheckName, CheckStatus, Verification


def not_registered() -> Check:
    """The check of the standing, as long as the register has not been asked or knows nothing."""
    return Check(
        CheckName.REVOCATION,
        CheckStatus.SKIPPED,
        "not_registered_here",
        "It was not issued here, and it does not say where its status is published.",
        advice="Ask its issuer whether it is still in force.",
    )


def is_registered(found: Verification) -> bool:
    """Whether the register's word is about this file."""
    return "state" in found.check(CheckName.REVOCATION).evidence


def as_registered(found: Verification, known: PublicStatus) -> Verification:
    """The same with what the register has on the credential that the file names."""
    certificate = found.certificate.get("sha256")
    revocation = _revocation(found.check(CheckName.SEAL), certificate, known)

    def looked_at(check: Check) -> Check:
        if check.name is CheckName.REVOCATION:
            return revocation
        if check.name is CheckName.FORMAT and "state" in revocation.evidence:
            return _as_issued(check, canonical=found.canonical, sha256=found.sha256, known=known)
        return check

    return replace(found, checks=tuple(looked_at(check) for check in found.checks))


def _revocation(
    seal: Check,
    certificate_sha256: str | None,
    known: PublicStatus,
) -> Check:
    """What the register says of the credential that this file is, not only claims to be.

    Anybody can write an identifier into a file. The register's word is passed on when the file is
    sealed, intact, with the certificate that the register has for that identifier: so every
    revision of a document is known again, whatever was added to its seal and even when the
    document itself was erased, and no other is.
    """
    name = CheckName.REVOCATION
    if seal.status is CheckStatus.ERROR:
        return Check(
            name,
            CheckStatus.SKIPPED,
            "seal_not_intact",
            "A file whose seal does not hold is not the one that the register is about.",
        )
    if seal.status is not CheckStatus.OK or (
        known.state in PUBLIC and certificate_sha256 != known.certificate_sha256
    ):
        return Check(
            name,
            CheckStatus.ERROR,
            "not_the_file_that_was_issued",
            "It names a credential that was issued here, but is not the file that was issued.",
            advice="Do not rely on it. Ask its holder for the file as it was downloaded.",
        )
    evidence = {"state": known.state.value, "since": known.since.isoformat()}
    if known.successor is not None:
        evidence["successor"] = credential_urn(known.successor)
    match known.state:
        case CredentialState.SEALED:
            return Check(
                name, CheckStatus.OK, "in_force", "Its issuer has it as being in force.", evidence
            )
        case CredentialState.REVOKED:
            return Check(name, CheckStatus.ERROR, "revoked", "Its issuer has revoked it.", evidence)
        case CredentialState.SUSPENDED:
            return Check(
                name,
                CheckStatus.ERROR,
                "suspended",
                "Its issuer has suspended it.",
                evidence,
                advice="Ask again later, or ask its issuer.",
            )
        case CredentialState.SUPERSEDED:
            return Check(
                name,
                CheckStatus.WARNING,
                "superseded",
                "Its issuer has replaced it by a newer one.",
                evidence,
                advice="Ask its holder for the newer one.",
            )
        case CredentialState.DRAFT | CredentialState.APPROVED:
            return Check(
                name,
                CheckStatus.ERROR,
                "never_issued",
                "Its issuer has not sealed a credential with this id.",
                evidence,
            )


def _as_issued(
    found: Check,
    *,
    canonical: bool,
    sha256: str | None,
    known: PublicStatus,
) -> Check:
    """The check of the form, of a credential that was issued here: the file as we wrote it?

    We write sealed credentials in exactly one form. Another one holds the same sealed text, but
    somebody's program has saved it anew. In that form too, only what stands in the register was
    issued: with timestamps taken away or added, a seal is as intact as before.
    """
    if found.status is not CheckStatus.OK:
        return found
    if canonical:
        return _revision(found, sha256, known)
    return Check(
        CheckName.FORMAT,
        CheckStatus.WARNING,
        "file_rewritten",
        "What was sealed is unchanged, but the file around it is not as it was issued.",
        found.evidence,
        advice="Use the file exactly as it was downloaded.",
    )


def _revision(found: Check, sha256: str | None, known: PublicStatus) -> Check:
    if sha256 is None or not known.known_hashes:
        return found
    evidence = {**found.evidence, "level_held": known.level}
    if sha256 in known.known_hashes:
        return replace(found, evidence=evidence)
    held = (
        "Its issuer has another file of it."
        if known.level is None
        else f"Its issuer has another file of it, whose seal has level {known.level}."
    )
    return Check(
        CheckName.FORMAT,
        CheckStatus.WARNING,
        "not_a_revision_that_was_issued",
        "What was sealed is unchanged, but timestamps or other proofs around it were taken away "
        f"or added. {held}",
        evidence,
        advice="Ask its holder for the file as it was downloaded.",
    )

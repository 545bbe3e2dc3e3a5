"""Electronic seals, as issuing sees them: facts of the certificate, and what a seal makes.

An issuer seals with a certificate for electronic seals (Regulation (EU) 910/2014, Article 38),
whose subject names the institution. What the certificate says overwrites what the credential says
of its issuer, so that the two always agree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from app.domain.credentials.credential_id import credential_urn
from app.domain.errors import Conflict, Finding, Invalid, NotFound, Unavailable
from app.domain.vocabulary.award import Award
from app.domain.vocabulary.institutions import Alliance, Institution, InstitutionCode
from app.domain.vocabulary.micro_credential import MicroCredential

SealName = str
"""How an institution tells its seals apart: lower case, stable, part of settings and batches."""

DEFAULT_SEAL: SealName = "default"
"""The name of a seal whose institution has given it none."""


class QualificationClaim(StrEnum):
    """What a certificate says of its own qualification; only a trusted list can confirm it."""

    NONE = "none"
    OTHER = "other"
    """Of another kind: for signatures of people, or for websites."""
    SEAL = "seal"
    """A qualified certificate for electronic seals."""
    SEAL_IN_DEVICE = "seal_in_device"
    """The same, with its key in a qualified device."""


class SealUnavailable(Unavailable):
    """The institution has no seal here, or the seal cannot be reached now."""

    code = "seal_unavailable"


class SealNotFound(NotFound):
    """No institution here has a seal of that name."""

    code = "seal_not_found"

    def __init__(self, institution: InstitutionCode, known: Sequence[SealName] = ()) -> None:
        super().__init__(
            f"{institution} has no seal of that name here. Its seals: {', '.join(known)}."
            if known
            else f"There is no seal of {institution} here. See /v1/seals."
        )


class SealDoubtful(Conflict):
    """Something about the seal is not as it must be; nothing is sealed with it."""

    code = "seal_doubtful"

    def __init__(self, institution: InstitutionCode, findings: tuple[Finding, ...]) -> None:
        reasons = ", ".join(finding.code for finding in findings)
        super().__init__(
            f"The seal of {institution} is not fit for sealing ({reasons}). "
            "Put it right, then prepare the batch anew.",
            findings=findings,
        )


class DocumentInvalid(Invalid):
    """The credential that would come out does not satisfy the profile; it is not sealed."""

    code = "document_invalid"

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(
            "The credential does not satisfy the European Learning Model's profile. "
            "Correct what the findings point at.",
            findings=findings,
        )


class ShapesUnanswered(Unavailable):
    """The official shapes, which are to agree before anything is sealed, give no answer."""

    code = "official_shapes_unanswered"

    def __init__(self) -> None:
        super().__init__(
            "The official shapes could not be asked whether they agree, so nothing is sealed. "
            "Try again later, or resume the job; tell whoever runs this service if it goes on."
        )


class SignatureRefused(Invalid):
    """What was brought back is not the seal that was to be made; nothing is kept of it."""

    code = "signature_refused"

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        reasons = ", ".join(finding.code for finding in findings)
        super().__init__(
            f"This is not the seal of what was prepared ({reasons}). "
            "Download what is to be signed again, and sign exactly that.",
            findings=findings,
        )


class SealIsElsewhere(Conflict):
    """The key of this seal is with its institution, so that nothing can be sealed here."""

    code = "seal_is_local"

    def __init__(self, institution: InstitutionCode) -> None:
        super().__init__(
            f"The key of this seal is with {institution}. Download what the batch has prepared, "
            "sign it there, and attach the signatures."
        )


class NoKeyHere(Conflict):
    """The keys of all seals of this institution are with it, and something is to be signed now."""

    code = "no_seal_key_here"

    def __init__(self, institution: InstitutionCode) -> None:
        super().__init__(
            f"The keys of the seals of {institution} are with it, so that nothing can be signed "
            "here in its name. The sealed credential is complete without; ask the alliance office "
            f"for a seal of {institution} whose key is here (MC_SEALS) if this is needed as well."
        )


@dataclass(frozen=True)
class SealFacts:
    """What is known of one institution's seal. Nothing in here is secret."""

    institution: InstitutionCode
    subject: str
    """Distinguished name of the certificate's subject (RFC 4514)."""
    organisation: str
    """O of the subject: the legal name that credentials will carry."""
    organisation_identifier: str
    """organizationIdentifier of the subject (2.5.4.97, ETSI EN 319 412-1), `VATES-…`."""
    serial: str
    """Serial number of the certificate, in hexadecimal."""
    issuer: str
    """Distinguished name of the authority that issued the certificate."""
    valid_from: datetime
    valid_until: datetime
    algorithm: str
    """Signature algorithm (RFC 7518), `RS256`."""
    certificate_sha256: str
    """SHA-256 of the certificate's DER, in hexadecimal."""
    development: bool
    """Whether it is a stand-in for development that proves nothing about anybody."""
    findings: tuple[Finding, ...] = ()
    """Everything doubtful about it at the moment of asking; empty when it is fit for use."""
    warnings: tuple[Finding, ...] = ()
    """What does not keep it from being used, but whoever uses it should know."""
    name: SealName = DEFAULT_SEAL
    is_default: bool = True
    """Whether the institution seals with it unless said otherwise."""
    local: bool = False
    """Whether its key stays with the institution, which signs elsewhere what is prepared here."""
    claims: QualificationClaim = QualificationClaim.NONE
    """What the certificate says of its own qualification (ETSI EN 319 412-5)."""


@dataclass(frozen=True)
class IssuingOrder:
    """Everything that goes into one credential, gathered before anything is built."""

    credential: UUID
    award: Award
    micro_credential: MicroCredential
    institutions: tuple[Institution, ...]
    """The partners that the credential names, by their codes in the specification."""
    alliance: Alliance
    issued_at: datetime
    """The moment of sealing, which is also when the credential begins to be valid."""
    seal: SealName | None = None
    """Which of the institution's seals; None: its default."""

    @property
    def urn(self) -> str:
        """The identifier inside the credential."""
        return credential_urn(self.credential)


@dataclass(frozen=True)
class IssuedCredential:
    """A sealed credential as it left the seal: these bytes are kept and handed out, no others."""

    document: bytes = field(repr=False)
    """JAdES in general JSON serialisation with the credential as its payload."""
    sha256: str
    """SHA-256 of `document`, in hexadecimal."""
    images: Mapping[str, bytes] = field(repr=False)
    """Display images (PNG) by BCP 47 tag, primary language first."""
    issued_at: datetime
    organisation: str
    organisation_identifier: str
    certificate_sha256: str
    development: bool
    profile: str
    """Name and version of the application profile that it was built and checked by."""
    valid_until: datetime | None = None
    """When it expires by its own word; None where it does not."""
    rises: bool = True
    """Whether a higher level than B-B is wanted, so that its seal is to be added to later."""


@dataclass(frozen=True)
class PreparedSeal:
    """A credential that is ready to be signed where its key is. Personal data.

    What is signed is `protected`, a dot and the payload (RFC 7797): `signing_input`.
    """

    credential: UUID
    registration: UUID
    institution: InstitutionCode
    seal: SealName
    payload: bytes = field(repr=False)
    """The credential, exactly as it will stand in the sealed document."""
    protected: str
    """The protected header, as it will stand there: algorithm, certificates, time of signing."""
    algorithm: str
    certificate_sha256: str
    prepared_at: datetime

    @property
    def signing_input(self) -> bytes:
        """The bytes to be signed."""
        return self.protected.encode("ascii") + b"." + self.payload

    @property
    def digest(self) -> bytes:
        """SHA-256 of them, for keepers of keys that sign digests."""
        return sha256(self.signing_input).digest()


@dataclass(frozen=True)
class Brought:
    """What an institution brings back: the value of a signature, or the whole sealed file."""

    signature: bytes | None = field(default=None, repr=False)
    """In the form of JOSE, or DER for ECDSA."""
    document: bytes | None = field(default=None, repr=False)
    """JAdES in general JSON serialisation, of any level, with the prepared payload."""

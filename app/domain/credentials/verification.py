"""What can be said of a credential that somebody presents: check by check, and all together.

The checks follow those of the European Digital Credentials viewer (EU list `verification`), with
finer ones of our own, and never call wrong what is only unknown: an unknown issuer is a warning.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from app.domain.errors import Unavailable
from app.domain.vocabulary.lists import SNB


class VerificationBusy(Unavailable):
    """More files that take long wait to be verified than would be done within a fair time."""

    code = "verification_busy"

    def __init__(self) -> None:
        super().__init__(
            "Many PDFs are being verified just now. Try again in a moment, or send the credential "
            "itself instead of the PDF around it."
        )


class CheckStatus(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    """Nothing is wrong, but something a reader should know is not as one would wish."""
    ERROR = "error"
    SKIPPED = "skipped"
    """It could not be made, or has no object here."""

    @property
    def concept(self) -> str:
        """IRI of the EU list verification-status; it has no warning, so that counts as skipped."""
        return f"{SNB}verification-status/{_STATUS_CONCEPTS[self]}"


_STATUS_CONCEPTS = {
    CheckStatus.OK: "9895008394",
    CheckStatus.WARNING: "641f0c5e5d",
    CheckStatus.ERROR: "9d26eb9a37",
    CheckStatus.SKIPPED: "641f0c5e5d",
}


class CheckName(StrEnum):
    """What is looked at, in this order."""

    FORMAT = "format"
    """Readable, and follows the application profile."""
    SEAL = "seal"
    """The seal covers these bytes and was made by the key of its certificate."""
    ISSUER_TRUST = "issuer_trust"
    """The certificate hangs on an authority that we know."""
    CERTIFICATE_STATUS = "certificate_status"
    """The certificate had neither ended nor been revoked when it sealed, as far as is provable."""
    QUALIFICATION = "qualification"
    """What kind of seal it is: qualified, by a qualified certificate, or advanced at most."""
    ISSUER_IDENTITY = "issuer_identity"
    """The credential names the same issuer as the certificate."""
    TIMESTAMPS = "timestamps"
    """Third parties attest the time of sealing."""
    OWNER = "owner"
    """Whoever presents it is the person it is about."""
    EXPIRY = "expiry"
    """It is valid now."""
    REVOCATION = "revocation"
    """The issuer has not taken it back."""
    RECOGNISED_INSTITUTION = "recognised_institution"
    """The sealing legal person is a recognised higher-education institution."""
    ACCREDITATION = "accreditation"
    """An accreditation that it claims is in the register of accreditations."""

    @property
    def concept(self) -> str:
        """IRI of the EU list verification; our own checks are `custom` there."""
        return f"{SNB}verification/{_CHECK_CONCEPTS.get(self, 'c_50990fe3')}"


_CHECK_CONCEPTS = {
    CheckName.FORMAT: "2f5b89b96f",
    CheckName.SEAL: "f9c2016fe9",
    CheckName.OWNER: "1faf8d450f",
    CheckName.EXPIRY: "94d828f160",
    CheckName.REVOCATION: "271aef9eb4",
    CheckName.ACCREDITATION: "e2bbc86a28",
}


class Verdict(StrEnum):
    """All checks together."""

    VERIFIED = "verified"
    PARTIALLY_VERIFIED = "partially_verified"
    """Nothing is wrong, but something that matters could not be established."""
    NOT_CHECKED = "not_checked"
    """It is of a kind that is not checked here: nothing was found out about it, good or bad."""
    NOT_SEALED = "not_sealed"
    """It carries no seal: anybody may have written it, whatever it says."""
    FAILED = "failed"


_DOUBTS = frozenset({CheckName.REVOCATION, CheckName.CERTIFICATE_STATUS, CheckName.QUALIFICATION})
"""Checks that may be skipped, but whose warnings keep a credential from counting as verified."""

DECISIVE = frozenset(
    {
        CheckName.FORMAT,
        CheckName.SEAL,
        CheckName.ISSUER_TRUST,
        CheckName.ISSUER_IDENTITY,
        CheckName.EXPIRY,
    }
)
"""Checks that have to be ok before a credential counts as verified."""


@dataclass(frozen=True)
class Check:
    """The outcome of one check."""

    name: CheckName
    status: CheckStatus
    code: str
    """The reason, stable: `seal_intact`, `unknown_issuer` …"""
    sentence: str
    """The same for people."""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """What it rests on: plain data, no personal data of the holder."""
    advice: str | None = None
    """What the reader can do, where there is anything."""


class Caveat(StrEnum):
    """What a reader has to know beside the verdict, whatever the checks found."""

    PDF_PAGES_NOT_CHECKED = "pdf_pages_not_checked"
    """A genuine credential can be attached to pages that say something else."""

    @property
    def sentence(self) -> str:
        """The same for people."""
        return _CAVEATS[self]


_CAVEATS = {
    Caveat.PDF_PAGES_NOT_CHECKED: "Only the credential attached to this PDF was checked, not its "
    "pages, which anybody can draw. Compare the name and the title below with what you were shown.",
}


@dataclass(frozen=True)
class Contents:
    """What a credential says, in brief. Personal data, for whoever holds the file."""

    id: str | None = None
    title: Mapping[str, str] = field(default_factory=dict)
    holder: str | None = field(default=None, repr=False)
    issuer: Mapping[str, str] = field(default_factory=dict)
    """Legal name of the issuer, by language."""
    awarding_bodies: Sequence[Mapping[str, str]] = ()
    awarded: str | None = None
    """The day of the award as the document writes it, a dateTime of which only the day counts."""
    issued: str | None = None
    valid_until: str | None = None
    profile: str | None = None
    """IRI of the credential profile."""


@dataclass(frozen=True)
class Verification:
    """Everything that was found."""

    checks: tuple[Check, ...]
    """One per CheckName, in that order."""
    sealed: bool
    level: str | None = None
    """The level of the seal by what it carries: `B-B`, `B-T`, `B-LT`, `B-LTA`."""
    sealed_at: datetime | None = None
    """The time that the seal claims."""
    proven_at: datetime | None = None
    """Not later than this it was sealed, as trusted third parties attest; None: nobody does."""
    presented_as: Literal["json", "pdf", "xml"] = "json"
    """What the file is: `json`; `pdf`, of which only the credential embedded in it was looked at;
    `xml`, which was only named."""
    only_named: bool = False
    """Whether it is of a kind that was named and not looked at any further."""
    canonical: bool = True
    """Whether the file has, byte for byte, the form in which we write sealed credentials."""
    sha256: str | None = None
    """Of the sealed file, in hexadecimal; of a PDF, of the file embedded in it."""
    certificate: Mapping[str, Any] = field(default_factory=dict)
    """Facts of the seal certificate."""
    development: bool = False
    """Whether it hangs on a development seal and proves nothing about anybody."""
    contents: Contents = Contents()
    document: Mapping[str, Any] | None = field(default=None, repr=False)
    """The credential itself, parsed; personal data."""

    def check(self, name: CheckName) -> Check:
        """The outcome of one check."""
        return next(check for check in self.checks if check.name is name)

    @property
    def notes(self) -> tuple[Caveat, ...]:
        """What the verdict does not speak of.

        Of the pages of a PDF nothing is said even where they may be ours: there is one rule.
        """
        attached = self.presented_as == "pdf" and self.document is not None
        return (Caveat.PDF_PAGES_NOT_CHECKED,) if attached else ()

    @property
    def verdict(self) -> Verdict:
        """All checks together: one error fails; what is decisive has to be ok.

        Of what is only named and not checked, nothing can be said; nor does anybody answer for
        what is not sealed.
        As in the EU viewer, accreditation and the check of the owner do not hold it back; whether
        the sealer is a recognised institution is for the reader to weigh.
        """
        if any(check.status is CheckStatus.ERROR for check in self.checks):
            return Verdict.FAILED
        if self.only_named:
            return Verdict.NOT_CHECKED
        if not self.sealed:
            return Verdict.NOT_SEALED
        doubted = any(self.check(name).status is CheckStatus.WARNING for name in _DOUBTS)
        established = all(self.check(name).status is CheckStatus.OK for name in DECISIVE)
        if established and not doubted:
            return Verdict.VERIFIED
        return Verdict.PARTIALLY_VERIFIED

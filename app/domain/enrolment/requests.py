"""What somebody gives who registers over the API, and whether it can be right."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field

from app.domain.enrolment.errors import RegistrationInvalid
from app.domain.enrolment.person import is_address
from app.domain.errors import Finding
from app.domain.vocabulary.codes import is_country, is_language_tag
from app.domain.vocabulary.institutions import InstitutionCode
from app.domain.vocabulary.text import is_writable

_CONSENT = re.compile(r"[a-z_]{1,40}")
_MOST_CONSENTS = 10
_LONGEST = 300
_JOINERS = frozenset("\u200c\u200d")
"""Some scripts are written with them."""
_UNSEEN = frozenset({"Cc", "Cs", "Cf", "Zl", "Zp"})
"""Categories of characters that show nothing but make two names look alike, or turn the letters
around; or that end a line."""
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""The same among marks and letters. Not the variation selectors: names are written with them."""


@dataclass(frozen=True)
class RegistrationRequest:
    """Who wants to take part. Personal data.

    `institution` is a partner's code; people from elsewhere give their `organisation`, or neither
    when they come from none.
    """

    full_name: str = field(repr=False)
    email: str = field(repr=False)
    institution: InstitutionCode | None = None
    organisation: str | None = None
    country: str | None = None
    """ISO 3166-1 alpha-2."""
    language: str = "en"
    """BCP 47 tag of the language that the person reads."""
    privacy_notice: bool = False
    """That the person has been shown the privacy notice."""
    for_another: bool = False
    """Whether an officer registers somebody else."""
    privacy_notice_version: str | None = None
    """Which notice that was; None: the one that is shown now."""
    consents: frozenset[str] = frozenset()
    """Codes of what the person agrees to beyond what the registration needs, such as `news`."""

    def check(self, notice: str | None = None) -> None:
        """Raise RegistrationInvalid for what cannot be right. `notice` is the version of the
        privacy notice that is shown now."""
        findings = [
            *_line("/full_name", self.full_name, "Give the name."),
            *_line("/email", self.email, "Give an e-mail address."),
        ]
        if not findings and not is_address(self.email):
            findings.append(Finding("/email", "email_invalid", "This is not an e-mail address."))
        if self.institution is not None:
            findings += _line("/institution", self.institution, "Give the partner's code.")
        if self.institution is not None and self.organisation is not None:
            findings.append(
                Finding(
                    "/organisation",
                    "institution_and_organisation",
                    "Give a partner institution or another organisation, not both.",
                )
            )
        if self.organisation is not None:
            findings += _line("/organisation", self.organisation, "Name the organisation.")
        if self.country is not None and not is_country(self.country):
            findings.append(
                Finding(
                    "/country",
                    "country",
                    "There is no such country. Give its ISO 3166-1 code of two capital letters, "
                    "such as ES, or leave it out.",
                )
            )
        if not is_language_tag(self.language):
            findings.append(
                Finding(
                    "/language",
                    "language",
                    "There is no such language. Give the BCP 47 tag of one that the person reads, "
                    "such as en or pt-BR.",
                )
            )
        if not self.privacy_notice:
            findings.append(
                Finding(
                    "/privacy_notice",
                    "privacy_notice_not_shown",
                    "Nobody is registered who has not been shown the privacy notice.",
                )
            )
        elif notice is not None and self.privacy_notice_version not in (None, notice):
            findings.append(
                Finding(
                    "/privacy_notice_version",
                    "privacy_notice_outdated",
                    f"Show the privacy notice {notice}, which is in force, and register again.",
                )
            )
        findings += consent_findings(self.consents)
        if findings:
            raise RegistrationInvalid(findings)


def consent_findings(codes: Collection[str]) -> list[Finding]:
    """What is wrong with codes of consents."""
    if len(codes) <= _MOST_CONSENTS and all(_CONSENT.fullmatch(code) for code in codes):
        return []
    return [
        Finding(
            "/consents",
            "consent_code",
            f"At most {_MOST_CONSENTS} codes of small letters and underscores, such as news.",
        )
    ]


def _line(pointer: str, text: str, when_blank: str) -> list[Finding]:
    """What is wrong with a text that must be one line, neither blank nor endless."""
    if not text.strip():
        return [Finding(pointer, "required", when_blank)]
    if len(text) > _LONGEST:
        return [Finding(pointer, "too_long", f"At most {_LONGEST} characters.")]
    if text.isascii() and text.isprintable():
        return []
    if not is_writable(text) or any(_is_unseen(character) for character in text):
        return [Finding(pointer, "unwritable_text", "Leave out control and invisible characters.")]
    return []


def _is_unseen(character: str) -> bool:
    if character in _JOINERS:
        return False
    return character in _BLANKS or unicodedata.category(character) in _UNSEEN

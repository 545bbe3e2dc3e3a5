"""What the learner confirms for the credential: the legal name, and one thing that tells them
apart from others of that name (Council Recommendation 2022/C 243/02, Annex I, element 1)."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from app.domain.errors import Finding
from app.domain.events import Event
from app.domain.results.errors import InvalidCredentialData, StaleCredentialData
from app.domain.results.events import CredentialDataConfirmed
from app.domain.vocabulary.lettering import not_drawable
from app.domain.vocabulary.scripts import INVISIBLE

LONGEST_NAME = 200
LONGEST_IDENTIFIER = 255
EARLIEST_BIRTH = date(1900, 1, 1)

_ESI = re.compile(r"urn:schac:personalUniqueCode:int:esi:[A-Za-z0-9.-]+:[\x21-\x7e]+")
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./:_+-]*")


@dataclass(frozen=True)
class LegalIdentity:
    """What the credential will say of who holds it. Personal data."""

    full_name: str = field(repr=False)
    """The legal name as it shall stand."""
    given_name: str | None = field(default=None, repr=False)
    family_name: str | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)
    student_identifier: str | None = field(default=None, repr=False)
    """A European Student Identifier, or the number that the home institution gave."""

    @property
    def european_identifier(self) -> str | None:
        """The European Student Identifier in the form in which two are compared, case ignored
        (SCHAC 1.5.0, schacPersonalUniqueCode); None for any other number."""
        number = self.student_identifier
        return number.lower() if number is not None and _ESI.fullmatch(number) else None


@dataclass(eq=False)
class CredentialData:
    """The credential data of one registration, as the learner last confirmed them."""

    registration: UUID
    edition: UUID
    identity: LegalIdentity | None = None
    confirmed_at: datetime | None = None
    version: int = 0
    """0 as long as nothing has been confirmed."""
    contested: bool = False
    """Whether somebody else had stated its European Student Identifier before: data of a time when
    that was not looked at. Confirming anew settles it."""
    _events: list[Event] = field(default_factory=list, repr=False)

    def confirm(self, identity: LegalIdentity, version: int, *, at: datetime) -> bool:
        """Take what the learner confirms; whether it differs from what they confirmed before.

        Raises StaleCredentialData, InvalidCredentialData.
        """
        if version != self.version:
            raise StaleCredentialData(self.version)
        tidy = tidied(identity)
        if problems := findings(tidy, today=at.date()):
            raise InvalidCredentialData(problems)
        if tidy == self.identity and not self.contested:
            return False
        self.identity = tidy
        self.contested = False
        self.confirmed_at = at
        self._events.append(
            CredentialDataConfirmed(self.registration, self.edition, self.version + 1)
        )
        return True

    @property
    def european_identifier(self) -> str | None:
        """See `LegalIdentity`; None as long as nothing is confirmed."""
        return None if self.identity is None else self.identity.european_identifier

    def take_events(self) -> Sequence[Event]:
        """The events since it was loaded; they are handed over once."""
        taken, self._events = self._events, []
        return taken


def tidied(identity: LegalIdentity) -> LegalIdentity:
    """The same with single blanks, composed letters (Unicode NFC), and None for what is empty."""
    return replace(
        identity,
        full_name=_tidy(identity.full_name) or "",
        given_name=_tidy(identity.given_name),
        family_name=_tidy(identity.family_name),
        student_identifier=_tidy(identity.student_identifier),
    )


def findings(identity: LegalIdentity, *, today: date) -> list[Finding]:
    """What a credential could not hold, field by field; for data that are tidied."""
    found = []
    if not identity.full_name:
        found.append(Finding("/full_name", "required", "Give the name as it shall stand."))
    for name in ("full_name", "given_name", "family_name"):
        value: str | None = getattr(identity, name)
        if value and not _is_name(value):
            found.append(
                Finding(
                    f"/{name}",
                    "name",
                    f"A name has letters, at most {LONGEST_NAME} characters, and no line breaks "
                    "or markup.",
                )
            )
    born = identity.birth_date
    if born is not None and not EARLIEST_BIRTH <= born < today:
        wrong = (
            "This day lies ahead."
            if born > today
            else "This day is today."
            if born == today
            else f"This day lies before {EARLIEST_BIRTH.year}."
        )
        found.append(Finding("/birth_date", "birth_date", f"{wrong} Give your date of birth."))
    number = identity.student_identifier
    if number is not None and not _is_identifier(number):
        found.append(
            Finding(
                "/student_identifier",
                "student_identifier",
                "Give a European Student Identifier (urn:schac:personalUniqueCode:int:esi:…) or "
                "the number that your institution gave you.",
            )
        )
    if born is None and number is None:
        found.append(
            Finding(
                "/birth_date",
                "distinguishing_item",
                "Give your date of birth or a student identifier, so that the credential is "
                "yours and nobody else's of the same name.",
            )
        )
    return found


def remarks(data: CredentialData, undrawn: Mapping[str, str]) -> list[Finding]:
    """What whoever has confirmed data should know of them.

    `undrawn` holds what cannot be drawn of a text (`app.domain.vocabulary.lettering`).
    """
    identity = data.identity
    if identity is None:
        return []
    found = []
    if data.contested:
        found.append(
            Finding(
                "/student_identifier",
                "student_identifier_contested",
                "This European Student Identifier had been stated for somebody else before, or for "
                "you under another address. Your credential waits until you confirm your data "
                "anew: with another identifier, or with your date of birth instead.",
            )
        )
    if character := undrawn.get(identity.full_name):
        found.append(not_drawable("/full_name", character))
    missing = [n for n in ("given_name", "family_name") if not getattr(identity, n)]
    if missing:
        found.append(
            Finding(
                f"/{missing[0]}",
                "names_not_apart",
                "Give your given name and your family name separately as well, if you have both: "
                "without them no transcript (ELMO) can be made of this credential.",
            )
        )
    return found


def _tidy(text: str | None) -> str | None:
    return " ".join(unicodedata.normalize("NFC", text).split()) or None if text else None


def _is_name(text: str) -> bool:
    return (
        len(text) <= LONGEST_NAME
        and text.isprintable()
        and any(c.isalpha() for c in text)
        and not set(text) & set("<>{}[]|\\^~`=")
        and INVISIBLE.isdisjoint(text)
    )


def _is_identifier(text: str) -> bool:
    if len(text) > LONGEST_IDENTIFIER:
        return False
    pattern = _ESI if text.startswith("urn:") else _IDENTIFIER
    return pattern.fullmatch(text) is not None

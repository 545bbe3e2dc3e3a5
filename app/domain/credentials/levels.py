"""How well a seal stands up to time: the levels of ETSI TS 119 182-1, section 6.

A credential is sealed at B-B. Higher levels add what others say, unsigned and later: B-T a
timestamp, B-LT everything that is needed to check seal and timestamp without asking anybody, B-LTA
a timestamp over all of it, which is renewed before it ages. What was there before never changes.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from app.domain.errors import Conflict, DomainError, NotFound, Unavailable


class SealLevel(StrEnum):
    """A level of a seal, the lowest first."""

    B_B = "B-B"
    B_T = "B-T"
    B_LT = "B-LT"
    B_LTA = "B-LTA"

    @property
    def rank(self) -> int:
        """0 for B-B to 3 for B-LTA."""
        return _ORDER.index(self)

    @property
    def above(self) -> "SealLevel":
        """The next level; the highest is its own."""
        return _ORDER[min(self.rank + 1, len(_ORDER) - 1)]

    @property
    def below(self) -> Sequence["SealLevel"]:
        """Every lower level."""
        return _ORDER[: self.rank]


_ORDER = (SealLevel.B_B, SealLevel.B_T, SealLevel.B_LT, SealLevel.B_LTA)


class LevelState(StrEnum):
    """How the way up to the wanted level stands."""

    WAITING = "waiting"
    """Not there yet, or to be renewed; it is tried by itself."""
    REACHED = "reached"
    REFUSED = "refused"
    """It cannot get there, and trying again does not help. `failure` says why."""


class TimestampUnavailable(Unavailable):
    """No authority of timestamps gave one that can be used."""

    code = "timestamp_unavailable"


class RevocationUnknown(Unavailable):
    """Nobody says whether a certificate has been revoked, or not in a way that can be kept."""

    code = "revocation_unknown"


class SealCertificateRevoked(Conflict):
    """A certificate had been revoked before the timestamp was made: the seal proves nothing."""

    code = "certificate_revoked"

    def __init__(self, subject: str) -> None:
        super().__init__(
            f"The certificate of {subject} was revoked before the timestamp was made. "
            "Revoke the credential and issue it anew with another seal."
        )


class SealNotExtensible(Conflict):
    """The seal has a form to which nothing can be added, or something in it is not right."""

    code = "seal_not_extensible"


class RevisionNotFound(NotFound):
    """The credential has no such revision of its document."""

    code = "revision_not_found"

    def __init__(self, credential: UUID, revision: int) -> None:
        super().__init__(f"Credential {credential} has no revision {revision}.")


@dataclass(frozen=True)
class Raised:
    """A sealed document after something was added to it."""

    document: bytes = field(repr=False)
    level: SealLevel
    renew_at: datetime | None = None
    """When its last timestamp has to be covered by a new one; None below B-LTA."""
    digest: str | None = None
    """Digest algorithm of its last archive timestamp, `sha256`; None below B-LTA."""


@dataclass(frozen=True)
class DocumentRevision:
    """One revision of a credential's sealed document. The first is what left the seal."""

    credential: UUID
    revision: int
    level: SealLevel
    sha256: str
    """SHA-256 of the document, in hexadecimal."""
    made_at: datetime


FIRST = 1
"""Number of the revision that left the seal."""
_GRACE = timedelta(minutes=10)
"""How long a fresh credential is left to the job that was written together with it."""
_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=12)


@dataclass(frozen=True)
class LevelFailure:
    """What kept a seal from its level when it was tried last."""

    code: str
    detail: str
    at: datetime


@dataclass
class SealStanding:
    """Where one credential's seal stands on its way up."""

    credential: UUID
    level: SealLevel = SealLevel.B_B
    state: LevelState = LevelState.WAITING
    attempts: int = 0
    """In vain, since it last got further."""
    failure: LevelFailure | None = None
    due_at: datetime | None = None
    """When it is tried for the first time, or again."""
    renew_at: datetime | None = None
    """When its archive timestamp has to be covered by a new one."""
    digest: str | None = None
    """Digest algorithm of the last archive timestamp."""

    @classmethod
    def sealed(cls, credential: UUID, at: datetime, *, rises: bool = True) -> "SealStanding":
        """That of a credential that has just been sealed; `rises` if that is not enough."""
        standing = cls(credential, due_at=at + _GRACE)
        if not rises:
            standing.arrived()
        return standing

    def raised(self, to: Raised) -> None:
        """It has got further."""
        self.level, self.digest, self.renew_at = to.level, to.digest, to.renew_at
        self.attempts = 0

    def arrived(self) -> None:
        """It is where it shall be; nothing is to be done until its timestamp ages."""
        self.state, self.failure, self.due_at = LevelState.REACHED, None, None

    def needs_renewal(self, now: datetime, retired_digests: Collection[str]) -> bool:
        """Whether its archive timestamp has to be covered by a new one."""
        return self.level is SealLevel.B_LTA and (
            self.digest in retired_digests or (self.renew_at is not None and self.renew_at <= now)
        )

    def failed(self, why: DomainError, at: datetime) -> None:
        """It did not get further. What only is not to be had now is tried again, ever less often.

        A refusal for good ends it, but never undoes what was reached.
        """
        self.failure = LevelFailure(why.code, why.detail, at)
        self.attempts += 1
        if isinstance(why, Unavailable):
            self.state = LevelState.WAITING
            self.due_at = at + pause_after(self.attempts)
        else:
            self.state, self.due_at = LevelState.REFUSED, None


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts in vain: a minute, doubled up to half a day."""
    doubled: int = 2 ** min(attempts - 1, 16)
    return min(_FIRST_PAUSE * doubled, _LONGEST_PAUSE)

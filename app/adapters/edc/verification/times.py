"""When a seal was made, by what third parties attest, and whether that still holds today.

Each timestamp is judged as of the moment until which it is itself covered by a later one, or of
now; so an old seal stays provable while its archive timestamps are renewed in time (ETSI EN
319 102-1, section 5.6). The earliest that holds and covers the signature gives the trusted time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any

from cryptography import x509

from app.adapters.edc.pki.parsed import facts_of, parsed_certificate
from app.adapters.edc.pki.revocation_data import (
    Responses,
    RevocationList,
    best_statement,
)
from app.adapters.edc.pki.tokens import Token, TokenFault, open_token
from app.adapters.edc.pki.trust import PathStatus, Purpose, TrustStore, issued
from app.adapters.edc.seal.opened import Sealed
from app.adapters.edc.seal.unsigned import BesideTheSeal, StampedBytes, beside_the_seal
from app.adapters.edc.strict_json import NotReadable

_SKEW = timedelta(minutes=5)
"""By how much clocks may differ before two times contradict one another."""
_ISSUERS = 3
_HARMLESS = frozenset({"superseded", "cessationOfOperation", "affiliationChanged"})
"""Reasons for which a revoked key still vouches for what it signed before."""


class Standing(StrEnum):
    """What can be said of one timestamp."""

    HOLDS = "holds"
    UNKNOWN = "unknown"
    """It is in order, but its authority is not known here, or it cannot be recomputed."""
    AGED = "aged"
    """It held, but its certificate ended or was revoked, and no later one covers it."""
    BROKEN = "broken"


@dataclass(frozen=True)
class JudgedStamp:
    """One timestamp and what is to be thought of it."""

    kind: str
    standing: Standing
    code: str
    """`timestamp_valid`, `timestamp_of_other_bytes` …"""
    sentence: str
    time: datetime | None = None
    authority: str | None = None
    development: bool = False
    strays: bool = False
    """Whether it carries certificates that have nothing to do with it."""

    @property
    def plain(self) -> Mapping[str, Any]:
        """As evidence."""
        return {
            "kind": self.kind,
            "standing": self.standing.value,
            "code": self.code,
            "time": self.time.isoformat() if self.time else None,
            "authority": self.authority,
        }


@dataclass(frozen=True)
class Material:
    """What may be used to judge: certificates that need no trust, and what authorities said."""

    certificates: Sequence[x509.Certificate] = field(default=(), repr=False)
    lists: Sequence[RevocationList] = field(default=(), repr=False)
    responses: Sequence[Responses] = field(default=(), repr=False)

    def issuers_of(self, certificate: x509.Certificate) -> list[x509.Certificate]:
        """Those that issued a certificate; a few are enough, for they all have one key."""
        found = (other for other in self.certificates if issued(certificate, other))
        return list(islice(found, _ISSUERS))


NOTHING = Material()


@dataclass(frozen=True)
class Times:
    """What the timestamps of a seal come to."""

    stamps: Sequence[JudgedStamp] = ()
    """In the order of the file."""
    proven: datetime | None = None
    """Not later than this the seal was made; None when nobody who is trusted attests it."""
    material: Material = NOTHING
    """What the seal carries and what was known, together."""
    unknown: Sequence[str] = ()
    """Names of unsigned properties that the standard does not know."""
    fault: NotReadable | None = None
    """Why what stands beside the signature cannot be read."""


def judge_times(sealed: Sealed, trust: TrustStore, known: Material, now: datetime) -> Times:
    """Judge all timestamps of a seal. Never raises."""
    try:
        beside = beside_the_seal(sealed)
        carried = [_certificate(der) for der in beside.certificates]
    except NotReadable as fault:
        return Times(fault=fault, material=known)
    certificates = [*sealed.certificates, *carried, *known.certificates]
    opened = [_opened(stamp, certificates) for stamp in beside.stamps]
    for token in opened:
        if isinstance(token, Token):
            certificates += [token.authority, *token.certificates]
    certificates += [anchor.certificate for anchor in trust.anchors[:_ANCHORS_AS_MATERIAL]]
    material = Material(
        list(dict.fromkeys(certificates)),
        [*beside.lists, *known.lists],
        [*beside.responses, *known.responses],
    )
    return _judged(beside, opened, material, trust, now)


_ANCHORS_AS_MATERIAL = 200
"""Roots that issue status themselves; those of trusted lists come with the chain instead."""


def _judged(
    beside: BesideTheSeal,
    opened: Sequence[Token | JudgedStamp],
    material: Material,
    trust: TrustStore,
    now: datetime,
) -> Times:
    until, proven = now, None
    judged: list[JudgedStamp] = []
    for stamp, token in reversed(list(zip(beside.stamps, opened, strict=True))):
        found = (
            token
            if isinstance(token, JudgedStamp)
            else _standing(stamp.kind, token, material, trust, until, now)
        )
        judged.append(found)
        if found.standing is Standing.HOLDS and found.time:
            if stamp.kind == "arcTst":
                until = min(until, found.time)
            if stamp.kind != "adoTst":
                proven = found.time if proven is None else min(proven, found.time)
    judged.reverse()
    return Times(_in_turn(judged), proven, material, beside.unknown)


def _in_turn(judged: Sequence[JudgedStamp]) -> list[JudgedStamp]:
    """Each is made over those before it, so that none can be earlier than they are."""
    checked: list[JudgedStamp] = []
    latest: datetime | None = None
    for stamp in judged:
        found = stamp
        if stamp.time and latest and latest - stamp.time > _SKEW:
            found = JudgedStamp(
                stamp.kind,
                Standing.BROKEN,
                "timestamps_contradict",
                "A timestamp claims to be earlier than what it is made over.",
                stamp.time,
                stamp.authority,
            )
        elif stamp.time:
            latest = max(latest or stamp.time, stamp.time)
        checked.append(found)
    return checked


def _opened(stamp: StampedBytes, certificates: Sequence[x509.Certificate]) -> Token | JudgedStamp:
    if stamp.covered is None:
        return JudgedStamp(
            stamp.kind,
            Standing.UNKNOWN,
            "timestamp_of_unknown_form",
            "An archive timestamp is made over parts in a form that is not recomputed here.",
        )
    try:
        return open_token(stamp.token, stamp.covered, certificates)
    except TokenFault as fault:
        return JudgedStamp(stamp.kind, Standing.BROKEN, fault.code, fault.detail)


def _standing(
    kind: str,
    token: Token,
    material: Material,
    trust: TrustStore,
    until: datetime,
    now: datetime,
) -> JudgedStamp:
    name = facts_of(token.authority).subject

    def said(standing: Standing, code: str, sentence: str) -> JudgedStamp:
        return JudgedStamp(kind, standing, code, sentence, token.time, name)

    if token.time - now > _SKEW:
        return said(
            Standing.BROKEN, "timestamp_in_future", "A timestamp is from a time yet to come."
        )
    path = trust.path(token.authority, material.certificates, token.time, Purpose.TIMESTAMPS)
    if path.status is PathStatus.UNKNOWN:
        return said(
            Standing.UNKNOWN,
            "timestamp_authority_unknown",
            "A timestamp is in order, but the authority that made it is not known here.",
        )
    if path.status is PathStatus.NOT_VALID:
        return said(
            Standing.BROKEN,
            "timestamp_chain_not_valid",
            f"The chain of a timestamp's certificate breaks the rules: {path.problem}.",
        )
    for certificate, issuer in zip(path.chain, path.chain[1:], strict=False):
        statement = best_statement(
            certificate,
            [issuer],
            material.lists,
            material.responses,
        )
        if statement is None or statement.revoked_at is None:
            continue
        if statement.revoked_at <= token.time:
            return said(
                Standing.BROKEN,
                "timestamp_authority_revoked",
                "The certificate of a timestamp was revoked before it was made.",
            )
        if statement.revoked_at <= until and statement.reason not in _HARMLESS:
            return said(
                Standing.AGED,
                "timestamp_authority_revoked_later",
                "The certificate of a timestamp was revoked later, for a reason that leaves open "
                "when it was made.",
            )
    # A root may end: what hangs on it does not depend on that.
    below = path.chain[:-1] or path.chain
    if any(not facts_of(certificate).valid_at(until) for certificate in below):
        return said(
            Standing.AGED,
            "timestamp_aged",
            "The certificate of a timestamp has ended, and no later timestamp covers it.",
        )
    made = said(Standing.HOLDS, "timestamp_valid", "A trusted authority attests the time.")
    return replace(
        made,
        development=bool(path.anchor and path.anchor.development),
        strays=token.strays,
    )


def _certificate(der: bytes) -> x509.Certificate:
    try:
        found = parsed_certificate(der)
        # Decoded lazily: whatever is wrong inside shall show here and not later.
        facts_of(found)
    except Exception:
        raise NotReadable(
            "seal_data_unreadable", "A certificate beside the signature is unreadable."
        ) from None
    return found

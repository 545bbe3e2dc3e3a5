"""Verifying any European Digital Credential, sealed by anybody: pure, offline, never raising.

What is known about the world comes in as arguments: whom to trust, what the register says, which
institutions are recognised, what time it is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from app.adapters.edc.certificates import CertificateFacts
from app.adapters.edc.contents import contents_of
from app.adapters.edc.opened import Sealed, looks_sealed, take_apart
from app.adapters.edc.strict_json import NotReadable, read_object
from app.adapters.edc.trust import TrustStore
from app.adapters.edc.verify_document import (
    accreditation_check,
    expiry_check,
    format_check,
    identity_check,
    owner_check,
    recognition_check,
    revocation_check,
)
from app.adapters.edc.verify_seal import facts_or_none, seal_check, timestamps_check, trust_check
from app.domain.credentials.verification import (
    Check,
    CheckName,
    CheckStatus,
    CredentialStatusView,
    Verification,
)

KnownStatus = Callable[[str], CredentialStatusView | None]
"""From a credential's id to what the register says of it; None when it does not know it."""
Recognised = Callable[[str], bool | None]
"""From an organizationIdentifier to whether it is a recognised institution; None: no register."""


def verify(
    raw: bytes,
    *,
    trust: TrustStore,
    now: datetime,
    known_status: KnownStatus,
    recognised: Recognised,
) -> Verification:
    """Everything that can be said of a file that is, or should be, a credential.

    Sealed credentials of every JAdES level are read, and unsealed ones, which are reported as such.
    `now` has a zone. Hostile input leads to checks that failed, never to an exception.
    """
    try:
        outer = read_object(raw)
        if not looks_sealed(outer):
            return _unsealed(outer, now=now, known_status=known_status)
        sealed = take_apart(outer, raw)
    except NotReadable as problem:
        return _unreadable(problem, sealed=b'"signatures"' in raw)
    return _sealed(sealed, trust=trust, now=now, known_status=known_status, recognised=recognised)


def _sealed(
    sealed: Sealed,
    *,
    trust: TrustStore,
    now: datetime,
    known_status: KnownStatus,
    recognised: Recognised,
) -> Verification:
    facts = facts_or_none(sealed)
    seal = seal_check(sealed, facts, now)
    path_check, anchor = trust_check(sealed, facts, seal, trust)
    document, problem = _document(sealed.payload)
    checks = [
        format_check(document, problem, sealed),
        seal,
        path_check,
        identity_check(document, facts, seal),
        timestamps_check(sealed),
        *_about_the_document(document, now, known_status),
        recognition_check(facts, seal, recognised),
        accreditation_check(document),
    ]
    return Verification(
        checks=_in_order(checks),
        sealed=True,
        level=sealed.level,
        sealed_at=sealed.signed_at,
        certificate=_plain(facts),
        development=bool(anchor and anchor.development),
        contents=contents_of(document),
        document=document,
    )


def _unsealed(
    document: Mapping[str, Any], *, now: datetime, known_status: KnownStatus
) -> Verification:
    not_sealed = [
        Check(name, CheckStatus.SKIPPED, "not_sealed", sentence, advice=advice)
        for name, sentence, advice in (
            (
                CheckName.SEAL,
                "The credential carries no seal, so anybody may have written it.",
                "Ask its holder for the sealed file.",
            ),
            (CheckName.ISSUER_TRUST, "Without a seal nobody answers for it.", None),
            (CheckName.ISSUER_IDENTITY, "Without a seal the issuer is only claimed.", None),
            (CheckName.TIMESTAMPS, "Without a seal there is nothing to timestamp.", None),
            (CheckName.RECOGNISED_INSTITUTION, "Without a seal the issuer is only claimed.", None),
        )
    ]
    checks = [
        format_check(document, None, None),
        *not_sealed,
        *_about_the_document(document, now, known_status),
        accreditation_check(document),
    ]
    return Verification(
        checks=_in_order(checks), sealed=False, contents=contents_of(document), document=document
    )


def _unreadable(problem: NotReadable, *, sealed: bool) -> Verification:
    failed = Check(
        CheckName.FORMAT,
        CheckStatus.ERROR,
        problem.code,
        problem.detail,
        advice="Use the file exactly as it was downloaded; programs that open it may change it.",
    )
    others = [
        Check(name, CheckStatus.SKIPPED, "not_reached", "The file could not be read.")
        for name in CheckName
        if name is not CheckName.FORMAT
    ]
    return Verification(checks=_in_order([failed, *others]), sealed=sealed)


def _about_the_document(
    document: Mapping[str, Any] | None, now: datetime, known_status: KnownStatus
) -> list[Check]:
    return [
        owner_check(),
        expiry_check(document, now),
        revocation_check(document, known_status),
    ]


def _document(payload: bytes) -> tuple[dict[str, Any] | None, NotReadable | None]:
    try:
        return read_object(payload), None
    except NotReadable as problem:
        return None, problem


def _in_order(checks: Sequence[Check]) -> tuple[Check, ...]:
    by_name = {check.name: check for check in checks}
    return tuple(by_name[name] for name in CheckName)


def _plain(facts: CertificateFacts | None) -> dict[str, Any]:
    if facts is None:
        return {}
    plain = asdict(facts) | {"development": facts.development}
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in plain.items()
    }


def credential_id(raw: bytes) -> str | None:
    """The id that a file claims, for looking up its status beforehand. Never raises."""
    try:
        outer = read_object(raw)
        document = read_object(take_apart(outer, raw).payload) if looks_sealed(outer) else outer
    except NotReadable:
        return None
    return contents_of(document).id

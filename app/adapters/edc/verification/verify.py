"""Verifying any European Digital Credential, sealed by anybody: pure, offline, never raising.

What is known about the world comes in as arguments: whom to trust, which institutions are
recognised, what time it is. What the register says is added afterwards (`verify_status.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from app.adapters.edc.contents import contents_of
from app.adapters.edc.elm.format_cache import FormatVerdicts
from app.adapters.edc.pki.certificates import CertificateFacts
from app.adapters.edc.pki.qualification import QualificationSource
from app.adapters.edc.pki.trust import Path, PathStatus, TrustStore
from app.adapters.edc.seal.opened import (
    Sealed,
    is_canonical,
    looks_sealed,
    opened_as_written,
    take_apart,
)
from app.adapters.edc.strict_json import NotReadable, read_object
from app.adapters.edc.verification.certificate import qualification_check, status_check, trust_check
from app.adapters.edc.verification.document import (
    accreditation_check,
    expiry_check,
    format_check,
    identity_check,
    owner_check,
    recognition_check,
)
from app.adapters.edc.verification.other_json import compact_seal, other_form
from app.adapters.edc.verification.pdf_input import credential_in_pdf, looks_like_pdf
from app.adapters.edc.verification.seal import facts_or_none, seal_check, timestamps_check
from app.adapters.edc.verification.status import not_registered
from app.adapters.edc.verification.times import NOTHING, Material, judge_times
from app.adapters.edc.verification.xml_input import looks_like_xml, what_it_is
from app.adapters.elmo.verifying import Signature, signature_of
from app.domain.credentials.verification import (
    Check,
    CheckName,
    CheckStatus,
    Verification,
)

Recognised = Callable[[str], bool | None]
"""From an organizationIdentifier to whether it is a recognised institution; None: no register."""

RegisterSays = Callable[[str], Mapping[str, Any]]
"""From an organizationIdentifier to what the register has on it, and how old it is: evidence."""


def verify(
    raw: bytes,
    *,
    trust: TrustStore,
    now: datetime,
    recognised: Recognised,
    material: Material = NOTHING,
    qualifications: QualificationSource | None = None,
    verdicts: FormatVerdicts | None = None,
    register_says: RegisterSays | None = None,
    own_issue: bool = False,
) -> Verification:
    """Everything that can be said of a file that is, or should be, a credential.

    Sealed credentials of every JAdES level are read, also inside a PDF, and unsealed ones, which
    are reported as such; so is XML. `now` has a zone. `material` is what authorities are known to
    have said of certificates, beside what the seal carries; `verdicts` keeps what validation finds.
    `own_issue` says that it was made here: then the official shapes are asked as well, where there
    are any.
    Hostile input leads to checks that failed, never to an exception.
    """
    if looks_like_xml(raw):
        return replace(_xml(raw, trust, now), presented_as="xml")
    world = _World(
        trust,
        now,
        recognised,
        material,
        qualifications,
        verdicts or FormatVerdicts(1),
        register_says,
        own_issue,
    )
    if not looks_like_pdf(raw):
        return _json(raw, world)
    try:
        embedded = credential_in_pdf(raw)
    except NotReadable as problem:
        return replace(_unreadable(problem, sealed=False), presented_as="pdf")
    return replace(_json(embedded.content, world), presented_as="pdf")


@dataclass(frozen=True)
class _World:
    """What is known about the world."""

    trust: TrustStore
    now: datetime
    recognised: Recognised
    material: Material
    qualifications: QualificationSource | None
    verdicts: FormatVerdicts
    register_says: RegisterSays | None
    own_issue: bool


def _json(raw: bytes, world: _World) -> Verification:
    if written := opened_as_written(raw):
        return _sealed(
            written[0],
            world,
            canonical=True,
            digest=sha256(raw).hexdigest(),
            read=(written[1], None),
        )
    try:
        if named := compact_seal(raw):
            return _other_format(named)
        outer = read_object(raw)
        if named := other_form(outer):
            return _other_format(named)
        if not looks_sealed(outer):
            return _unsealed(raw, outer, world)
        sealed = take_apart(outer, raw)
    except NotReadable as problem:
        return _unreadable(problem, sealed=b'"signatures"' in raw)
    return _sealed(
        sealed,
        world,
        canonical=is_canonical(outer, raw),
        digest=sha256(raw).hexdigest(),
        read=_document(sealed.payload),
    )


_Read = tuple[dict[str, Any] | None, NotReadable | None]
"""A payload's document, or what keeps it from being read."""


def _sealed(
    sealed: Sealed, world: _World, *, canonical: bool, digest: str, read: _Read
) -> Verification:
    facts, now = facts_or_none(sealed), world.now
    seal = seal_check(sealed, facts, now)
    times = judge_times(sealed, world.trust, world.material, now)
    if seal.status is not CheckStatus.OK:
        # Timestamps over a seal that is broken attest nothing about the credential.
        times = replace(times, proven=None)
    path_check, path = trust_check(sealed, facts, seal, times, world.trust)
    document, problem = read
    findings = world.verdicts.findings(sealed.payload, document) if document is not None else ()
    if document is not None and world.own_issue:
        # Strangers' files are not worth a second of the machine each.
        findings = (*findings, *world.verdicts.official(sealed.payload, document))
    profile = world.verdicts.profiles.of(document)
    form = format_check(document, problem, sealed, findings, profile)
    checks = [
        form,
        seal,
        path_check,
        status_check(sealed, facts, seal, times, path, now),
        qualification_check(sealed, seal, times, path, world.qualifications, now),
        identity_check(document, facts, seal),
        timestamps_check(sealed, times),
        owner_check(),
        expiry_check(document, now),
        not_registered(),
        recognition_check(facts, seal, world.recognised, world.register_says),
        accreditation_check(document),
    ]
    return Verification(
        checks=_in_order(checks),
        sealed=True,
        level=sealed.level,
        sealed_at=sealed.signed_at,
        proven_at=times.proven,
        canonical=canonical,
        sha256=digest,
        certificate=_plain(facts),
        development=_is_development(facts, path),
        contents=contents_of(document),
        document=document,
    )


def _is_development(facts: CertificateFacts | None, path: Path) -> bool:
    """By the authority, or by what the certificate says of itself: a broken seal has no path."""
    trusted = path.anchor if path.status is PathStatus.TRUSTED else None
    return bool((trusted and trusted.development) or (facts and facts.development))


def _unsealed(raw: bytes, document: Mapping[str, Any], world: _World) -> Verification:
    not_sealed = [
        Check(name, CheckStatus.SKIPPED, "not_sealed", sentence, advice=advice)
        for name, sentence, advice in (
            (
                CheckName.SEAL,
                "The credential carries no seal, so anybody may have written it.",
                "Ask its holder for the sealed file.",
            ),
            (CheckName.ISSUER_TRUST, "Without a seal nobody answers for it.", None),
            (CheckName.CERTIFICATE_STATUS, "Without a seal there is no certificate.", None),
            (CheckName.QUALIFICATION, "Without a seal there is nothing to qualify.", None),
            (CheckName.ISSUER_IDENTITY, "Without a seal the issuer is only claimed.", None),
            (CheckName.TIMESTAMPS, "Without a seal there is nothing to timestamp.", None),
            (CheckName.RECOGNISED_INSTITUTION, "Without a seal the issuer is only claimed.", None),
        )
    ]
    checks = [
        format_check(
            document,
            None,
            None,
            world.verdicts.findings(raw, document),
            world.verdicts.profiles.of(document),
        ),
        *not_sealed,
        owner_check(),
        expiry_check(document, world.now),
        not_registered(),
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


def _xml(raw: bytes, trust: TrustStore, now: datetime) -> Verification:
    named = what_it_is(raw)
    found = _other_format(named)
    signed = named.code == "elmo_transcript" and named.evidence.get("signed") == "yes"
    signature = signature_of(raw, trust, now) if signed else Signature()
    if not signature.checks:
        return found
    if signature.is_judged:
        found = _other_format(
            replace(named, advice="Ask its holder for the credential in JSON, which tells more."),
            "Of a transcript in XML its signature alone is checked here.",
        )
    made = {check.name: check for check in (*found.checks, *signature.checks)}
    return replace(
        found,
        checks=_in_order(list(made.values())),
        sealed=True,
        # Of a signature by a method that is not looked at, nothing is known.
        only_named=not signature.is_judged,
        certificate=_plain(signature.facts),
        development=_is_development(signature.facts, signature.path),
    )


def _other_format(
    found: Check,
    sentence: str = "Only European Digital Credentials in JSON are checked here, in the form of "
    "Europass.",
) -> Verification:
    others = [
        Check(name, CheckStatus.SKIPPED, "other_format", sentence)
        for name in CheckName
        if name is not CheckName.FORMAT
    ]
    return Verification(checks=_in_order([found, *others]), sealed=False, only_named=True)


def _document(payload: bytes) -> _Read:
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
    # All its values are plain ones.
    plain = vars(facts) | {"development": facts.development}
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in plain.items()
    }

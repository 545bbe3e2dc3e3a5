"""What this deployment has against a seal, beyond what its certificate says by itself."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from app.adapters.edc.pki import certificates
from app.adapters.edc.pki.certificates import CertificateFacts
from app.adapters.edc.pki.qualification import (
    CertificateType,
    QualificationSource,
    claimed_qualification,
)
from app.adapters.edc.pki.trust import Path, PathStatus
from app.adapters.edc.seal.seals import SealKey
from app.adapters.issuing.building import leaf_of
from app.adapters.issuing.standing import Standing, Standings
from app.adapters.issuing.status_folder import StatusFolder
from app.adapters.issuing.trusted import TrustSource
from app.domain.credentials.seal import QualificationClaim
from app.domain.errors import Finding
from app.domain.vocabulary.institutions import Institution

Reachable = Callable[[], Sequence[Finding]]
"""Asks whether authorities that sealing needs answer: a finding for what does not. Blocking."""

EARLIEST = datetime(2026, 11, 1, tzinfo=UTC)
"""This program did not exist before: a clock that says so is wrong (a machine without a battery
begins in 1970), and a seal under it would claim a time that cannot be."""

_LOOKED_UP_FOR = timedelta(minutes=1)
_KEPT = 100

NOTHING_KEPT = Standings(StatusFolder(None))
"""For who keeps nothing of what authorities say, and asks nobody."""

_IDENTIFIER = re.compile(r"(VAT|NTR)([A-Z]{2})-(.+)", re.ASCII)
"""organizationIdentifier of a legal person (ETSI EN 319 412-1, section 5.1.4)."""


class Preflight:
    """Looks at a seal before it is used."""

    def __init__(
        self,
        trusted: TrustSource,
        *,
        production: bool,
        qualified_only: bool = False,
        standings: Standings = NOTHING_KEPT,
        qualifications: QualificationSource | None = None,
    ) -> None:
        """`qualified_only` refuses certificates that do not claim to be qualified ones for seals,
        except development seals, which production refuses anyway. Where `qualifications` says
        what the trusted lists have, it refuses claims that they do not confirm as well."""
        self._trusted = trusted
        self._production = production
        self._qualified_only = qualified_only
        self._standings = standings
        self._qualifications = qualifications
        self._looked_up: dict[str, tuple[datetime, Finding | None]] = {}

    def doubts(
        self,
        key: SealKey,
        facts: CertificateFacts,
        now: datetime,
        institution: Institution | None,
    ) -> list[Finding]:
        """Everything against it, save what having the key sign something shows."""
        return [
            *certificates.preflight(leaf_of(key), key.alg, now),
            *self.of_deployment(key, facts, now, institution).refusals,
        ]

    def of_deployment(
        self,
        key: SealKey,
        facts: CertificateFacts,
        now: datetime,
        institution: Institution | None,
    ) -> Standing:
        """What the certificate does not say by itself. Without an institution, none is compared."""
        path = self._trusted.store.path(leaf_of(key), key.certificate_chain[1:], now)
        refusals = list(self._refusals(path, key, facts, now, institution))
        if facts.development or path.status is not PathStatus.TRUSTED:
            return Standing(tuple(refusals))
        standing = self._standings.of(path, now)
        refusals += standing.refusals
        warnings = list(standing.warnings)
        if unconfirmed := self._confirmation(path, claim_of(key), facts, now):
            (refusals if self._qualified_only else warnings).append(unconfirmed)
        return Standing(tuple(refusals), tuple(warnings))

    def _refusals(
        self,
        path: Path,
        key: SealKey,
        facts: CertificateFacts,
        now: datetime,
        institution: Institution | None,
    ) -> Iterator[Finding]:
        if facts.development and self._production:
            yield Finding(
                "/organizationIdentifier",
                "development_seal",
                "This is a development seal, and production does not seal with one.",
            )
        if path.status is not PathStatus.TRUSTED:
            yield Finding(
                "",
                "chain_not_trusted",
                path.problem or "No authority that is trusted here stands behind the certificate.",
            )
        if not facts.development:
            yield from self._kind(claim_of(key))
        if institution is not None and not facts.development:
            yield from _identity(facts, institution.identifiers)
        if now < EARLIEST:
            yield Finding(
                "",
                "clock_wrong",
                f"The clock of this machine says {now:%F}, which is before this program was made.",
            )

    def _confirmation(
        self, path: Path, claim: QualificationClaim, facts: CertificateFacts, now: datetime
    ) -> Finding | None:
        """What the lists say, looked up once for a thousand credentials."""
        until, found = self._looked_up.get(facts.sha256, (now, None))
        if now >= until:
            found = self._unconfirmed(path, claim, now)
            self._looked_up = {
                **dict(list(self._looked_up.items())[-_KEPT:]),
                facts.sha256: (now + _LOOKED_UP_FOR, found),
            }
        return found

    def _unconfirmed(self, path: Path, claim: QualificationClaim, now: datetime) -> Finding | None:
        """A claim counts for as much as the trusted lists confirm, where they are kept."""
        lists = self._qualifications
        if lists is None or claim not in _CLAIMS_OF_SEALS:
            return None
        if lists.list_date is None:
            return _not_confirmed("The trusted lists have not been fetched yet.")
        listed = lists.qualification(path, now)
        if listed is None or not listed.qualified:
            return _not_confirmed("The trusted lists do not have its authority's service as such.")
        if CertificateType.SEAL not in listed.types:
            return _not_confirmed("The trusted lists have it as a certificate of another kind.")
        return None

    def _kind(self, claim: QualificationClaim) -> Iterator[Finding]:
        if claim is QualificationClaim.OTHER:
            yield Finding(
                "/qcStatements",
                "certificate_of_other_kind",
                "The certificate is for signatures of people or for websites, not for seals.",
            )
        elif claim is QualificationClaim.NONE and self._qualified_only:
            yield Finding(
                "/qcStatements",
                "certificate_not_qualified",
                "The certificate does not say that it is a qualified one for electronic seals. "
                "Europass takes no other; MC_SEAL_QUALIFICATION=any lets others be used.",
            )


_CLAIMS_OF_SEALS = (QualificationClaim.SEAL, QualificationClaim.SEAL_IN_DEVICE)


def _not_confirmed(why: str) -> Finding:
    return Finding(
        "/qcStatements",
        "qualification_not_confirmed",
        f"The certificate says that it is a qualified one for electronic seals. {why} Whoever "
        "verifies a credential sealed with it is told so.",
    )


def claim_of(key: SealKey) -> QualificationClaim:
    """What the seal's certificate says of its own qualification."""
    said = claimed_qualification(leaf_of(key))
    if said.types and CertificateType.SEAL not in said.types:
        return QualificationClaim.OTHER
    if not said.qualified or CertificateType.SEAL not in said.types:
        return QualificationClaim.NONE
    return QualificationClaim.SEAL_IN_DEVICE if said.device else QualificationClaim.SEAL


def _identity(facts: CertificateFacts, recorded: Mapping[str, str]) -> Iterator[Finding]:
    """The certificate's identifier against those that are on record for the institution.

    A VAT number is the only one of ours that certificates carry as well. Where none is on record,
    or the certificate names the institution in another register, there is nothing to compare; the
    credential then states what the certificate does.
    """
    said = _IDENTIFIER.fullmatch(facts.organisation_identifier or "")
    exact = recorded.get("eidas")
    if exact is not None and exact != facts.organisation_identifier:
        yield _other_institution(exact)
    vat = recorded.get("vat")
    if said is None or said[1] != "VAT" or not vat:
        return
    if _bare(vat, said[2]) != _bare(said[3], said[2]):
        yield _other_institution(vat)


def _other_institution(recorded: str) -> Finding:
    return Finding(
        "/organizationIdentifier",
        "identifier_of_other_institution",
        f"The certificate's organizationIdentifier is not the institution's own ({recorded}).",
    )


def _bare(number: str, country: str) -> str:
    """A number without country, blanks and marks: registers write them in many ways."""
    plain = re.sub(r"[^0-9A-Z]", "", number.upper())
    # Greece's VAT numbers begin with EL, its certificates with GR.
    for prefix in (country, "EL" if country == "GR" else country):
        plain = plain.removeprefix(prefix)
    return plain

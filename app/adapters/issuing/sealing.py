"""Issuing behind its port: build, take the issuer from the certificate, check, seal, verify."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from app.adapters.edc.pki.trust import as_pem
from app.adapters.edc.seal import seals
from app.adapters.edc.seal.seals import LocalSealKey, SoftwareSealKey
from app.adapters.issuing.brought_back import attached, prepared
from app.adapters.issuing.building import issuer_of, leaf_of
from app.adapters.issuing.making import Maker, issuing
from app.adapters.issuing.preflight import Reachable, claim_of
from app.adapters.issuing.processes import MakerProcesses
from app.adapters.reference import partners
from app.domain.clock import Clock
from app.domain.credentials.seal import (
    Brought,
    IssuedCredential,
    IssuingOrder,
    PreparedSeal,
    SealFacts,
    SealName,
    SealUnavailable,
)
from app.domain.errors import DomainError, Finding, InternalInconsistency
from app.domain.vocabulary.institutions import Institution, InstitutionCode

T = TypeVar("T")
log = logging.getLogger(__name__)


class EdcSealing:
    """See `app.domain.credentials.ports.Sealing`. Everything blocking happens in threads."""

    def __init__(
        self,
        maker: Maker,
        clock: Clock,
        *,
        reachable: Reachable = tuple,
        institutions: Callable[[], Sequence[Institution]] = partners,
        processes: MakerProcesses | None = None,
    ) -> None:
        """`reachable` says which authorities that sealing needs do not answer, `institutions` whose
        identifiers certificates are compared with. `processes` make what is ordered together, as
        `maker` would, which is only sensible where that one asks no official shapes; without them,
        threads do.
        """
        self._maker = maker
        self._clock = clock
        self._reachable = reachable
        self._institutions = institutions
        self._processes = processes
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="sealing")

    async def seals(self) -> Sequence[SealFacts]:
        """Every seal that is configured and can be read, by institution, its default first."""
        return await self._in_thread(lambda: list(self._readable()))

    async def names(self, institution: InstitutionCode) -> Sequence[SealName]:
        """The seals of one institution that are configured, its default first."""
        return await self._in_thread(lambda: self._maker.keys.names(institution))

    async def facts(self, institution: InstitutionCode, name: SealName | None = None) -> SealFacts:
        """A seal of one institution, as it is now. Raises SealUnavailable."""
        return await self._in_thread(lambda: self._facts(institution, name))

    async def root(self, institution: InstitutionCode, name: SealName | None = None) -> bytes:
        """The certificate (PEM) at the top of the seal's chain. Raises SealUnavailable."""
        return await self._in_thread(lambda: self._root(institution, name))

    async def rehearse(self, order: IssuingOrder) -> Sequence[Finding]:
        """What the profile says against the credential that this order would make."""
        return await self._in_thread(lambda: self._maker.findings(self._maker.built(order)))

    @property
    def together(self) -> int:
        """How many credentials are best ordered at once."""
        return _TOGETHER

    @property
    def at_once(self) -> int:
        """How many such orders are worked on at the same time."""
        return _AT_ONCE if self._processes is None else self._processes.number

    async def issue_all(
        self, orders: Sequence[IssuingOrder]
    ) -> Sequence[IssuedCredential | Exception]:
        """What comes of each order: made in a process of its own where that is allowed."""
        if self._processes is not None and len(orders) >= _WORTH_IT:
            try:
                travelling = await self._in_thread(lambda: self._may_travel(orders))
            except DomainError as refusal:
                return [refusal] * len(orders)
            if travelling:
                return await self._processes.issue_all(orders)
        return await self._in_thread(lambda: self._maker.issue_all(orders))

    async def prepare(self, order: IssuingOrder) -> PreparedSeal:
        """Build and check, and say what is to be signed where the key is."""
        return await self._in_thread(lambda: prepared(self._maker, order))

    async def attach(self, prepared: PreparedSeal, brought: Brought) -> IssuedCredential:
        """Put together what was prepared and what was brought, and verify what came out."""
        return await self._in_thread(lambda: self._attached(prepared, brought))

    async def unsealed(self, order: IssuingOrder) -> bytes:
        """The same credential without a seal, as the file that the Commission's issuer takes."""
        return await self._in_thread(lambda: self._maker.unsealed(order))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    # What follows blocks.

    def _may_travel(self, orders: Sequence[IssuingOrder]) -> bool:
        """Whether all are sealed by keys that processes of their own may open.

        Authorities are asked here whether those seals are in force, for there nobody asks.
        Raises SealUnavailable, SealDoubtful.
        """
        used = {(issuer_of(order), order.seal): order for order in orders}
        for (institution, name), order in used.items():
            key = self._maker.keys.key(institution, name)
            if not isinstance(key, SoftwareSealKey):
                return False
            self._maker.insist_on_seal(key, issuing(order, institution), order.issued_at)
        return True

    def _readable(self) -> Iterator[SealFacts]:
        for institution in self._maker.keys.institutions():
            for name in self._maker.keys.names(institution):
                try:
                    yield self._facts(institution, name)
                except SealUnavailable as error:
                    log.warning("left out of the list of seals: %s", error.detail)

    def _facts(self, institution: InstitutionCode, name: SealName | None) -> SealFacts:
        names = self._maker.keys.names(institution)
        key = self._maker.keys.key(institution, name)
        now = self._clock.now()
        findings = seals.preflight(key, now)
        facts = self._maker.leaves.facts(key)
        standing = self._maker.preflight.of_deployment(
            key, facts, now, self._institution(institution)
        )
        findings.extend(standing.refusals)
        findings.extend(self._reachable())
        return SealFacts(
            institution=institution,
            subject=facts.subject,
            organisation=facts.organisation or "",
            organisation_identifier=facts.organisation_identifier or "",
            serial=facts.serial,
            issuer=facts.issuer,
            valid_from=facts.valid_from,
            valid_until=facts.valid_until,
            algorithm=key.alg,
            certificate_sha256=facts.sha256,
            development=facts.development,
            findings=tuple(findings),
            warnings=standing.warnings,
            name=name or names[0],
            is_default=name is None or name == names[0],
            local=isinstance(key, LocalSealKey),
            claims=claim_of(key),
        )

    def _root(self, institution: InstitutionCode, name: SealName | None) -> bytes:
        key = self._maker.keys.key(institution, name)
        path = self._maker.trusted.store.path(
            leaf_of(key), key.certificate_chain[1:], self._clock.now()
        )
        if path.anchor is None:
            raise SealUnavailable(f"No authority is known behind the seal of {institution}.")
        return as_pem(path.anchor.certificate)

    def _institution(self, code: InstitutionCode) -> Institution | None:
        return next((one for one in self._institutions() if one.code == code), None)

    def _attached(self, waiting: PreparedSeal, brought: Brought) -> IssuedCredential:
        institution = self._institution(waiting.institution)
        if institution is None:
            raise InternalInconsistency(f"no partner {waiting.institution}")
        return attached(self._maker, waiting, brought, institution, self._clock.now())


_TOGETHER = 8
"""What is made together is sent and kept together, and lost together when this process dies."""
_WORTH_IT = 3
"""Fewer are quicker made here than sent."""
_AT_ONCE = 2
"""Threads that render and seal. Their number is small because each holds a typesetter of its own,
and apart from the others so that a batch and its onlookers do not wait for one another."""

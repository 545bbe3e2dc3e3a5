"""Seals that live as long as the process: for tests, and a first look without a folder."""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property

from app.adapters.edc.pki.authorities import Authority, SealSubject, new_authority, new_rsa_key
from app.adapters.edc.pki.trust import TrustAnchor, TrustStore
from app.adapters.edc.seal.development_seal import development_subject
from app.adapters.edc.seal.seals import LocalSealKey, SealKey, SoftwareSealKey
from app.adapters.issuing.keys import no_seal
from app.adapters.issuing.organisations import organisation_of
from app.adapters.reference import partners
from app.domain.clock import Clock
from app.domain.credentials.seal import DEFAULT_SEAL, SealName
from app.domain.vocabulary.institutions import InstitutionCode

ELSEWHERE: SealName = "elsewhere"
"""The name of a seal with the same certificate, whose key is said to be with its institution."""

_EARLIER = timedelta(days=1)
_LIFE = timedelta(days=3650)
_NAME = "Throw-away seal authority - DEVELOPMENT ONLY"


class ThrowAwaySeals:
    """See `app.adapters.issuing.keys.SealKeys`; trusts the authority that it makes.

    As unmistakable as development seals: the same reserved identifier, the same words in CN.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._made: dict[InstitutionCode, SealKey] = {}
        self._making = threading.RLock()

    @cached_property
    def _authority(self) -> Authority:
        now = self._clock.now()
        return new_authority(_NAME, valid_from=now - _EARLIER, valid_until=now + 2 * _LIFE)

    @property
    def store(self) -> TrustStore:
        """Trusts what is made here, and nothing else."""
        with self._making:
            anchor = TrustAnchor(self._authority.certificate, _NAME, development=True)
        return TrustStore((anchor,))

    def institutions(self) -> Sequence[InstitutionCode]:
        """Who has one by now, sorted."""
        return sorted(self._made)

    def names(self, institution: InstitutionCode) -> Sequence[SealName]:
        """Two for every partner: one that is used, and its twin that is used elsewhere."""
        known = any(partner.code == institution for partner in partners())
        return (DEFAULT_SEAL, ELSEWHERE) if known else ()

    def key(self, institution: InstitutionCode, name: SealName | None = None) -> SealKey:
        """The seal of one partner; made if there is none. Raises SealUnavailable."""
        if name == ELSEWHERE:
            here = self.key(institution)
            return LocalSealKey(here.alg, tuple(here.certificate_chain))
        if name not in (None, DEFAULT_SEAL):
            raise no_seal(institution, name)
        with self._making:
            if institution not in self._made:
                partner = next((p for p in partners() if p.code == institution), None)
                if partner is None:
                    raise no_seal(institution)
                self._made[institution] = self.made_for(
                    development_subject(organisation_of(partner)), self._clock.now() + _LIFE
                )
            return self._made[institution]

    def made_for(self, subject: SealSubject, valid_until: datetime) -> SealKey:
        """A fresh seal for any subject, below the same authority."""
        key = new_rsa_key()
        with self._making:
            authority = self._authority
        certificate = authority.issue(
            subject, key, valid_from=self._clock.now() - _EARLIER, valid_until=valid_until
        )
        return SoftwareSealKey("RS256", (certificate, authority.certificate), key)

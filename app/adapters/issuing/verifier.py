"""Verification behind its port: off the event loop, a few at a time, with our register."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from uuid import UUID

from app.adapters.edc.elm.format_cache import FormatVerdicts, OfficialFindings
from app.adapters.edc.pki.qualification import QualificationSource
from app.adapters.edc.verification.pdf_input import looks_like_pdf
from app.adapters.edc.verification.status import as_registered, is_registered
from app.adapters.edc.verification.verify import verify
from app.adapters.issuing.status_folder import StatusFolder
from app.adapters.issuing.trusted import RecognisedInstitutions, TrustSource
from app.domain.credentials.credential_id import credential_of_urn
from app.domain.credentials.ports_sealing import StatusLookup
from app.domain.credentials.profile.tables import Profiles
from app.domain.credentials.verification import (
    Verification,
    VerificationBusy,
)

_AT_ONCE = 2
"""Anybody may ask, so that verification never takes all the threads that sealing needs too."""
_PDFS_AT_ONCE = 1
"""Taking a PDF apart costs seconds where its maker wants it to; nothing else waits behind that."""
_PDFS_WAITING = 6
"""More than are done within some seconds are sent away, to come back."""
_NO_STATUS = StatusFolder(None)


class EdcVerifier:
    """See `app.domain.credentials.ports.Verifier`."""

    def __init__(
        self,
        trusted: TrustSource,
        register: RecognisedInstitutions,
        *,
        qualifications: QualificationSource | None = None,
        status: StatusFolder = _NO_STATUS,
        profiles: Profiles | None = None,
        official: OfficialFindings | None = None,
    ) -> None:
        """`profiles` are those that documents are read by; `official` is what the official shapes
        have against a document, which is asked of what was issued here alone."""
        self._trusted = trusted
        self._register = register
        self._qualifications = qualifications
        self._status = status
        self._verdicts = FormatVerdicts(profiles=profiles, official=official)
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._pdf_turn = asyncio.Semaphore(_PDFS_AT_ONCE)
        self._pdfs = 0

    async def verify(self, raw: bytes, *, now: datetime, status: StatusLookup) -> Verification:
        """Everything that can be said of a file. Raises VerificationBusy, of PDFs alone."""
        async with self._turn_of(raw):
            found = await asyncio.to_thread(self._verify, raw, now)
        ours = _ours(found)
        known = None if ours is None else await status(ours)
        if known is None:
            return found
        told = as_registered(found, known)
        if self._verdicts.asks_official and is_registered(told):
            async with self._turn_of(raw):
                found = await asyncio.to_thread(self._verify, raw, now, own_issue=True)
            told = as_registered(found, known)
        return told

    def _turn_of(self, raw: bytes) -> AbstractAsyncContextManager[None]:
        return self._pdfs_turn() if looks_like_pdf(raw) else self._turn

    @asynccontextmanager
    async def _pdfs_turn(self) -> AsyncIterator[None]:
        if self._pdfs >= _PDFS_AT_ONCE + _PDFS_WAITING:
            raise VerificationBusy
        self._pdfs += 1
        try:
            async with self._pdf_turn:
                yield
        finally:
            self._pdfs -= 1

    def _verify(self, raw: bytes, now: datetime, *, own_issue: bool = False) -> Verification:
        return verify(
            raw,
            trust=self._trusted.store,
            now=now,
            recognised=self._register.recognised,
            material=self._status.material,
            qualifications=self._qualifications,
            verdicts=self._verdicts,
            register_says=self._register.evidence,
            own_issue=own_issue,
        )


def _ours(found: Verification) -> UUID | None:
    return None if found.contents.id is None else credential_of_urn(found.contents.id)

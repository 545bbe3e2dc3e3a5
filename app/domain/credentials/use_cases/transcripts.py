"""A transcript of a credential's award, for systems that read ELMO and not ELM.

Made when it is first asked for, of what the credential was sealed from, and then kept: what is
signed is handed out as it was, never made again.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.domain.access.roles import Caller
from app.domain.clock import Clock
from app.domain.credentials.credential import Source
from app.domain.credentials.ports import CredentialsWork, WorkMaker
from app.domain.credentials.seal import SealName
from app.domain.credentials.status import CredentialState
from app.domain.credentials.use_cases.credentials import CredentialErased, enter
from app.domain.credentials.use_cases.shown import Pages
from app.domain.errors import Conflict
from app.domain.vocabulary.institutions import Institution, InstitutionCode


class NoTranscript(Conflict):
    """The credential is not in force, so that nothing new is signed of it."""

    code = "no_transcript"

    def __init__(self, state: CredentialState) -> None:
        super().__init__(
            f"A credential that is {state} has no transcript: a transcript has no status of its "
            "own, and would go on saying that it was passed."
        )


class NameNotInParts(Conflict):
    """The holder has confirmed a whole name alone; a transcript needs both its parts."""

    code = "name_not_in_parts"

    def __init__(self, credential: UUID) -> None:
        super().__init__(
            f"Credential {credential} was sealed with a name that is not in two parts, and a "
            "transcript (ELMO) states given and family names apart. Let its holder confirm "
            "given_name and family_name with PUT /v1/registrations/{registration}/credential-data "
            "and issue the credential anew; its transcript can be made then."
        )


@dataclass(frozen=True)
class TranscriptOrder:
    """Everything that goes into one transcript. Personal data."""

    credential: UUID
    source: Source = field(repr=False)
    issuer: InstitutionCode
    seal: SealName | None
    """None: the institution's default."""
    institutions: tuple[Institution, ...] = field(repr=False)
    issued_at: datetime
    at: datetime
    pdf: bytes = field(repr=False)
    language: str


class Transcribing(Protocol):
    """Sets and signs transcripts. What takes long happens off the event loop."""

    async def transcript(self, order: TranscriptOrder) -> bytes:
        """The signed transcript (ELMO 1.7, XML), by that seal or another of its institution.

        Raises SealUnavailable, NoKeyHere.
        """
        ...


async def get_credential_elmo(
    credential_id: UUID,
    *,
    work: WorkMaker,
    pages: Pages,
    transcribing: Transcribing,
    caller: Caller,
    clock: Clock,
) -> bytes:
    """The transcript: made and signed the first time, as it was kept from then on.

    Raises CredentialNotFound, CredentialErased, NotAllowed, NoTranscript, NameNotInParts,
    SealUnavailable, NoKeyHere.
    """
    async with work() as reading:
        credential = await reading.credentials.read(credential_id)
        await enter(credential, "get_credential_elmo", work=reading, caller=caller)
        if credential.erased_at is not None:
            raise CredentialErased(credential_id)
        if credential.state is not CredentialState.SEALED or credential.sealed_at is None:
            raise NoTranscript(credential.state)
        kept = await reading.transcripts.read(credential_id)
        if kept is not None:
            return kept
        source = await reading.credentials.source(credential_id)
        holder = source.award.holder
        if not holder.given_name or not holder.family_name:
            # Which part of a name is which cannot be told from outside.
            raise NameNotInParts(credential_id)
        document = await reading.credentials.document(credential_id)
        institutions = tuple(await reading.institutions.all())
        seal = await _seal_of(credential.batch, work=reading)
    language = next(iter(credential.languages), "en")
    pdf = await pages.pdf(document, language=language, issuer=credential.issuer)
    made = await transcribing.transcript(
        TranscriptOrder(
            credential=credential_id,
            source=source,
            issuer=credential.issuer,
            seal=seal,
            institutions=institutions,
            issued_at=credential.sealed_at,
            at=clock.now(),
            pdf=pdf,
            language=language,
        )
    )
    async with work() as writing:
        # Locked: it may have been taken back meanwhile, and somebody else may have been faster.
        credential = await writing.credentials.get(credential_id)
        if credential.erased_at is not None:
            raise CredentialErased(credential_id)
        if credential.state is not CredentialState.SEALED:
            raise NoTranscript(credential.state)
        return await writing.transcripts.keep(credential_id, made, clock.now())


async def _seal_of(batch: UUID, *, work: CredentialsWork) -> SealName | None:
    """The seal of the batch, unless its key is not here: then the institution's default."""
    found = await work.batches.read(batch)
    return None if found.local else found.seal

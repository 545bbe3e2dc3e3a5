"""A credential as a document to read, print and frame, around the sealed file itself."""

from typing import Protocol
from uuid import UUID

from app.domain.access.roles import Caller
from app.domain.clock import Clock
from app.domain.credentials.credential import Credential
from app.domain.credentials.ports import CredentialsWork
from app.domain.credentials.share import Share, ShareNotFound, ShareState, token_hash
from app.domain.credentials.status import Channel, Delivery, DeliveryState, PublicStatus
from app.domain.credentials.use_cases.credentials import CredentialErased, enter
from app.domain.credentials.use_cases.shares import shared_document
from app.domain.errors import NotFound
from app.domain.vocabulary.institutions import InstitutionCode


class LanguageNotShown(NotFound):
    """The credential is not displayed in that language."""

    code = "language_not_shown"

    def __init__(self, credential: UUID, language: str) -> None:
        super().__init__(
            f"Credential {credential} is not displayed in the language {language}. "
            "Its `languages` say which there are."
        )


class Pages(Protocol):
    """Sets sealed credentials as pages. What takes long happens off the event loop."""

    async def pdf(self, document: bytes, *, language: str, issuer: InstitutionCode) -> bytes:
        """A PDF (PDF/A-3a, PDF/UA-1) that holds the document byte for byte.

        Shows what the document says, in one of its languages (BCP 47), and nothing from
        elsewhere but the issuer's colours and logo.
        """
        ...


async def glance_at_share(token: str, *, work: CredentialsWork, clock: Clock) -> Share:
    """A link that is good for something, as it stands; never counts. Raises ShareNotFound."""
    async with work:
        share = await work.shares.by_token(token_hash(token))
        if share.state(clock.now()) is not ShareState.OPEN:
            raise ShareNotFound
        credential = await work.credentials.read(share.credential)
        if credential.erased_at is not None:
            raise ShareNotFound
        return share


async def shared_pdf(
    token: str,
    language: str | None,
    *,
    pass_: str | None,
    work: CredentialsWork,
    clock: Clock,
    pages: Pages,
) -> tuple[Credential, str, bytes]:
    """The PDF of the credential behind a link; a public page gives none away.

    Raises ShareNotFound, LanguageNotShown.
    """
    credential, document = await shared_document(token, pass_=pass_, work=work, clock=clock)
    language = _shown_in(credential, language)
    pdf = await pages.pdf(document, language=language, issuer=credential.issuer)
    return credential, language, pdf


async def look_at_credential(
    credential_id: UUID, *, work: CredentialsWork
) -> tuple[PublicStatus, bool]:
    """What anybody may know who has its identifier, and whether its seal is a development seal.

    Raises CredentialNotFound.
    """
    async with work:
        credential = await work.credentials.read(credential_id)
        return credential.public_status, credential.development


async def get_credential_pdf(
    credential_id: UUID,
    language: str | None,
    *,
    work: CredentialsWork,
    caller: Caller,
    clock: Clock,
    pages: Pages,
) -> tuple[Credential, str, bytes]:
    """The credential, the language and the PDF; in the primary language unless one is named.

    The sealed file is inside, so that its holder has it now, which is noted. Raises
    CredentialNotFound, NotAllowed, CredentialErased, LanguageNotShown.
    """
    async with work:
        credential = await work.credentials.read(credential_id)
        place = await enter(credential, "get_credential_pdf", work=work, caller=caller)
        if credential.erased_at is not None:
            raise CredentialErased(credential_id)
        language = _shown_in(credential, language)
        document = await work.credentials.document(credential_id)
        if place.own:
            await work.credentials.note_delivery(
                Delivery(credential_id, Channel.DOWNLOAD, DeliveryState.DELIVERED, clock.now())
            )
    return credential, language, await pages.pdf(
        document, language=language, issuer=credential.issuer
    )  # fmt: skip


def _shown_in(credential: Credential, language: str | None) -> str:
    wanted = language or next(iter(credential.languages), "")
    if wanted not in credential.languages:
        raise LanguageNotShown(credential.id, wanted)
    return wanted

"""Sharing a credential: what its holder arranges, and what whoever has a link may see."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from app.domain.access.roles import Caller
from app.domain.clock import Clock
from app.domain.credentials.credential import Credential
from app.domain.credentials.linked_in import Published
from app.domain.credentials.ports import CredentialsWork, WorkMaker
from app.domain.credentials.ports_sealing import Verifier
from app.domain.credentials.share import (
    MOST_LINKS,
    NOTED_EVERY,
    ConsentNeeded,
    Share,
    ShareKind,
    ShareNotFound,
    ShareState,
    ShareView,
    TooManyShares,
    token_hash,
)
from app.domain.credentials.status import PublicStatus, Standing
from app.domain.credentials.use_cases.credentials import CredentialErased, enter
from app.domain.credentials.use_cases.verify import verify_credential
from app.domain.credentials.verification import Verification
from app.domain.vocabulary.text import LanguageMap

VIEWS_SHOWN = 100
"""How many of the latest views its maker is told of."""


@dataclass(frozen=True)
class SeenShare:
    """A link as its maker sees it."""

    share: Share
    state: ShareState
    views: Sequence[ShareView] = ()
    """The latest first; in lists none."""


@dataclass(frozen=True)
class Shown:
    """What somebody with a link sees. Nothing of a credential in it as long as it is `closed`."""

    kind: ShareKind
    expires_at: datetime | None
    closed: bool = False
    """Whether it has to be opened first, which counts."""
    pass_: str | None = field(default=None, repr=False)
    """Lets whoever opened it look, download and verify for a short while."""
    status: PublicStatus | None = None
    standing: Standing | None = None
    credential: Credential | None = None
    holder: str | None = field(default=None, repr=False)
    """The name of the holder, where the link shows it."""
    awarded_on: date | None = None
    """The day of the award, as the credential states it."""

    @property
    def title(self) -> LanguageMap:
        """What was achieved; empty as long as it is closed."""
        return {} if self.credential is None else self.credential.title


# Its holder


async def create_share(
    credential_id: UUID,
    *,
    expires_at: datetime | None,
    view_limit: int | None,
    recipient: str | None,
    longest: timedelta,
    work: CredentialsWork,
    caller: Caller,
    clock: Clock,
) -> tuple[SeenShare, str]:
    """A new link to the whole credential, and its token, which is told this once.

    It is good for 30 days unless said otherwise, `longest` at most. Raises CredentialNotFound,
    NotAllowed, CredentialErased, ShareInvalid, TooManyShares.
    """
    async with work:
        await _own(credential_id, "create_share", work, caller)
        now = clock.now()
        share, token = Share.link(
            credential_id,
            at=now,
            expires_at=expires_at,
            longest=longest,
            view_limit=view_limit,
            recipient=recipient,
        )
        await _add(share, now, work)
    return SeenShare(share, share.state(now)), token


async def publish_page(
    credential_id: UUID,
    *,
    consent: bool,
    shows_name: bool,
    work: CredentialsWork,
    caller: Caller,
    clock: Clock,
) -> tuple[SeenShare, str, Published]:
    """A public page with the least that a profile elsewhere needs, until it is revoked.

    Its token is told this once. Raises CredentialNotFound, NotAllowed, CredentialErased,
    ConsentNeeded, TooManyShares.
    """
    async with work:
        credential = await _own(credential_id, "publish_page", work, caller)
        if not consent:
            raise ConsentNeeded
        now = clock.now()
        share, token = Share.page(credential_id, at=now, shows_name=shows_name)
        await _add(share, now, work)
        award = (await work.credentials.source(credential_id)).award
    seen = SeenShare(share, share.state(now))
    return seen, token, Published(credential, award.awarded_on)


async def list_shares(
    credential_id: UUID, *, work: CredentialsWork, caller: Caller, clock: Clock
) -> Sequence[SeenShare]:
    """The links to one's credential, the oldest first. Raises CredentialNotFound, NotAllowed."""
    async with work:
        await _own(credential_id, "list_shares", work, caller)
        now = clock.now()
        return [
            SeenShare(share, share.state(now))
            for share in await work.shares.of_credential(credential_id)
        ]


async def get_share(
    credential_id: UUID, share_id: UUID, *, work: CredentialsWork, caller: Caller, clock: Clock
) -> SeenShare:
    """One link, and when it was opened. Raises CredentialNotFound, NotAllowed, ShareNotFound."""
    async with work:
        await _own(credential_id, "get_share", work, caller)
        share = _of(await work.shares.read(share_id), credential_id)
        return SeenShare(
            share, share.state(clock.now()), await work.shares.views(share.id, VIEWS_SHOWN)
        )


async def edit_share(
    credential_id: UUID,
    share_id: UUID,
    version: int,
    *,
    expires_at: datetime,
    longest: timedelta,
    work: CredentialsWork,
    caller: Caller,
    clock: Clock,
) -> SeenShare:
    """Let a link end at another moment; one that has expired leads on again.

    Raises CredentialNotFound, NotAllowed, ShareNotFound, ShareStale, ShareEnded, ShareInvalid,
    TooManyShares.
    """
    async with work:
        await _own(credential_id, "edit_share", work, caller)
        now = clock.now()
        if _of(await work.shares.read(share_id), credential_id).state(now) is ShareState.EXPIRED:
            await _room_for_one(credential_id, now, work)
        share = _of(await work.shares.get(share_id), credential_id)
        share.expect(version)
        share.expire(expires_at, at=now, longest=longest)
        await work.shares.save(share)
        return SeenShare(share, share.state(now))


async def revoke_share(
    credential_id: UUID,
    share_id: UUID,
    version: int,
    *,
    work: CredentialsWork,
    caller: Caller,
    clock: Clock,
) -> SeenShare:
    """Let a link or a page lead nowhere, from now on. The credential stays as it is.

    Raises CredentialNotFound, NotAllowed, ShareNotFound, ShareStale.
    """
    async with work:
        await _own(credential_id, "revoke_share", work, caller, erased=True)
        share = _of(await work.shares.get(share_id), credential_id)
        share.expect(version)
        if share.revoked_at is None:
            share.revoke(clock.now())
            await work.shares.save(share)
        return SeenShare(share, share.state(clock.now()))


# Whoever has the link


async def look_at_share(
    token: str, *, pass_: str | None = None, work: CredentialsWork, clock: Clock
) -> Shown:
    """What a link shows. A link that is limited shows nothing before it is opened.

    Looking at one that is not limited is noted in its view log, with the time alone and once a
    minute at most. Raises ShareNotFound: unknown, expired, revoked, used up, or its credential
    erased.
    """
    async with work:
        if pass_ is not None:
            share, credential = await _admitted(token, pass_, work, clock)
            return await _shown(share, credential, work, clock)
        share = await work.shares.by_token(token_hash(token))
        credential = await _good(share, work, clock)
        if share.needs_opening:
            return Shown(share.kind, share.expires_at, closed=True)
        if not await _noted(share, work, clock):
            share = await work.shares.by_token(token_hash(token), lock=True)
            credential = await _good(share, work, clock)
            if not await _noted(share, work, clock):
                view, _ = share.opened(clock.now())
                await work.shares.count(share, view)
        return await _shown(share, credential, work, clock)


async def _noted(share: Share, work: CredentialsWork, clock: Clock) -> bool:
    """Whether a look was noted a moment ago: many at once neither queue up nor fill the log."""
    latest = next(iter(await work.shares.views(share.id, 1)), None)
    return latest is not None and clock.now() < latest.at + NOTED_EVERY


async def open_share(token: str, *, work: CredentialsWork, clock: Clock) -> Shown:
    """Open a link deliberately, which counts; answers with a pass where it needs one.

    Raises ShareNotFound.
    """
    async with work:
        share = await work.shares.by_token(token_hash(token), lock=True)
        credential = await _good(share, work, clock)
        view, pass_ = share.opened(clock.now())
        await work.shares.count(share, view)
        return await _shown(share, credential, work, clock, pass_)


async def shared_document(
    token: str, *, pass_: str | None = None, work: CredentialsWork, clock: Clock
) -> tuple[Credential, bytes]:
    """The sealed document behind a link, byte for byte; a page gives none away.

    Raises ShareNotFound.
    """
    async with work:
        credential = await _whole(token, pass_, work, clock)
        return credential, await work.credentials.document(credential.id)


async def shared_image(
    token: str, language: str, *, pass_: str | None = None, work: CredentialsWork, clock: Clock
) -> bytes:
    """A display image (PNG) behind a link. Raises ShareNotFound, ImageNotFound."""
    async with work:
        credential = await _whole(token, pass_, work, clock)
        return await work.credentials.image(credential.id, language)


async def verify_share(
    token: str,
    *,
    pass_: str | None = None,
    reading: WorkMaker,
    verifier: Verifier,
    clock: Clock,
) -> Verification:
    """Verify the document behind a link, as anybody's file is verified. Raises ShareNotFound."""
    _, document = await shared_document(token, pass_=pass_, work=reading(), clock=clock)
    return await verify_credential(document, reading=reading, verifier=verifier, clock=clock)


async def _own(
    credential_id: UUID,
    action: str,
    work: CredentialsWork,
    caller: Caller,
    *,
    erased: bool = False,
) -> Credential:
    credential = await work.credentials.read(credential_id)
    await enter(credential, action, work=work, caller=caller)
    if credential.erased_at is not None and not erased:
        raise CredentialErased(credential_id)
    return credential


def _of(share: Share, credential: UUID) -> Share:
    if share.credential != credential:
        raise ShareNotFound
    return share


async def _add(share: Share, now: datetime, work: CredentialsWork) -> None:
    await _room_for_one(share.credential, now, work)
    await work.shares.add(share)


async def _room_for_one(credential: UUID, now: datetime, work: CredentialsWork) -> None:
    """Raises TooManyShares."""
    # One after the other: those who count at once would all find the last place free.
    await work.credentials.get(credential)
    known = await work.shares.of_credential(credential)
    if sum(one.state(now) is ShareState.OPEN for one in known) >= MOST_LINKS:
        raise TooManyShares


async def _good(share: Share, work: CredentialsWork, clock: Clock) -> Credential:
    if share.state(clock.now()) is not ShareState.OPEN:
        raise ShareNotFound
    return await _left(share, work)


async def _left(share: Share, work: CredentialsWork) -> Credential:
    credential = await work.credentials.read(share.credential)
    if credential.erased_at is not None:
        raise ShareNotFound
    return credential


async def _admitted(
    token: str, pass_: str | None, work: CredentialsWork, clock: Clock
) -> tuple[Share, Credential]:
    """The link, for somebody who may see what is behind it. Never counts."""
    share = await work.shares.by_token(token_hash(token))
    now = clock.now()
    if not share.needs_opening:
        return share, await _good(share, work, clock)
    if share.state(now) not in (ShareState.OPEN, ShareState.USED_UP) or pass_ is None:
        raise ShareNotFound
    views = await work.shares.views(share.id, share.views)
    if not any(view.admits(pass_, now) for view in views):
        raise ShareNotFound
    return share, await _left(share, work)


async def _whole(token: str, pass_: str | None, work: CredentialsWork, clock: Clock) -> Credential:
    share, credential = await _admitted(token, pass_, work, clock)
    if share.kind is ShareKind.PAGE:
        raise ShareNotFound
    return credential


async def _shown(
    share: Share,
    credential: Credential,
    work: CredentialsWork,
    clock: Clock,
    pass_: str | None = None,
) -> Shown:
    award = (await work.credentials.source(credential.id)).award
    status = credential.public_status
    return Shown(
        share.kind,
        share.expires_at,
        pass_=pass_,
        status=status,
        standing=status.standing(clock.now()),
        credential=credential,
        holder=award.holder.full_name if share.shows_name else None,
        awarded_on=award.awarded_on,
    )

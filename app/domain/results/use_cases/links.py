"""One-time links: made for a message, looked at, opened once, asked for anew."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.domain.clock import Clock
from app.domain.ids import new_id
from app.domain.results.events import LinkRequested
from app.domain.results.links import Link, LinkState, new_token, token_hash
from app.domain.results.policy import ResultsPolicy
from app.domain.results.ports import EditionFacts, Participant, ResultsWork, SessionTokens


@dataclass(frozen=True)
class LinkView:
    """What one may know of a link by looking at it: nothing about a person."""

    state: LinkState
    expires_at: datetime
    edition: EditionFacts


@dataclass(frozen=True)
class Session:
    """What opening a link gives."""

    registration: UUID
    edition: UUID
    token: str
    """Bearer token for that registration alone."""
    expires_in: int
    """Seconds."""


async def make_link(
    registration: UUID,
    *,
    work: ResultsWork,
    clock: Clock,
    policy: ResultsPolicy,
    address: str,
) -> str:
    """Make a link for a registration and return its token, which is kept nowhere.

    For the message that carries it to that address, and nobody else. Raises RegistrationNotFound.
    """
    async with work:
        participant = await work.participants.get(registration)
        token = new_token()
        now = clock.now()
        link = Link(
            id=new_id(),
            registration=registration,
            edition=participant.edition,
            token_hash=token_hash(token),
            address=address,
            created_at=now,
            expires_at=now + policy.link_valid_for,
        )
        await work.links.add(link)
        await work.trail.append("link", link.id, after="made")
    return token


async def look_at_link(token: str, *, work: ResultsWork, clock: Clock) -> LinkView:
    """What a link is for and whether it can be opened. Changes nothing. Raises LinkNotFound."""
    async with work:
        link = await work.links.read(token_hash(token))
        participant = await _behind(link, work)
        return LinkView(
            link.state_for(participant.reached_at(link.address), clock.now()),
            link.expires_at,
            await work.participants.edition(link.edition),
        )


async def open_link(
    token: str, *, work: ResultsWork, sessions: SessionTokens, clock: Clock
) -> Session:
    """Use a link up: it confirms the address and starts a short session for the registration.

    A link that went to an address which is neither the registration's nor the one wanted for it
    opens nothing. Raises LinkNotFound, LinkNoLongerValid.
    """
    async with work:
        link = await work.links.get(token_hash(token))
        participant = await _behind(link, work)
        link.registration = participant.registration
        address = participant.reached_at(link.address)
        link.open(address=address, at=clock.now())
        await work.links.save(link)
        await work.trail.append("link", link.id, after="opened")
    bearer, seconds = sessions.issue(link.registration, address)
    return Session(link.registration, link.edition, bearer, seconds)


async def _behind(link: Link, work: ResultsWork) -> Participant:
    """Whom the link is for: it goes on where a list was taken back and came again."""
    participant = await work.participants.get(link.registration)
    if participant.is_live:
        return participant
    return await work.participants.instead_of(link.registration) or participant


async def request_link(
    edition: UUID, email: str, *, work: ResultsWork, clock: Clock, policy: ResultsPolicy
) -> None:
    """Have a link sent anew to the address that was stated in a registration.

    Says the same whether there is such a registration or not, and sends so many an hour at most.
    """
    async with work:
        since = clock.now() - timedelta(hours=1)
        for participant in await work.participants.with_address(edition, email):
            sent = await work.links.sent_since(participant.registration, since)
            if sent < policy.links_per_hour:
                await work.outbox.put(
                    LinkRequested(participant.registration, edition, request=new_id())
                )

"""Links to a credential: what their maker arranges and what others see. On both stores."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.domain.access.permissions import NotAllowed
from app.domain.access.roles import Caller
from app.domain.credentials.credential import CredentialNotFound
from app.domain.credentials.linked_in import linked_in_parameters
from app.domain.credentials.share import (
    MOST_LINKS,
    PASS_FOR,
    ConsentNeeded,
    ShareEnded,
    ShareInvalid,
    ShareKind,
    ShareNotFound,
    ShareStale,
    ShareState,
    TooManyShares,
)
from app.domain.credentials.status import Standing
from app.domain.credentials.use_cases.credentials import CredentialErased, erase_credential
from app.domain.credentials.use_cases.shares import (
    create_share,
    edit_share,
    get_share,
    list_shares,
    look_at_share,
    open_share,
    publish_page,
    revoke_share,
    shared_document,
    shared_image,
)
from app.domain.enrolment.person import Person
from app.domain.ids import new_id
from app.domain.retention.ports import PersonBehind
from tests.contracts.issuing_house import House, memory_house, postgres_house
from tests.contracts.test_credentials import revoked
from tests.issuing_builders import LEARNER, PNG

LONGEST = timedelta(days=365)


@pytest.fixture(params=["memory", "postgres"])
def house(request: pytest.FixtureRequest) -> House:
    if request.param == "memory":
        return memory_house()
    return postgres_house(request.getfixturevalue("engine"))


async def mine(house: House):
    """A credential of LEARNER."""
    (award,) = house.learners(1)
    await house.run(await house.approved())
    assert LEARNER.account is not None
    house.awards.accounts[LEARNER.account] = (award.registration,)
    async with house.work() as work:
        (credential,) = await work.credentials.of_registrations([award.registration])
    return credential


async def shared(house, credential, caller=LEARNER, **how):
    how = {"expires_at": None, "view_limit": None, "recipient": None, "longest": LONGEST} | how
    return await create_share(
        credential.id, **how, work=house.work(caller), caller=caller, clock=house.clock
    )


async def looked(house, token, access=None):
    return await look_at_share(token, pass_=access, work=house.work(), clock=house.clock)


async def opened(house, token):
    return await open_share(token, work=house.work(), clock=house.clock)


async def told(house, credential, share):
    return await get_share(
        credential.id, share.id, work=house.work(LEARNER), caller=LEARNER, clock=house.clock
    )


async def ended(house, credential, share, version=1):
    return await revoke_share(
        credential.id,
        share.id,
        version,
        work=house.work(LEARNER),
        caller=LEARNER,
        clock=house.clock,
    )


async def document(house, token, access=None):
    return await shared_document(token, pass_=access, work=house.work(), clock=house.clock)


async def test_whoever_has_the_link_sees_downloads_and_that_is_noted_with_the_time_alone(house):
    credential = await mine(house)
    seen, token = await shared(house, credential, recipient="  The  city council ")
    assert (seen.state, seen.share.recipient) == (ShareState.OPEN, "The city council")
    assert seen.share.expires_at == seen.share.created_at + timedelta(days=30)
    shown = await looked(house, token)
    assert (shown.closed, shown.holder, shown.standing, shown.title) == (
        False,
        "Learner 0",
        Standing.IN_FORCE,
        credential.title,
    )
    _, content = await document(house, token)
    async with house.work() as work:
        assert content == await work.credentials.document(credential.id)
    image = await shared_image(token, "en", work=house.work(), clock=house.clock)
    assert image == PNG + b"en"
    log = await told(house, credential, seen.share)
    assert (log.share.views, len(log.views), log.views[0].pass_hash) == (1, 1, None)
    assert log.share.version == 1


async def test_only_a_hash_of_the_token_is_kept(engine):
    house = postgres_house(engine)
    _, token = await shared(house, await mine(house), view_limit=1)
    shown = await opened(house, token)
    async with engine.connect() as connection:
        for table in ("credential_share", "credential_share_view", "audit_record"):
            rows = await connection.execute(text(f"SELECT t::text FROM {table} t"))
            written = "\n".join(row[0] for row in rows)
            assert token not in written
            assert shown.pass_ not in written


async def test_looks_at_an_unlimited_link_are_noted_once_a_minute_however_many(house):
    credential = await mine(house)
    seen, token = await shared(house, credential)
    for _ in range(3):
        await asyncio.gather(*(looked(house, token) for _ in range(6)))
    first = house.clock.now()
    assert (await told(house, credential, seen.share)).share.views == 1
    house.clock.time += timedelta(minutes=1)
    assert (await looked(house, token)).holder == "Learner 0"
    log = await told(house, credential, seen.share)
    assert (log.share.views, len(log.views)) == (2, 2)
    assert log.views[1].at <= first < log.views[0].at


async def test_looking_at_a_limited_link_shows_nothing_and_counts_nothing(house):
    credential = await mine(house)
    seen, token = await shared(house, credential, view_limit=1)
    for _ in range(3):
        shown = await looked(house, token)
        assert (shown.closed, shown.credential, shown.holder) == (True, None, None)
    with pytest.raises(ShareNotFound):
        await document(house, token)
    assert (await told(house, credential, seen.share)).share.views == 0


async def test_opening_a_limited_link_counts_and_gives_a_pass_for_a_while(house):
    credential = await mine(house)
    seen, token = await shared(house, credential, view_limit=1)
    shown = await opened(house, token)
    assert (shown.closed, shown.holder) == (False, "Learner 0")
    assert (await told(house, credential, seen.share)).state is ShareState.USED_UP
    for access in (None, "guessed"):
        with pytest.raises(ShareNotFound):
            await document(house, token, access)
    await document(house, token, shown.pass_)
    assert (await looked(house, token, shown.pass_)).holder == "Learner 0"
    assert (await told(house, credential, seen.share)).share.views == 1
    with pytest.raises(ShareNotFound):
        await opened(house, token)
    house.clock.time += PASS_FOR
    with pytest.raises(ShareNotFound):
        await document(house, token, shown.pass_)


async def test_many_who_open_at_once_are_not_more_than_the_limit(house):
    credential = await mine(house)
    seen, token = await shared(house, credential, view_limit=3)

    async def one():
        try:
            return await opened(house, token)
        except ShareNotFound:
            return None

    found = await asyncio.gather(*(one() for _ in range(12)))
    assert sum(shown is not None for shown in found) == 3
    log = await told(house, credential, seen.share)
    assert (log.share.views, len(log.views)) == (3, 3)


async def test_unknown_expired_revoked_and_used_up_links_are_all_the_same(house):
    credential = await mine(house)
    expired, first = await shared(house, credential)
    gone, second = await shared(house, credential)
    _, third = await shared(house, credential, view_limit=1)
    await ended(house, credential, gone.share)
    await opened(house, third)
    house.clock.time += timedelta(days=31)
    _, fourth = await shared(house, credential)
    refusals = set()
    for token in ("unknown", first, second, third):
        for ask in (looked, opened, document):
            with pytest.raises(ShareNotFound) as refusal:
                await ask(house, token)
            refusals.add((refusal.value.code, refusal.value.detail))
    assert len(refusals) == 1
    assert (await looked(house, fourth)).holder == "Learner 0"
    assert (await told(house, credential, expired.share)).state is ShareState.EXPIRED


async def test_a_link_ends_when_its_maker_says_so_and_can_be_prolonged(house):
    credential = await mine(house)
    seen, token = await shared(house, credential)

    async def until(days, version):
        return await edit_share(
            credential.id,
            seen.share.id,
            version,
            expires_at=house.clock.time + timedelta(days=days),
            longest=LONGEST,
            work=house.work(LEARNER),
            caller=LEARNER,
            clock=house.clock,
        )

    assert (await until(1, 1)).share.version == 2
    with pytest.raises(ShareStale):
        await until(2, 1)
    house.clock.time += timedelta(days=2)
    with pytest.raises(ShareNotFound):
        await looked(house, token)
    assert (await until(300, 2)).state is ShareState.OPEN
    await looked(house, token)
    for days in (-1, 366):
        with pytest.raises(ShareInvalid):
            await until(days, 3)
    await ended(house, credential, seen.share, 3)
    with pytest.raises(ShareEnded):
        await until(5, 4)


@pytest.mark.parametrize("how", [{"view_limit": 0}, {"view_limit": 1001}, {"recipient": "x" * 121}])
async def test_a_link_that_makes_no_sense_is_refused(house, how):
    with pytest.raises(ShareInvalid):
        await shared(house, await mine(house), **how)


async def test_revoking_a_link_leaves_the_credential_and_other_links(house):
    credential = await mine(house)
    (first, gone), (_, stays) = await shared(house, credential), await shared(house, credential)
    assert (await ended(house, credential, first.share)).state is ShareState.REVOKED
    with pytest.raises(ShareNotFound):
        await looked(house, gone)
    assert (await looked(house, stays)).standing is Standing.IN_FORCE


async def test_a_link_to_a_revoked_credential_says_so(house):
    credential = await mine(house)
    _, token = await shared(house, credential)
    await revoked(house, credential.id)
    assert (await looked(house, token)).standing is Standing.REVOKED


async def test_only_its_holder_shares_a_credential_and_knows_of_its_links(house):
    credential = await mine(house)
    seen, _ = await shared(house, credential)
    with pytest.raises(NotAllowed):
        await shared(house, credential, house.ines)
    session = Caller(account=None, registration=credential.registration)
    assert (
        len(
            await list_shares(
                credential.id, work=house.work(session), caller=session, clock=house.clock
            )
        )
        == 1
    )
    with pytest.raises(NotAllowed):
        await get_share(
            credential.id,
            seen.share.id,
            work=house.work(house.ivan),
            caller=house.ivan,
            clock=house.clock,
        )


async def test_a_link_is_found_under_its_own_credential_alone(house):
    credential = await mine(house)
    seen, _ = await shared(house, credential)
    other = await mine(house)
    house.awards.accounts[LEARNER.account] = (credential.registration, other.registration)
    with pytest.raises(ShareNotFound):
        await told(house, other, seen.share)
    with pytest.raises(CredentialNotFound):
        await shared(house, seen.share)


async def test_nobody_keeps_track_of_more_links_than_a_hundred(house):
    credential = await mine(house)
    seen, _ = await shared(house, credential)
    for _ in range(MOST_LINKS - 1):
        await shared(house, credential)
    with pytest.raises(TooManyShares):
        await shared(house, credential)
    await ended(house, credential, seen.share)
    await shared(house, credential)


async def test_links_made_or_prolonged_at_once_are_not_more_than_a_hundred(house):
    credential = await mine(house)
    expired, _ = await shared(house, credential)
    house.clock.time += timedelta(days=31)
    for _ in range(MOST_LINKS - 2):
        await shared(house, credential)

    async def one(making):
        try:
            return await making
        except TooManyShares:
            return None

    again = edit_share(
        credential.id,
        expired.share.id,
        1,
        expires_at=house.clock.time + timedelta(days=9),
        longest=LONGEST,
        work=house.work(LEARNER),
        caller=LEARNER,
        clock=house.clock,
    )
    many = [one(shared(house, credential)) for _ in range(5)]
    more = [one(page(house, credential)) for _ in range(3)]
    found = await asyncio.gather(*many, one(again), *more)
    assert sum(made is not None for made in found) == 2
    links = await list_shares(
        credential.id, work=house.work(LEARNER), caller=LEARNER, clock=house.clock
    )
    assert sum(link.state is ShareState.OPEN for link in links) == MOST_LINKS


async def page(house, credential, **how):
    how = {"consent": True, "shows_name": False} | how
    return await publish_page(
        credential.id, **how, work=house.work(LEARNER), caller=LEARNER, clock=house.clock
    )


async def test_a_public_page_needs_consent_shows_little_and_stays_until_revoked(house):
    credential = await mine(house)
    with pytest.raises(ConsentNeeded):
        await page(house, credential, consent=False)
    seen, token, _ = await page(house, credential)
    assert (seen.share.kind, seen.share.expires_at) == (ShareKind.PAGE, None)
    house.clock.time += timedelta(days=3000)
    shown = await looked(house, token)
    assert (shown.holder, shown.title, shown.standing) == (
        None,
        credential.title,
        Standing.IN_FORCE,
    )
    for ask in (
        document,
        lambda house, token: shared_image(token, "en", work=house.work(), clock=house.clock),
    ):
        with pytest.raises(ShareNotFound):
            await ask(house, token)
    await ended(house, credential, seen.share)
    with pytest.raises(ShareNotFound):
        await looked(house, token)


async def test_a_page_names_its_holder_on_their_word_alone(house):
    credential = await mine(house)
    _, token, _ = await page(house, credential, shows_name=True)
    assert (await looked(house, token)).holder == "Learner 0"


async def test_linkedin_is_told_nothing_about_the_person(house):
    credential = await mine(house)
    _, _, published = await page(house, credential)
    parameters = linked_in_parameters(
        published, title="Joint", organisation="Universidad de Oviedo", page="https://x/s/t"
    )
    assert parameters == {
        "startTask": "CERTIFICATION_NAME",
        "name": "Joint",
        "organizationName": "Universidad de Oviedo",
        "certUrl": "https://x/s/t",
        "certId": str(credential.id),
        "issueYear": "2026",
        "issueMonth": "11",
    }


async def test_erasure_takes_the_links_with_it(house):
    credential = await mine(house)
    _, token = await shared(house, credential, recipient="Aunt Zoë")
    await looked(house, token)
    await erase_credential(credential.id, work=house.work(), clock=house.clock)
    with pytest.raises(ShareNotFound):
        await looked(house, token)
    async with house.work() as work:
        assert await work.shares.of_credential(credential.id) == []
    with pytest.raises(CredentialErased):
        await shared(house, credential)


async def test_what_an_erased_person_showed_to_others_leads_nowhere_from_then_on(
    house: House,
) -> None:
    credential = await mine(house)
    link, link_token = await create_share(
        credential.id, expires_at=None, longest=LONGEST, view_limit=None, recipient="My employer",
        work=house.work(LEARNER), caller=LEARNER, clock=house.clock,
    )  # fmt: skip
    page, page_token, _ = await publish_page(
        credential.id, consent=True, shows_name=True, work=house.work(LEARNER), caller=LEARNER,
        clock=house.clock,
    )  # fmt: skip
    person = Person(new_id(), "A Learner", "learner@example.org")
    behind = PersonBehind(person.id, None, (credential.registration,), (), True, False)
    async with house.work() as work:
        await work.persons.add([person])
        await work.wallet_consents.give(credential.registration, house.clock.now())
    for expected in ({"credential_share": 2, "wallet_consent": 1, "person": 1}, {}):
        async with house.work() as work:
            assert await work.retention.erase_person(behind) == expected
    for token in (link_token, page_token):
        with pytest.raises(ShareNotFound):
            await look_at_share(token, work=house.work(), clock=house.clock)
    async with house.work() as work:
        assert await work.wallet_consents.given(credential.registration) is None
        kept = [await work.shares.read(seen.share.id) for seen in (link, page)]
    assert [(one.recipient, one.shows_name, one.revoked_at is None) for one in kept] == [
        (None, False, False)
    ] * 2

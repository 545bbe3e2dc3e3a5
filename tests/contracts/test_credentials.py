"""What is kept of a credential, who may see it, and what nobody can change."""

from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.domain.access.permissions import NotAllowed
from app.domain.access.roles import Caller, Role
from app.domain.credentials.credential import Change, CredentialNotFound, Source
from app.domain.credentials.errors import AnotherIsLive, ImageNotFound
from app.domain.credentials.seal import SealNotFound
from app.domain.credentials.status import (
    Channel,
    CredentialState,
    Delivery,
    DeliveryState,
    PublicStatus,
)
from app.domain.credentials.use_cases.credentials import (
    download_credential,
    get_credential,
    get_credential_image,
    get_credential_status,
    get_seal_root,
    list_credentials,
    list_my_credentials,
    list_seals,
    note_emails,
)
from app.domain.errors import NotAuthenticated
from app.domain.ids import new_id
from tests.contracts.issuing_house import House, memory_house, postgres_house
from tests.issuing_builders import LEARNER, PNG, officer


@pytest.fixture(params=["memory", "postgres"])
def house(request: pytest.FixtureRequest) -> House:
    if request.param == "memory":
        return memory_house()
    return postgres_house(request.getfixturevalue("engine"))


async def issued(house: House, number: int = 1):
    """Credentials of so many new learners, in the order of their awards."""
    awards = house.learners(number)
    await house.run(await house.approved())
    async with house.work() as work:
        found = await work.credentials.of_registrations([a.registration for a in awards])
    by_registration = {credential.registration: credential for credential in found}
    return [by_registration[award.registration] for award in awards], awards


async def revoked(house: House, credential_id):
    async with house.work() as work:
        credential = await work.credentials.get(credential_id)
        credential.propose(Change.REVOKE, "error", by=house.ines.account, at=house.clock.now())
        credential.confirm(by=house.ivan.account, at=house.clock.now())
        await work.credentials.save(credential)
    return credential


async def test_the_document_comes_back_byte_for_byte(house):
    (credential,), _ = await issued(house)
    async with house.work() as work:
        document = await work.credentials.document(credential.id)
        images = [await work.credentials.image(credential.id, tag) for tag in ("en", "es")]
    assert sha256(document).hexdigest() == credential.sha256
    assert images == [PNG + b"en", PNG + b"es"]
    assert credential.languages == ("en", "es")


async def test_what_it_was_sealed_from_is_kept_as_it_was(house):
    (credential,), (award,) = await issued(house)
    async with house.work() as work:
        source = await work.credentials.source(credential.id)
    assert source == Source(
        award, house.micro_credential.specification, house.micro_credential.certified_hash
    )


async def test_everything_of_a_credential_is_read_back_as_it_was_written(house):
    (credential,), _ = await issued(house)
    async with house.work() as work:
        loaded = await work.credentials.get(credential.id)
        loaded.propose(Change.REVOKE, "error", by=house.ines.account, at=house.clock.now())
        pending = loaded.pending
        await work.credentials.save(loaded)
    async with house.work() as work:
        again = await work.credentials.read(credential.id)
    assert again.pending == pending
    assert again.version == credential.version + 1
    assert (again.title, again.state, again.since) == (
        house.micro_credential.title,
        CredentialState.SEALED,
        credential.since,
    )


async def test_a_change_that_fails_half_way_leaves_nothing(house):
    (credential,), _ = await issued(house)

    class Fails(Exception):
        pass

    async def fail() -> None:
        async with house.work() as work:
            loaded = await work.credentials.get(credential.id)
            loaded.suspend("inquiry", house.clock.now())
            await work.credentials.save(loaded)
            raise Fails

    with pytest.raises(Fails):
        await fail()
    async with house.work() as work:
        assert (await work.credentials.read(credential.id)).state is CredentialState.SEALED


async def test_what_does_not_exist_is_not_found(house):
    (credential,), _ = await issued(house)
    nothing = new_id()
    async with house.work() as work:
        for ask in (
            work.credentials.get,
            work.credentials.read,
            work.credentials.document,
            work.credentials.source,
        ):
            with pytest.raises(CredentialNotFound):
                await ask(nothing)
        with pytest.raises(CredentialNotFound):
            await work.credentials.image(nothing, "en")
        with pytest.raises(ImageNotFound):
            await work.credentials.image(credential.id, "fi")
        assert await work.credentials.deliveries(nothing) == []
        assert await work.credentials.of_registrations([]) == []


async def test_pages_go_through_all_credentials_in_a_stable_order(house):
    await issued(house, 5)
    seen: list[UUID] = []
    after = None
    while True:
        async with house.work() as work:
            page = await work.credentials.page(
                issuers=["UNIOVI"], edition=house.edition, state=None, after=after, limit=2
            )
        if not page:
            break
        seen.extend(credential.id for credential in page)
        after = page[-1].id
    assert seen == sorted(seen)
    assert len(set(seen)) == 5
    async with house.work() as work:
        filters: list[dict[str, Any]] = [
            {"issuers": ["HKA"], "edition": None, "state": None},
            {"issuers": [], "edition": None, "state": None},
            {"issuers": None, "edition": new_id(), "state": None},
            {"issuers": None, "edition": None, "state": CredentialState.REVOKED},
        ]
        for nothing in filters:
            assert await work.credentials.page(**nothing, after=None, limit=9) == []


async def test_a_revoked_credential_makes_room_for_another_and_does_not_come_back_beside_it(house):
    (old,), (award,) = await issued(house)
    await revoked(house, old.id)
    async with house.work() as work:
        fresh = replace(
            await work.credentials.read(old.id), id=new_id(), state=CredentialState.SEALED
        )
        order_document = await work.credentials.document(old.id)
        kept = await work.credentials.keep(
            fresh,
            replace(await house.sealing.issue(house.sealing.orders[0]), document=order_document),
            Source(award, house.micro_credential.specification, "sha256:0"),
        )
    assert kept
    async with house.work() as work:
        credential = await work.credentials.get(old.id)
        credential.propose(Change.REINSTATE, "mistake", by=house.ines.account, at=old.since)
        credential.confirm(by=house.ivan.account, at=old.since)
        with pytest.raises(AnotherIsLive):
            await work.credentials.save(credential)


async def test_a_delivery_that_has_arrived_stays_so(house):
    (credential,), _ = await issued(house)
    async with house.work() as work:
        await note_emails({credential.id: "mail_refused"}, work=work, clock=house.clock)
    async with house.work() as work:
        await note_emails({credential.id: None}, work=work, clock=house.clock)
    arrived = house.clock.time
    async with house.work() as work:
        await note_emails({credential.id: "mail_refused"}, work=work, clock=house.clock)
    async with house.work() as work:
        assert await work.credentials.deliveries(credential.id) == [
            Delivery(credential.id, Channel.EMAIL, DeliveryState.DELIVERED, arrived, attempts=2)
        ]


async def test_a_learner_with_an_account_sees_and_downloads_their_own(house):
    (mine, _), _ = await issued(house, 2)
    house.awards.accounts[LEARNER.account] = (mine.registration,)
    seen = await list_my_credentials(work=house.work(LEARNER), caller=LEARNER)
    assert [s.credential.id for s in seen] == [mine.id]
    assert seen[0].allowed_actions == (
        "download_credential",
        "get_credential_image",
        "get_credential_pdf",
        "get_credential_elmo",
        "retry_delivery",
        "create_share",
        "publish_page",
        "list_shares",
    )
    _, document = await download_credential(
        mine.id, work=house.work(LEARNER), caller=LEARNER, clock=house.clock
    )
    assert sha256(document).hexdigest() == mine.sha256
    again = await get_credential(mine.id, work=house.work(LEARNER), caller=LEARNER)
    assert [(d.channel, d.state) for d in again.deliveries] == [
        (Channel.DOWNLOAD, DeliveryState.DELIVERED),
        (Channel.EMAIL, DeliveryState.PENDING),
    ]


async def test_a_learner_who_came_by_a_link_sees_that_registration_alone(house):
    (mine, other), _ = await issued(house, 2)
    session = Caller(account=None, registration=mine.registration)
    seen = await list_my_credentials(work=house.work(session), caller=session)
    assert [s.credential.id for s in seen] == [mine.id]
    image = await get_credential_image(mine.id, "es", work=house.work(session), caller=session)
    assert image == PNG + b"es"
    for ask in (get_credential, download_credential):
        more = {"clock": house.clock} if ask is download_credential else {}
        with pytest.raises(CredentialNotFound):
            await ask(other.id, work=house.work(session), caller=session, **more)


async def test_officers_of_the_issuer_see_and_download_and_that_is_no_delivery(house):
    (credential,), _ = await issued(house)
    _, document = await download_credential(
        credential.id, work=house.work(house.ines), caller=house.ines, clock=house.clock
    )
    assert sha256(document).hexdigest() == credential.sha256
    seen = await get_credential(credential.id, work=house.work(house.ines), caller=house.ines)
    assert [d.channel for d in seen.deliveries] == [Channel.EMAIL]


async def test_auditors_see_that_there_is_one_and_not_what_is_in_it(house):
    (credential,), _ = await issued(house)
    auditor = officer(Role.AUDITOR, None)
    seen = await get_credential(credential.id, work=house.work(auditor), caller=auditor)
    assert (seen.credential.state, seen.allowed_actions) == (CredentialState.SEALED, ())
    listed = await list_credentials(
        edition=None, state=None, after=None, limit=9, work=house.work(auditor), caller=auditor
    )
    assert [s.credential.id for s in listed] == [credential.id]
    with pytest.raises(NotAllowed):
        await download_credential(
            credential.id, work=house.work(auditor), caller=auditor, clock=house.clock
        )
    with pytest.raises(NotAllowed):
        await get_credential_image(credential.id, "en", work=house.work(auditor), caller=auditor)


async def test_everybody_else_does_not_know_that_it_exists(house):
    (credential,), _ = await issued(house)
    for nosy in (officer(Role.ISSUER_OFFICER, "HKA"), officer(Role.TEACHER, "UNIOVI"), LEARNER):
        with pytest.raises(CredentialNotFound):
            await get_credential(credential.id, work=house.work(nosy), caller=nosy)
        with pytest.raises(CredentialNotFound):
            await download_credential(
                credential.id, work=house.work(nosy), caller=nosy, clock=house.clock
            )
        assert await list_my_credentials(work=house.work(nosy), caller=nosy) == []
    nobody = Caller(account=None)
    with pytest.raises(NotAuthenticated):
        await list_my_credentials(work=house.work(nobody), caller=nobody)


async def test_anybody_learns_the_status_by_identifier_and_nothing_else(house):
    (credential,), _ = await issued(house)
    status = PublicStatus(
        credential.id,
        CredentialState.SEALED,
        credential.since,
        issuer="UNIOVI",
        sealed_at=credential.sealed_at,
        sha256=credential.sha256,
        certificate_sha256=credential.certificate_sha256,
    )
    assert await get_credential_status(credential.id, work=house.work()) == status
    taken_back = await revoked(house, credential.id)
    assert await get_credential_status(credential.id, work=house.work()) == replace(
        status, state=CredentialState.REVOKED, since=taken_back.since
    )
    with pytest.raises(CredentialNotFound):
        await get_credential_status(new_id(), work=house.work())


async def test_certificates_of_seals_are_public(house):
    facts, _ = await list_seals(sealing=house.sealing)
    assert (facts.institution, facts.development) == ("UNIOVI", True)
    assert (await get_seal_root("UNIOVI", sealing=house.sealing)).startswith(b"-----BEGIN")
    with pytest.raises(SealNotFound):
        await get_seal_root("HKA", sealing=house.sealing)
    with pytest.raises(SealNotFound):
        await get_seal_root("UNIOVI", "chancellery", sealing=house.sealing)


SACRED = [
    "UPDATE credential_document SET document = ''",
    "UPDATE credential_image SET image = ''",
    "UPDATE credential_source SET award = '{}'",
    "UPDATE issuing_specification SET content = '{}'",
    "UPDATE issuing_batch_item SET award_hash = ''",
    "TRUNCATE credential_document",
    "UPDATE credential SET sha256 = repeat('0', 64)",
    "UPDATE credential SET registration = gen_random_uuid()",
    "UPDATE credential SET sealed_at = now()",
]


@pytest.mark.parametrize("statement", SACRED)
async def test_the_database_refuses_to_change_what_was_sealed(engine, statement):
    await issued(postgres_house(engine))
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError, match="append-only"):
            await connection.execute(text(statement))


FORGED = {
    "the same person twice": "UPDATE credential SET approved_by = prepared_by",
    "a state that does not exist": "UPDATE credential SET state = 'blessed'",
    "approved by nobody": "UPDATE credential SET approved_by = NULL",
    "a batch by one person": "UPDATE issuing_batch SET approved_by = prepared_by",
    "a batch that runs without approval": "UPDATE issuing_batch SET approved_by = NULL",
}


@pytest.mark.parametrize("statement", FORGED.values(), ids=FORGED.keys())
async def test_the_database_refuses_what_the_rules_refuse(engine, statement):
    await issued(postgres_house(engine))
    async with engine.connect() as connection:
        with pytest.raises(IntegrityError, match="violates check constraint"):
            await connection.execute(text(statement))


async def test_the_database_holds_one_live_credential_per_award(engine):
    await issued(postgres_house(engine))
    copy = (
        "INSERT INTO credential SELECT (jsonb_populate_record(c, "
        "jsonb_build_object('id', gen_random_uuid()))).* FROM credential c"
    )
    async with engine.connect() as connection:
        with pytest.raises(IntegrityError, match="uq_credential_live_registration"):
            await connection.execute(text(copy))
        await connection.rollback()
        await connection.execute(text("UPDATE credential SET state = 'revoked'"))
        await connection.execute(text(copy))
        assert await connection.scalar(text("SELECT count(*) FROM credential")) == 2


async def test_names_are_in_no_audit_record_and_no_event(engine):
    house = postgres_house(engine)
    await issued(house, 2)
    async with engine.connect() as connection:
        for table in ("audit_record", "pgqueuer", "job", "job_item"):
            rows = await connection.execute(text(f"SELECT t::text FROM {table} t"))
            written = "\n".join(row[0] for row in rows)
            assert written
            assert "Learner" not in written
        queued = await connection.execute(text("SELECT payload FROM pgqueuer"))
        assert all(b"Learner" not in row.payload for row in queued)

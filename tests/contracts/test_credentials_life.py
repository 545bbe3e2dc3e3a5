"""After sealing: out of force, taken back, made anew, forgotten. On PostgreSQL and in memory."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.domain.access.permissions import NotAllowed
from app.domain.access.roles import Role
from app.domain.credentials.batch import (
    BatchIncomplete,
    Outcome,
)
from app.domain.credentials.credential import (
    AlreadyReplaced,
    Change,
    ChangePending,
    CredentialNotFound,
    CredentialStale,
    NoChangePending,
    ReasonNeeded,
    SamePerson,
)
from app.domain.credentials.seal import SealNotFound, SealUnavailable
from app.domain.credentials.status import (
    Channel,
    CredentialMoveNotAllowed,
    CredentialState,
    DeliveryState,
    Standing,
)
from app.domain.credentials.use_cases.batches import (
    approve_batch,
    get_batch,
)
from app.domain.credentials.use_cases.credentials import (
    CredentialErased,
    NotRetried,
    download_credential,
    erase_credential,
    get_credential,
    get_published_status,
    note_emails,
    retry_delivery,
)
from app.domain.credentials.use_cases.life import (
    COPIES_STAY,
    confirm_credential_change,
    drop_credential_change,
    prepare_reissue,
    propose_change,
    suspend_credential,
)
from app.domain.retention.rules import DataKind
from tests.contracts.issuing_house import House, memory_house, postgres_house
from tests.issuing_builders import LEARNER, Notes, officer


@pytest.fixture(params=["memory", "postgres"])
def house(request: pytest.FixtureRequest) -> House:
    if request.param == "memory":
        return memory_house()
    return postgres_house(request.getfixturevalue("engine"))


async def issued(house: House):
    """One credential, in force."""
    (award,) = house.learners(1)
    await house.run(await house.approved())
    async with house.work() as work:
        (credential,) = await work.credentials.of_registrations([award.registration])
    return credential, award


async def read(house, credential_id):
    async with house.work() as work:
        return await work.credentials.read(credential_id)


async def status(house, credential_id):
    found, _ = await get_published_status(credential_id, work=house.work())
    return found


async def proposed(house, credential, change, reason="error", by=None, version=None):
    by = by or house.ines
    return await propose_change(
        credential.id,
        version or (await read(house, credential.id)).version,
        change,
        reason,
        work=house.work(by),
        caller=by,
        clock=house.clock,
    )


async def confirmed(house, credential, by=None):
    by = by or house.ivan
    return await confirm_credential_change(
        credential.id,
        (await read(house, credential.id)).version,
        work=house.work(by),
        caller=by,
        clock=house.clock,
    )


async def suspended(house, credential, reason="inquiry"):
    return await suspend_credential(
        credential.id,
        (await read(house, credential.id)).version,
        reason,
        work=house.work(house.ines),
        caller=house.ines,
        clock=house.clock,
    )


async def reissued(house, credential, reason="The name has changed.", seal=None):
    batch = await prepare_reissue(
        credential.id,
        (await read(house, credential.id)).version,
        reason,
        seal,
        work=lambda: house.work(house.ines),
        sealing=house.sealing,
        caller=house.ines,
        clock=house.clock,
    )
    approved, _ = await approve_batch(
        batch.id,
        batch.version,
        work=lambda: house.work(house.ivan),
        sealing=house.sealing,
        caller=house.ivan,
        clock=house.clock,
    )
    return approved


async def test_one_officer_suspends_and_two_reinstate(house):
    credential, _ = await issued(house)
    seen, notices = await suspended(house, credential, "  An  inquiry is open. ")
    assert (seen.credential.state, seen.credential.reason) == (
        CredentialState.SUSPENDED,
        "An inquiry is open.",
    )
    assert notices == (COPIES_STAY,)
    assert set(seen.allowed_actions) >= {"propose_revocation", "propose_reinstatement"}
    seen, _ = await proposed(house, credential, Change.REINSTATE, "Nothing was found.")
    assert not {"propose_revocation", "propose_reinstatement"} & set(seen.allowed_actions)
    with pytest.raises(SamePerson):
        await confirmed(house, credential, house.ines)
    seen, notices = await confirmed(house, credential)
    assert (seen.credential.state, notices) == (CredentialState.SEALED, ())


async def test_two_officers_revoke_and_are_told_that_copies_stay(house):
    credential, _ = await issued(house)
    seen, notices = await proposed(house, credential, Change.REVOKE, "Wrong person.")
    assert notices == (COPIES_STAY,)
    assert (await status(house, credential.id)).state is CredentialState.SEALED
    assert "confirm_credential_change" not in seen.allowed_actions
    other = await get_credential(credential.id, work=house.work(house.ivan), caller=house.ivan)
    assert "confirm_credential_change" in other.allowed_actions
    seen, notices = await confirmed(house, credential)
    assert (seen.credential.state, seen.credential.reason, notices) == (
        CredentialState.REVOKED,
        "Wrong person.",
        (COPIES_STAY,),
    )
    assert (await status(house, credential.id)).standing(house.clock.now()) is Standing.REVOKED


async def test_what_was_proposed_can_be_taken_back(house):
    credential, _ = await issued(house)
    await proposed(house, credential, Change.REVOKE)
    await drop_credential_change(
        credential.id,
        (await read(house, credential.id)).version,
        work=house.work(house.ivan),
        caller=house.ivan,
    )
    with pytest.raises(NoChangePending):
        await confirmed(house, credential)


async def test_a_second_officer_does_not_replace_what_the_first_proposed(house):
    credential, _ = await issued(house)
    await proposed(house, credential, Change.REVOKE, "Wrong person.")
    with pytest.raises(ChangePending):
        await proposed(house, credential, Change.REVOKE, "Another reason.", house.ivan)
    kept = (await read(house, credential.id)).pending
    assert (kept.reason, kept.proposed_by) == ("Wrong person.", house.ines.account)


async def test_a_proposed_revocation_outlasts_a_suspension_and_can_be_confirmed(house):
    credential, _ = await issued(house)
    await proposed(house, credential, Change.REVOKE, "Wrong person.")
    seen, _ = await suspended(house, credential)
    assert seen.credential.pending.reason == "Wrong person."
    assert "drop_credential_change" in seen.allowed_actions
    seen, _ = await confirmed(house, credential)
    assert (seen.credential.state, seen.credential.reason) == (
        CredentialState.REVOKED,
        "Wrong person.",
    )


async def test_a_holder_does_not_see_what_officers_only_think_about(house):
    credential, _ = await issued(house)
    house.awards.accounts[LEARNER.account] = (credential.registration,)
    await proposed(house, credential, Change.REVOKE, "Suspicion.")
    mine = await get_credential(credential.id, work=house.work(LEARNER), caller=LEARNER)
    theirs = await get_credential(credential.id, work=house.work(house.ivan), caller=house.ivan)
    assert (mine.by_officer, theirs.by_officer) == (False, True)


async def test_a_reason_is_needed_and_told_whole(house):
    credential, _ = await issued(house)
    for reason in ("", "   ", "x" * 301, "a\x07b"):
        with pytest.raises(ReasonNeeded):
            await suspended(house, credential, reason)
        with pytest.raises(ReasonNeeded):
            await proposed(house, credential, Change.REVOKE, reason)


async def test_strangers_teachers_and_holders_change_nothing(house):
    credential, _ = await issued(house)
    house.awards.accounts[LEARNER.account] = (credential.registration,)
    for nosy in (officer(Role.ISSUER_OFFICER, "HKA"), officer(Role.TEACHER, "UNIOVI")):
        with pytest.raises(CredentialNotFound):
            await proposed(house, credential, Change.REVOKE, by=nosy)
    for nosy in (LEARNER, officer(Role.AUDITOR, None)):
        with pytest.raises(NotAllowed):
            await proposed(house, credential, Change.REVOKE, by=nosy)


async def test_a_decision_on_what_has_changed_since_is_refused(house):
    credential, _ = await issued(house)
    await suspended(house, credential)
    with pytest.raises(CredentialStale):
        await proposed(house, credential, Change.REVOKE, version=credential.version)


async def test_a_new_name_makes_a_new_credential_and_the_two_name_each_other(house):
    old, award = await issued(house)
    house.awards.ready[award.registration] = replace(
        award, holder=replace(award.holder, full_name="Zoë Nova")
    )
    batch = await reissued(house, old)
    assert (batch.is_reissue, batch.reason) == (True, "The name has changed.")
    assert await house.run(batch) == Outcome(sealed=1, skipped=0, failed=0)
    fresh = next(c for c in await all_of(house, award) if c.id != old.id)
    assert house.sealing.orders[-1].award.holder.full_name == "Zoë Nova"
    assert fresh.supersedes == old.id
    before, after = await status(house, old.id), await status(house, fresh.id)
    assert (before.state, before.successor) == (CredentialState.SUPERSEDED, fresh.id)
    assert (after.state, after.predecessor) == (CredentialState.SEALED, old.id)
    _, outcomes = await get_batch(batch.id, work=house.work(house.ines), caller=house.ines)
    assert [o.credential and o.credential.id for o in outcomes] == [fresh.id]
    assert await house.run(batch) == Outcome(sealed=1, skipped=0, failed=0)
    assert len(await all_of(house, award)) == 2


async def all_of(house, award):
    async with house.work() as work:
        return await work.credentials.of_registrations([award.registration])


async def test_a_replaced_credential_is_not_changed_any_more(house):
    old, award = await issued(house)
    await house.run(await reissued(house, old))
    for change in Change:
        with pytest.raises(AlreadyReplaced):
            await proposed(house, old, change)
    with pytest.raises(AlreadyReplaced):
        await reissued(house, old)
    with pytest.raises(CredentialMoveNotAllowed):
        await suspended(house, old)
    assert len(await all_of(house, award)) == 2


async def test_a_revoked_credential_is_issued_again_and_stays_revoked(house):
    old, award = await issued(house)
    await proposed(house, old, Change.REVOKE)
    await confirmed(house, old)
    await house.run(await reissued(house, old, "The error was put right."))
    before = await status(house, old.id)
    assert before.state is CredentialState.REVOKED
    fresh = await status(house, before.successor)
    assert (fresh.state, fresh.predecessor) == (CredentialState.SEALED, old.id)
    with pytest.raises(AlreadyReplaced):
        await proposed(house, old, Change.REINSTATE)
    assert len(await all_of(house, award)) == 2


async def test_two_prepared_replacements_make_one(house):
    old, award = await issued(house)
    first, second = await reissued(house, old), await reissued(house, old)
    await house.run(first)
    notes = Notes()
    await house.run(second, notes)
    assert notes.codes() == {"already_issued": 1}
    assert len(await all_of(house, award)) == 2


async def test_a_replacement_certifies_what_the_first_one_did_whatever_was_published_since(house):
    old, award = await issued(house)
    newer = replace(
        house.micro_credential, version=2, certified_hash="sha256:" + "1" * 64, title={"en": "New"}
    )
    house.published.only = newer
    await house.run(await reissued(house, old))
    order = house.sealing.orders[-1]
    assert (order.micro_credential.version, order.micro_credential.certified_hash) == (
        1,
        house.micro_credential.certified_hash,
    )
    assert order.micro_credential.title == house.micro_credential.title
    fresh = next(c for c in await all_of(house, award) if c.id != old.id)
    assert fresh.title == old.title


async def test_an_objection_holds_a_replacement_up_and_the_old_one_stays_in_force(house):
    old, award = await issued(house)
    batch = await reissued(house, old)
    house.awards.postpone(award.registration, "objection_open")
    with pytest.raises(BatchIncomplete):
        await house.run(batch)
    assert (await status(house, old.id)).state is CredentialState.SEALED


async def test_a_credential_whose_time_is_over_has_expired_by_itself(house):
    house.sealing.valid_until = house.clock.time + timedelta(days=365)
    credential, _ = await issued(house)
    found = await status(house, credential.id)
    assert found.valid_until == house.sealing.valid_until
    assert found.standing(house.clock.now()) is Standing.IN_FORCE
    later = house.sealing.valid_until
    assert found.standing(later) is Standing.EXPIRED
    assert found.state is CredentialState.SEALED
    await proposed(house, credential, Change.REVOKE)
    await confirmed(house, credential)
    assert (await status(house, credential.id)).standing(later) is Standing.REVOKED


async def test_what_is_erased_leaves_the_registers_entry_alone(house):
    credential, _ = await issued(house)
    house.awards.accounts[LEARNER.account] = (credential.registration,)
    await suspended(house, credential, "Learner 0 complained.")
    before, places = await get_published_status(credential.id, work=house.work())
    await erase_credential(credential.id, work=house.work(), clock=house.clock)
    await erase_credential(credential.id, work=house.work(), clock=house.clock)
    assert await get_published_status(credential.id, work=house.work()) == (before, places)
    assert before.sha256 == credential.sha256
    async with house.work() as work:
        for ask in (work.credentials.document, work.credentials.source):
            with pytest.raises(CredentialNotFound):
                await ask(credential.id)
        assert await work.credentials.deliveries(credential.id) == []
        assert (await work.credentials.read(credential.id)).reason is None
    with pytest.raises(CredentialErased):
        await download_credential(
            credential.id, work=house.work(LEARNER), caller=LEARNER, clock=house.clock
        )
    mine = await get_credential(credential.id, work=house.work(LEARNER), caller=LEARNER)
    assert mine.allowed_actions == ()


async def test_no_name_is_left_in_the_database_after_erasure(engine):
    house = postgres_house(engine)
    credential, _ = await issued(house)
    async with engine.connect() as connection:
        kept = await connection.scalar(text("SELECT document FROM credential_document"))
        assert b"Learner 0" in kept
    await erase_credential(credential.id, work=house.work(), clock=house.clock)
    async with engine.connect() as connection:
        for table in ("credential_document", "credential_image", "credential_source"):
            assert await connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0
        for table in ("credential", "issuing_batch", "issuing_batch_item", "status_list_entry"):
            rows = await connection.execute(text(f"SELECT t::text FROM {table} t"))
            assert "Learner" not in "\n".join(row[0] for row in rows)


async def test_mail_that_failed_is_tried_again_on_demand(house):
    credential, _ = await issued(house)
    with pytest.raises(NotRetried):
        await retried(house, credential)
    async with house.work() as work:
        await note_emails({credential.id: "mail_refused"}, work=work, clock=house.clock)
    seen = await get_credential(credential.id, work=house.work(house.ines), caller=house.ines)
    assert [(d.state, d.code, d.attempts) for d in seen.deliveries] == [
        (DeliveryState.FAILED, "mail_refused", 1)
    ]
    seen = await retried(house, credential)
    assert [(d.state, d.code, d.attempts) for d in seen.deliveries] == [
        (DeliveryState.PENDING, None, 1)
    ]
    async with house.work() as work:
        await note_emails({credential.id: None}, work=work, clock=house.clock)
    seen = await get_credential(credential.id, work=house.work(house.ines), caller=house.ines)
    assert [(d.state, d.attempts) for d in seen.deliveries] == [(DeliveryState.DELIVERED, 2)]


async def retried(house, credential):
    return await retry_delivery(
        credential.id, Channel.EMAIL, work=house.work(house.ines), caller=house.ines,
        clock=house.clock,
    )  # fmt: skip


async def test_every_credential_has_its_places_and_the_bits_follow_its_state(house):
    credential, _ = await issued(house)
    _, places = await get_published_status(credential.id, work=house.work())
    assert [place.purpose.value for place in places] == ["revocation", "suspension"]

    async def bits():
        async with house.work() as work:
            lists = [await work.status_lists.read(place.list) for place in places]
        return [
            place.position in found.positions for place, found in zip(places, lists, strict=True)
        ]

    assert await bits() == [False, False]
    await suspended(house, credential)
    assert await bits() == [False, True]
    await proposed(house, credential, Change.REVOKE)
    await confirmed(house, credential)
    assert await bits() == [True, False]
    await proposed(house, credential, Change.REINSTATE)
    await confirmed(house, credential)
    assert await bits() == [False, False]


async def test_retention_of_our_copies_leaves_the_register(engine):
    house = postgres_house(engine)
    credential, _ = await issued(house)
    before, places = await get_published_status(credential.id, work=house.work())
    async with house.work() as work:
        erase, kind = work.retention.erase, DataKind.CREDENTIAL_COPIES
        assert await erase(kind, credential.sealed_at, 10) == {}
        assert await erase(kind, house.clock.now(), 10) == {"credential": 1}
        assert await erase(kind, house.clock.now(), 10) == {}
    assert await get_published_status(credential.id, work=house.work()) == (before, places)
    assert (await read(house, credential.id)).erased_at is not None
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM credential_source")) == 0


async def test_the_seal_of_the_original_seals_again_unless_another_is_named(house):
    house.sealing.configured = ("default", "faculty", "rectorate")
    [award] = house.learners(1)
    first = await house.approved("rectorate")
    await house.run(first)
    [[credential]] = (await house.live()).values()
    old = await read(house, credential)
    with pytest.raises(SealNotFound, match="Its seals: default, faculty, rectorate"):
        await reissued(house, old, seal="chancellery")
    again = await reissued(house, old)
    assert (first.seal, again.seal) == ("rectorate", "rectorate")
    assert await house.run(again) == Outcome(sealed=1, skipped=0, failed=0)
    assert house.sealing.orders[-1].seal == "rectorate"

    newer = next(c for c in await all_of(house, award) if c.supersedes == old.id)
    assert (await reissued(house, newer, seal="faculty")).seal == "faculty"
    house.sealing.unreachable = {"rectorate"}
    for named in (None, "rectorate"):
        with pytest.raises(SealUnavailable):
            await reissued(house, newer, seal=named)
    house.sealing.configured = ("default", "faculty")
    # The seal that sealed it has been retired meanwhile.
    assert (await reissued(house, newer)).seal == "default"

"""Whom a batch is about: for the officers who stand for it, in memory and on PostgreSQL."""

from dataclasses import replace
from datetime import date

import pytest

from app.domain.access.roles import Role
from app.domain.credentials.use_cases.batch_learners import batch_learners
from app.domain.credentials.use_cases.batches import list_awards
from app.domain.credentials.use_cases.life import prepare_reissue
from tests.contracts.issuing_house import House, memory_house, postgres_house
from tests.issuing_builders import LEARNER, officer


@pytest.fixture(params=["memory", "postgres"])
def house(request: pytest.FixtureRequest) -> House:
    if request.param == "memory":
        return memory_house()
    return postgres_house(request.getfixturevalue("engine"))


async def test_the_second_officer_knows_whom_they_approve(house: House) -> None:
    first, second = house.learners(2)
    batch = await house.prepared()
    house.awards.postpone(second.registration, "objection_open")
    for caller in (house.ines, house.ivan):
        seen = await batch_learners(batch, work=house.work(), caller=caller)
        assert {one: (learner.full_name, learner.award) for one, learner in seen.items()} == {
            first.registration: ("Learner 0", first),
            second.registration: ("Learner 1", None),
        }
        assert "Learner 0" not in repr(seen)


async def test_nobody_else_learns_who_is_in_a_batch(house: House) -> None:
    house.learners(2)
    batch = await house.prepared()
    for caller in (
        LEARNER,
        officer(Role.AUDITOR, None),
        officer(Role.ISSUER_OFFICER, "HKA"),
        officer(Role.TEACHER, "UNIOVI"),
    ):
        assert await batch_learners(batch, work=house.work(), caller=caller) == {}


async def test_a_replacement_is_shown_with_the_new_name(house: House) -> None:
    (award,) = house.learners(1)
    await house.run(await house.approved())
    ((old,),) = (await house.live()).values()
    holder = replace(award.holder, full_name="Zoë Novák", birth_date=date(1990, 2, 27))
    house.awards.ready[award.registration] = replace(award, holder=holder)
    batch = await prepare_reissue(
        old,
        1,
        "The name has changed.",
        work=lambda: house.work(house.ines),
        sealing=house.sealing,
        caller=house.ines,
        clock=house.clock,
    )
    seen = await batch_learners(batch, work=house.work(), caller=house.ivan)
    assert [one.award.holder for one in seen.values() if one.award] == [holder]


async def test_awards_name_those_who_have_a_credential_and_those_who_have_none_yet(
    house: House,
) -> None:
    first, second = house.learners(2)
    house.awards.postpone(second.registration, "credential_data_missing")
    await house.run(await house.approved())
    seen = await list_awards(house.edition, work=house.work(house.ines), caller=house.ines)
    assert seen.names == {first.registration: "Learner 0"}
    assert [(one.registration, one.full_name) for one in seen.not_ready] == [
        (second.registration, "Learner 1")
    ]

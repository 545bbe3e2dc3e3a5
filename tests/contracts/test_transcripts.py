"""Transcripts: made once of what a credential was sealed from, kept, and gone with it."""

import asyncio
from dataclasses import dataclass, field, replace
from uuid import UUID

import pytest

from app.domain.access.permissions import NotAllowed
from app.domain.access.roles import Role
from app.domain.credentials.credential import CredentialNotFound
from app.domain.credentials.seal import NoKeyHere
from app.domain.credentials.use_cases.credentials import CredentialErased, erase_credential
from app.domain.credentials.use_cases.transcripts import (
    NameNotInParts,
    NoTranscript,
    TranscriptOrder,
    get_credential_elmo,
)
from tests.contracts.issuing_house import House, memory_house, postgres_house
from tests.issuing_builders import officer


@dataclass
class OnPaper:
    """Sets pages and transcripts in a line each."""

    orders: list[TranscriptOrder] = field(default_factory=list)

    async def pdf(self, document: bytes, *, language: str, issuer: str) -> bytes:
        return f"{issuer} {language} ".encode() + document

    async def transcript(self, order: TranscriptOrder) -> bytes:
        self.orders.append(order)
        return f"{len(self.orders)} {order.credential}".encode()


@pytest.fixture(params=["memory", "postgres"])
def house(request: pytest.FixtureRequest) -> House:
    if request.param == "memory":
        return memory_house()
    return postgres_house(request.getfixturevalue("engine"))


async def transcript(house: House, credential: UUID, paper: OnPaper, caller=None) -> bytes:
    asker = caller or house.ines
    return await get_credential_elmo(
        credential,
        work=lambda: house.work(asker),
        pages=paper,
        transcribing=paper,
        caller=asker,
        clock=house.clock,
    )


async def issued(house: House) -> UUID:
    house.learners(1)
    await house.run(await house.approved())
    [[credential]] = (await house.live()).values()
    return credential


async def test_it_is_made_once_of_what_was_sealed_and_handed_out_as_it_was(house: House) -> None:
    credential, paper = await issued(house), OnPaper()
    first = await transcript(house, credential, paper)
    assert await transcript(house, credential, paper) == first
    [order] = paper.orders
    async with house.work() as work:
        assert order.source == await work.credentials.source(credential)
        assert order.pdf.endswith(await work.credentials.document(credential))
    assert (order.issuer, order.seal, order.language) == ("UNIOVI", "default", "en")
    assert order.pdf.startswith(b"UNIOVI en ")


async def test_of_two_who_ask_at_once_both_get_the_one_that_is_kept(house: House) -> None:
    credential, paper = await issued(house), OnPaper()
    both = await asyncio.gather(*(transcript(house, credential, paper) for _ in range(2)))
    assert both[0] == both[1] == await transcript(house, credential, paper)


async def test_a_credential_that_is_not_in_force_has_none(house: House) -> None:
    credential, paper = await issued(house), OnPaper()
    await transcript(house, credential, paper)
    async with house.work() as work:
        found = await work.credentials.get(credential)
        found.suspend("The result is looked into.", house.clock.now())
        await work.credentials.save(found)
    with pytest.raises(NoTranscript):
        await transcript(house, credential, paper)


async def test_it_is_for_the_holder_and_the_issuers_officers(house: House) -> None:
    credential, paper = await issued(house), OnPaper()
    for caller, refusal in (
        (officer(Role.ISSUER_OFFICER, "HKA"), CredentialNotFound),
        (officer(Role.AUDITOR, None), NotAllowed),
    ):
        with pytest.raises(refusal):
            await transcript(house, credential, paper, caller)


async def test_it_goes_when_the_copies_of_its_credential_go(house: House) -> None:
    credential, paper = await issued(house), OnPaper()
    await transcript(house, credential, paper)
    await erase_credential(credential, work=house.work(), clock=house.clock)
    async with house.work() as work:
        assert await work.transcripts.read(credential) is None
    with pytest.raises(CredentialErased):
        await transcript(house, credential, paper)


@pytest.mark.parametrize("missing", ["given_name", "family_name"])
async def test_a_name_that_was_confirmed_whole_says_what_to_confirm(
    house: House, missing: str
) -> None:
    [award] = house.learners(1)
    holder = (
        replace(award.holder, given_name=None)
        if missing == "given_name"
        else replace(award.holder, family_name=None)
    )
    house.awards.ready[award.registration] = replace(award, holder=holder)
    await house.run(await house.approved())
    [[credential]] = (await house.live()).values()
    paper = OnPaper()
    with pytest.raises(NameNotInParts) as refused:
        await transcript(house, credential, paper)
    assert "given_name and family_name" in str(refused.value)
    assert paper.orders == []


async def test_where_the_institution_keeps_all_keys_the_refusal_says_so(house: House) -> None:
    class KeysElsewhere(OnPaper):
        async def transcript(self, order: TranscriptOrder) -> bytes:
            raise NoKeyHere(order.issuer)

    credential = await issued(house)
    with pytest.raises(NoKeyHere, match="keys of the seals of UNIOVI are with it"):
        await transcript(house, credential, KeysElsewhere())
    async with house.work() as work:
        assert await work.transcripts.read(credential) is None

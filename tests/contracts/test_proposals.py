"""What every store of proposals promises."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from app.domain.access.roles import Caller, Role
from app.domain.ids import new_id
from app.domain.proposals.access import Scope, scope_of
from app.domain.proposals.content import Rights, Section
from app.domain.proposals.errors import (
    Incomplete,
    ProposalNotFound,
)
from app.domain.proposals.proposal import Proposal
from app.domain.proposals.states import State
from app.domain.proposals.use_cases import editing
from app.domain.vocabulary.lists import labelled
from app.domain.vocabulary.micro_credential import (
    MicroCredentialNotFound,
    NotPublished,
)
from app.routers.proposals.sections import read_section
from tests.builders_proposals import (
    ANA,
    AUD,
    BEN,
    NOBODY,
    OLGA,
    REA,
    StoryClock,
    a_draft,
    a_proposal,
    a_right,
    academic_data,
    complete_content,
    person,
)
from tests.contracts.conftest import OpenWork
from tests.contracts.proposal_store import kept, read


def facts(proposal: Proposal) -> dict[str, Any]:
    """Everything that is kept of a proposal, to compare two."""
    return {k: v for k, v in vars(proposal).items() if not k.startswith("_")}


@pytest.mark.parametrize("state", [State.DRAFT, State.CONSENT_PENDING, State.RETIRED])
async def test_a_proposal_comes_back_as_it_was_kept(work: OpenWork, state: State) -> None:
    right = Rights(True, (a_right(),))
    proposal = a_proposal(state, complete_content(rights=right))
    before = facts(proposal)
    again = await kept(work, proposal)
    assert facts(again) == before
    assert again.certified_hash == proposal.certified_hash


async def test_what_is_not_saved_is_not_kept(work: OpenWork) -> None:
    proposal = await kept(work, a_draft())
    async with work() as w:
        loaded = await w.proposals.get(proposal.id)
        loaded.submit([], caller=ANA, at=loaded.created_at)
    assert (await read(work, proposal)).state is State.DRAFT


async def test_saving_makes_the_next_version_and_tells_what_happened(work: OpenWork) -> None:
    proposal = await kept(work, a_draft())
    async with work(ANA, "submit_proposal") as w:
        loaded = await w.proposals.get(proposal.id)
        loaded.submit([], caller=ANA, at=loaded.created_at)
        await w.proposals.save(loaded)
    assert (await read(work, proposal)).version == 2
    async with work() as w:
        history = await w.proposals.history(proposal.id)
        records = await w.audit.page(
            kind="proposal", subject=str(proposal.id), actor=None, after=None, limit=10
        )
    assert [(e.action, e.state, e.actor) for e in history] == [
        ("create_proposal", State.DRAFT, ANA.actor),
        ("submit_proposal", State.CONSENT_PENDING, ANA.actor),
    ]
    assert [(r.action, r.actor, r.before, r.note) for r in records] == [
        ("test", "system", None, "draft"),
        ("submit_proposal", ANA.actor, "1", "consent_pending"),
    ]


async def test_a_proposal_that_does_not_exist_is_not_found(work: OpenWork) -> None:
    async with work() as w:
        for load in (w.proposals.get, w.proposals.read):
            with pytest.raises(ProposalNotFound):
                await load(new_id())
        assert list(await w.proposals.history(new_id())) == []


async def test_numbers_count_by_year_and_no_two_are_the_same(work: OpenWork) -> None:
    async def number(year: int) -> int:
        async with work() as w:
            return await w.proposals.next_number(year)

    given = await asyncio.gather(*(number(2027) for _ in range(8)))
    assert sorted(given) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert await number(2028) == 1


async def test_a_number_that_no_proposal_took_is_given_to_the_next(work: OpenWork) -> None:
    async def number_for_nothing() -> None:
        async with work() as w:
            assert await w.proposals.next_number(2027) == 1
            raise Incomplete([])

    with pytest.raises(Incomplete):
        await number_for_nothing()
    async with work() as w:
        assert await w.proposals.next_number(2027) == 1


async def test_two_who_change_it_at_once_take_turns(work: OpenWork) -> None:
    proposal = await kept(work, a_draft())
    clock = StoryClock()

    async def edit(caller: Caller, title: str) -> None:
        await editing.edit_proposal_section(
            proposal.id, Section.ACADEMIC, 1, {"title": {"en": title}},
            read=read_section, work=work(caller), caller=caller, clock=clock,
        )  # fmt: skip

    results = await asyncio.gather(
        edit(ANA, "Joint theory"), edit(BEN, "Joint ideas"), return_exceptions=True
    )
    assert sorted(type(r).__name__ for r in results) == ["NoneType", "StaleSection"]
    assert (await read(work, proposal)).section_versions[Section.ACADEMIC] == 2


SCOPES: dict[str, tuple[Caller, list[str]]] = {
    "the office sees all": (OLGA, ["published", "reviewed", "draft"]),
    "so does the auditor": (AUD, ["published", "reviewed", "draft"]),
    "partners see theirs": (BEN, ["published", "reviewed", "draft"]),
    "reviewers see what has come to review": (REA, ["published", "reviewed"]),
    "not those of partners that answer": (person("r", (Role.REVIEWER, "HKA")), []),
    "a student reviewer of a recognising partner": (
        person("s", (Role.STUDENT_REVIEWER, "MTU")), ["published", "reviewed"],
    ),
    "others see nothing": (person("t", (Role.TEACHER, "UOC")), []),
    "nor does a learner": (NOBODY, []),
}  # fmt: skip


async def test_everybody_lists_what_they_may_see_the_newest_first(work: OpenWork) -> None:
    names = {}
    for name, state in (
        ("draft", State.DRAFT),
        ("reviewed", State.ALLIANCE_REVIEW),
        ("published", State.PUBLISHED),
    ):
        proposal = a_proposal(state)
        proposal.code = f"IMC-2027-{name}"
        names[(await kept(work, proposal)).id] = name

    async def listed(scope: Scope, **filters: Any) -> list[str]:
        options = {"state": None, "institution": None, "after": None, "limit": 10, **filters}
        async with work() as w:
            found: Sequence[Proposal] = await w.proposals.page(scope, **options)
        for proposal in found:
            assert scope.covers(proposal)
        return [names[proposal.id] for proposal in found]

    for caller, seen in SCOPES.values():
        assert await listed(scope_of(caller)) == seen
    all_of_them = scope_of(OLGA)
    assert await listed(all_of_them, state=State.DRAFT) == ["draft"]
    assert await listed(all_of_them, institution="MTU") == ["published", "reviewed", "draft"]
    assert await listed(all_of_them, institution="UOC") == []
    assert await listed(all_of_them, limit=1) == ["published"]
    first = next(key for key, name in names.items() if name == "published")
    assert await listed(all_of_them, after=first) == ["reviewed", "draft"]


async def test_what_is_published_is_a_micro_credential_to_the_others(work: OpenWork) -> None:
    proposal = a_proposal(State.PUBLISHED)
    proposal.content = complete_content()
    await kept(work, proposal)
    async with work() as w:
        seen = await w.micro_credentials.get(proposal.id)
    assert (seen.code, seen.version, seen.retired) == (proposal.code, 1, False)
    assert seen.title == academic_data().title
    assert list(seen.awarding) == ["UNIOVI", "HKA"]
    assert (seen.places, seen.quota_per_institution) == (50, 5)
    assert seen.certified_hash == proposal.certified_hash
    level = seen.specification.academic.eqf_level
    assert level is not None
    assert level == labelled(level)
    assert level.label["en"] == "Level 6"


async def test_only_what_is_published_is_one_and_what_is_retired_stays_one(work: OpenWork) -> None:
    approved, retired = a_proposal(State.APPROVED), a_proposal(State.RETIRED)
    retired.code = "IMC-2027-002"
    await kept(work, approved)
    await kept(work, retired)
    async with work() as w:
        with pytest.raises(NotPublished):
            await w.micro_credentials.get(approved.id)
        with pytest.raises(MicroCredentialNotFound):
            await w.micro_credentials.get(new_id())
        assert (await w.micro_credentials.get(retired.id)).retired
        assert list(await w.micro_credentials.page(after=None, limit=10)) == []

"""The use cases of proposals, on every store."""

from dataclasses import replace
from typing import Any

import pytest

from app.adapters.esco.builtin import builtin_skills
from app.domain.access.permissions import NotAllowed
from app.domain.access.roles import Role
from app.domain.ids import new_id
from app.domain.proposals.agreement import ConsentDecision
from app.domain.proposals.content import Model, Partner, Section
from app.domain.proposals.errors import (
    Incomplete,
    PartnersInvalid,
    ProposalNotFound,
    ReasonNeeded,
    SkillDecisionInvalid,
    SkillNotNamed,
    StaleProposal,
    StaleSection,
)
from app.domain.proposals.proposal import Proposal
from app.domain.proposals.states import State
from app.domain.proposals.use_cases import agreeing, editing, reading
from app.domain.vocabulary.micro_credential import (
    MicroCredentialNotFound,
    PartnerRole,
)
from app.domain.vocabulary.specification import LinkMethod, OutcomeSkill, SkillDecision
from tests.builders_proposals import (
    ANA,
    AUD,
    BEN,
    ESCO,
    GROUP,
    NOBODY,
    POLICY,
    REA,
    SARA,
    STEFAN,
    TEAMS,
    StoryClock,
    a_draft,
    a_proposal,
    academic_data,
    an_outcome,
    complete_content,
    person,
)
from tests.contracts.conftest import OpenWork
from tests.contracts.proposal_store import kept, read

SKILLS = builtin_skills()


async def test_a_proposal_begins_with_what_most_have_and_a_code_of_its_year(
    work: OpenWork,
) -> None:
    clock = StoryClock()
    first, proposal = [
        await editing.create_proposal(
            {"en": "Practice"}, Model.JOINT, "UNIOVI", [Partner("HKA", PartnerRole.AWARDING)],
            work=work(ANA), caller=ANA, clock=clock,
        )
        for _ in range(2)
    ]  # fmt: skip
    assert [first.code, proposal.code] == ["IMC-2027-001", "IMC-2027-002"]
    assert proposal.content.academic.awarding_bodies == ("UNIOVI", "HKA")
    assert proposal.content.partners() == ["UNIOVI", "HKA"]


async def test_only_a_coordinator_of_the_lead_begins_one_and_with_partners_only(
    work: OpenWork,
) -> None:
    for caller, lead in ((BEN, "HKA"), (ANA, "HKA")):
        with pytest.raises(NotAllowed):
            await editing.create_proposal(
                {}, Model.JOINT, lead, [], work=work(caller), caller=caller, clock=StoryClock()
            )
    with pytest.raises(PartnersInvalid) as refused:
        await editing.create_proposal(
            {}, Model.JOINT, "UNIOVI", [Partner("ATLANTIS", PartnerRole.AWARDING)],
            work=work(ANA), caller=ANA, clock=StoryClock(),
        )  # fmt: skip
    assert refused.value.findings[0].pointer == "/partners/1/institution"


async def test_those_who_may_not_see_it_do_not_learn_that_it_exists(work: OpenWork) -> None:
    proposal = await kept(work, a_draft())
    for stranger in (NOBODY, REA, person("c", (Role.COORDINATOR, "UOC"))):
        with pytest.raises(ProposalNotFound):
            await reading.get_proposal(proposal.id, work=work(stranger), caller=stranger)
        with pytest.raises(ProposalNotFound):
            await agreeing.withdraw_proposal(
                proposal.id, 1, "x", work=work(stranger), caller=stranger, clock=StoryClock()
            )
    with pytest.raises(NotAllowed):
        await agreeing.withdraw_proposal(
            proposal.id, 1, "x", work=work(BEN), caller=BEN, clock=StoryClock()
        )


async def submit(work: OpenWork, proposal: Proposal, **changes: Any) -> Proposal:
    options: dict[str, Any] = {
        "version": 1, "dry_run": False, "policy": POLICY, "skills": SKILLS,
        "work": work(ANA), "caller": ANA, "clock": StoryClock(), **changes,
    }  # fmt: skip
    return await agreeing.submit_proposal(proposal.id, **options)


async def test_a_dry_run_says_what_would_be_and_changes_nothing(work: OpenWork) -> None:
    proposal = await kept(work, a_draft())
    would_be = await submit(work, proposal, dry_run=True)
    assert would_be.state is State.CONSENT_PENDING
    now = await read(work, proposal)
    assert (now.state, now.version) == (State.DRAFT, 1)


async def test_submitting_an_older_version_than_the_current_one_is_refused(
    work: OpenWork,
) -> None:
    proposal = await kept(work, a_draft())
    with pytest.raises(StaleProposal):
        await submit(work, proposal, version=2)
    await submit(work, proposal)
    with pytest.raises(StaleProposal) as refused:
        await submit(work, proposal)
    assert refused.value.current == 2


async def test_skill_names_that_nobody_has_decided_on_block_with_what_esco_says(
    work: OpenWork,
) -> None:
    named = (
        OutcomeSkill("ensure ongoing compliance with regulations"),
        OutcomeSkill("documenting and recording information"),
        OutcomeSkill("evaluate data"),
    )
    outcomes = (an_outcome("LO1", skills=named), *academic_data().outcomes[1:])
    proposal = await kept(
        work, a_draft(complete_content(academic=academic_data(outcomes=outcomes)))
    )
    with pytest.raises(Incomplete) as refused:
        await submit(work, proposal)
    at = "/academic/outcomes/0/skills"
    assert [(f.pointer, f.code, f.params["status"]) for f in refused.value.findings] == [
        (f"{at}/0", "esco_undecided", "exact"),
        (f"{at}/1", "esco_undecided", "group"),
        (f"{at}/2", "esco_undecided", "not_found"),
    ]
    assert "aviation" in refused.value.findings[0].detail


async def decide(work: OpenWork, proposal: Proposal, *what: Any, version: int = 1) -> Proposal:
    return await editing.decide_skill(
        proposal.id, version, *what,
        policy=POLICY, skills=SKILLS, work=work(BEN), caller=BEN, clock=StoryClock(),
    )  # fmt: skip


async def test_an_author_links_keeps_or_drops_each_skill_name(work: OpenWork) -> None:
    named = (OutcomeSkill("apply quality standards"), OutcomeSkill("evaluate data"))
    outcomes = (an_outcome("LO1", skills=named), *academic_data().outcomes[1:])
    content = complete_content(academic=academic_data(outcomes=outcomes))
    proposal = await kept(work, a_draft(content))
    manage_quality = ESCO + "35ebe444-9ece-4fbc-a55d-e99ea37267ae"

    linked = await decide(
        work, proposal, "LO1", "apply quality standards", SkillDecision.LINKED, manage_quality, None
    )
    skill = linked.content.academic.outcomes[0].skills[0]
    assert skill.wording == "apply quality standards"
    assert skill.link is not None
    assert (skill.link.label, skill.link.version) == ("manage quality", "1.1.1")

    for wrong, error in {
        ("LO9", "evaluate data", SkillDecision.DROPPED, None, None): SkillNotNamed,
        ("LO1", "evaluate date", SkillDecision.DROPPED, None, None): SkillNotNamed,
        ("LO1", "evaluate data", SkillDecision.OWN_WORDING, None, None): ReasonNeeded,
        ("LO1", "evaluate data", SkillDecision.LINKED, None, None): SkillDecisionInvalid,
        ("LO1", "evaluate data", SkillDecision.LINKED, ESCO + "x", None): SkillDecisionInvalid,
        ("LO1", "evaluate data", SkillDecision.LINKED, GROUP.uri, None): SkillDecisionInvalid,
    }.items():
        with pytest.raises(error):
            await decide(work, proposal, *wrong, version=2)
    with pytest.raises(StaleSection):
        await decide(work, proposal, "LO1", "evaluate data", SkillDecision.DROPPED, None, None)

    done = await decide(
        work, proposal, "LO1", "evaluate data", SkillDecision.OWN_WORDING, None, "Too vague.",
        version=2,
    )  # fmt: skip
    assert done.section_versions[Section.ACADEMIC] == 3
    _, report = await reading.check_proposal(
        proposal.id, policy=POLICY, skills=SKILLS, work=work(BEN), caller=BEN, clock=StoryClock()
    )
    assert report.errors == ()


async def test_a_link_remembers_who_made_it_and_how_and_nobody_else_can_say_so(
    work: OpenWork,
) -> None:
    named = tuple(OutcomeSkill(w) for w in ("apply quality standards", "Work in  teams", "lead"))
    outcomes = (an_outcome("LO1", skills=named), *academic_data().outcomes[1:])
    content = complete_content(academic=academic_data(outcomes=outcomes))
    proposal = await kept(work, a_draft(content))
    certified_before = proposal.certified_hash
    manage_quality = ESCO + "35ebe444-9ece-4fbc-a55d-e99ea37267ae"
    for version, (skill, uri) in enumerate(
        zip(named, (manage_quality, TEAMS.uri, TEAMS.uri), strict=True), start=1
    ):
        proposal = await decide(
            work, proposal, "LO1", skill.wording, SkillDecision.LINKED, uri, None, version=version
        )
    links = [s.link for s in proposal.content.academic.outcomes[0].skills if s.link]
    assert [(link.method, link.linked_by) for link in links] == [
        (LinkMethod.ALT_LABEL, BEN.account),
        (LinkMethod.EXACT, BEN.account),
        (LinkMethod.CHOSEN, BEN.account),
    ]
    assert proposal.certified_hash != certified_before

    forged = replace(links[0], linked_by=new_id(), method=LinkMethod.EXACT)
    moved = OutcomeSkill("somewhere else", SkillDecision.LINKED, forged)
    first, *others = proposal.content.academic.outcomes
    stays = replace(first.skills[0], link=forged)
    written = replace(
        proposal.content.academic, outcomes=(replace(first, skills=(stays, moved)), *others)
    )
    clock = StoryClock()
    edited = await editing.edit_proposal_section(
        proposal.id, Section.ACADEMIC, 4, {}, read=lambda *_: written,
        work=work(BEN), caller=BEN, clock=clock,
    )  # fmt: skip
    assert [s.link for s in edited.content.academic.outcomes[0].skills] == [
        links[0],
        replace(forged, method=LinkMethod.WRITTEN, linked_by=BEN.account, linked_at=clock.at),
    ]


async def test_the_consents_of_all_submit_it_and_others_read_who_gave_them(
    work: OpenWork,
) -> None:
    proposal = await kept(work, a_draft())
    await submit(work, proposal)
    signatories = (
        ("UNIOVI", SARA),
        ("HKA", STEFAN),
        ("XAMK", person("x", (Role.SIGNATORY, "XAMK"))),
    )
    for institution, caller in signatories:
        await agreeing.give_consent(
            proposal.id, institution, proposal.certified_hash, ConsentDecision.CONSENT, None,
            work=work(caller), caller=caller, clock=StoryClock(),
        )  # fmt: skip
    seen = await reading.get_proposal(
        proposal.id, action="list_consents", work=work(AUD), caller=AUD
    )
    assert seen.state is State.SUBMITTED
    assert list(seen.current_consents()) == ["UNIOVI", "HKA", "XAMK"]


async def test_a_micro_credential_shows_itself_only_once_it_is_published(work: OpenWork) -> None:
    approved = await kept(work, a_proposal(State.APPROVED))
    with pytest.raises(MicroCredentialNotFound):
        await reading.get_micro_credential(approved.id, work=work(NOBODY), caller=NOBODY)
    published = a_proposal(State.PUBLISHED)
    published.code = "IMC-2027-002"
    await kept(work, published)
    seen = await reading.get_micro_credential(published.id, work=work(NOBODY), caller=NOBODY)
    listed = await reading.list_micro_credentials(
        after=None, limit=10, work=work(NOBODY), caller=NOBODY
    )
    assert list(listed) == [seen]
    assert replace(seen, retired=True) != seen

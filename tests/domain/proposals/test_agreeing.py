"""How a proposal is written, frozen, consented to, and sent back."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.domain.access.roles import Caller
from app.domain.errors import Finding
from app.domain.events import Event
from app.domain.proposals import events as facts
from app.domain.proposals.agreement import ConsentDecision
from app.domain.proposals.content import Partner, Rights, Section
from app.domain.proposals.errors import (
    CertifiedHashDiffers,
    ConsentNotAsked,
    Incomplete,
    LeadCannotStepBack,
    NotThatPartner,
    PartnersAreForTheLead,
    PartnersInvalid,
    ReasonNeeded,
    StaleSection,
)
from app.domain.proposals.proposal import Proposal
from app.domain.proposals.states import MOVES, Frozen, MoveNotAllowed, State
from app.domain.vocabulary.micro_credential import PartnerRole, PastEdition
from tests.builders_proposals import (
    ANA,
    BEN,
    NOW,
    SARA,
    SOFIA,
    STEFAN,
    a_draft,
    a_proposal,
    a_right,
    academic_data,
    all_consent,
    complete_content,
    general_information,
)


def consent(
    proposal: Proposal,
    institution: str,
    caller: Caller,
    decision: ConsentDecision = ConsentDecision.CONSENT,
    reason: str | None = None,
) -> None:
    proposal.answer(
        institution, decision, proposal.certified_hash, reason, caller=caller, at=NOW
    )  # fmt: skip


def edit_title(proposal: Proposal, caller: Caller = BEN) -> None:
    title = {**academic_data().title, "en": "Joint theory"}
    version = proposal.section_versions[Section.ACADEMIC]
    proposal.edit(Section.ACADEMIC, version, academic_data(title=title), caller=caller, at=NOW)


def edit_places(proposal: Proposal, caller: Caller = BEN) -> None:
    version = proposal.section_versions[Section.GENERAL]
    proposal.edit(
        Section.GENERAL, version, general_information(places=60), caller=caller, at=NOW
    )  # fmt: skip


def told(proposal: Proposal) -> Sequence[type[Event]]:
    return [type(event) for event in proposal.take_events()]


def test_two_partners_write_and_the_one_who_saw_an_older_section_is_refused() -> None:
    proposal = a_draft()
    edit_title(proposal, ANA)
    with pytest.raises(StaleSection) as refused:
        proposal.edit(Section.ACADEMIC, 1, academic_data(cycle=None), caller=BEN, at=NOW)
    assert refused.value.current == 2
    assert proposal.content.academic.title["en"] == "Joint theory"


def test_an_edit_of_one_section_does_not_disturb_who_edits_another() -> None:
    proposal = a_draft()
    edit_title(proposal)
    edit_places(proposal, ANA)
    assert proposal.section_versions == {
        Section.GENERAL: 2,
        Section.ACADEMIC: 2,
        Section.RIGHTS: 1,
    }


def test_an_edit_that_changes_nothing_is_no_edit() -> None:
    proposal = a_proposal(State.CONSENT_PENDING)
    changed = proposal.edit(Section.ACADEMIC, 1, academic_data(), caller=BEN, at=NOW)
    assert not changed
    assert proposal.state is State.CONSENT_PENDING
    assert proposal.section_versions[Section.ACADEMIC] == 1


def test_only_the_lead_changes_who_takes_part() -> None:
    proposal = a_draft()
    more = (*general_information().partners, Partner("UOC", PartnerRole.SUPPORTING))
    with pytest.raises(PartnersAreForTheLead):
        proposal.edit(
            Section.GENERAL, 1, general_information(partners=more), caller=BEN, at=NOW
        )  # fmt: skip
    proposal.edit(Section.GENERAL, 1, general_information(partners=more), caller=ANA, at=NOW)
    assert proposal.content.partners(PartnerRole.SUPPORTING) == ["UOC"]


def test_the_lead_takes_part_and_nobody_takes_part_twice() -> None:
    proposal = a_draft()
    twice = (
        Partner("HKA", PartnerRole.AWARDING),
        Partner("XAMK", PartnerRole.AWARDING),
        Partner("HKA", PartnerRole.SUPPORTING),
    )
    with pytest.raises(PartnersInvalid) as refused:
        proposal.edit(
            Section.GENERAL, 1, general_information(partners=twice), caller=ANA, at=NOW
        )  # fmt: skip
    assert [(f.pointer, f.code) for f in refused.value.findings] == [
        ("/partners/2/institution", "duplicate"),
        ("/partners", "lead_missing"),
    ]


def test_an_incomplete_proposal_stays_a_draft_and_is_told_everything_at_once() -> None:
    proposal = a_draft()
    findings = [Finding("/academic/ects", "required", "x"), Finding("/general/places", "y", "z")]
    with pytest.raises(Incomplete) as refused:
        proposal.submit(findings, caller=ANA, at=NOW)
    assert refused.value.findings == tuple(findings)
    assert proposal.state is State.DRAFT


def test_awarding_and_delivering_partners_are_asked_and_the_last_one_submits() -> None:
    proposal = a_draft()
    proposal.take_events()
    proposal.submit([], caller=ANA, at=NOW)
    assert proposal.missing_consents() == ["UNIOVI", "HKA", "XAMK"]
    assert proposal.take_events() == [
        facts.ConsentsAsked(proposal.id, "UNIOVI HKA XAMK", proposal.certified_hash)
    ]
    consent(proposal, "HKA", STEFAN)
    consent(proposal, "XAMK", SOFIA)
    assert (proposal.state, told(proposal)) == (State.CONSENT_PENDING, [])
    consent(proposal, "UNIOVI", SARA)
    assert (proposal.state, told(proposal)) == (State.SUBMITTED, [facts.ProposalSubmitted])


def test_a_partner_where_a_right_holds_is_asked_too() -> None:
    right = a_right(limit_organisations=("MTU",))
    proposal = a_draft(complete_content(rights=Rights(True, (right,))))
    assert proposal.consenting() == ["UNIOVI", "HKA", "XAMK", "MTU"]


def test_a_consent_is_to_what_the_signatory_has_seen() -> None:
    proposal = a_proposal(State.CONSENT_PENDING)
    with pytest.raises(CertifiedHashDiffers):
        proposal.answer(
            "HKA", ConsentDecision.CONSENT, "sha256:old", None, caller=STEFAN, at=NOW
        )  # fmt: skip
    assert proposal.current_consents() == {}


def test_nobody_consents_for_another_partner_or_without_being_asked() -> None:
    proposal = a_proposal(State.CONSENT_PENDING)
    with pytest.raises(NotThatPartner):
        consent(proposal, "HKA", SARA)
    with pytest.raises(NotThatPartner):
        consent(proposal, "HKA", BEN)
    recognising = replace(SARA, grants=(replace(SARA.grants[0], institution="MTU"),))
    with pytest.raises(ConsentNotAsked):
        consent(proposal, "MTU", recognising)


def test_consenting_twice_is_consenting_once() -> None:
    proposal = a_proposal(State.CONSENT_PENDING)
    consent(proposal, "HKA", STEFAN)
    consent(proposal, "HKA", STEFAN)
    assert [c.institution for c in proposal.consents] == ["HKA"]


def test_an_edit_of_a_certified_field_voids_consents() -> None:
    proposal = a_proposal(State.CONSENT_PENDING)
    consent(proposal, "HKA", STEFAN)
    edit_title(proposal)
    assert proposal.state is State.DRAFT
    proposal.submit([], caller=ANA, at=NOW)
    assert proposal.missing_consents() == ["UNIOVI", "HKA", "XAMK"]


def test_an_edit_of_another_field_leaves_consents_as_they_are() -> None:
    proposal = a_proposal(State.CONSENT_PENDING)
    consent(proposal, "HKA", STEFAN)
    edit_places(proposal)
    assert proposal.state is State.DRAFT
    proposal.submit([], caller=ANA, at=NOW)
    assert proposal.missing_consents() == ["UNIOVI", "XAMK"]


def test_a_certified_edit_that_is_taken_back_leaves_the_consents_valid() -> None:
    proposal = a_proposal(State.CONSENT_PENDING)
    consent(proposal, "HKA", STEFAN)
    edit_title(proposal)
    proposal.edit(Section.ACADEMIC, 2, academic_data(), caller=BEN, at=NOW)
    assert list(proposal.current_consents()) == ["HKA"]


def test_a_proposal_to_which_all_consent_already_is_submitted_at_once() -> None:
    proposal = a_proposal(State.CONSENT_PENDING)
    consent(proposal, "HKA", STEFAN)
    consent(proposal, "XAMK", SOFIA)
    consent(proposal, "UNIOVI", SARA, ConsentDecision.REFUSE, "The dates do not fit.")
    assert proposal.state is State.DRAFT
    proposal.submit([], caller=ANA, at=NOW)
    assert proposal.missing_consents() == ["UNIOVI"]
    consent(proposal, "UNIOVI", SARA)
    assert (proposal.state, proposal.round) == (State.SUBMITTED, 1)


def test_a_refusal_needs_a_reason_and_returns_the_proposal_to_its_authors() -> None:
    proposal = a_proposal(State.CONSENT_PENDING)
    proposal.take_events()
    with pytest.raises(ReasonNeeded):
        consent(proposal, "HKA", STEFAN, ConsentDecision.REFUSE, "  ")
    consent(proposal, "HKA", STEFAN, ConsentDecision.REFUSE, "Too many hours.")
    assert proposal.state is State.DRAFT
    assert proposal.take_events() == [facts.ProposalReturnedToDraft(proposal.id, "refuse")]
    entry = proposal.take_history()[-1]
    assert (entry.institution, entry.decision, entry.note) == ("HKA", "refuse", "Too many hours.")


def test_a_partner_that_steps_back_is_recognising_and_is_asked_no_more() -> None:
    proposal = a_proposal(State.CONSENT_PENDING)
    consent(proposal, "UNIOVI", SARA)
    consent(proposal, "XAMK", SOFIA, ConsentDecision.STEP_BACK, "No staff this year.")
    assert proposal.state is State.DRAFT
    assert proposal.content.partners(PartnerRole.RECOGNISING) == ["XAMK", "MTU"]
    proposal.submit([], caller=ANA, at=NOW)
    assert proposal.missing_consents() == ["HKA"]


def test_an_awarding_partner_that_steps_back_awards_no_more_which_voids_consents() -> None:
    proposal = a_proposal(State.CONSENT_PENDING)
    consent(proposal, "UNIOVI", SARA)
    consent(proposal, "HKA", STEFAN, ConsentDecision.STEP_BACK, "Not this year.")
    assert proposal.content.academic.awarding_bodies == ("UNIOVI",)
    assert proposal.section_versions == {
        Section.GENERAL: 2,
        Section.ACADEMIC: 2,
        Section.RIGHTS: 1,
    }
    assert proposal.current_consents() == {}


def test_the_lead_does_not_step_back() -> None:
    proposal = a_proposal(State.CONSENT_PENDING)
    with pytest.raises(LeadCannotStepBack):
        consent(proposal, "UNIOVI", SARA, ConsentDecision.STEP_BACK, "No.")


@pytest.mark.parametrize(
    "state",
    [State.SUBMITTED, State.INSTITUTIONAL_VALIDATION, State.ALLIANCE_REVIEW, State.APPROVED],
)
def test_what_others_decide_about_is_frozen(state: State) -> None:
    proposal = a_proposal(state)
    with pytest.raises(Frozen):
        edit_places(proposal, ANA)


def test_a_proposal_is_withdrawn_with_a_reason_and_then_it_is_over() -> None:
    proposal = a_draft()
    with pytest.raises(ReasonNeeded):
        proposal.withdraw(" ", caller=ANA, at=NOW)
    proposal.withdraw("No funding.", caller=ANA, at=NOW)
    assert proposal.state is State.WITHDRAWN
    with pytest.raises(MoveNotAllowed):
        proposal.submit([], caller=ANA, at=NOW)


def test_past_editions_are_remembered_once_and_in_order() -> None:
    proposal = a_draft()
    first = PastEdition(NOW.date().replace(year=2025), NOW.date().replace(year=2026), 50)
    second = replace(first, start=first.start.replace(month=2))
    assert proposal.record_past_edition(second, caller=ANA, at=NOW)
    assert proposal.record_past_edition(first, caller=ANA, at=NOW)
    assert not proposal.record_past_edition(first, caller=ANA, at=NOW)
    assert proposal.past_editions == (first, second)


def test_history_tells_what_happened_in_order_and_names_no_one() -> None:
    proposal = a_draft()
    edit_title(proposal)
    proposal.submit([], caller=ANA, at=NOW)
    all_consent(proposal)
    told_of = [(entry.action, entry.state.value) for entry in proposal.take_history()]
    assert told_of == [
        ("create_proposal", "draft"),
        ("edit_proposal_section", "draft"),
        ("submit_proposal", "consent_pending"),
        ("give_consent", "consent_pending"),
        ("give_consent", "consent_pending"),
        ("give_consent", "submitted"),
    ]


def test_every_state_is_reached_and_the_last_ones_lead_nowhere() -> None:
    reached = {to for moves in MOVES.values() for to in moves}
    assert reached == set(State)
    assert {state for state in State if not MOVES[state]} == {
        State.RETIRED,
        State.REJECTED,
        State.WITHDRAWN,
    }

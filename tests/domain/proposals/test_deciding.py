"""How others decide: validation, review, conclusion, and who may not."""

from dataclasses import replace
from datetime import date

import pytest

from app.domain.access.roles import Caller, Role
from app.domain.ids import new_id
from app.domain.proposals import decisions
from app.domain.proposals import events as facts
from app.domain.proposals.agreement import (
    PanelDecision,
    Recommendation,
    ValidationDecision,
)
from app.domain.proposals.content import Section
from app.domain.proposals.errors import (
    AlreadyDecided,
    CertifiedHashDiffers,
    ChangeRoundsUsedUp,
    ConflictOfInterest,
    NoConsensus,
    NoDecisionNeeded,
    NotThatPartner,
    OwnProposal,
    OwnWork,
    ReasonNeeded,
    ReviewsMissing,
)
from app.domain.proposals.proposal import Proposal
from app.domain.proposals.states import MoveNotAllowed, State
from tests.builders_proposals import (
    ANA,
    NOW,
    OLGA,
    PETRA,
    POLICY,
    QUIM,
    QUIRIN,
    RADU,
    REA,
    SEPPO,
    a_proposal,
    academic_data,
    all_consent,
    conclude,
    person,
    reviewed,
    validated,
)


def validate(
    proposal: Proposal,
    institution: str,
    caller: Caller,
    decision: ValidationDecision = ValidationDecision.POSITIVE,
    comment: str | None = None,
) -> None:
    decisions.validate(
        proposal, institution, decision, proposal.certified_hash, comment,
        policy=POLICY, caller=caller, at=NOW,
    )  # fmt: skip


def review(
    proposal: Proposal,
    caller: Caller,
    recommendation: Recommendation = Recommendation.APPROVE,
    *,
    no_conflict: bool = True,
) -> None:
    decisions.review(
        proposal, new_id(), recommendation, "A comment.", proposal.certified_hash,
        no_conflict=no_conflict, caller=caller, at=NOW,
    )  # fmt: skip


def test_validation_has_a_deadline_of_working_days() -> None:
    assert decisions.working_days_after(date(2027, 1, 15), 1) == date(2027, 1, 18)
    proposal = a_proposal(State.INSTITUTIONAL_VALIDATION)
    assert proposal.validation_due == date(2027, 2, 12)


def test_each_awarding_partner_decides_once_and_the_last_one_opens_the_review() -> None:
    proposal = a_proposal(State.INSTITUTIONAL_VALIDATION)
    proposal.take_events()
    validate(proposal, "HKA", QUIRIN)
    with pytest.raises(AlreadyDecided):
        validate(proposal, "HKA", QUIRIN)
    assert decisions.awaited_validations(proposal) == ["UNIOVI"]
    validate(proposal, "UNIOVI", QUIM)
    assert proposal.state is State.ALLIANCE_REVIEW
    assert proposal.take_events() == [facts.ReviewBegan(proposal.id, proposal.certified_hash)]


def test_a_quality_officer_decides_for_the_own_institution_alone() -> None:
    proposal = a_proposal(State.INSTITUTIONAL_VALIDATION)
    with pytest.raises(NotThatPartner):
        validate(proposal, "HKA", QUIM)
    at_xamk = person("q", (Role.QUALITY_OFFICER, "XAMK"))
    with pytest.raises(NoDecisionNeeded):
        validate(proposal, "XAMK", at_xamk)


def test_who_wrote_it_does_not_validate_it_even_with_the_role() -> None:
    proposal = a_proposal(State.INSTITUTIONAL_VALIDATION)
    ana_with_both = replace(ANA, grants=(*ANA.grants, *QUIM.grants))
    with pytest.raises(OwnWork):
        validate(proposal, "UNIOVI", ana_with_both)


def test_one_awarding_partner_that_wants_changes_sends_it_back_with_a_reason() -> None:
    proposal = a_proposal(State.INSTITUTIONAL_VALIDATION)
    with pytest.raises(ReasonNeeded):
        validate(proposal, "HKA", QUIRIN, ValidationDecision.CHANGES_REQUESTED)
    validate(proposal, "HKA", QUIRIN, ValidationDecision.CHANGES_REQUESTED, "Add a rubric.")
    assert proposal.state is State.CHANGES_REQUESTED


def test_after_changes_consents_that_are_current_hold_but_validation_begins_anew() -> None:
    proposal = a_proposal(State.INSTITUTIONAL_VALIDATION)
    validate(proposal, "UNIOVI", QUIM)
    validate(proposal, "HKA", QUIRIN, ValidationDecision.CHANGES_REQUESTED, "Explain it better.")
    proposal.submit([], caller=ANA, at=NOW)
    assert (proposal.state, proposal.round) == (State.SUBMITTED, 2)
    decisions.begin_validation(proposal, None, policy=POLICY, caller=OLGA, at=NOW)
    assert decisions.awaited_validations(proposal) == ["UNIOVI", "HKA"]


def test_an_edit_after_changes_were_requested_makes_a_draft() -> None:
    proposal = a_proposal(State.INSTITUTIONAL_VALIDATION)
    validate(proposal, "HKA", QUIRIN, ValidationDecision.CHANGES_REQUESTED, "Another level.")
    proposal.edit(Section.ACADEMIC, 1, academic_data(cycle=None), caller=ANA, at=NOW)
    assert proposal.state is State.DRAFT
    assert proposal.missing_consents() == ["UNIOVI", "HKA", "XAMK"]


def test_a_rejection_ends_it() -> None:
    proposal = a_proposal(State.INSTITUTIONAL_VALIDATION)
    validate(proposal, "HKA", QUIRIN, ValidationDecision.REJECTED, "Not our field.")
    assert proposal.state is State.REJECTED


INSIDERS = {
    "its author": replace(REA, account=ANA.account),
    "staff of the lead": replace(REA, grants=(*REA.grants, *QUIM.grants)),
    "staff of an awarding partner": replace(REA, grants=(*REA.grants, *QUIRIN.grants)),
    "staff of a partner that delivers": person("x", (Role.REVIEWER, "UOC"), (Role.TEACHER, "XAMK")),
    "who has validated it": replace(REA, account=QUIM.account),
}


@pytest.mark.parametrize("insider", INSIDERS.values(), ids=INSIDERS)
def test_nobody_from_inside_reviews_or_concludes(insider: Caller) -> None:
    proposal = a_proposal(State.ALLIANCE_REVIEW)
    with pytest.raises((OwnWork, OwnProposal)):
        review(proposal, insider)
    reviewed(proposal)
    chair = replace(insider, grants=(*insider.grants, *PETRA.grants))
    with pytest.raises((OwnWork, OwnProposal)):
        decisions.conclude(
            proposal, PanelDecision.APPROVE, "Fine.", None, policy=POLICY, caller=chair, at=NOW
        )  # fmt: skip
    assert proposal.state is State.ALLIANCE_REVIEW


def test_staff_of_a_partner_that_only_recognises_may_review() -> None:
    proposal = a_proposal(State.ALLIANCE_REVIEW)
    review(proposal, person("m", (Role.REVIEWER, "MTU")))
    assert len(proposal.reviews) == 1


def test_a_reviewer_declares_to_have_no_conflict_and_reviews_once() -> None:
    proposal = a_proposal(State.ALLIANCE_REVIEW)
    with pytest.raises(ConflictOfInterest):
        review(proposal, REA, no_conflict=False)
    review(proposal, REA)
    with pytest.raises(AlreadyDecided):
        review(proposal, REA)


def test_a_review_is_of_what_the_reviewer_has_seen() -> None:
    proposal = a_proposal(State.ALLIANCE_REVIEW)
    with pytest.raises(CertifiedHashDiffers):
        decisions.review(
            proposal, new_id(), Recommendation.APPROVE, "Fine.", "sha256:other",
            no_conflict=True, caller=REA, at=NOW,
        )  # fmt: skip


def test_the_panel_waits_for_two_reviewers_and_a_student() -> None:
    proposal = a_proposal(State.ALLIANCE_REVIEW)
    for caller, missing in ((REA, (1, 1)), (SEPPO, (1, 0)), (RADU, (0, 0))):
        with pytest.raises(ReviewsMissing):
            conclude(proposal)
        review(proposal, caller)
        assert decisions.missing_reviews(proposal, POLICY) == missing
    conclude(proposal)
    assert proposal.state is State.APPROVED


def test_a_person_with_both_roles_is_one_reviewer() -> None:
    proposal = a_proposal(State.ALLIANCE_REVIEW)
    both = replace(REA, grants=(*REA.grants, *SEPPO.grants))
    review(proposal, both)
    assert [r.student for r in proposal.reviews] == [False]


def test_without_consensus_it_takes_a_vote_of_seven_partners() -> None:
    proposal = a_proposal(State.ALLIANCE_REVIEW)
    review(proposal, REA)
    review(proposal, RADU, Recommendation.REJECT)
    review(proposal, SEPPO)
    for votes in (None, 6):
        with pytest.raises(NoConsensus):
            decisions.conclude(
                proposal, PanelDecision.APPROVE, "Most like it.", votes,
                policy=POLICY, caller=PETRA, at=NOW,
            )  # fmt: skip
    decisions.conclude(
        proposal, PanelDecision.APPROVE, "Most like it.", 7,
        policy=POLICY, caller=PETRA, at=NOW,
    )  # fmt: skip
    assert proposal.decision is not None
    assert (proposal.decision.votes_in_favour, proposal.decision.reviews) == (7, 3)


def test_an_approval_is_recorded_with_what_was_approved_and_until_when() -> None:
    proposal = a_proposal(State.APPROVED)
    record = proposal.decision
    assert record is not None
    assert record.decision is PanelDecision.APPROVE
    assert record.certified_hash == proposal.certified_hash
    assert record.account == PETRA.account
    assert record.valid_until == date(2030, 1, 15)


def test_changes_are_requested_twice_at_most() -> None:
    proposal = a_proposal(State.ALLIANCE_REVIEW)
    for _ in range(POLICY.change_rounds):
        reviewed(proposal, Recommendation.REQUEST_CHANGES)
        conclude(proposal, PanelDecision.REQUEST_CHANGES)
        proposal.submit([], caller=ANA, at=NOW)
        all_consent(proposal)
        decisions.begin_validation(proposal, None, policy=POLICY, caller=OLGA, at=NOW)
        validated(proposal)
    reviewed(proposal, Recommendation.REQUEST_CHANGES)
    with pytest.raises(ChangeRoundsUsedUp):
        conclude(proposal, PanelDecision.REQUEST_CHANGES)
    conclude(proposal, PanelDecision.REJECT)
    assert proposal.state is State.REJECTED


def test_only_what_was_approved_is_published_and_only_what_was_published_is_retired() -> None:
    proposal = a_proposal(State.ALLIANCE_REVIEW)
    with pytest.raises(MoveNotAllowed):
        decisions.publish(proposal, caller=OLGA, at=NOW)
    with pytest.raises(MoveNotAllowed):
        decisions.retire(proposal, "Old.", caller=OLGA, at=NOW)
    published = a_proposal(State.PUBLISHED)
    decisions.retire(published, "Replaced.", caller=OLGA, at=NOW)
    assert published.state is State.RETIRED

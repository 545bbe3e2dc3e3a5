"""Who may do what to a proposal now: the permission table, the state and the person together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.domain.access.permissions import At, Place, permits, require
from app.domain.access.roles import Caller, Role
from app.domain.access.table import PERMISSIONS
from app.domain.errors import Forbidden
from app.domain.proposals.decisions import (
    awaited_validations,
    missing_reviews,
    refuse_insiders,
    reviews_of_round,
)
from app.domain.proposals.errors import ProposalNotFound
from app.domain.proposals.policy import ProposalPolicy
from app.domain.proposals.proposal import Proposal
from app.domain.proposals.states import EDITABLE, MOVES, REVIEWED, SUBMITTABLE, State
from app.domain.vocabulary.institutions import InstitutionCode
from app.domain.vocabulary.micro_credential import PartnerRole

_STAFF = tuple(
    rule.role for rule in PERMISSIONS["get_proposal"].rules if rule.at is At.PARTNER
)  # fmt: skip
_ALLIANCE = tuple(rule.role for rule in PERMISSIONS["get_proposal"].rules if rule.at is At.ALLIANCE)


@dataclass(frozen=True)
class Scope:
    """Which proposals a caller may see; any of the three is enough."""

    everything: bool
    partner_of: frozenset[InstitutionCode]
    """Those in which one of these takes part."""
    reviewing_for: frozenset[InstitutionCode]
    """Those that have come to review and for which not all of these answer."""

    def covers(self, proposal: Proposal) -> bool:
        """Whether the proposal is among them."""
        return (
            self.everything
            or not self.partner_of.isdisjoint(proposal.content.partners())
            or (
                proposal.state in REVIEWED and not self.reviewing_for.issubset(proposal.answering())
            )
        )


def acts_for_alliance(caller: Caller) -> bool:
    """Whether the caller reads proposals for the alliance as a whole: office, chair, auditor."""
    return any(caller.has(role, None) for role in _ALLIANCE)


def scope_of(caller: Caller) -> Scope:
    """What the caller may see; the same that the permission `get_proposal` says of each."""
    return Scope(
        everything=acts_for_alliance(caller),
        partner_of=frozenset(caller.institutions(*_STAFF)),
        reviewing_for=frozenset(caller.institutions(Role.REVIEWER, Role.STUDENT_REVIEWER)),
    )


def place_of(proposal: Proposal, caller: Caller) -> Place:
    """How institutions relate to a proposal."""
    reviewing = caller.institutions(Role.REVIEWER, Role.STUDENT_REVIEWER)
    outside = set(reviewing) - proposal.answering() if proposal.state in REVIEWED else set()
    return Place(
        at={
            At.LEAD: [proposal.lead],
            At.AWARDING: proposal.content.partners(PartnerRole.AWARDING),
            At.PARTNER: proposal.content.partners(),
            At.OUTSIDE: outside,
        }
    )


def allow(action: str, proposal: Proposal, caller: Caller) -> None:
    """Let the caller pass whose roles cover the action on this proposal.

    Raises ProposalNotFound to those who may not even see it, NotAllowed to others.
    """
    require(
        PERMISSIONS,
        caller,
        action,
        place_of(proposal, caller),
        see="get_proposal",
        missing=ProposalNotFound(proposal.id),
    )


def _outsider(proposal: Proposal, caller: Caller) -> bool:
    try:
        refuse_insiders(proposal, caller)
    except Forbidden:
        return False
    return True


def _editable(proposal: Proposal, _caller: Caller, _policy: ProposalPolicy) -> bool:
    return proposal.state in EDITABLE


def _alive(proposal: Proposal, _caller: Caller, _policy: ProposalPolicy) -> bool:
    return proposal.state not in {State.REJECTED, State.WITHDRAWN}


def _submittable(proposal: Proposal, _caller: Caller, _policy: ProposalPolicy) -> bool:
    return proposal.state in SUBMITTABLE


def _to(state: State) -> Callable[[Proposal, Caller, ProposalPolicy], bool]:
    return lambda proposal, _caller, _policy: state in MOVES[proposal.state]


def _can_answer(proposal: Proposal, caller: Caller, _policy: ProposalPolicy) -> bool:
    return proposal.state is State.CONSENT_PENDING and caller.has(
        Role.SIGNATORY, *proposal.consenting()
    )


def _can_validate(proposal: Proposal, caller: Caller, _policy: ProposalPolicy) -> bool:
    return (
        proposal.state is State.INSTITUTIONAL_VALIDATION
        and caller.account not in proposal.authors
        and caller.has(Role.QUALITY_OFFICER, *awaited_validations(proposal))
    )


def _can_review(proposal: Proposal, caller: Caller, _policy: ProposalPolicy) -> bool:
    return (
        proposal.state is State.ALLIANCE_REVIEW
        and _outsider(proposal, caller)
        and all(review.account != caller.account for review in reviews_of_round(proposal))
    )


def _can_conclude(proposal: Proposal, caller: Caller, policy: ProposalPolicy) -> bool:
    return (
        proposal.state is State.ALLIANCE_REVIEW
        and _outsider(proposal, caller)
        and not any(missing_reviews(proposal, policy))
    )


_NOW: Mapping[str, Callable[[Proposal, Caller, ProposalPolicy], bool]] = {
    "edit_proposal_section": _editable,
    "decide_skill": _editable,
    "record_past_edition": _alive,
    "submit_proposal": _submittable,
    "give_consent": _can_answer,
    "begin_validation": _to(State.INSTITUTIONAL_VALIDATION),
    "validate_proposal": _can_validate,
    "review_proposal": _can_review,
    "conclude_review": _can_conclude,
    "publish_proposal": _to(State.PUBLISHED),
    "retire_proposal": _to(State.RETIRED),
    "withdraw_proposal": _to(State.WITHDRAWN),
}
"""The actions that change a proposal, and when its state and the person allow them."""


def allowed_actions(proposal: Proposal, caller: Caller, policy: ProposalPolicy) -> list[str]:
    """What the caller may do to the proposal now, by the names of the API's operations."""
    place = place_of(proposal, caller)
    return [
        action
        for action, possible in _NOW.items()
        if permits(PERMISSIONS[action], caller, place) and possible(proposal, caller, policy)
    ]

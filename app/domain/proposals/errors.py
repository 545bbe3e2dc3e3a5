"""Why a step of a proposal is refused."""

from collections.abc import Collection, Sequence
from uuid import UUID

from app.domain.errors import Conflict, Finding, Forbidden, Invalid, NotFound, Stale
from app.domain.proposals.content import Section
from app.domain.vocabulary.institutions import InstitutionCode


class ProposalNotFound(NotFound):
    """There is no such proposal, or the caller may not know of it."""

    code = "proposal_not_found"

    def __init__(self, proposal: UUID) -> None:
        super().__init__(f"There is no proposal {proposal} that you may see.")


class StaleProposal(Stale):
    """The caller acts on an older version of the proposal than the current one."""

    code = "proposal_changed"

    def __init__(self, current: int) -> None:
        super().__init__(
            "The proposal has changed since you read it. Read it again and decide anew.",
            current=current,
        )


class StaleSection(Stale):
    """The caller edits an older version of a section than the current one."""

    code = "section_changed"

    def __init__(self, section: Section, current: int) -> None:
        super().__init__(
            f"Somebody has changed the section {section} since you read it. "
            "Read it again and repeat your edit on the new text.",
            current=current,
        )


class CertifiedHashDiffers(Stale):
    """What the caller judges is not what the proposal certifies now."""

    code = "certified_content_changed"

    def __init__(self, current: int) -> None:
        super().__init__(
            "The certified content is not the one you name. Read the proposal again; "
            "its certified_hash belongs to what you then see.",
            current=current,
        )


class Incomplete(Conflict):
    """Fields are missing or wrong; the findings point at each."""

    code = "proposal_incomplete"

    def __init__(self, findings: Sequence[Finding]) -> None:
        count = len(findings)
        super().__init__(
            f"{count} {'thing is' if count == 1 else 'things are'} missing or wrong. "
            "Each entry of errors points at one; correct them and submit again.",
            findings=findings,
        )


class NotThatPartner(Forbidden):
    """The caller does not hold the role at the institution that they speak for."""

    code = "not_for_that_institution"

    def __init__(self, institution: InstitutionCode, role: str) -> None:
        super().__init__(
            f"You do not hold the role {role.replace('_', ' ')} at {institution}. "
            "GET /v1/me lists your roles."
        )


class ConsentNotAsked(Conflict):
    """The institution does not have to consent."""

    code = "consent_not_asked"

    def __init__(self, institution: InstitutionCode, asked: Collection[InstitutionCode]) -> None:
        super().__init__(
            f"{institution} is not asked for consent to this proposal; these are: "
            f"{', '.join(asked)}."
        )


class LeadCannotStepBack(Conflict):
    """The lead stays awarding as long as the proposal lives."""

    code = "lead_cannot_step_back"

    def __init__(self) -> None:
        super().__init__(
            "The lead cannot step back from its own proposal. "
            "Refuse with a reason, or let the coordinator withdraw it."
        )


class DeadlineInvalid(Invalid):
    """A deadline has to lie ahead."""

    code = "deadline_invalid"

    def __init__(self) -> None:
        super().__init__(
            "A deadline lies in the future.",
            findings=[Finding("/due", "not_future", "Name a day after today.")],
        )


class NoDecisionNeeded(Conflict):
    """The institution does not validate this proposal: it is no awarding partner."""

    code = "validation_not_asked"

    def __init__(self, institution: InstitutionCode) -> None:
        super().__init__(f"{institution} is no awarding partner of this proposal.")


class AlreadyDecided(Conflict):
    """One statement each: this one has been made."""

    code = "already_decided"


class OwnWork(Forbidden):
    """Nobody decides about what they wrote."""

    code = "own_work"

    def __init__(self) -> None:
        super().__init__(
            "You have worked on this proposal yourself, so somebody else has to decide about it."
        )


class OwnProposal(Forbidden):
    """Nobody decides, in alliance review, about a proposal of their own institution."""

    code = "own_proposal"

    def __init__(self) -> None:
        super().__init__(
            "You belong to a partner that answers for this proposal, or have already decided "
            "about it, so you abstain from its review. If too few reviewers remain, the alliance "
            "office grants the role to people from outside."
        )


class ConflictOfInterest(Invalid):
    """A reviewer has to declare that there is no conflict of interest."""

    code = "conflict_of_interest"

    def __init__(self) -> None:
        super().__init__(
            "Only who declares to have no conflict of interest reviews. "
            "If you have one, leave the review to others.",
            findings=[
                Finding("/no_conflict", "conflict_of_interest", "Must be true for a review.")
            ],
        )


class ReviewsMissing(Conflict):
    """The panel cannot conclude before enough reviews are in."""

    code = "reviews_missing"

    def __init__(self, reviewers: int, student_reviewers: int) -> None:
        super().__init__(
            f"Still missing: {reviewers} reviews of reviewers and {student_reviewers} of student "
            "reviewers. Where too few of the partners' own people may review, the alliance office "
            "adds people from outside."
        )


class NoConsensus(Conflict):
    """The reviewers disagree, and too few partners voted in favour."""

    code = "no_consensus"

    def __init__(self, needed: int) -> None:
        super().__init__(
            "The reviewers do not all recommend approval. It then needs a vote of the partners: "
            f"give votes_in_favour, of which {needed} are needed."
        )


class ChangeRoundsUsedUp(Conflict):
    """Changes were requested as often as the alliance allows."""

    code = "change_rounds_used_up"

    def __init__(self, rounds: int) -> None:
        super().__init__(f"Changes were requested {rounds} times already. Approve or reject now.")


class ReasonNeeded(Invalid):
    """A decision that goes against others needs a reason."""

    code = "reason_needed"

    def __init__(self, pointer: str) -> None:
        super().__init__(
            "Say why: others have to act on it.",
            findings=[Finding(pointer, "required", "A reason is needed for this decision.")],
        )


class PartnersAreForTheLead(Forbidden):
    """Only the lead's coordinators change the model and the partners."""

    code = "partners_are_for_the_lead"

    def __init__(self) -> None:
        super().__init__(
            "Only a coordinator of the lead institution changes the model and the partners."
        )


class PartnersInvalid(Invalid):
    """The list of partners contradicts itself."""

    code = "partners_invalid"


class ContentInvalid(Invalid):
    """What was sent does not have the form of the section."""

    code = "content_invalid"

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("Some values do not have the form they need.", findings=findings)


class SkillNotNamed(Invalid):
    """No outcome names a skill in these words."""

    code = "skill_not_named"

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(detail, findings=[Finding(pointer, "skill_not_named", detail)])


class SkillDecisionInvalid(Invalid):
    """The decision on a skill lacks something, or the skill cannot be linked."""

    code = "skill_decision_invalid"

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.detail, findings=[finding])


class PastEditionInvalid(Invalid):
    """The dates are not those of an edition that is over."""

    code = "past_edition_invalid"

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.detail, findings=[finding])

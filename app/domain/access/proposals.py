"""Permissions of proposals."""

from app.domain.access.permissions import At, Permission, Rule
from app.domain.access.platform import OFFICE, PUBLIC, SIGNED_IN
from app.domain.access.roles import Role

LEAD_COORDINATOR = Rule(Role.COORDINATOR, At.LEAD)
CHAIR = Rule(Role.PANEL_CHAIR, At.ALLIANCE)
REVIEWERS = (Rule(Role.REVIEWER, At.OUTSIDE), Rule(Role.STUDENT_REVIEWER, At.OUTSIDE))

READERS = Permission(
    (
        Rule(Role.COORDINATOR, At.PARTNER),
        Rule(Role.CO_AUTHOR, At.PARTNER),
        Rule(Role.SIGNATORY, At.PARTNER),
        Rule(Role.QUALITY_OFFICER, At.PARTNER),
        Rule(Role.ENROLMENT_OFFICER, At.PARTNER),
        Rule(Role.TEACHER, At.PARTNER),
        Rule(Role.RESULTS_CONFIRMER, At.PARTNER),
        Rule(Role.ISSUER_OFFICER, At.PARTNER),
        Rule(Role.RECOGNITION_OFFICER, At.PARTNER),
        *REVIEWERS,
        CHAIR,
        OFFICE,
        Rule(Role.AUDITOR, At.ALLIANCE),
    )
)
WRITERS = Permission((LEAD_COORDINATOR, Rule(Role.CO_AUTHOR, At.PARTNER)))

PROPOSALS: dict[str, Permission] = {
    "create_proposal": Permission((LEAD_COORDINATOR,)),
    # Everybody gets the list of what they may see; for most people it is empty.
    "list_proposals": SIGNED_IN,
    "get_proposal": READERS,
    "get_proposal_section": READERS,
    "get_proposal_history": READERS,
    "list_consents": READERS,
    "check_proposal": READERS,
    "preview_credential": READERS,
    "edit_proposal_section": WRITERS,
    "decide_skill": WRITERS,
    "record_past_edition": Permission((LEAD_COORDINATOR,)),
    "submit_proposal": Permission((LEAD_COORDINATOR,)),
    "withdraw_proposal": Permission((LEAD_COORDINATOR,)),
    # For which partner, and whether it is asked, the proposal itself decides.
    "give_consent": Permission((Rule(Role.SIGNATORY, At.PARTNER),)),
    "begin_validation": Permission((OFFICE,)),
    "validate_proposal": Permission((Rule(Role.QUALITY_OFFICER, At.AWARDING),)),
    "review_proposal": Permission(REVIEWERS),
    "conclude_review": Permission((CHAIR,)),
    "publish_proposal": Permission((OFFICE,)),
    "retire_proposal": Permission((OFFICE,)),
    # Published ones, in the view for everybody.
    "list_micro_credentials": PUBLIC,
    "get_micro_credential": PUBLIC,
}

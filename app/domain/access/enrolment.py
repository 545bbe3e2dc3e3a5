"""Permissions of enrolment."""

from app.domain.access.permissions import At, Permission, Rule
from app.domain.access.roles import Role

PUBLIC = Permission(public=True)
SIGNED_IN = Permission(signed_in=True)

OFFICER = Rule(Role.ENROLMENT_OFFICER, At.LEAD)
"""The edition's own enrolment officer: of the institution that organises it."""
HOME_OFFICER = Rule(Role.ENROLMENT_OFFICER, At.HOME)
"""The enrolment officer of the institution that a registration counts for."""
ANY_OFFICER = Rule(Role.ENROLMENT_OFFICER, At.ANY)
"""Lists hold for them what concerns their own institution."""
COORDINATOR = Rule(Role.COORDINATOR, At.LEAD)
TEACHER = Rule(Role.TEACHER, At.LEAD)
CONFIRMER = Rule(Role.RESULTS_CONFIRMER, At.LEAD)
OFFICE = Rule(Role.ALLIANCE_OFFICE, At.ALLIANCE)
AUDITOR = Rule(Role.AUDITOR, At.ALLIANCE)

_RUN = Permission((COORDINATOR, OFFICER))
_OFFICER = Permission((OFFICER,))

ENROLMENT: dict[str, Permission] = {
    # What takes place when, and whether there is room, is for everybody.
    "list_editions": PUBLIC,
    "get_edition": PUBLIC,
    "get_availability": PUBLIC,
    "create_edition": _RUN,
    "edit_edition": _RUN,
    "open_edition": _RUN,
    "close_edition": _RUN,
    "publish_list": _RUN,
    "start_edition": _RUN,
    "begin_grading": _RUN,
    "cancel_edition": _RUN,
    "finish_edition": _RUN,
    "archive_edition": _RUN,
    "preview_caps": Permission((OFFICER, COORDINATOR, AUDITOR)),
    "release_reserve": _RUN,
    "lift_caps": _RUN,
    "stop_promotion": _RUN,
    # Numbers of all institutions; names only in lists of registrations.
    "get_places": Permission((ANY_OFFICER, COORDINATOR, OFFICE, AUDITOR)),
    "list_places": Permission((ANY_OFFICER, OFFICE, AUDITOR)),
    "get_standing": Permission((OFFICER, COORDINATOR, AUDITOR)),
    "list_decisions": Permission((OFFICER, COORDINATOR, AUDITOR)),
    "replay_decisions": Permission((OFFICER, COORDINATOR, AUDITOR)),
    # Everybody for themselves; officers for others as well, which the use case looks at.
    "register": Permission((OFFICER, HOME_OFFICER), signed_in=True),
    "list_registrations": Permission((ANY_OFFICER, COORDINATOR, TEACHER, CONFIRMER)),
    "get_registration": Permission((OFFICER, HOME_OFFICER, COORDINATOR, TEACHER), self_=True),
    "cancel_registration": Permission((OFFICER, HOME_OFFICER), self_=True),
    "edit_registration": Permission((OFFICER, HOME_OFFICER), self_=True),
    "record_no_show": Permission((OFFICER, COORDINATOR, TEACHER)),
    "decide_registration": _OFFICER,
    "list_undecided": _OFFICER,
    # A stated institution is a claim: the institution answers, the edition's officer decides.
    "confirm_affiliation": Permission((HOME_OFFICER,)),
    "contest_affiliation": Permission((HOME_OFFICER,)),
    "confirm_affiliations": Permission((HOME_OFFICER,)),
    "decide_contest": _OFFICER,
    "list_my_registrations": SIGNED_IN,
    # Only the edition's own officers import; others see the rows of their own people.
    "map_form": _OFFICER,
    "list_forms": _OFFICER,
    "import_registrations": _OFFICER,
    "take_back_import": _OFFICER,
    "list_imports": _OFFICER,
    "list_responses": _OFFICER,
    "create_form_secret": _OFFICER,
    "list_form_secrets": _OFFICER,
    "end_form_secret": _OFFICER,
    # The signature is the key.
    "import_responses": PUBLIC,
    "get_import": Permission((ANY_OFFICER,)),
    "list_import_rows": Permission((ANY_OFFICER,)),
}

"""Permissions of results, of what learners confirm, of one-time links and of skills."""

from app.domain.access.permissions import At, Permission, Rule
from app.domain.access.platform import PUBLIC
from app.domain.access.roles import Role

_TEACHERS = (Rule(Role.TEACHER, At.LEAD), Rule(Role.TEACHER, At.AWARDING))
_CONFIRMER = Rule(Role.RESULTS_CONFIRMER, At.LEAD)
_SEE = (
    *_TEACHERS,
    _CONFIRMER,
    Rule(Role.ENROLMENT_OFFICER, At.LEAD),
    Rule(Role.ISSUER_OFFICER, At.ISSUER),
    Rule(Role.AUDITOR, At.ALLIANCE),
)
_OWN = Permission(self_=True)

RESULTS: dict[str, Permission] = {
    "record_result": Permission(_TEACHERS),
    "import_results": Permission(_TEACHERS),
    "list_results": Permission(_SEE),
    "get_result": Permission(_SEE, self_=True),
    # Whoever teaches the edition or has entered a grade is refused by the use case as well.
    "confirm_results": Permission((_CONFIRMER,)),
    "decide_objection": Permission((_CONFIRMER,)),
    "reopen_result": Permission((_CONFIRMER,)),
    "accept_result": _OWN,
    "object_to_result": _OWN,
    # Nobody else reads these data here; they are in the credential, which its holder shows around.
    "get_credential_data": _OWN,
    "confirm_credential_data": _OWN,
    # The token is the key.
    "look_at_link": PUBLIC,
    "open_link": PUBLIC,
    "request_link": PUBLIC,
    "resolve_skills": PUBLIC,
    "search_skills": PUBLIC,
    "get_skill": PUBLIC,
}

"""The whole permission table: every operation of the API, by its `operationId`."""

from collections.abc import Mapping

from app.domain.access.credentials import CREDENTIALS
from app.domain.access.credentials_shown import CREDENTIALS_SHOWN
from app.domain.access.enrolment import ENROLMENT
from app.domain.access.permissions import Permission
from app.domain.access.platform import PLATFORM
from app.domain.access.proposals import PROPOSALS
from app.domain.access.results import RESULTS
from app.domain.access.retention import RETENTION
from app.domain.access.skills import SKILLS

PERMISSIONS: Mapping[str, Permission] = {
    **PLATFORM,
    **PROPOSALS,
    **ENROLMENT,
    **RESULTS,
    **RETENTION,
    **SKILLS,
    **CREDENTIALS,
    **CREDENTIALS_SHOWN,
}

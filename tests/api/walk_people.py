"""Who takes the walk, and what the permission table says about each of them.

The table is read here once more, in the plainest way, from the relations of the story: nothing of
what the use cases do to find out is used.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.access.permissions import At, Permission
from app.domain.access.roles import Role
from app.domain.access.table import PERMISSIONS
from app.domain.access.use_cases import ALLIANCE_ROLES
from tests.api.walk_story import AWARDING, FOREIGN, HOME, ISSUER, LEAD, LEARNER, RECOGNISING

PLACES = (LEAD, ISSUER, "UDA", RECOGNISING, HOME, FOREIGN)
"""The lead; the issuer, which awards as well; one that only awards; one that only recognises; the
learner's home, which is no partner; and one that has to do with none of it."""
REVIEWED_FROM = "review"


class Answer(StrEnum):
    """The classes of answers that permissions know."""

    ALLOWED = "allowed"
    """Neither 401 nor 403 nor 404: what else may be wrong is not a question of who asks."""
    WHO = "401"
    NOT_YOU = "403"
    MISSING = "404"


def class_of(status: int) -> Answer:
    """The class of an answer."""
    try:
        return Answer(str(status))
    except ValueError:
        return Answer.ALLOWED


@dataclass(frozen=True)
class Person:
    """Somebody who asks. At most one role, so that nothing else explains an answer."""

    name: str
    token_of: str | None = None
    """The demo person whose token is sent; None for nobody's."""
    role: Role | None = None
    institution: str | None = None
    session: str | None = None
    """The thing whose one-time link opened the session, instead of an account."""

    def __str__(self) -> str:
        return self.name


NOBODY = Person("nobody")
NO_ROLES = Person("somebody without roles", "learner-801")
ENDED = Person("coordinator whose grant has ended", "learner-802")
OWNER = Person("the learner", LEARNER)
BY_LINK = Person("the learner by a link", session="registration")
OTHER_LINK = Person("another learner by a link", session="undecided")
UPLOADER = Person("the one who asked for the job", "elena-oviedo", Role.ENROLMENT_OFFICER, LEAD)


def with_roles() -> Iterator[Person]:
    """One person for each role at each place where it can be held."""
    number = 1000
    for role in Role:
        for institution in (None,) if role in ALLIANCE_ROLES else PLACES:
            number += 1
            name = f"{role} at {institution or 'the alliance'}"
            yield Person(name, f"learner-{number}", role, institution)


PEOPLE: tuple[Person, ...] = (
    NOBODY, NO_ROLES, ENDED, OWNER, BY_LINK, OTHER_LINK, *with_roles(),
)  # fmt: skip


@dataclass(frozen=True)
class Thing:
    """What an operation is about: who relates to it how, and by which operation it is seen."""

    see: str | None = None
    at: Mapping[At, Collection[str]] = field(default_factory=dict)
    concerns: tuple[Person, ...] = ()


_PARTNERS = (*AWARDING, RECOGNISING)
_COURSE: Mapping[At, Collection[str]] = {
    At.LEAD: (LEAD,), At.AWARDING: AWARDING, At.PARTNER: _PARTNERS, At.ISSUER: (ISSUER,),
}  # fmt: skip
_OUTSIDE = tuple(code for code in PLACES if code not in AWARDING)
"""Recognising is no answering for a proposal: such a partner's people may review it."""

NOTHING = Thing()
ANY_JOB = Thing("get_job", concerns=(UPLOADER,))
PROPOSAL = Thing("get_proposal", _COURSE)
REVIEWED_PROPOSAL = Thing("get_proposal", {**_COURSE, At.OUTSIDE: _OUTSIDE})
EDITION = Thing("get_edition", _COURSE)
REGISTRATION = Thing("get_registration", {**_COURSE, At.HOME: (HOME,)}, (OWNER, BY_LINK))
RESULT = Thing("get_result", {**_COURSE, At.HOME: (HOME,)}, (OWNER, BY_LINK))
CREDENTIAL = Thing("get_credential", {At.ISSUER: (ISSUER,)}, (OWNER, BY_LINK))
BATCH = Thing("get_batch", {At.ISSUER: (ISSUER,)})
IMPORT = Thing("get_import", _COURSE)
GRANT = Thing("list_grants")
DATA = Thing("get_credential_data", {}, (OWNER, BY_LINK))
WALLET = Thing("get_wallet_choice", {}, (OWNER, BY_LINK))


def covers(permission: Permission, person: Person, thing: Thing) -> bool:
    """Whether the row of the table covers the person on the thing."""
    if permission.public:
        return True
    if person is NOBODY:
        return False
    if permission.signed_in or (permission.self_ and person in thing.concerns):
        return True
    for rule in permission.rules:
        if person.role is not rule.role or person is ENDED:
            continue
        match rule.at:
            case At.ANY:
                return True
            case At.ALLIANCE:
                if person.institution is None:
                    return True
            case _:
                if person.institution in thing.at.get(rule.at, ()):
                    return True
    return False


def expected(operation: str, person: Person, thing: Thing) -> Answer:
    """What the table says: who may not see it is told that it does not exist."""
    if covers(PERMISSIONS[operation], person, thing):
        return Answer.ALLOWED
    if person is NOBODY:
        return Answer.WHO
    if thing.see is not None and not covers(PERMISSIONS[thing.see], person, thing):
        return Answer.MISSING
    return Answer.NOT_YOU

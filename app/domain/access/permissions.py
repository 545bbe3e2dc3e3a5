"""What each role may do, and where it must be held for that: a table that a person can read.

Every operation of the API is one action here, under its `operationId`. A rule says which role, and
how the institution at which it is held relates to the thing: the lead of the proposal, an awarding
body, any partner in it, the issuer, the home of the learner. Roles for the alliance are held at
no institution. The rows stand beside their capability: `proposals.py`, `enrolment.py`,
`results.py`, `credentials.py`, `platform.py`; `table.py` puts them together.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.access.roles import Caller, Role
from app.domain.errors import Forbidden, NotAuthenticated, NotFound
from app.domain.vocabulary.institutions import InstitutionCode


class At(StrEnum):
    """How the institution of a grant relates to the thing that is asked for."""

    LEAD = "lead"
    """Leads the proposal; organises the edition."""
    AWARDING = "awarding"
    """One of the awarding bodies."""
    PARTNER = "partner"
    """Takes part in the proposal in any role, the lead included."""
    ISSUER = "issuer"
    """Seals the credential."""
    HOME = "home"
    """The learner's own institution."""
    OUTSIDE = "outside"
    """Does not answer for the proposal (leads, awards, delivers, or limits a right to itself),
    and the proposal has come to its alliance review."""
    ANY = "any"
    """Any institution at all, or the alliance."""
    ALLIANCE = "alliance"
    """The grant is for the alliance as a whole."""


@dataclass(frozen=True)
class Rule:
    """A role, and where it must be held."""

    role: Role
    at: At


@dataclass(frozen=True)
class Permission:
    """Who may do one action.

    `public`: without a token. `signed_in`: every valid token. `self_`: the person whom the thing
    is about. `rules`: roles. Any of them is enough.
    """

    rules: tuple[Rule, ...] = ()
    public: bool = False
    signed_in: bool = False
    self_: bool = False


@dataclass(frozen=True)
class Place:
    """How institutions relate to one thing, and whether it is about the caller."""

    at: Mapping[At, Collection[InstitutionCode]] = field(default_factory=dict)
    own: bool = False


NOWHERE = Place()
"""For actions on no particular thing."""


class NotAllowed(Forbidden):
    """The caller's roles do not cover this action here."""

    code = "not_allowed"

    def __init__(self, action: str, about: str = "") -> None:
        """`action` is an operationId; `about` says of what, where that matters."""
        named = f"`{action}` {about}" if about else f"`{action}`"
        super().__init__(
            f"Your roles do not cover {named} here. GET /v1/me lists your roles; the alliance "
            "office can grant others."
        )


def permits(permission: Permission, caller: Caller, place: Place = NOWHERE) -> bool:
    """Whether the permission covers this caller at this place."""
    if permission.public or (permission.signed_in and not caller.is_anonymous):
        return True
    if permission.self_ and place.own:
        return True
    if not caller.grants:  # most people are learners and nothing else
        return False
    return any(_covers(rule, caller, place) for rule in permission.rules)


def _covers(rule: Rule, caller: Caller, place: Place) -> bool:
    held_at = {g.institution for g in caller.grants if g.role == rule.role}
    match rule.at:
        case At.ANY:
            return bool(held_at)
        case At.ALLIANCE:
            return None in held_at
        case _:
            return not held_at.isdisjoint(place.at.get(rule.at, ()))


def require(
    table: Mapping[str, Permission],
    caller: Caller,
    action: str,
    place: Place = NOWHERE,
    *,
    see: str | None = None,
    missing: NotFound | None = None,
) -> None:
    """Let the caller pass, or refuse.

    With `see`, the action by which such things are read, and `missing`, the refusal for things
    that do not exist: a caller who may not even see the thing gets `missing`. Otherwise raises
    NotAllowed; NotAuthenticated when there was no token.
    """
    if permits(table[action], caller, place):
        return
    if caller.is_anonymous:
        raise NotAuthenticated("Send a bearer token: this operation is not public.")
    if see is not None and missing is not None and not permits(table[see], caller, place):
        raise missing
    raise NotAllowed(action)

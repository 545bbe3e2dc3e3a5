"""Results together with whom they are about, and what the one who asks may do to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.access.permissions import At, Place, permits
from app.domain.access.roles import Caller, Role
from app.domain.access.table import PERMISSIONS
from app.domain.canonical import content_hash
from app.domain.plain import to_plain
from app.domain.results.moves import OPEN, is_open
from app.domain.results.ports import EditionFacts, Participant
from app.domain.results.result import Result
from app.domain.vocabulary.micro_credential import MicroCredential


@dataclass(frozen=True)
class ResultView:
    """One result as it is shown."""

    edition: EditionFacts
    participant: Participant
    result: Result
    window_ends: datetime | None
    """When objections are over; None as long as the result is not confirmed."""
    data_confirmed: bool
    """Whether the learner has confirmed the data of the credential."""
    allowed_actions: tuple[str, ...]


@dataclass(frozen=True)
class ResultsList:
    """The results of an edition: one line for everybody who takes part."""

    edition: EditionFacts
    micro_credential: MicroCredential
    lines: tuple[ResultView, ...]
    """By registration."""
    results_hash: str
    """Over the whole list: who confirms it names what they saw."""
    allowed_actions: tuple[str, ...]


def place_of(
    edition: EditionFacts,
    micro_credential: MicroCredential,
    participant: Participant | None = None,
    caller: Caller | None = None,
) -> Place:
    """How institutions and the caller relate to an edition, or to one registration in it."""
    issuer = micro_credential.issuer or edition.issuer
    at = {
        At.LEAD: (edition.organiser,),
        At.AWARDING: edition.awarding,
        At.PARTNER: edition.partners,
        At.ISSUER: (issuer,) if issuer else (),
    }
    if participant is None:
        return Place(at)
    if participant.institution is not None:
        at[At.HOME] = (participant.institution,)
    return Place(at, own=caller is not None and is_own(participant, caller))


def is_own(participant: Participant, caller: Caller) -> bool:
    """Whether the registration is the caller's, by account or by the session of a link."""
    if participant.account is not None and participant.account == caller.account:
        return True
    return caller.registration == participant.registration


def grades_own_edition(edition: EditionFacts, results: Sequence[Result], caller: Caller) -> bool:
    """Whether the caller teaches the edition or has entered something in it."""
    teaches = caller.has(Role.TEACHER, edition.organiser, *edition.awarding)
    return teaches or any(caller.account in result.recorded_by for result in results)


def results_hash(results: Sequence[Result]) -> str:
    """A hash over what a confirmer confirms: everybody's grades and outcome."""
    return content_hash(
        [
            {
                "registration": str(result.registration),
                "revision": result.revision,
                "grading": to_plain(result.grading),
                "state": result.state.value,
            }
            for result in sorted(results, key=lambda r: r.registration)
        ]
    )


def actions_on(
    result: Result,
    edition: EditionFacts,
    place: Place,
    caller: Caller,
    *,
    now: datetime,
    grades_it: bool,
    takes_part: bool,
) -> tuple[str, ...]:
    """What the caller may do to a result now."""
    possible = {
        "record_result": not result.is_confirmed,
        "accept_result": result.may_accept(),
        "object_to_result": result.may_object(now),
        "decide_objection": result.open_objection is not None and not grades_it,
        "reopen_result": takes_part
        and result.is_confirmed
        and result.open_objection is None
        and not grades_it,
        "confirm_credential_data": True,
    }
    return tuple(
        action
        for action, is_possible in possible.items()
        if is_possible
        and (action not in OPEN or is_open(action, edition.state, result))
        and permits(PERMISSIONS[action], caller, place)
    )

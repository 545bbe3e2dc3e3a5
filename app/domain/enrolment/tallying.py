"""How the counts of an edition follow its registrations."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.domain.enrolment.quota import Scope, scopes_of
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import SEATED, Registration, State
from app.domain.vocabulary.institutions import InstitutionCode


@dataclass
class Shift:
    """By how much the counts of one scope change."""

    scope: Scope
    placed: int = 0
    waiting: int = 0
    above_cap: bool = False
    """Whether an officer has placed somebody whatever the cap says."""


def shifts(registrations: Iterable[Registration]) -> list[Shift]:
    """What registrations that are about to be kept change in the counts, by scope.

    Goes by the state and the institution in which each was loaded.
    """
    by_scope: dict[Scope, Shift] = {}

    def shift(bucket: InstitutionCode, state: State, by: int, *, above_cap: bool) -> None:
        for scope in scopes_of(bucket):
            one = by_scope.setdefault(scope, Shift(scope))
            one.placed += by * (state in SEATED)
            one.waiting += by * (state is State.WAITING)
            one.above_cap = one.above_cap or above_cap

    for registration in registrations:
        before = registration.stored_state, registration.stored_bucket
        after = registration.state, registration.bucket
        if before == after:
            continue
        if before[0] is not None and before[1] is not None:
            shift(before[1], before[0], -1, above_cap=False)
        if after[1] is not None:
            above = registration.reason is Reason.OVERRIDE and registration.has_seat
            shift(after[1], after[0], 1, above_cap=above)
    return [one for one in by_scope.values() if one.placed or one.waiting or one.above_cap]


def entering(waiting: Mapping[InstitutionCode, int]) -> list[Shift]:
    """What so many new registrations of each institution, who all wait, change in the counts."""
    by_scope: dict[Scope, Shift] = {}
    for bucket, number in waiting.items():
        for scope in scopes_of(bucket):
            by_scope.setdefault(scope, Shift(scope)).waiting += number
    return list(by_scope.values())


def remember(registrations: Iterable[Registration]) -> None:
    """Note that the registrations have been kept as they are."""
    for registration in registrations:
        registration.stored_state = registration.state
        registration.stored_bucket = registration.bucket

"""Which changes of an edition are possible when, and what follows from them by itself."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from app.domain.enrolment.edition import (
    BEFORE_TEACHING,
    RUNNING_OR_BEFORE,
    Edition,
    EditionState,
)
from app.domain.enrolment.errors import (
    EditionFixed,
    EditionInvalid,
    EditionStateConflict,
    IssuerFixed,
    ReasonNeeded,
)
from app.domain.enrolment.quota import Quota
from app.domain.enrolment.reasons import Reason
from app.domain.errors import Finding

_FIXED_ONCE_OPEN = frozenset({"mode", "no_institution"})
_WHILE_TAUGHT = frozenset({"quota", "promotion_until"})
"""What can change while an edition runs, as long as it gives places."""
_UNTIL_ISSUED = RUNNING_OR_BEFORE | {EditionState.GRADING, EditionState.RESULTS_CONFIRMED}

_ISSUED = frozenset({EditionState.ISSUING, EditionState.COMPLETED, EditionState.ARCHIVED})


class EditionUnchangeable(EditionStateConflict):
    """The edition's state does not allow that it is changed, or not in this."""

    def __init__(self, state: str, why: str = "Plan another edition instead.") -> None:
        said = state.replace("_", " ")
        super().__init__(f"This edition is {said} and cannot be changed like this. {why}")


@dataclass(frozen=True)
class EditionChanges:
    """What is to change; what is left out stays. `values` holds attributes of `Edition` by name:
    `start`, `end`, `window`, `quota`, `no_institution`, `mode`, `least_participants`,
    `overrides_allowed`, `unused`, `promotion_until`, `contact_email`, `issuer`."""

    values: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None


def refusal(edition: Edition, names: Collection[str]) -> EditionUnchangeable | None:
    """Why attributes of these names cannot change now, if the edition's state forbids it."""
    asked = set(names)
    if edition.state in BEFORE_TEACHING:
        return None
    if asked == {"issuer"} and edition.state in _UNTIL_ISSUED:
        return None
    if edition.state is not EditionState.RUNNING:
        return EditionUnchangeable(edition.state)
    if not asked <= _WHILE_TAUGHT:
        return EditionUnchangeable(
            edition.state, "While it runs, only its places, rules and promotion_until can change."
        )
    if not edition.quota.giving and "promotion_until" not in asked:
        return EditionUnchangeable(
            edition.state,
            "It gives no more places, so that other caps would help nobody. Give a later "
            "promotion_until along with them, and places are given again.",
        )
    return None


def apply(edition: Edition, changes: EditionChanges, at: datetime) -> Reason | None:
    """Change the edition. Returns why its caps are others from now on; None where they are not.

    A later end of promotion lets places be given again; a later end of registration opens an
    edition again that had closed. Raises EditionUnchangeable, EditionFixed, IssuerFixed,
    ReasonNeeded, EditionInvalid.
    """
    if changes.values.keys() == {"issuer"} and edition.state in _ISSUED:
        raise IssuerFixed
    refused = refusal(edition, changes.values)
    if refused is not None:
        raise refused
    if edition.state is not EditionState.PLANNED:
        fixed = sorted(_FIXED_ONCE_OPEN & changes.values.keys())
        if fixed:
            raise EditionFixed(fixed)
        if not (changes.reason or "").strip():
            raise ReasonNeeded("a change after the edition has opened")
    quota, until = edition.quota, edition.promotion_until
    for name, value in changes.values.items():
        setattr(edition, name, value)
    edition.quota = edition.quota.keeping(quota)
    _held_again(edition, quota, at)
    why = Reason.CAPS_CHANGED if "quota" in changes.values else None
    is_taught = edition.state is EditionState.RUNNING
    if edition.promotion_until != until or (is_taught and "promotion_until" in changes.values):
        why = _promotion_moved(edition, at) or why
    if (
        is_taught
        and changes.values.keys() <= _WHILE_TAUGHT
        and not (quota.giving or edition.quota.giving)
    ):
        raise EditionInvalid(
            [
                Finding(
                    "/promotion_until",
                    "promotion_over",
                    "Give an instant that is still to come: until then places are given again.",
                )
            ]
        )
    if edition.state is EditionState.CLOSED and "window" in changes.values:
        _reopened(edition, at)
    return why


def _promotion_moved(edition: Edition, at: datetime) -> Reason | None:
    """Give places again, or no more, as the new end of promotion says; a timer ends it later."""
    until, quota = edition.promotion_until, edition.quota
    gives = edition.state in BEFORE_TEACHING if until is None else until > at
    if gives and not quota.giving:
        edition.quota = replace(quota, giving=True)
        return Reason.PROMOTION_RESUMED
    if not gives and quota.giving:
        edition.quota = quota.with_cut_off()
        return Reason.PROMOTION_ENDED
    return None


def _held_again(edition: Edition, before: Quota, at: datetime) -> None:
    """Raise EditionInvalid for a reserve or a cap that a timer would take back at once."""
    known = {rule.scope: rule for rule in before.rules}
    found = []
    for index, rule in enumerate(edition.quota.rules):
        old = known.get(rule.scope)
        if old is None:
            continue
        is_held = old.released and not rule.released and rule.min > 0
        if is_held and rule.release_at is not None and rule.release_at <= at:
            found.append(
                Finding(
                    f"/rules/{index}/release_at",
                    "release_over",
                    "This reserve was released. To hold places again, say until when: an instant "
                    "that is still to come, or none.",
                )
            )
        if old.lifted and not rule.lifted and edition.unused.at and edition.unused.at <= at:
            found.append(
                Finding(
                    f"/rules/{index}/max",
                    "caps_lifted",
                    "Caps of institutions were lifted at the instant that unused_seats gives. For "
                    "a cap that binds again, change unused_seats along with it.",
                )
            )
    if found:
        raise EditionInvalid(found)


def _reopened(edition: Edition, at: datetime) -> None:
    if edition.window.closes <= at:
        return
    if edition.window.opens > at:
        raise EditionInvalid(
            [
                Finding(
                    "/registration_opens",
                    "opens_again_later",
                    "Registration was open before. It opens again at once when its end is moved "
                    "to later; leave its beginning as it was.",
                )
            ]
        )
    edition.reopen()

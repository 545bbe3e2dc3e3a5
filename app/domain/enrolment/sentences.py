"""One sentence for the person: why they have a place, or wait, or neither."""

from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import State

_SENTENCES: dict[Reason, str] = {
    Reason.PROVISIONAL: (
        "Your registration has been received; places are given when the list is published, in "
        "order of registration."
    ),
    Reason.QUOTA: (
        "You are on the waiting list because all places for your institution are taken; a place "
        "that one of its people gives back goes to the first of you."
    ),
    Reason.FULL: (
        "You are on the waiting list because all places of this edition are taken; you move up "
        "when somebody gives theirs back."
    ),
    Reason.RESERVED: (
        "You are on the waiting list because the places that are left are held for others until "
        "they are released."
    ),
    Reason.CUT_OFF: "You are on the waiting list, and this edition gives no more places.",
    Reason.IN_ORDER: "You have a place.",
    Reason.PROMOTED: "You have a place: one became free and you were next.",
    Reason.OVERRIDE: "You have a place by decision of the enrolment office.",
    Reason.INSTITUTION_MISSING: (
        "The enrolment office has to find out which institution you come from before your turn "
        "can count."
    ),
    Reason.INSTITUTION_UNCLEAR: (
        "The enrolment office has to check which institution you meant; your turn stays what it is."
    ),
    Reason.POSSIBLE_DOUBLE: (
        "The enrolment office has to check whether you are registered already; your turn stays "
        "what it is."
    ),
    Reason.TIME_CHANGED: (
        "The time of your response has changed since it was first read; the enrolment office has "
        "to decide which counts."
    ),
    Reason.BY_PERSON: "You gave up your registration.",
    Reason.BY_OFFICER: "The enrolment office ended your registration.",
    Reason.AFFILIATION: "The institution that you named does not know you as one of its people.",
    Reason.MERGED: "This was a second registration of yours; the other one counts.",
    Reason.IMPORT_TAKEN_BACK: "The list that this registration came with was taken back.",
    Reason.EDITION_CANCELLED: "This edition does not take place.",
    Reason.NOT_ADMITTED: "This edition admits people from partner institutions only.",
    Reason.DID_NOT_COME: "Your place was given up because you did not take part.",
    Reason.PASSED: "You have completed this edition.",
    Reason.EARLY: "The response came before registration opened.",
    Reason.LATE: "The response came after registration had closed.",
}


def explain(state: State, reason: Reason) -> str:
    """Why the registration is in its state, as one says it to the person."""
    if state is State.COMPLETED:
        return _SENTENCES[Reason.PASSED]
    return _SENTENCES[reason]

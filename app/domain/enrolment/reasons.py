"""Why a registration is in its state: one stable code each, and one sentence for the person."""

from enum import StrEnum


class Reason(StrEnum):
    """Stable codes; `sentences.py` has the words."""

    # waiting
    PROVISIONAL = "provisional"
    """The list of the edition is not published yet; nobody has a place."""
    QUOTA = "quota"
    """The institution, or its group, has as many places as it may."""
    FULL = "full"
    """All places of the edition are taken."""
    RESERVED = "reserved"
    """The places that are left are held for others."""
    CUT_OFF = "cut_off"
    """The edition gives no more places, so that those who have one can prepare."""

    # placed
    IN_ORDER = "in_order"
    """The registration fitted when its turn came."""
    PROMOTED = "promoted"
    """A place became free, and this was the first on the list that fitted."""
    OVERRIDE = "override"
    """An officer placed it above a cap."""

    # needs_decision
    INSTITUTION_MISSING = "institution_missing"
    INSTITUTION_UNCLEAR = "institution_unclear"
    POSSIBLE_DOUBLE = "possible_double"
    """Somebody with this name, or this address, is registered already."""
    IN_REVIEW = "in_review"
    """What everybody but the edition's officers is told instead of POSSIBLE_DOUBLE; never kept."""
    TIME_CHANGED = "time_changed"
    """A response that was imported before has another completion time now."""

    # no longer live
    BY_PERSON = "by_person"
    BY_OFFICER = "by_officer"
    AFFILIATION = "affiliation"
    """The institution contested it and the edition's officer agreed."""
    MERGED = "merged"
    """It is the same person as another registration, which counts."""
    IMPORT_TAKEN_BACK = "import_taken_back"
    EDITION_CANCELLED = "edition_cancelled"
    NOT_ADMITTED = "not_admitted"
    """The edition admits people from partner institutions only."""
    DID_NOT_COME = "did_not_come"

    # why caps changed
    CAPS_SET = "caps_set"
    """The caps with which decisions begin."""
    CAPS_CHANGED = "caps_changed"
    """Somebody changed the places or the caps, with a reason."""
    RESERVE_RELEASED = "reserve_released"
    """Places that were held for some are there for everybody."""
    CAPS_LIFTED = "caps_lifted"
    """Places that institutions left unused are there for everybody."""
    PROMOTION_ENDED = "promotion_ended"
    """No more places are given from here on."""
    PROMOTION_RESUMED = "promotion_resumed"
    """Places are given again: the end of promotion was moved to later."""

    # completed
    PASSED = "passed"

    # rows of a form that never became a registration
    EARLY = "early"
    LATE = "late"

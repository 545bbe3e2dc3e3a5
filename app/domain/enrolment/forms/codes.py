"""The stable codes of rows: why one is not taken, and what is worth a look.

`officer_sentences.py` has the words for each.
"""

from enum import StrEnum


class RowReason(StrEnum):
    """Why a row has its verdict, beside the reasons of registrations (`Reason`)."""

    # invalid: the row cannot be read, or lacks what a registration needs
    RESPONSE_NUMBER_MISSING = "response_number_missing"
    TIME_UNREADABLE = "time_unreadable"
    NAME_MISSING = "name_missing"
    EMAIL_MISSING = "email_missing"
    EMAIL_INVALID = "email_invalid"
    PRIVACY_NOTICE_UNANSWERED = "privacy_notice_unanswered"
    PRIVACY_NOTICE_REFUSED = "privacy_notice_refused"
    ANSWER_TOO_LONG = "answer_too_long"
    UNWRITABLE_TEXT = "unwritable_text"
    """An answer holds what is no character, which nothing can be kept or shown with."""
    RESPONSE_TWICE = "response_twice"
    """An earlier row of the file has the same number."""

    # duplicate, unchanged
    SAME_PERSON = "same_person"
    """Another response of somebody who is registered, or of an earlier row."""
    REGISTRATION_ENDED = "registration_ended"
    """Sent before the person's registration ended, and ended with it."""
    KEPT_AS_FIRST_GIVEN = "kept_as_first_given"
    """What was given first stands; a warning says what differs."""

    # of live deliveries
    FORM_NOT_MAPPED = "form_not_mapped"
    """Kept until somebody has said how the form is read."""
    IMPORT_FAILED = "import_failed"
    """Kept, because importing it failed for a reason that is not the sender's; it is tried again
    with the job, or when the form is mapped once more."""
    EDITION_STATE = "edition_state"
    """The edition takes nobody any more."""


class RowWarning(StrEnum):
    """What is worth a look in a row, and decides nothing."""

    PERSON_CHANGED = "person_changed"
    """It gives another name or address than before, which was not taken over."""
    ANSWERS_CHANGED = "answers_changed"
    """It gives other answers than before, which were not taken over."""
    FORMULA_AS_TEXT = "formula_as_text"
    COUNTRY_UNREADABLE = "country_unreadable"
    TIME_IN_CLOCK_CHANGE = "time_in_clock_change"
    INSTITUTION_KEPT = "institution_kept"
    """It names another institution than the one that stays."""
    INSTITUTION_DIFFERS = "institution_differs"
    """Responses of one person name different institutions; the one sent first counts."""
    EMAIL_DOMAIN_DIFFERS = "email_domain_differs"
    NEW_EXTERNAL_ORGANISATION = "new_external_organisation"
    """An organisation from outside on which nobody has decided; it counts by itself."""
    EARLIER_THAN_STORED = "earlier_than_stored"
    """Sent before what the registration counts by, in a list that binds."""
    SAME_ADDRESS = "same_address"
    """Another registration has its address or its name; only for those who decide on doubles."""
    LATE_ROW = "late_row"
    """It came to a binding list after somebody of a later rank."""
    REGISTERED_AFTER_CONTEST = "registered_after_contest"
    """Its institution contested an earlier registration of the person, and was right."""
    CONSENT_UNANSWERED = "consent_unanswered"
    CONSENT_REFUSED = "consent_refused"
    CONSENT_UNCLEAR = "consent_unclear"

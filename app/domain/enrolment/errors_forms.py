"""Refusals of forms, and of importing their responses."""

from collections.abc import Sequence
from uuid import UUID

from app.domain.errors import Conflict, Finding, Invalid, NotFound, Unavailable


class FormNotMapped(Conflict):
    """Nobody has said yet how the questions of the form are to be read."""

    code = "form_not_mapped"

    def __init__(self, form: str) -> None:
        super().__init__(
            f"Form {form} has no mapping yet, so nothing can be imported. The report suggests one; "
            f"send it, with the form's time zone, by PUT …/forms/{form}."
        )


class MappingInvalid(Invalid):
    """The mapping leaves out something that an import needs."""

    code = "mapping_invalid"

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(
            "The form cannot be read like this; correct what the findings point at.",
            findings=findings,
        )


class FileRefused(Invalid):
    """The file cannot be read, or could do harm. `reason` is a stable code."""

    code = "file_refused"

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail, findings=[Finding("/file", reason, detail)])
        self.reason = reason


class ImportNotFound(NotFound):
    """There is no such import, or it is another edition's."""

    code = "import_not_found"

    def __init__(self, import_id: UUID) -> None:
        super().__init__(f"There is no import {import_id} that you may see.")


class PlanRefused(Conflict):
    """The plan no longer fits: configuration, mapping, spellings or another import changed."""

    code = "plan_outdated"

    def __init__(self, changed: Sequence[str]) -> None:
        super().__init__(
            f"Since the dry run, this has changed: {', '.join(changed)}. Run it again and look at "
            "the new report."
        )
        self.changed = tuple(changed)


class PlanTokenUnknown(NotFound):
    """No dry run of this edition gave that token."""

    code = "plan_token_unknown"

    def __init__(self) -> None:
        super().__init__("No dry run of this edition gave that plan token. Run one first.")


class ImportStateError(Conflict):
    """The import is in a state that does not allow this."""

    code = "import_state"


class HeldNotTaken(Conflict):
    """Deliveries that waited could not be imported. They are kept, and may be tried again."""

    code = "deliveries_not_imported"

    def __init__(self, number: int) -> None:
        super().__init__(
            f"Deliveries of this form that could not be imported: {number}. They are kept as they "
            "came, and nothing is lost; the list of imports says why. Resume this job to try again."
        )


class NotOpenYet(Unavailable):
    """The registration's time has come, but the move that opens it has not been made yet."""

    code = "edition_not_open_yet"

    def __init__(self) -> None:
        super().__init__("This edition opens in a moment. Send the same delivery again then.")


class FormSecretNotFound(NotFound):
    """There is no such secret of this form."""

    code = "form_secret_not_found"

    def __init__(self, secret: UUID) -> None:
        super().__init__(f"There is no secret {secret} of this form.")

"""Refusals of the issuing of credentials."""

from uuid import UUID

from app.domain.errors import Conflict, NotFound
from app.domain.vocabulary.award import NotReady


class EditionNotFound(NotFound):
    """There is no such edition, or the caller may not know of it."""

    code = "edition_not_found"

    def __init__(self, edition: UUID) -> None:
        super().__init__(f"There is no edition {edition}.")


class AwardNotFound(NotFound):
    """The registration does not exist, or its result does not pass."""

    code = "award_not_found"

    def __init__(self, registration: UUID) -> None:
        super().__init__(
            f"Registration {registration} has no result that passes. "
            "Results are entered and confirmed before a credential can be made."
        )


class AwardNotReady(Conflict):
    """The learner passed, but the credential cannot be made yet."""

    code = "award_not_ready"

    def __init__(self, not_ready: NotReady) -> None:
        super().__init__(
            f"The credential of registration {not_ready.registration} cannot be made yet: "
            f"{', '.join(not_ready.reasons)}."
        )
        self.not_ready = not_ready


class CredentialRevoked(Conflict):
    """The learner had a credential that was revoked, and nobody has issued that one again."""

    code = "credential_revoked"

    def __init__(self) -> None:
        super().__init__(
            "The learner's credential was revoked. They get a new one only when that very "
            "credential is issued again, on the word of two officers."
        )


class ImageNotFound(NotFound):
    """The credential has no display image in that language."""

    code = "image_not_found"

    def __init__(self, credential: UUID, language: str) -> None:
        super().__init__(
            f"Credential {credential} has no display image in the language {language}. "
            "Its `languages` say which there are."
        )


class AnotherIsLive(Conflict):
    """The award has another credential that is in force."""

    code = "another_credential_is_live"

    def __init__(self, registration: UUID) -> None:
        super().__init__(
            f"Registration {registration} has another credential in force. "
            "There is never more than one per award."
        )

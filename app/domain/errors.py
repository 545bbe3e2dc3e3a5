"""The kinds of refusal. A subclass per reason; the kind decides what a caller may do next.

Every refusal carries a stable `code` for machines, and a sentence for the person who asked that
says what to do. Neither ever holds a learner's name or address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True)
class Finding:
    """One thing that is missing or wrong, and where.

    `pointer` is a JSON Pointer (RFC 6901) into the document that was judged, `code` is stable,
    `params` are the values that the sentence mentions, for translation.
    """

    pointer: str
    code: str
    detail: str
    params: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)


class DomainError(Exception):
    """A refusal. Subclass one of the kinds below, never this."""

    code: ClassVar[str] = "refused"

    def __init__(self, detail: str, *, findings: Sequence[Finding] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.findings = tuple(findings)


class NotFound(DomainError):
    """It does not exist, or the caller may not know that it does."""

    code = "not_found"


class Conflict(DomainError):
    """The state it is in does not allow this; another state would."""

    code = "conflict"


class Stale(DomainError):
    """The caller saw an older version than the current one. `current` is the current version."""

    code = "stale"

    def __init__(self, detail: str, *, current: int) -> None:
        super().__init__(detail)
        self.current = current


class Invalid(DomainError):
    """What was sent cannot be right in any state. `findings` say where."""

    code = "invalid"


class UnwritableText(Invalid):
    """A text holds a character that no text can be stored with: NUL, or half a surrogate pair."""

    code = "unwritable_text"

    def __init__(self) -> None:
        super().__init__("A text in the request holds a character that is none. Leave it out.")


class Forbidden(DomainError):
    """The caller may see it but not do this to it."""

    code = "forbidden"


class Unavailable(DomainError):
    """An outside system that is needed does not answer now. Trying again later may help."""

    code = "unavailable"


class NotAuthenticated(DomainError):
    """Nobody we can name: the token is missing, expired, forged, or of an unknown issuer."""

    code = "not_authenticated"


class PreconditionRequired(DomainError):
    """The caller did not say which version they saw."""

    code = "precondition_required"


class InternalInconsistency(Exception):
    """Our own data contradicts itself: a defect of ours, never the caller's fault."""

"""The identifier inside a credential."""

from uuid import UUID

_PREFIX = "urn:credential:"


def credential_urn(credential: UUID) -> str:
    """`urn:credential:` and the UUID, as European Digital Credentials write it."""
    return f"{_PREFIX}{credential}"


def credential_of_urn(urn: str) -> UUID | None:
    """The UUID in such an identifier, or None for any other."""
    if not urn.startswith(_PREFIX):
        return None
    try:
        return UUID(urn.removeprefix(_PREFIX))
    except ValueError:
        return None

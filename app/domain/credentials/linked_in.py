"""What LinkedIn's form for certifications is told of a credential with a public page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.domain.credentials.credential import Credential


@dataclass(frozen=True)
class Published:
    """What a public page is about."""

    credential: Credential
    awarded_on: date


LINKED_IN = "https://www.linkedin.com/profile/add"
"""As many public programs use it; nobody has published a reference."""


def linked_in_parameters(
    published: Published, *, title: str, organisation: str, page: str
) -> Mapping[str, str]:
    """What LinkedIn's form for certifications is filled in with: nothing about the person."""
    credential = published.credential
    parameters = {
        "startTask": "CERTIFICATION_NAME",
        "name": title,
        "organizationName": organisation,
        "certUrl": page,
        "certId": str(credential.id),
    }
    for prefix, day in (("issue", published.awarded_on), ("expiration", credential.valid_until)):
        if day is not None:
            parameters |= {f"{prefix}Year": str(day.year), f"{prefix}Month": str(day.month)}
    return parameters

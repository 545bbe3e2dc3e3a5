"""What has happened, told in the past tense. An event carries identifiers, never names."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Event:
    """Something that has happened to one aggregate and that others may react to.

    Subclasses are frozen dataclasses whose fields are UUIDs, strings, integers or None, so that an
    event can be written down as JSON beside the change it tells of.
    """

    subject: UUID

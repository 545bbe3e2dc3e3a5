"""Mail: one message to one person, sent once."""

import re
from dataclasses import dataclass, field
from typing import Protocol

from app.domain.errors import Unavailable

_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


class MailUnavailable(Unavailable):
    """Mail cannot be sent at the moment."""

    code = "mail_unavailable"

    def __init__(self) -> None:
        super().__init__("Mail cannot be sent at the moment. It will be tried again.")


class MailRefused(Exception):
    """The mail server, or the form of the address, says that this message can never be delivered.

    Trying again does not help. Carries no address.
    """


@dataclass(frozen=True)
class Message:
    """One message to one person. The same `id` is the same message."""

    id: str
    """Derived from what it tells of, so that telling it twice does not send it twice. Letters,
    digits, `.`, `_`, `-`."""
    to: str = field(repr=False)
    """An e-mail address."""
    subject: str = field(repr=False)
    """One line."""
    text: str = field(repr=False)
    """Plain text, lines ended by `\\n`."""
    language: str = "en"
    """BCP 47 tag of subject and text."""

    def __post_init__(self) -> None:
        if not _SAFE_ID.fullmatch(self.id):
            raise ValueError("a message id has letters, digits, dots, underscores and hyphens")
        if len(self.subject.splitlines()) != 1:
            raise ValueError("a subject is one line")


class Mailer(Protocol):
    """Sends mail."""

    async def send(self, message: Message) -> None:
        """Hand the message over for delivery; a message that was handed over before is not sent
        again as far as the way of sending can tell.

        Raises MailUnavailable when trying later may help, MailRefused when it cannot.
        """
        ...

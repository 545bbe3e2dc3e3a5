"""Mail in memory, for tests."""

from app.adapters.mail.format import as_email
from app.domain.clock import Clock, SystemClock
from app.domain.mail import Message


class MemoryMailer:
    """Keeps messages in the order of their sending. See `app.domain.mail.Mailer`."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self.sent: dict[str, Message] = {}

    async def send(self, message: Message) -> None:
        """Keep the message; one that is there already stays as it is."""
        as_email(message, "no-reply@example.org", self._clock)
        self.sent.setdefault(message.id, message)

    def to(self, address: str) -> list[Message]:
        """What one mailbox has got."""
        return [m for m in self.sent.values() if m.to.casefold() == address.casefold()]

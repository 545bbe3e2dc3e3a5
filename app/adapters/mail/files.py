"""Mail into files, for development: a folder of `.eml` files is everybody's mailbox."""

import asyncio
import os
import warnings
from contextlib import suppress
from email.policy import SMTP
from pathlib import Path

from app.adapters.mail.format import as_email
from app.domain.clock import Clock
from app.domain.mail import MailUnavailable, Message


class DevelopmentMailWarning(UserWarning):
    """Mail goes into files and reaches nobody."""


class FileMailer:
    """Writes each message to `<folder>/<id>.eml`, once. See `app.domain.mail.Mailer`."""

    def __init__(self, folder: Path, sender: str, clock: Clock) -> None:
        warnings.warn(
            f"development mail: messages are written to {folder} and reach nobody",
            DevelopmentMailWarning,
            stacklevel=2,
        )
        self._folder = folder
        self._sender = sender
        self._clock = clock

    async def send(self, message: Message) -> None:
        """Write the message; one that is there already stays as it is."""
        content = as_email(message, self._sender, self._clock).as_bytes(policy=SMTP)
        try:
            await asyncio.to_thread(self._write, message.id, content)
        except OSError:
            raise MailUnavailable from None

    def _write(self, message: str, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = self._folder / f".{message}.{os.getpid()}.{os.urandom(4).hex()}"
        # Whole or not at all, and never over one that is there: link() refuses that.
        fresh.write_bytes(content)
        try:
            with suppress(FileExistsError):
                os.link(fresh, self._folder / f"{message}.eml")
        finally:
            fresh.unlink()

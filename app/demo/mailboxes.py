"""The mail folder, read as everybody's mailbox."""

import email
import email.policy
import re
from pathlib import Path

_LINK = re.compile(r"https?://\S+/links/([A-Za-z0-9_-]{20,})")


class Mailboxes:
    """Messages by the address that they were sent to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, tuple[float, str, str]] = {}

    def _look(self) -> None:
        for path in self._folder.glob("*.eml"):
            if path.name in self._read:
                continue
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            body = message.get_body(("plain",))
            text = body.get_content() if body is not None else ""
            self._read[path.name] = (path.stat().st_mtime, str(message["to"]).casefold(), text)

    def texts(self, address: str) -> list[str]:
        """What was sent to an address, the newest first."""
        self._look()
        found = [one for one in self._read.values() if one[1] == address.casefold()]
        return [text for _, _, text in sorted(found, reverse=True)]

    def links(self, address: str) -> list[str]:
        """Tokens of one-time links sent to an address, the newest first."""
        return [token for text in self.texts(address) for token in _LINK.findall(text)]

    def count(self) -> int:
        """How many messages there are."""
        self._look()
        return len(self._read)

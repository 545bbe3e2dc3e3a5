"""Our messages in the form of Internet mail (RFC 5322, RFC 3834)."""

from email import quoprimime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from functools import lru_cache
from typing import Any

from app.domain.clock import Clock
from app.domain.mail import MailRefused, Message


def as_email(message: Message, sender: str, clock: Clock) -> EmailMessage:
    """The message with its headers. Raises MailRefused when the address is none."""
    mail = EmailMessage(SMTP if message.to.isascii() else SMTPUTF8)
    # An Address, and not text: text could hold several, or the beginning of another header.
    mail["To"] = _address(message.to)
    mail["From"] = _header("From", sender)
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(clock.now())
    # The same message has the same identifier, so that a mail server that gets it twice can tell.
    mail["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = _header("Auto-Submitted", "auto-generated")
    _set_text(mail, message.text)
    mail["Content-Language"] = _header("Content-Language", message.language)
    return mail


def _set_text(mail: EmailMessage, text: str) -> None:
    """What `mail.set_content(text, charset="utf-8", cte="quoted-printable")` comes to, without
    writing and reading the same headers anew each time."""
    mail["Content-Type"] = _header("Content-Type", 'text/plain; charset="utf-8"')
    mail["Content-Transfer-Encoding"] = _header("Content-Transfer-Encoding", "quoted-printable")
    # Bytes as characters, as the library's encoder takes them.
    lines = text.encode("utf-8").splitlines()
    body = (b"\n".join(lines) + b"\n").decode("latin-1")
    mail.set_payload(quoprimime.body_encode(body, mail.policy.max_line_length or 0))
    mail["MIME-Version"] = _header("MIME-Version", "1.0")


@lru_cache(maxsize=64)
def _header(name: str, value: str) -> Any:
    """A header that many messages have alike, read once: that takes longer than the rest of it."""
    return SMTP.header_store_parse(name, value)[1]


def _address(text: str) -> Address:
    # The library's parser knows ASCII alone (RFC 6531 came later), so that it judges the form with
    # a stand-in for every other letter.
    plain = "".join(c if c.isascii() else "x" if c.isalnum() else " " for c in text)
    try:
        parsed = Address(addr_spec=plain)
        if not parsed.username or not parsed.domain:
            raise ValueError("half an address")
        if text.isascii():
            return parsed
        local, _, domain = text.rpartition("@")
        return Address(username=local, domain=domain)
    except (HeaderParseError, ValueError, IndexError):
        raise MailRefused("the address has not the form of one") from None

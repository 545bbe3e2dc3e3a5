"""Mail by SMTP (RFC 5321), encrypted wherever the server can."""

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import SplitResult, unquote, urlsplit

from app.adapters.mail.format import as_email
from app.domain.clock import Clock
from app.domain.mail import MailRefused, MailUnavailable, Message

_SECONDS = 20
_PERMANENT = range(500, 600)


class SmtpMailer:
    """Hands messages to one mail server. See `app.domain.mail.Mailer`.

    `url` is `smtp://user:password@host:port`, or `smtps://…` for encryption from the first byte.
    With `smtp`, STARTTLS is used where the server offers it; a password never goes out without.
    """

    def __init__(
        self, url: str, sender: str, clock: Clock, *, context: ssl.SSLContext | None = None
    ) -> None:
        self._url: SplitResult = urlsplit(url)
        if self._url.scheme not in ("smtp", "smtps") or not self._url.hostname:
            raise ValueError("the mail server is given as smtp://user:password@host:port")
        self._sender = sender
        self._clock = clock
        self._context = context or ssl.create_default_context()

    async def send(self, message: Message) -> None:
        """Hand the message to the server."""
        mail = as_email(message, self._sender, self._clock)
        await asyncio.to_thread(self._send, mail)

    def _send(self, mail: EmailMessage) -> None:
        try:
            with self._connection() as server:
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as refused:
            raise _verdict([code for code, _ in refused.recipients.values()]) from None
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPConnectError, smtplib.SMTPHeloError):
            # A matter between the server and us, and none of the message.
            raise MailUnavailable from None
        except smtplib.SMTPResponseException as refused:
            raise _verdict([refused.smtp_code]) from None
        except smtplib.SMTPNotSupportedError:
            raise MailRefused("the server takes no such address") from None
        except (smtplib.SMTPException, OSError):
            raise MailUnavailable from None

    def _connection(self) -> smtplib.SMTP:
        host, port = self._url.hostname or "", self._url.port or 0
        server: smtplib.SMTP
        if self._url.scheme == "smtps":
            server = smtplib.SMTP_SSL(host, port, timeout=_SECONDS, context=self._context)
        else:
            server = smtplib.SMTP(host, port, timeout=_SECONDS)
        try:
            server.ehlo_or_helo_if_needed()
            encrypted = self._url.scheme == "smtps"
            if not encrypted and server.has_extn("starttls"):
                server.starttls(context=self._context)
                server.ehlo()
                encrypted = True
            if self._url.username is not None:
                if not encrypted:
                    raise smtplib.SMTPException("no password without encryption")
                server.login(unquote(self._url.username), unquote(self._url.password or ""))
        except BaseException:
            server.close()
            raise
        return server


def _verdict(codes: list[int]) -> MailRefused | MailUnavailable:
    if codes and all(code in _PERMANENT for code in codes):
        return MailRefused(f"the server answered {codes[0]}")
    return MailUnavailable()

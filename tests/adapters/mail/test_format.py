"""Messages as mail: written a quicker way, to the same bytes as by the library's own."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

import pytest

from app.adapters.mail.format import as_email
from app.domain.mail import Message


class Clock:
    """Stands still."""

    def now(self) -> datetime:
        return datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize("to", ["ana@example.org", "añó@example.org"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "One line",
        "Zoë\n\nñ = ∑ …\n",
        "x" * 500 + "\n.\n",
        "From me\r\nto\tyou \n trailing \n" * 20,
        "\u2028other\x0bbreaks",
    ],
)
def test_the_text_is_written_as_the_library_would_write_it(to: str, text: str) -> None:
    message = Message("one", to, "Subject", text, "es")
    by_the_library = EmailMessage(SMTP if to.isascii() else SMTPUTF8)
    by_the_library.set_content(text, charset="utf-8", cte="quoted-printable")

    mail = as_email(message, "no-reply@example.org", Clock())

    assert mail.get_payload() == by_the_library.get_payload()
    assert mail.get_content() == by_the_library.get_content()
    names = list(by_the_library)
    assert names == ["Content-Type", "Content-Transfer-Encoding", "MIME-Version"]
    assert [(n, str(mail[n])) for n in mail if n in names] == [
        (n, str(by_the_library[n])) for n in names
    ]

import email
from datetime import UTC, datetime
from email.policy import default

import pytest

from app.adapters.mail.smtp import SmtpMailer
from app.domain.mail import MailRefused, MailUnavailable, Message
from tests.adapters.mail.smtp_server import Mailbox, mail_server
from tests.memory_ports import StoryClock

CLOCK = StoryClock(datetime(2027, 3, 1, 9, tzinfo=UTC))
MESSAGE = Message("waiting-0192", "ana@example.org", "Estás en la lista", "Hola, Ana:\n\nñ\n", "es")


def mailer(box: Mailbox, login: str = "") -> SmtpMailer:
    return SmtpMailer(f"smtp://{login}127.0.0.1:{box.port}", "no-reply@example.org", CLOCK)


async def test_a_message_arrives_whole_with_the_headers_that_tell_what_it_is():
    async with mail_server(Mailbox()) as box:
        await mailer(box).send(MESSAGE)
    [raw] = box.received
    mail = email.message_from_bytes(raw, policy=default)
    assert {name: mail[name] for name in ("To", "From", "Subject", "Message-ID", "Date")} == {
        "To": "ana@example.org",
        "From": "no-reply@example.org",
        "Subject": "Estás en la lista",
        "Message-ID": "<waiting-0192@example.org>",
        "Date": "Mon, 01 Mar 2027 09:00:00 +0000",
    }
    assert (mail["Content-Language"], mail["Auto-Submitted"]) == ("es", "auto-generated")
    assert mail.get_content().replace("\r\n", "\n") == MESSAGE.text


async def test_an_address_in_other_letters_arrives():
    async with mail_server(Mailbox()) as box:
        await mailer(box).send(Message("m-1", "nuñez@example.org", "s", "t"))
    assert len(box.received) == 1
    assert "rcpt TO:<nuñez@example.org>" in box.commands


@pytest.mark.parametrize(
    ("answers", "refused"),
    [
        ({"RCPT": "550 no such mailbox"}, MailRefused),
        ({"RCPT": "450 try later"}, MailUnavailable),
        ({".": "554 no"}, MailRefused),
        ({".": "451 later"}, MailUnavailable),
        ({"MAIL": "421 too busy"}, MailUnavailable),
        ({"CONNECT": "554 not for you"}, MailUnavailable),
    ],
)
async def test_what_can_never_be_delivered_is_told_apart_from_what_can_later(answers, refused):
    async with mail_server(Mailbox(answers)) as box:
        with pytest.raises(refused) as error:
            await mailer(box).send(MESSAGE)
    assert "ana@" not in str(error.value)
    assert box.received == []


async def test_a_server_that_is_not_there_may_come_back():
    async with mail_server(Mailbox()) as box:
        gone = mailer(box)
    with pytest.raises(MailUnavailable):
        await gone.send(MESSAGE)


async def test_a_password_never_goes_out_in_the_clear():
    async with mail_server(Mailbox(extensions=("AUTH PLAIN LOGIN",))) as box:
        with pytest.raises(MailUnavailable):
            await mailer(box, "user:secret@").send(MESSAGE)
    assert [c for c in box.commands if c.startswith("AUTH")] == []


@pytest.mark.parametrize("url", ["http://example.org", "example.org", "smtp://"])
def test_a_url_that_is_none_is_refused_at_once(url):
    with pytest.raises(ValueError):
        SmtpMailer(url, "no-reply@example.org", CLOCK)

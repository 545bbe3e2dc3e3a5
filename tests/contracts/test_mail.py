"""What every way of sending mail promises."""

import email
from contextlib import AsyncExitStack
from email.policy import default
from pathlib import Path

import pytest

from app.adapters.mail.files import DevelopmentMailWarning, FileMailer
from app.adapters.mail.memory import MemoryMailer
from app.adapters.mail.smtp import SmtpMailer
from app.domain.mail import Mailer, MailRefused, Message
from tests.adapters.mail.smtp_server import Mailbox, mail_server
from tests.memory_ports import StoryClock

SENDER = "no-reply@example.org"


class Post:
    """A mailer, and what arrived, however it got there."""

    def __init__(self, mailer: Mailer, box: Mailbox, folder: Path) -> None:
        self.mailer = mailer
        self._box = box
        self._folder = folder

    def arrived(self) -> list[tuple[str, str]]:
        if isinstance(self.mailer, MemoryMailer):
            return [(m.id, m.subject) for m in self.mailer.sent.values()]
        files = sorted(self._folder.glob("*")) if self._folder.exists() else []
        raw = [path.read_bytes() for path in files] or self._box.received
        mails = [email.message_from_bytes(content, policy=default) for content in raw]
        return [(m["Message-ID"][1:].partition("@")[0], m["Subject"]) for m in mails]


@pytest.fixture(params=["memory", "files", "smtp"])
async def post(request, tmp_path, clock: StoryClock):
    async with AsyncExitStack() as stack:
        box = await stack.enter_async_context(mail_server(Mailbox()))
        if request.param == "memory":
            mailer: Mailer = MemoryMailer()
        elif request.param == "files":
            with pytest.warns(DevelopmentMailWarning, match="reach nobody"):
                mailer = FileMailer(tmp_path / "mail", SENDER, clock)
        else:
            mailer = SmtpMailer(f"smtp://127.0.0.1:{box.port}", SENDER, clock)
        yield Post(mailer, box, tmp_path / "mail")


async def test_messages_arrive(post: Post):
    await post.mailer.send(Message("m-1", "ana@example.org", "First", "t\n"))
    await post.mailer.send(Message("m-2", "ana@example.org", "Second", "t\n"))
    assert post.arrived() == [("m-1", "First"), ("m-2", "Second")]


async def test_the_same_message_twice_is_recognised_by_its_id(post: Post):
    message = Message("m-1", "ana@example.org", "First", "t\n")
    await post.mailer.send(message)
    await post.mailer.send(message)
    assert set(post.arrived()) == {("m-1", "First")}


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ana",
        "ana@",
        "a@x.org,b@x.org",
        "a@x.org\nBcc: b@x.org",
        "Ana <ana@x.org>",
        "a b@x.org",
        "ñ a@x.org",
    ],
)
async def test_what_is_no_single_address_is_refused_for_good(post: Post, address):
    with pytest.raises(MailRefused) as refused:
        await post.mailer.send(Message("m-1", address, "First", "t\n"))
    assert post.arrived() == []
    assert address == "" or address not in str(refused.value)


async def test_files_are_written_once_and_whole(tmp_path, clock: StoryClock):
    with pytest.warns(DevelopmentMailWarning):
        mailer = FileMailer(tmp_path, SENDER, clock)
    await mailer.send(Message("m-1", "ana@example.org", "First", "t\n"))
    await mailer.send(Message("m-1", "ana@example.org", "Another", "t\n"))
    [file] = tmp_path.iterdir()
    assert file.name == "m-1.eml"
    assert b"Subject: First\r\n" in file.read_bytes()

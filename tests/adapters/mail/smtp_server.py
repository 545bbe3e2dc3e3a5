"""A small mail server (RFC 5321) on the loopback that answers as it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Mailbox:
    """What the server was sent, and how it answers."""

    answers: dict[str, str] = field(default_factory=dict)
    """By command (`RCPT`, `.`), in place of its usual answer."""
    extensions: tuple[str, ...] = ("8BITMIME", "SMTPUTF8")
    received: list[bytes] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    port: int = 0


@asynccontextmanager
async def mail_server(box: Mailbox) -> AsyncIterator[Mailbox]:
    """Serve until the block ends."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: str) -> None:
            writer.write(line.encode() + b"\r\n")

        say(box.answers.get("CONNECT", "220 here"))
        while line := await reader.readline():
            command = line.decode().strip()
            word = command.partition(" ")[0].upper()
            box.commands.append(command)
            if word == "EHLO":
                lines = ["here", *box.extensions]
                for number, extension in enumerate(lines, 1):
                    say(f"250{' ' if number == len(lines) else '-'}{extension}")
            elif word == "DATA":
                say("354 go on")
                content = await reader.readuntil(b"\r\n.\r\n")
                answer = box.answers.get(".", "250 taken")
                if answer.startswith("2"):
                    box.received.append(content.removesuffix(b".\r\n"))
                say(answer)
            elif word == "QUIT":
                say("221 bye")
                break
            else:
                say(box.answers.get(word, "250 ok"))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    async with server:
        yield box

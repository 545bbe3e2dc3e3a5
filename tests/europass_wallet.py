"""A wallet of Europass on this machine, as its published source behaves, for tests.

It takes deposits at `/wallets/{user}/credentials` and `/wallets/email/{address}/credentials` as a
form with the part `_credential`, insists on a seal and an identifier, answers a second deposit with
409, and makes links and verifies. It can be told to fail, as real ones do.
"""

import json
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from app.domain.vocabulary.lists import SNB

TOKEN = "only-for-tests"
_DEPOSIT = re.compile(r"/api/v1/wallets/(email/)?([^/]+)/credentials")
_SHARE = re.compile(r"/api/v1/wallets/([^/]+)/credentials/([0-9a-f-]{36})/sharelink")
_VERIFY = re.compile(r"/api/v1/wallets/([^/]+)/credentials/([0-9a-f-]{36})/verify")


@dataclass
class Wallet:
    """What the server holds, and how it is to behave."""

    url: str = ""
    held: dict[tuple[str, str], bytes] = field(default_factory=dict)
    """Deposited documents, by owner and the credential's UUID."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of every request, in order."""
    told: int = 0
    """How many people were sent a message about a deposit."""
    failing: list[int] = field(default_factory=list)
    """Answers to give instead, one request after the other."""


class _Handler(BaseHTTPRequestHandler):
    wallet: Wallet
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        address = urlsplit(self.path)
        if self._hindered(address.path):
            return
        if match := _DEPOSIT.fullmatch(address.path):
            owner = f"mailto:{unquote(match[2]).casefold()}" if match[1] else unquote(match[2])
            self._deposit(owner, body, parse_qs(address.query))
        elif match := _SHARE.fullmatch(address.path):
            self._share(unquote(match[1]), match[2], body)
        else:
            self._answer(404, {"message": "no such operation"})

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if self._hindered(address.path):
            return
        match = _VERIFY.fullmatch(address.path)
        if match is None or (unquote(match[1]), match[2]) not in self.wallet.held:
            self._answer(404, {"message": "not found"})
            return
        checks = ("2f5b89b96f", "f9c2016fe9")
        self._answer(
            200,
            [
                {
                    "type": {"id": f"{SNB}verification/{check}"},
                    "status": {"id": f"{SNB}verification-status/9895008394"},
                    "description": {"en": "passed"},
                }
                for check in checks
            ],
        )

    def _hindered(self, path: str) -> bool:
        self.wallet.asked.append((self.command, path))
        if self.wallet.failing:
            self._answer(self.wallet.failing.pop(0), {"message": "out of order"})
            return True
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._answer(401, {"message": "who are you?"})
            return True
        return False

    def _deposit(self, owner: str, body: bytes, query: dict[str, list[str]]) -> None:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        parts = message_from_bytes(head + body).get_payload()
        files = {
            part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
            for part in (parts if isinstance(parts, list) else [])
            if isinstance(part, Message)
        }
        file = files.get("_credential")
        number = _number(file) if isinstance(file, bytes) else None
        if not isinstance(file, bytes) or number is None:
            self._answer(400, {"message": "not a sealed credential"})
        elif (owner, number) in self.wallet.held:
            self._answer(409, {"message": "already there"})
        else:
            self.wallet.held[owner, number] = file
            self.wallet.told += query.get("sendEmail") == ["true"]
            self._answer(201, {"viewerURL": f"https://europass.example/view/{number}"})

    def _share(self, owner: str, number: str, body: bytes) -> None:
        if (owner, number) not in self.wallet.held:
            self._answer(404, {"message": "not found"})
            return
        until = datetime.fromisoformat(json.loads(body)["expirationDate"])
        self._answer(
            201,
            {
                "shareHash": secrets.token_hex(8),
                "creationDate": datetime.now(UTC).isoformat(),
                "expirationDate": until.isoformat(),
                "expired": until <= datetime.now(UTC),
            },
        )

    def _answer(self, status: int, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name there
        """Write nothing: its lines would hold addresses."""


def _number(file: bytes) -> str | None:
    """The UUID of a sealed credential; the wallet knows one by its first key."""
    if re.match(rb'^\s*\{\s*"payload"', file) is None:
        return None
    try:
        sealed = json.loads(file)
        number = json.loads(sealed["payload"])["id"]
    except (ValueError, KeyError, TypeError):
        return None
    if not sealed.get("signatures") or not str(number).startswith("urn:credential:"):
        return None
    return str(number).removeprefix("urn:credential:")


@contextmanager
def europass_wallet() -> Iterator[Wallet]:
    """A wallet that listens on loopback for as long as the block lasts."""
    wallet = Wallet()
    handler = type("Handler", (_Handler,), {"wallet": wallet})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    wallet.url = f"http://127.0.0.1:{server.server_port}/api/v1"
    serving = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    serving.start()
    try:
        yield wallet
    finally:
        server.shutdown()
        server.server_close()
        serving.join()

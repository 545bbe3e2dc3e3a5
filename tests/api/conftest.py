"""The API on memory ports, and demo people who call it."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.main import create_app
from app.ports import Ports
from tests.memory_ports import MemoryQueue, grant_demo_roles, memory_ports


@dataclass
class Api:
    """The application as its callers see it."""

    ports: Ports
    queue: MemoryQueue
    http: httpx.AsyncClient

    def headers(self, person: str | None, **more: str) -> dict[str, str]:
        """Headers of a demo person, or of nobody."""
        if person is None or self.ports.local_identity is None:
            return dict(more)
        token = self.ports.local_identity.token(person)
        return {"Authorization": f"Bearer {token}", **more}

    async def __call__(
        self, person: str | None, method: str, path: str, **more: Any
    ) -> httpx.Response:
        """One request by one person. `if_match` and `idempotency_key` become headers."""
        headers = self.headers(person)
        for name, header in (("if_match", "If-Match"), ("idempotency_key", "Idempotency-Key")):
            value = more.pop(name, None)
            if value is not None:
                headers[header] = value
        headers |= more.pop("headers", {})
        return await self.http.request(method, path, headers=headers, **more)

    async def drain(self) -> int:
        """Run the jobs that wait."""
        return await self.queue.drain(self.ports)


@pytest.fixture
async def api(data_dir: Path) -> AsyncIterator[Api]:
    """The API, with roles for everybody in `app.adapters.identity.local.PEOPLE`."""
    with pytest.warns(UserWarning, match="development identity"):
        ports, _, queue = memory_ports(data_dir)
    await grant_demo_roles(ports)
    app = create_app(ports.settings, ports)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        yield Api(ports, queue, http)


Maker = Callable[..., Any]

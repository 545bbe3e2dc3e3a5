"""A worker process that raises seals for real, set up by its environment.

python -m tests.adapters.issuing.a_raising_worker DATABASE_URL
"""

import asyncio
import sys

from app.settings import read_settings
from app.wiring import connected
from app.worker import Worker


async def main(url: str) -> None:
    async with connected(read_settings(), url) as ports:
        print("working", flush=True)
        await Worker(ports, url, concurrency=2).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))

"""The least that the framework can do: one operation that returns a constant.

Served by `python -m app.bench.hello FD` on an open socket, with the settings of the service.
"""

import socket
import sys

import uvicorn
from fastapi import FastAPI

from app.bench.processes import end_with_parent

app = FastAPI()


@app.get("/hello")
async def hello() -> dict[str, str]:
    """Say hello."""
    return {"hello": "world"}


def main() -> None:
    """Serve until standard input closes."""
    end_with_parent()
    config = uvicorn.Config(app, access_log=False, log_level="warning", server_header=False)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])


if __name__ == "__main__":
    main()

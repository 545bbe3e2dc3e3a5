"""Serving the API: the socket it listens on, how uvicorn serves, when it ends."""

import argparse
import gc
import os
import signal
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from app.settings import Settings

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI


def serve(arguments: argparse.Namespace, settings: Settings, announce: str = "") -> int:
    """Serve the API until stopped; migrates first. Prints `announce` once it answers."""
    import uvicorn

    from app.database import database, prepare
    from app.main import create_app
    from app.wiring import embedded_folder, lifespan_of

    if arguments.with_parent:
        _end_with_parent()
    listening = _listening(arguments)
    if listening is None:
        return 2
    folder = Path(arguments.folder) if arguments.folder else embedded_folder(settings)
    with database(settings, folder) as url:
        prepare(url, settings)
        app = create_app(settings, lifespan=lifespan_of(settings, url))
        config = serving(app, arguments.host, arguments.port, settings)

        # What is loaded by now stays: the collector need not walk through it again and again.
        gc.collect()
        gc.freeze()

        class Announced(uvicorn.Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                if self.started and announce:
                    print(announce, flush=True)

        running = Announced(config)
        with suppress(KeyboardInterrupt):
            running.run(sockets=[listening])
    return 0 if running.started else 3


def serving(app: "FastAPI", host: str, port: int, settings: Settings) -> "uvicorn.Config":
    """How uvicorn serves the application."""
    import uvicorn

    return uvicorn.Config(
        app,
        host=host,
        port=port,
        access_log=False,
        # Through our own handler, which keeps what people sent out of tracebacks.
        log_config=None,
        log_level="warning",
        server_header=False,
        # Whoever asks could state any address, unless a proxy of ours has stated it.
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        # Longer than clients keep a connection that they do not use, or they lose a request.
        timeout_keep_alive=75,
    )


def _listening(arguments: argparse.Namespace) -> socket.socket | None:
    """The socket to serve on, had before anything is started; None when the port is taken."""
    if arguments.fd is not None:
        # Not uvicorn's own `fd`, which takes every socket for a Unix one and so leaves Nagle's
        # algorithm on: each answer on a kept connection then waits 40 ms.
        return socket.socket(fileno=arguments.fd)
    family = socket.AF_INET6 if ":" in arguments.host else socket.AF_INET
    one = socket.socket(family, socket.SOCK_STREAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        one.bind((arguments.host, arguments.port))
    except (OSError, OverflowError) as error:
        one.close()
        sys.stderr.write(
            f"Port {arguments.port} of {arguments.host} cannot be had: {error}. End what listens "
            "there, or choose another, such as: python -m app run --port 8001\n"
        )
        return None
    return one


def _end_with_parent() -> None:
    """Stop when standard input closes, as it does with the death of whoever started us."""

    def watch() -> None:
        sys.stdin.buffer.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()

"""The command line: `python -m app COMMAND`."""

import argparse
import asyncio
import gc
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from app import logs
from app.settings import Settings, read_settings, variable

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

CONTRACT = Path(__file__).parents[1] / "openapi" / "openapi.json"
PERMISSIONS_PAGE = Path(__file__).parents[1] / "docs" / "permissions.md"
PROFILE_PAGE = Path(__file__).parents[1] / "docs" / "profile.md"
Command = Callable[[argparse.Namespace, Settings], int]


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


def demo(arguments: argparse.Namespace, settings: Settings) -> int:
    """Play the whole journey on a fresh database, into demo-output/."""
    from app.demo.main import demo as play

    return play(settings)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Serve until stopped: the folder that is named, else the data of the last demonstration."""
    print("starting …", flush=True)
    from app.demo.main import last_run, play_first, runs
    from app.served import NotBoth, served

    before = settings
    named = Path(arguments.folder) if arguments.folder else None
    try:
        data = served(
            settings,
            named,
            data_dir_named=bool(os.environ.get(variable("data_dir"))),
            last_run=lambda: last_run(before),
            play=lambda: play_first(before),
        )
    except NotBoth:
        print("Give --folder or DATABASE_URL, not both: a server has no folder.", file=sys.stderr)
        return 2
    if data is None:
        return 1
    print(f"these data are served: {data.said}", flush=True)
    if data.folder is None:
        return serve(arguments, settings)
    arguments.folder = str(data.folder)
    address = f"http://{arguments.host}:{arguments.port}"
    public = settings.public_url if "MC_PUBLIC_URL" in os.environ else address
    data_dir = data.data_dir or settings.data_dir
    settings = settings.model_copy(update={"data_dir": data_dir, "public_url": public})
    announce = f"serving {address}/docs until Ctrl-C; mail goes to {data_dir / 'mail'}"
    with runs(before).using(data.run) if data.run else nullcontext():
        return serve(arguments, settings, announce)


def worker(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run jobs until stopped, as a process of its own."""
    from app.database import database
    from app.wiring import connected, embedded_folder
    from app.worker import Worker

    folder = Path(arguments.folder) if arguments.folder else embedded_folder(settings)

    async def run(url: str) -> None:
        async with connected(settings, url) as ports:
            working = Worker(ports, url, concurrency=settings.worker_concurrency)
            loop = asyncio.get_running_loop()
            for name in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(name, working.stop)
            await working.run()

    with database(settings, folder) as url:
        asyncio.run(run(url))
    return 0


def migrate(arguments: argparse.Namespace, settings: Settings) -> int:
    """Bring the database's schema and reference data up to date."""
    from app.database import database, prepare
    from app.wiring import embedded_folder

    with database(settings, embedded_folder(settings)) as url:
        prepare(url, settings)
    return 0


def check_migrations(arguments: argparse.Namespace, settings: Settings) -> int:
    """Fail when tables and migrations differ (on a scratch database)."""
    import tempfile

    from alembic.util.exc import AutogenerateDiffsDetected

    from app.adapters.embedded import EmbeddedPostgres
    from app.adapters.postgres.engine import make_engine
    from app.adapters.postgres.migrate import check, upgrade

    async def run(url: str) -> None:
        engine = make_engine(url, pool_size=2)
        try:
            await upgrade(engine)
            await check(engine)
        finally:
            await engine.dispose()

    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedPostgres(Path(folder), durable=False) as server,
    ):
        server.create_database("scratch")
        try:
            asyncio.run(run(server.url(database="scratch")))
        except AutogenerateDiffsDetected as differences:
            print(f"Tables and migrations differ: {differences}", file=sys.stderr)
            return 1
    return 0


def openapi(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write openapi/openapi.json and the tables in docs/, or with --check fail when they differ."""
    from app.contract_changes import breaking_changes
    from app.main import create_app
    from app.permission_page import permission_page
    from app.profile_page import profile_page

    document = create_app(Settings()).openapi()
    contract = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    if CONTRACT.exists():
        for change in breaking_changes(json.loads(CONTRACT.read_text()), document):
            print(f"breaks clients: {change}", file=sys.stderr)
    differing = []
    written = (
        (CONTRACT, contract),
        (PERMISSIONS_PAGE, permission_page()),
        (PROFILE_PAGE, profile_page()),
    )
    for path, text in written:
        if not arguments.check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            differing.append(path.name)
    if differing:
        print(
            f"{' and '.join(differing)} differ from the code: run `make openapi`.", file=sys.stderr
        )
    return 1 if differing else 0


def grant(arguments: argparse.Namespace, settings: Settings) -> int:
    """Grant a role from the command line: the first one, before anybody can."""
    from app.grant_command import run

    return run(arguments, settings)


def jobs(arguments: argparse.Namespace, settings: Settings) -> int:
    """Show work that failed for good; with --resume, have it tried again."""
    from app.jobs_command import run

    return run(arguments, settings)


def bench(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run the benchmarks; the last line is JSON."""
    from app.bench.command import run

    return run(arguments, settings)


def bench_enrolment(arguments: argparse.Namespace, settings: Settings) -> int:
    """Measure registering, quotas and imports; the last line is JSON."""
    from app.bench.enrolment.command import run

    return run(arguments, settings)


def bench_credentials(arguments: argparse.Namespace, settings: Settings) -> int:
    """Measure issuing, verifying and memory; the last line is JSON."""
    from app.bench.credentials_command import run

    return run(arguments, settings)


def esco(arguments: argparse.Namespace, settings: Settings) -> int:
    """Import, sync, activate and show ESCO data."""
    from app.esco_command import run

    return run(arguments, settings)


def retention(arguments: argparse.Namespace, settings: Settings) -> int:
    """Erase data whose time has come; with --dry-run, show what that would be."""
    from app.retention_command import run

    return run(arguments, settings)


def sign_prepared(arguments: argparse.Namespace, settings: Settings) -> int:
    """Sign a package of prepared credentials where the key is; needs no service."""
    from app.signing_command import run

    return run(arguments, settings)


def bench_esco(arguments: argparse.Namespace, settings: Settings) -> int:
    """Measure look-up and suggestion of ESCO skills; the last line is JSON."""
    from app.bench_esco import run

    return run(arguments, settings)


def show_settings(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print every setting, what it is for, and its value; secrets stay hidden."""
    from rich.console import Console
    from rich.table import Table

    shown = Table("variable", "value", "what for")
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        shown.add_row(variable(name), "" if value is None else str(value), field.description)
    Console().print(shown)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m app", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    def add(name: str, command: Command) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=command.__doc__)
        one.set_defaults(command_function=command)
        return one

    for name, command in (
        ("serve", serve),
        ("run", run),
        ("worker", worker),
        ("grant", grant),
        ("retention", retention),
        ("jobs", jobs),
    ):
        one = add(name, command)
        one.add_argument(
            "--folder", help="data folder of the embedded database; made when there is none"
        )
        if command in (serve, run):
            one.add_argument("--host", default="127.0.0.1")
            one.add_argument("--port", type=int, default=8000)
            one.add_argument("--fd", type=int, help="an open socket to serve on")
            one.add_argument("--with-parent", action="store_true", help="end with standard input")
        if command is retention:
            one.add_argument("--dry-run", action="store_true", help="show, and erase nothing")
        if command is jobs:
            one.add_argument("--resume", action="store_true", help="queue it again")
        if command is grant:
            one.add_argument("--issuer", required=True)
            one.add_argument("--subject", required=True)
            one.add_argument("--role", required=True)
            one.add_argument("--institution")
    add("demo", demo)
    add("migrate", migrate)
    add("check-migrations", check_migrations)
    add("openapi", openapi).add_argument("--check", action="store_true")
    add("bench", bench).add_argument(
        "--quick", action="store_true", help="fewer and shorter rounds: less than a minute"
    )
    enrolment = add("bench-enrolment", bench_enrolment)
    enrolment.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    enrolment.add_argument("--only", choices=["claims"], help="registrations per second alone")
    credentials = add("bench-credentials", bench_credentials)
    credentials.add_argument("--quick", action="store_true", help="fewer and smaller rounds")
    credentials.add_argument("--batch", type=int, help="credentials in a round")
    add("settings", show_settings)
    from app.esco_command import add_arguments

    add_arguments(add("esco", esco))
    from app.signing_command import add_arguments as add_signing_arguments

    add_signing_arguments(add("sign-prepared", sign_prepared))
    add("bench-esco", bench_esco).add_argument(
        "--quick", action="store_true", help="a sample of the labels instead of all"
    )
    return parser


def main() -> int:
    """Run one command; its exit code."""
    arguments = _parser().parse_args()
    logs.set_up(os.environ.get("MC_LOG_LEVEL", "WARNING"))
    try:
        settings = read_settings()
    except ValidationError as wrong:
        for error in wrong.errors():
            where = ".".join(str(part) for part in error["loc"])
            print(f"setting {variable(where) if where else ''}: {error['msg']}", file=sys.stderr)
        return 2
    command: Command = arguments.command_function
    return command(arguments, settings)


if __name__ == "__main__":
    sys.exit(main())

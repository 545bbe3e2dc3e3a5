"""`python -m app grant`: a role for somebody, given by whoever runs the service."""

import argparse
import asyncio
import sys
from pathlib import Path

from app.database import database
from app.domain.access.roles import Role, Subject
from app.domain.access.use_cases import grant_role
from app.domain.errors import DomainError
from app.settings import Settings
from app.wiring import connected, embedded_folder


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Grant it, and say so; 1 with the refusal's sentence where it cannot be."""

    async def give(url: str) -> None:
        async with connected(settings, url) as ports:
            await grant_role(
                Subject(arguments.issuer, arguments.subject),
                Role(arguments.role),
                arguments.institution,
                None,
                None,
                work=ports.system_work("create_grant"),
                caller=None,
                clock=ports.clock,
            )

    folder = Path(arguments.folder) if arguments.folder else embedded_folder(settings)
    with database(settings, folder) as url:
        try:
            asyncio.run(give(url))
        except DomainError as refusal:
            sys.stderr.write(f"{refusal.detail}\n")
            return 1
    sys.stdout.write(f"granted {arguments.role} at {arguments.institution or 'the alliance'}\n")
    return 0

"""A worker process that seals for real, with awards that a test wrote into a file.

python -m tests.adapters.issuing.an_issuing_worker DATABASE_URL DATA_DIR AWARDS_FILE
"""

import asyncio
import json
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from app.adapters.edc.seal.development_seal import DevelopmentSealWarning
from app.adapters.postgres.engine import make_engine
from app.adapters.postgres.outbox import PostgresOutbox
from app.domain.access.roles import SYSTEM, Caller
from app.domain.vocabulary.award import Award
from app.settings import Settings
from app.wiring import connected
from app.worker import Worker
from tests.contracts.issuing_house import PostgresIssuingWork
from tests.issuing_builders import KnownAwards, OneMicroCredential, the_micro_credential


async def main(url: str, data_dir: Path, awards_file: Path) -> None:
    awards = [TypeAdapter(Award).validate_python(a) for a in json.loads(awards_file.read_text())]
    known = KnownAwards(
        awards[0].edition, awards[0].proposal, {award.registration: award for award in awards}
    )
    published = OneMicroCredential(the_micro_credential())
    engine = make_engine(url, pool_size=4)
    async with connected(Settings(data_dir=data_dir), url) as ports:

        def work(caller: Caller, action: str) -> Any:
            opened = PostgresIssuingWork(engine, PostgresOutbox({}), ports.clock, caller, action)
            opened.awards, opened.micro_credentials = known, published
            return opened

        ports = replace(ports, work=work, reading=lambda: work(SYSTEM, "read"))
        print("working", flush=True)
        await Worker(ports, url, concurrency=2).run()


if __name__ == "__main__":
    warnings.simplefilter("ignore", DevelopmentSealWarning)
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))

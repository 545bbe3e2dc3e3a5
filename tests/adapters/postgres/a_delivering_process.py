"""A process that stops in the middle of a delivery and says so: `python -m … URL DATA_DIR BODY`.

BODY is JSON: the edition, the form, the secret and one response. Its transaction has written
everything when it stops.
"""

import asyncio
import json
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from app.adapters.postgres.enrolment_imports import PostgresResponses
from app.domain.enrolment.forms.live import DeliveredResponse
from app.domain.enrolment.forms.responses import StoredResponse
from app.domain.enrolment.use_cases.deliveries import import_responses
from app.settings import Settings
from app.wiring import connected


def stop_inside() -> None:
    save = PostgresResponses.save

    async def save_and_stop(
        self: PostgresResponses, edition: UUID, responses: Sequence[StoredResponse]
    ) -> None:
        await save(self, edition, responses)
        print("halfway", flush=True)
        await asyncio.sleep(3600)

    PostgresResponses.save = save_and_stop  # type: ignore[method-assign]  # to die there


async def main(url: str, data_dir: str, given: str) -> None:
    stop_inside()
    told = json.loads(given)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        async with connected(Settings(data_dir=Path(data_dir)), url) as ports:
            await import_responses(
                UUID(told["edition"]),
                told["form"],
                [DeliveredResponse(told["number"], told["raw"])],
                json.dumps({"response_id": told["number"], "raw": told["raw"]}).encode(),
                secret=UUID(told["secret"]),
                work=ports.system_work("import_responses"),
                tools=ports.forms,
                clock=ports.clock,
            )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3]))

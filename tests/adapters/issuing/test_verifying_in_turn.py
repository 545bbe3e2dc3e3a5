"""Who waits for whom when many files are verified at once."""

import asyncio

import pytest

from app.adapters.issuing.trusted import RecognisedInstitutions
from app.adapters.issuing.verifier import EdcVerifier
from app.domain.credentials.status import PublicStatus
from app.domain.credentials.verification import (
    CheckName,
    Verdict,
    Verification,
    VerificationBusy,
)
from tests.adapters.edc.seals import NOW, TRUST, sealed
from tests.adapters.edc.test_other_files import a_pdf, a_pdf_of_names


class OneAuthority:
    """The authority of the tests, and no other."""

    store = TRUST


async def nothing(_: object) -> PublicStatus | None:
    return None


def a_verifier() -> EdcVerifier:
    return EdcVerifier(OneAuthority(), RecognisedInstitutions(None))


async def presented(verifier: EdcVerifier, raw: bytes) -> Verification:
    return await verifier.verify(raw, now=NOW, status=nothing)


async def test_no_json_waits_behind_pdfs_and_those_beyond_the_queue_come_back_later() -> None:
    verifier, hostile = a_verifier(), a_pdf_of_names(600_000)
    pdfs = [asyncio.create_task(presented(verifier, hostile)) for _ in range(8)]
    json = asyncio.create_task(presented(verifier, sealed()))
    with pytest.raises(VerificationBusy):
        await pdfs[-1]
    first, _ = await asyncio.wait({json, *pdfs[:-1]}, return_when=asyncio.FIRST_COMPLETED)
    assert first == {json}
    assert (await json).verdict is Verdict.VERIFIED
    for task in pdfs[1:-1]:
        task.cancel()
    assert (await pdfs[0]).check(CheckName.FORMAT).code == "pdf_excessive"
    # Whoever went away has left the queue.
    assert (await presented(verifier, a_pdf(sealed()))).verdict is Verdict.VERIFIED

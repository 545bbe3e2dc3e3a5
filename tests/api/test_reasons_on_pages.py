"""The verifier's sentences on our pages: translated where they are known, else as they are."""

import ast
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.adapters.edc import verify
from app.adapters.edc.parsed import facts_of
from app.adapters.elmo.document import elmo
from app.adapters.elmo.signing import signed
from app.routers.pages.words import phrases, say
from tests.adapters.elmo.test_elmo import a_transcript
from tests.api.test_credentials import IssuingApi, issuing_api
from tests.api.test_pages import checked, parsed
from tests.pki.authority import TestPki


@pytest.fixture
async def api(data_dir: Path) -> AsyncIterator[IssuingApi]:
    """Seals for real, with a key in memory."""
    async with issuing_api(data_dir) as api:
        yield api


async def said_of(api: IssuingApi, file: bytes, *names: str) -> list[tuple[str, str | None]]:
    """The sentence of each check on the page in Spanish, and in which language it is marked."""
    page = parsed(await checked(api, file, "es"))
    paragraphs = {
        check.findtext("h3"): check.find("p") for check in page.findall(".//ul[@class='checks']/li")
    }
    found = [paragraphs[say(f"check-{name}", "es")] for name in names]
    return [(paragraph.text, paragraph.get("lang")) for paragraph in found]


async def test_what_is_said_of_a_transcript_is_not_translated_as_if_of_a_credential(
    api: IssuingApi, pki: TestPki
) -> None:
    key = pki.seal_key("seal-rsa", "RS256")
    name = facts_of(key.certificate_chain[0]).organisation
    transcript = signed(elmo(a_transcript()), key)
    intact = (
        "The signature covers the whole transcript and was made with the key of its certificate, "
        f"that of {name}."
    )
    unknown = f"The certificate of {name} hangs on no authority that is known here."
    assert await said_of(api, transcript, "seal", "issuer_trust") == [
        (intact, "en"), (unknown, "en"),
    ]  # fmt: skip
    broken = (
        "The transcript has been changed since it was signed, or was signed with another key than "
        "that of a certificate in it."
    )
    changed = transcript.replace(b"passed", b"failed")
    assert await said_of(api, changed, "seal") == [(broken, "en")]


def test_every_translated_reason_is_a_sentence_that_the_verifier_says() -> None:
    said = {
        node.value
        for file in Path(verify.__file__).parent.glob("verify*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
    }
    reasons = [name for name in phrases() if name.startswith("reason-")]
    assert [name for name in reasons if say(name, "en") not in said] == []

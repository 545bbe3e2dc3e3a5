"""The verifier's sentences on our pages: translated where they are known, else as they are."""

import ast
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.adapters.edc.pki.parsed import facts_of
from app.adapters.edc.verification import verify
from app.adapters.elmo import verifying
from app.adapters.elmo.document import elmo
from app.adapters.elmo.signing import signed
from app.routers.pages.words import phrases, reason, say
from tests.adapters.elmo.test_elmo import a_transcript
from tests.api.test_credentials import IssuingApi, issuing_api
from tests.api.test_pages import checked, parsed, the_first
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


async def test_what_is_said_of_a_transcript_is_translated_and_not_as_if_of_a_credential(
    api: IssuingApi, pki: TestPki
) -> None:
    key = pki.seal_key("seal-rsa", "RS256")
    name = facts_of(key.certificate_chain[0]).organisation
    transcript = signed(elmo(a_transcript()), key)
    intact = (
        "La firma abarca todo el expediente y se hizo con la clave de su certificado, "
        f"el de {name}."
    )
    unknown = f"El certificado de {name} no depende de ninguna autoridad conocida aquí."
    compared = f"Lo firmó {name}. No se ha comprobado si el expediente nombra al mismo emisor."
    alone = "De un expediente en XML aquí solo se comprueba la firma."
    kind = "Es un expediente académico en XML (ELMO), no una credencial digital europea."
    assert await said_of(
        api, transcript, "format", "seal", "issuer_trust", "issuer_identity", "expiry"
    ) == [(text, None) for text in (kind, intact, unknown, compared, alone)]
    broken = (
        "El expediente se ha modificado después de firmarlo, o se firmó con una clave que no es la "
        "de un certificado incluido en él."
    )
    changed = transcript.replace(b"passed", b"failed")
    assert await said_of(api, changed, "seal") == [(broken, None)]


async def test_what_most_seals_are_told_is_translated_with_its_advice(api: IssuingApi) -> None:
    _, sealed = await the_first(api)
    page = parsed(await checked(api, sealed, "es"))
    checks = page.find(".//ul[@class='checks']")
    assert [p.text for p in checks.iter("p") if p.get("lang")] == []
    advice = [p.text for p in checks.iter("p") if p.get("class") == "advice"]
    assert advice == [
        "Si es importante, pregunte a la autoridad que emitió el certificado.",
        "Compare el nombre y la fecha de nacimiento con un documento de identidad.",
    ]


def template(node: ast.AST) -> str | None:
    """A sentence in the code, with `{}` for what it names."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join((template(part) or "") for part in node.values)
    return "{}" if isinstance(node, ast.FormattedValue) else None


def test_a_sentence_that_names_somebody_is_translated_whatever_the_name() -> None:
    name = 'A {strange} "name" of (nobody).'
    said = f"The certificate of {name} hangs on no authority that is known here."
    german = f"Das Zertifikat von {name} hängt an keiner Stelle, die hier bekannt ist."
    assert reason("unknown_issuer", said, "de") == german
    assert reason("unknown_issuer", said, "en") is None
    assert reason("unknown_issuer", f"{said} And more", "de") is None
    assert reason("seal_intact", said, "de") is None


def test_every_translated_reason_is_a_sentence_that_the_verifier_says() -> None:
    code = Path(verify.__file__).parent
    files = [*code.glob("*.py"), Path(verifying.__file__)]
    said = {
        template(node)
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    }
    reasons = [name for name in phrases() if name.startswith(("reason-", "advice-"))]
    named = dict.fromkeys(("name", "start", "end"), "{}")
    assert [name for name in reasons if say(name, "en", **named) not in said] == []


def test_everything_that_is_said_of_the_signature_of_a_transcript_is_translated() -> None:
    tree = ast.parse(Path(verifying.__file__).read_text(encoding="utf-8"))
    explained = {template(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    parts = {
        template(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    sentences = {template(node) for node in ast.walk(tree)} - explained - parts
    named = dict.fromkeys(("name", "start", "end"), "{}")
    known = {say(name, "en", **named) for name in phrases() if name.startswith("reason-")}
    left = [one for one in sentences - known if one and one.endswith(".") and " " in one]
    assert [one for one in left if not one.startswith(("Ask ", "Compare "))] == [
        # What is wrong with a chain is in the verifier's language.
        "The certificate's chain breaks the rules: {}.",
    ]

"""Pages for people: readable by everybody, in their language, without scripts or strangers."""

import base64
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from hashlib import sha256
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import html5rdf  # type: ignore[import-untyped]
import httpx
import pytest
from lxml import etree, html

from app.adapters.edc.image.branding import contrast
from app.domain.credentials.credential import Change
from app.domain.credentials.status import Standing
from app.domain.credentials.verification import (
    Check,
    CheckName,
    CheckStatus,
    Verdict,
    VerificationBusy,
)
from app.domain.ids import new_id
from app.routers.pages.elements import e, joined
from app.routers.pages.evidence import evidence_of
from app.routers.pages.words import LANGUAGES, chosen_language, phrases, say
from tests.adapters.edc.test_other_files import a_pdf
from tests.api.test_credentials import IssuingApi, issuing_api

STYLE = (resources.files("app.data") / "pages" / "style.css").read_text()


@pytest.fixture
async def api(data_dir: Path) -> AsyncIterator[IssuingApi]:
    """Seals for real, with a key in memory."""
    async with issuing_api(data_dir) as api:
        yield api


async def the_first(api: IssuingApi) -> tuple[dict[str, Any], bytes]:
    """A credential and its sealed file."""
    await api.issue()
    credential = (await api.credentials())[0]
    path = f"/v1/credentials/{credential['id']}/document"
    return credential, (await api("ines-oviedo", "GET", path)).content


async def checked(api: IssuingApi, file: bytes, lang: str = "en") -> httpx.Response:
    return await api(
        None, "POST", f"/verify?lang={lang}", files={"file": ("credential.jsonld", file)}
    )


def parsed(response: httpx.Response) -> Any:
    """The page as a tree; nothing on it may be against the grammar of HTML."""
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    html5rdf.HTMLParser(strict=True).parse(response.text)
    page = html.fromstring(response.content)
    insist_on_accessible(page)
    insist_on_headers(response)
    return page


def insist_on_accessible(page: Any) -> None:
    assert page.get("lang") in LANGUAGES
    assert page.findtext("head/title")
    assert len(page.findall(".//h1")) == 1
    levels = [int(h.tag[1]) for h in page.iter("h1", "h2", "h3", "h4")]
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    assert len(page.findall(".//main")) == 1
    assert page.find(".//a[@class='skip']").get("href") == "#content"
    ids = [node.get("id") for node in page.iter() if node.get("id")]
    assert len(ids) == len(set(ids))
    for field in page.iter("input"):
        if field.get("type") != "hidden":
            assert page.find(f".//label[@for='{field.get('id')}']") is not None
            assert set((field.get("aria-describedby") or "").split()) <= set(ids)
    for link in page.iter("a"):
        assert "".join(link.itertext()).strip()
    for picture in page.iter("svg"):
        assert picture.get("aria-hidden") == "true"
    for image in page.iter("img"):
        assert image.get("alt")
    for node in page.iter():
        if isinstance(node.tag, str):
            assert node.tag != "script"
            assert [n for n in node.attrib if n.startswith("on") or n == "style"] == []
            for name in ("src", "href", "action"):
                assert (node.get(name) or "/").startswith(("/", "#")), "something from elsewhere"


def insist_on_headers(response: httpx.Response) -> None:
    digest = base64.b64encode(sha256(STYLE.strip().encode()).digest()).decode()
    policy = dict(
        rule.strip().split(" ", 1)
        for rule in response.headers["content-security-policy"].split(";")
    )
    assert policy == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "img-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cache-control"] == "private, no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-language"] == html.fromstring(response.content).get("lang")


def text_of(page: Any) -> str:
    return " ".join(" ".join(page.find(".//main").itertext()).split())


async def test_the_address_itself_leads_on(api: IssuingApi) -> None:
    page = parsed(await api(None, "GET", "/"))
    links = [link.get("href") for link in page.find(".//main").iter("a")]
    assert links == ["/verify?lang=en", "/docs", "/openapi.json", "/health"]
    for link in links:
        assert (await api(None, "GET", link)).status_code == 200


async def test_whoever_scans_a_code_learns_the_status_and_no_name(api: IssuingApi) -> None:
    credential, _ = await the_first(api)
    response = await api(None, "GET", f"/verify/{credential['id']}?lang=de")
    page = parsed(response)
    assert response.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
    assert page.findtext(".//h1") == "Dieser Nachweis ist in Kraft"
    assert credential["urn"] in text_of(page)
    assert "DEVELOPMENT" in text_of(parsed(await api(None, "GET", f"/verify/{credential['id']}")))
    assert "Learner" not in response.text
    form = page.find(".//form")
    assert (form.get("action"), form.get("enctype")) == ("/verify?lang=de", "multipart/form-data")


async def test_a_revoked_credential_says_so_first(api: IssuingApi) -> None:
    credential, file = await the_first(api)
    async with api.ports.system_work("test") as work:
        loaded = await work.credentials.get(UUID(credential["id"]))
        loaded.propose(Change.REVOKE, "error", by=new_id(), at=api.ports.clock.now())
        loaded.confirm(by=new_id(), at=api.ports.clock.now())
        await work.credentials.save(loaded)
    page = parsed(await api(None, "GET", f"/verify/{credential['id']}"))
    assert page.findtext(".//h1") == "This credential was revoked"
    assert "Do not rely on it." in text_of(page)
    assert parsed(await checked(api, file)).findtext(".//h1") == "Not confirmed"


async def test_an_unknown_number_is_answered_with_a_page(api: IssuingApi) -> None:
    for number in ("0198c0de-0000-7000-8000-00000000c0de", "nonsense", "%3Cb%3E"):
        response = await api(None, "GET", f"/verify/{number}")
        assert response.status_code == 404
        heading = parsed(response).findtext(".//h1")
        assert heading == "No credential with this identifier is known here"


async def test_a_file_is_verified_without_a_script(api: IssuingApi) -> None:
    credential, file = await the_first(api)
    response = await checked(api, file, "es")
    page = parsed(response)
    assert (response.status_code, page.get("lang")) == (200, "es")
    assert response.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
    assert page.findtext(".//h1") == "Verificada"
    assert "Learner" in text_of(page)
    assert credential["urn"] in text_of(page)
    checks = page.findall(".//ul[@class='checks']/li")
    assert [check.findtext("h3") for check in checks] == [
        say(f"check-{name}", "es") for name in CheckName
    ]
    states = {say(f"check-{state}", "es") for state in CheckStatus}
    assert {check.findtext("span") for check in checks} <= states
    sentences = {check.findtext("h3"): check.find("p") for check in checks}
    seal, owner = (sentences[say(f"check-{name}", "es")] for name in ("seal", "expiry"))
    assert (seal.text, seal.get("lang")) == ("Nada ha cambiado desde que se selló.", None)
    assert (owner.text, owner.get("lang")) == ("Es válida ahora.", None)
    # What only the verifier's language has is marked as being in it.
    rewritten = json.dumps(json.loads(file), indent=1).encode()
    form = parsed(await checked(api, rewritten, "es")).find(".//ul[@class='checks']/li")
    assert [p.get("lang") for p in form.findall("p")] == ["en", "en"]


async def test_what_a_check_rests_on_is_folded_away_beneath_it(api: IssuingApi) -> None:
    _, file = await the_first(api)
    page = parsed(await checked(api, file, "de"))
    told = (await api.verified(file))["checks"]
    folded = {
        check.findtext("h3"): " ".join(check.find("details").itertext())
        for check in page.findall(".//ul[@class='checks']/li")
        if check.find("details") is not None
    }
    assert list(folded) == [
        say(f"check-{one['name']}", "de")
        for one in told
        if any(value is not None for value in one["evidence"].values())
    ]
    identity = folded[say("check-issuer_identity", "de")]
    assert "NTRXX-DEVELOPMENT-UNIOVI" in identity
    assert say("sealed-at", "de") in [dt.text for dt in page.iter("dt")]
    insist_on_accessible(page)


def test_the_successor_and_what_strangers_wrote_stand_on_the_page_as_text() -> None:
    successor = new_id()
    check = Check(
        CheckName.REVOCATION,
        CheckStatus.ERROR,
        "revoked",
        "Its issuer has revoked it.",
        {
            "successor": f"urn:credential:{successor}",
            "register_of": None,
            "at": [{"pointer": "<script>", "deep": [[[[["far"]]]]]}],
            "proven": False,
        },
    )
    shown = html.fragment_fromstring(
        str(joined(evidence_of(check, "sv", language="en"))), create_parent="div"
    )
    assert shown.find(".//a").get("href") == f"/verify/{successor}?lang=sv"
    assert shown.find(".//a").text == say("successor", "sv")
    assert [dt.text for dt in shown.find("details").iter("dt")] == [
        "successor", "at", "pointer", "deep", "proven",
    ]  # fmt: skip
    text = " ".join(shown.itertext())
    assert ("<script>" in text, "far" in text, shown.find(".//script")) == (True, False, None)
    assert evidence_of(replace(check, evidence={"a": None}), "sv", language="en") is None


async def test_the_pdf_can_be_sent_as_it_is(api: IssuingApi) -> None:
    credential, _ = await the_first(api)
    pdf = await api("ines-oviedo", "GET", f"/v1/credentials/{credential['id']}/pdf")
    assert parsed(await checked(api, pdf.content)).findtext(".//h1") == "Verified"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_of_a_pdf_with_pages_of_somebody_else_the_page_says_what_was_not_checked(
    api: IssuingApi, language: str
) -> None:
    """A genuine credential in a PDF that shows another name: the verdict has its limit."""
    _, file = await the_first(api)
    forged = a_pdf(file)
    told = await api.verified(forged)
    assert [note["code"] for note in told["notes"]] == ["pdf_pages_not_checked"]
    assert told["notes"][0]["sentence"] == say("note-pdf_pages_not_checked", "en")
    (banner,) = parsed(await checked(api, forged, language)).find_class("banner")
    assert banner.findtext(".//h1") == say("verdict-verified", language)
    assert banner.findtext(".//p/strong") == say("note-pdf_pages_not_checked", language)
    assert (await api.verified(file))["notes"] == []
    (banner,) = parsed(await checked(api, file, language)).find_class("banner")
    assert banner.find(".//strong") is None


async def test_a_changed_file_is_refused_with_the_reason(api: IssuingApi) -> None:
    _, file = await the_first(api)
    page = parsed(await checked(api, file.replace(b"Learner", b"Learned")))
    assert page.findtext(".//h1") == "Not confirmed"
    assert "DEVELOPMENT" in text_of(page)
    failed = [li.findtext("h3") for li in page.iter("li") if li.findtext("span") == "Failed"]
    assert failed[0] == "Seal"
    # What failed first is said at the top, where it is read first.
    (first,) = page.findall(".//div[@class='banner error']//strong")
    assert first.text_content() == "Seal: " + page.findtext(".//li[h3='Seal']/p")


async def test_any_file_gets_a_page(api: IssuingApi) -> None:
    hostile = b'{"title":{"en":"<script>alert(1)</script>"}}'
    for file in (b"{}", b"no JSON", hostile, b"\xff\xfe", b"%PDF-1.7"):
        assert parsed(await checked(api, file)).findtext(".//h1") == "Not confirmed"


async def test_a_kind_of_file_that_is_not_checked_is_neither_praised_nor_called_wrong(
    api: IssuingApi,
) -> None:
    page = parsed(await checked(api, b"<a/>"))
    assert page.findtext(".//h1") == "Not checked"
    (banner,) = page.find_class("banner")
    assert banner.get("class") == "banner skipped"
    said = " ".join(banner.itertext())
    assert "not checked here" in said
    assert "Nothing is wrong" not in said


async def test_without_a_file_the_form_says_what_is_missing(api: IssuingApi) -> None:
    for sent in ({"files": {"file": ("", b"")}}, {"data": {"file": "text"}}, {}):
        response = await api(None, "POST", "/verify?lang=fi", **sent)
        page = parsed(response)
        assert response.status_code == 422
        assert page.find(".//*[@role='alert']").text == "Valitse ensin tiedosto ja tarkista sitten."
        assert page.find(".//input").get("aria-invalid") == "true"


async def test_every_language_has_every_page(api: IssuingApi) -> None:
    addresses = [(tag, path) for tag in LANGUAGES for path in ("/", "/verify", "/verify/nothing")]
    for language, path in addresses:
        page = parsed(await api(None, "GET", path, headers={"Accept-Language": f"{language}-XX"}))
        assert page.get("lang") == language
        assert page.find(".//nav//*[@aria-current]").text == LANGUAGES[language]
        offered = [link.get("lang") for link in page.find(".//nav").iter("a")]
        assert sorted([*offered, language]) == sorted(LANGUAGES)


def test_every_phrase_is_there_in_every_language_with_the_same_values() -> None:
    raw = (resources.files("app.data") / "pages" / "words.json").read_text(encoding="utf-8")
    assert raw.count('"en":') == len(phrases())
    names = ("alliance", "size", "moment", "title", "left", "all", "name", "start", "end")
    values = {name: f"<{name}>" for name in names}
    for phrase in phrases():
        said = [say(phrase, language, **values) for language in LANGUAGES]
        assert len({frozenset(re.findall("<[a-z]+>", text)) for text in said}) == 1
    needed = [f"check-{name}" for name in (*CheckName, *CheckStatus)]
    needed += [f"verdict-{verdict}" for verdict in Verdict]
    needed += [f"standing-{standing}" for standing in Standing]
    assert set(needed) <= set(phrases())


@pytest.mark.parametrize(
    ("wish", "accepted", "language"),
    [
        (None, None, "en"),
        ("el", "de", "el"),
        ("xx", "de", "de"),
        (None, "nl, sv;q=0.4, ro;q=0.8", "ro"),
        (None, "de-AT", "de"),
        (None, "fr;q=0, it;q=0.1", "it"),
        (None, "fr;q=oops, *;q=1", "en"),
        (None, "," * 10_000, "en"),
    ],
)
def test_a_reader_gets_the_language_that_they_like_best(
    wish: str | None, accepted: str | None, language: str
) -> None:
    assert chosen_language(wish, accepted) == language


def test_a_text_is_never_markup() -> None:
    hostile = "\"'><script>alert(1)</script>&amp;"
    made = e("p", hostile, e("b", [hostile, None]), title=hostile, hidden=True, lang=None)
    page = etree.fromstring(made.replace(" hidden", ""))
    assert (page.get("title"), page.text, page[0].text) == (hostile, hostile, hostile)
    assert [child.tag for child in page.iter()] == ["p", "b"]


COLOURS = dict(re.findall(r"--([a-z-]+):(#[0-9a-f]{6})", STYLE))
PAIRS = [
    (text, ground)
    for text in ("ink", "deep", "soft", "gold")
    for ground in ("paper", "pale")
] + [("ok", "ok-bg"), ("note", "note-bg"), ("bad", "bad-bg"), ("none", "none-bg"),
     ("ink", "ok-bg"), ("ink", "note-bg"), ("ink", "bad-bg"), ("ok", "paper"), ("note", "paper"),
     ("bad", "paper"), ("none", "paper")]  # fmt: skip


@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_texts_stand_out_from_their_ground(text: str, ground: str) -> None:
    assert contrast(COLOURS[text], COLOURS[ground]) >= 4.5


def test_the_edge_of_the_field_stands_out() -> None:
    edge = re.search(r"input\[type=file\]\{[^}]*border:2px dashed (#[0-9a-f]{6})", STYLE)
    assert edge is not None
    assert contrast(edge[1], COLOURS["paper"]) >= 3
    assert contrast("#ffffff", COLOURS["deep"]) >= 4.5


def test_the_style_fetches_nothing() -> None:
    assert "url(" not in STYLE
    assert "@import" not in STYLE


BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "es"}


async def test_a_browser_that_sends_too_much_is_told_so_on_a_page(api: IssuingApi) -> None:
    large = {"file": ("credential.jsonld", b"x" * (api.ports.settings.upload_limit + 1))}
    shown = await api(None, "POST", "/verify", files=large, headers=BROWSER)
    assert (shown.status_code, parsed(shown).findtext(".//h1")) == (
        413, "El archivo es demasiado grande",
    )  # fmt: skip
    for path, headers in (("/verify", {}), ("/v1/credentials/verify", BROWSER)):
        program = await api(None, "POST", path, files=large, headers=headers)
        assert program.headers["content-type"] == "application/problem+json"
        assert program.json()["code"] == "body_too_large"


async def test_a_browser_that_comes_while_too_much_is_going_on_is_asked_to_come_again(
    data_dir: Path,
) -> None:
    class Busy:
        async def verify(self, raw: bytes, *, now: Any, status: Any) -> Any:
            raise VerificationBusy

    async with issuing_api(data_dir, verifier=Busy()) as api:
        file = {"file": ("credential.pdf", b"%PDF-1.7")}
        shown = await api(None, "POST", "/verify?lang=fi", files=file, headers=BROWSER)
        assert parsed(shown).findtext(".//h1") == "Juuri nyt on liikaa ruuhkaa"
        assert (shown.status_code, shown.headers["retry-after"]) == (503, "5")
        program = await api(None, "POST", "/verify", files=file)
        assert program.json()["code"] == "verification_busy"


async def test_an_address_of_pages_that_leads_nowhere_is_a_page(api: IssuingApi) -> None:
    shown = await api(None, "GET", "/verifying", headers=BROWSER)
    assert (shown.status_code, parsed(shown).findtext(".//h1")) == (404, "No ha funcionado")
    assert parsed(shown).find(".//main//a").get("href") == "/verify?lang=es"

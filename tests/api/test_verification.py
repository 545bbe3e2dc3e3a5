"""Verifying over HTTP what is not plain JSON, and what the address knows."""

import pytest

from tests.adapters.edc.credentials import a_credential, as_bytes
from tests.adapters.edc.seals import sealed
from tests.adapters.edc.test_hostile import CREDENTIAL, crafted
from tests.adapters.edc.test_other_files import ELMO, a_pdf
from tests.api.conftest import Api

ADDRESS = "/v1/credentials/verify"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_another_method_than_post_is_not_allowed_there(api: Api, method: str) -> None:
    answer = await api(None, method, ADDRESS)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert answer.json()["code"] == "method_not_allowed"


async def test_a_pdf_is_verified_by_what_is_embedded_in_it(api: Api) -> None:
    document = a_pdf(sealed())
    as_file = {"file": ("mine.pdf", document, "application/pdf")}
    form = (await api(None, "POST", ADDRESS, files=as_file)).json()
    headers = {"Content-Type": "application/pdf"}
    bare = (await api(None, "POST", ADDRESS, content=document, headers=headers)).json()
    assert (form["presented_as"], bare["presented_as"]) == ("pdf", "pdf")
    checks = {check["name"]: check["code"] for check in form["checks"]}
    assert (checks["seal"], checks["issuer_trust"]) == ("seal_intact", "unknown_issuer")
    assert bare["checks"] == form["checks"]


async def test_xml_is_named_and_an_unsealed_credential_is_said_to_be_one(api: Api) -> None:
    headers = {"Content-Type": "application/xml"}
    named = (await api(None, "POST", ADDRESS, content=ELMO, headers=headers)).json()
    assert (named["presented_as"], named["checks"][0]["code"]) == ("xml", "elmo_transcript")
    assert (named["verdict"], named["sealed"]) == ("not_checked", False)
    headers = {"Content-Type": "application/json"}
    bare = as_bytes(a_credential())
    unsealed = (await api(None, "POST", ADDRESS, content=bare, headers=headers)).json()
    assert (unsealed["sealed"], unsealed["level"], unsealed["proven_at"]) == (False, None, None)
    assert unsealed["verdict"] == "not_sealed"


async def test_a_file_that_anybody_may_have_written_is_shown_as_such(api: Api) -> None:
    """Never under a heading of what was verified, whatever holder and issuer it names."""
    as_file = {"file": ("mine.jsonld", as_bytes(a_credential()), "application/ld+json")}
    shown = (await api(None, "POST", "/verify?lang=en", files=as_file)).text
    assert "<h1>Not sealed</h1>" in shown
    assert "verified" not in shown.partition("<main")[2].partition("</h1>")[0].lower()
    assert "Nothing is wrong" not in shown


async def test_no_name_turns_the_letters_of_a_page_round(api: Api) -> None:
    """U+202E writes backwards from there on; the joiner belongs to how names are written."""
    credential = a_credential()
    holder = credential["credentialSubject"]
    holder["fullName"] = {"en": "Ana\u202e drawkcab\u200b \u0645\u06cc\u200c\u062e"}
    as_file = {"file": ("mine.jsonld", as_bytes(credential), "application/ld+json")}
    shown = (await api(None, "POST", "/verify?lang=en", files=as_file)).text
    assert "<bdi>Ana drawkcab \u0645\u06cc\u200c\u062e</bdi>" in shown
    assert {"\u202e", "\u200b"} & set(shown) == set()


@pytest.mark.parametrize(
    ("document", "check", "code"),
    [
        (
            as_bytes({**a_credential(), "validFrom": "0001-01-01T00:00:00Z"}),
            "expiry",
            "valid_now",
        ),
        (
            crafted(payload=as_bytes({**CREDENTIAL, "validFrom": "0001-01-01T00:00:00Z"})),
            "expiry",
            "valid_now",
        ),
        (
            crafted({"x5t#o": {"digAlg": [], "digVal": ""}}, without=("x5t#S256",)),
            "seal",
            "certificate_reference",
        ),
    ],
)
async def test_a_file_with_the_first_moment_or_an_odd_digest_gets_a_verdict(
    api: Api, document: bytes, check: str, code: str
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await api(None, "POST", ADDRESS, content=document, headers=headers)
    assert answer.status_code == 200
    assert {c["name"]: c["code"] for c in answer.json()["checks"]}[check] == code

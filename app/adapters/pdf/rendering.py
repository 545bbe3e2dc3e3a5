"""The PDF of a credential: PDF/A-3a and PDF/UA-1, with the sealed file inside, byte for byte.

Rendered from the sealed document alone, so that it can show nothing that was not sealed; the same
document gives the same bytes. It is a copy to read and to frame: what counts is the file inside.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from importlib import resources
from io import BytesIO
from typing import Any, Literal

import segno
import typst

from app.adapters.edc.elm.words import word
from app.adapters.edc.image.branding import Branding
from app.adapters.edc.image.lettering import compiler, undrawn_by
from app.adapters.edc.pki.certificates import CertificateUnreadable, certificate_facts
from app.adapters.edc.seal.opened import Sealed, open_sealed
from app.adapters.edc.strict_json import NotReadable, read_object
from app.adapters.pdf.nodes import first, plain, said
from app.adapters.pdf.shown import instant, languages, shown
from app.domain.credentials.credential_id import credential_of_urn
from app.domain.errors import InternalInconsistency

STANDARDS: tuple[Literal["a-3a"], Literal["ua-1"]] = ("a-3a", "ua-1")
"""ISO 19005-3 level A (archiving, with attachments) and ISO 14289-1 (accessibility)."""
ATTACHMENT = "credential.jsonld"

_MOST_REPLACED = 64
_INSTEAD = "\N{WHITE SQUARE}"


def document_languages(sealed: bytes) -> Sequence[str]:
    """The languages that a sealed credential can be shown in, the primary one first."""
    return languages(_credential(open_sealed(sealed)))


def credential_pdf(
    sealed: bytes, language: str, *, public_url: str, branding: Branding | None = None
) -> bytes:
    """The pages of a sealed credential in one language (a BCP 47 tag).

    `public_url` is where people reach this service: the QR code leads to its page about this
    credential. CPU work of some tens of milliseconds: call it in a thread. Raises
    InternalInconsistency for bytes that are no sealed credential of ours.
    """
    try:
        opened = open_sealed(sealed)
        credential = _credential(opened)
    except NotReadable as error:
        raise InternalInconsistency(f"a stored document cannot be read: {error.code}") from error
    content = shown(credential, language)
    content |= _seal(opened, credential, sealed, language, public_url)
    content |= _look(branding or Branding(), language)
    return _compiled(content, sealed.decode("utf-8"))


def _credential(opened: Sealed) -> dict[str, Any]:
    return read_object(opened.payload)


def _seal(
    opened: Sealed, credential: Mapping[str, Any], sealed: bytes, tag: str, public_url: str
) -> dict[str, Any]:
    issuer = first(credential, "issuer")
    name = said(issuer.get("legalName"), tag) or plain("", tag)
    number = str(credential.get("id", ""))
    ours = credential_of_urn(number)
    address = f"{public_url}/verify/{ours}" if ours else f"{public_url}/verify"
    at = opened.signed_at
    title = said(first(credential, "displayParameter").get("title"), tag) or plain("", tag)
    legal = first(issuer, "eIDASIdentifier").get("notation")
    texts: list[tuple[str, Any, bool]] = [
        ("issuer", name, False),
        ("legal-number", legal if isinstance(legal, str) else None, True),
        ("sealed-on", plain(instant(at, tag), tag) if at else None, False),
        ("identifier", number, True),
        ("fingerprint", sha256(sealed).hexdigest(), True),
    ]
    return {
        "subject": title["text"],
        "about": word("authentic-is", tag, issuer=name["text"]),
        "keywords": [number],
        "issuer": name,
        "made": _day(credential, at),
        "number": number,
        "address": address,
        "code": {
            "drawing": qr_code(address),
            "alternative": word("code-leads-to", tag, address=address),
        },
        "sealed-by": plain(word("sealed-by", tag, issuer=name["text"]), tag),
        "attached": word("sealed-file", tag),
        "development": word("development", tag) if _development(opened) else None,
        "authenticity": {
            "heading": word("authenticity", tag),
            "text": word("authentic-is", tag, issuer=name["text"]),
            "pairs": [
                {"label": plain(word(label, tag), tag), "value": value, "code": code}
                for label, value, code in texts
                if value
            ],
        },
    }


def _look(branding: Branding, tag: str) -> dict[str, Any]:
    return {
        "colours": {"primary": branding.primary, "accent": branding.accent},
        "logos": [
            {"drawing": logo.drawing, "alternative": word("logo-of", tag, institution=logo.name)}
            for logo in branding.logos
        ],
    }


def _day(credential: Mapping[str, Any], at: Any) -> dict[str, int]:
    day = at.date() if at else None
    return {"year": day.year, "month": day.month, "day": day.day} if day else {
        "year": 1970, "month": 1, "day": 1,
    }  # fmt: skip


def _development(opened: Sealed) -> bool:
    try:
        return certificate_facts(opened.certificates[0]).development
    except CertificateUnreadable:
        return True


def qr_code(address: str) -> str:
    """A QR code as SVG, error correction M, with the quiet zone that readers need."""
    drawn = BytesIO()
    segno.make_qr(address, error="m").save(
        drawn, kind="svg", border=2, dark="#1b2540", light="#ffffff", xmldecl=False
    )
    return drawn.getvalue().decode("utf-8")


def _compiled(content: dict[str, Any], sealed: str) -> bytes:
    content["words"]["page"] = word("page-of", content["language"], page="{page}", pages="{pages}")
    data = json.dumps(content, ensure_ascii=False)
    for _ in range(_MOST_REPLACED):
        try:
            return _compile(data, sealed)
        except typst.TypstError as error:
            undrawn = undrawn_by(error)
            if undrawn is None:
                raise
            # A script that no font here has. The file inside holds it in full.
            data = data.replace(undrawn, _INSTEAD * len(undrawn))
    raise InternalInconsistency("a credential is in scripts that cannot be drawn here")


def _compile(data: str, sealed: str) -> bytes:
    # The template goes in anew each time: a compiler forgets an input that it got as bytes.
    drawn = compiler().compile(
        input=_template(),
        format="pdf",
        pdf_standards=list(STANDARDS),
        sys_inputs={"data": data, "sealed": sealed},
    )
    if not isinstance(drawn, bytes):
        raise InternalInconsistency("the PDF came out empty")
    return drawn


@cache
def _template() -> bytes:
    return (resources.files("app.data") / "elm" / "document.typ").read_bytes()

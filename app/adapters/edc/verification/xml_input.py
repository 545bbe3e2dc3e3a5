"""XML that somebody presents: it is named for what it is, and otherwise left alone.

Transcripts (ELMO) and credentials of the years before 2022 come as XML. They are other formats with
other seals; calling one a broken credential would be wrong, and so would saying anything about
its seal without having checked it.
"""

import re

from lxml import etree

from app.adapters.edc.strict_json import MAX_BYTES
from app.domain.credentials.verification import Check, CheckName, CheckStatus

_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_ELMO = "https://github.com/emrex-eu/elmo-schemas/"
_EUROPASS = "http://data.europa.eu/snb"


_DECLARED = re.compile(r"""\s*<\?xml\s[^>]*?encoding\s*=\s*["']([^"'>]*)["']""")
_WIDE = (
    *(b"<\0", b"\0<", b"\0\0\0<"),
    *(b"\xff\xfe<\0", b"\xfe\xff\0<", b"\xff\xfe\0\0<", b"\0\0\xfe\xff"),
)
"""How XML begins in UTF-16 and UTF-32 (XML 1.0, appendix F.1)."""


def looks_like_xml(raw: bytes) -> bool:
    """Whether bytes are XML rather than JSON, in whatever encoding."""
    start = raw[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    return start[:1] == b"<" or raw.startswith(_WIDE)


def what_it_is(raw: bytes) -> Check:
    """The check of the form for XML: what it is and what to do with it. Never raises."""
    if len(raw) > MAX_BYTES:
        return _error("too_large", f"The file is larger than {MAX_BYTES // 1_000_000} MB.")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or _declares_another_encoding(text):
        # What is banned below would look otherwise in another encoding.
        return _error("xml_not_utf8", "Only XML in UTF-8 is looked at.")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        return _error("xml_with_doctype", "XML with a document type declaration is not looked at.")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError):
        return _error("not_json", "The file is neither JSON nor XML that can be read.")
    if root.getroottree().docinfo.internalDTD is not None:
        return _error("xml_with_doctype", "XML with a document type declaration is not looked at.")
    name = etree.QName(root)
    sealed = next(root.iter(_SIGNATURE), None) is not None
    evidence = {"root": name.localname[:80], "namespace": (name.namespace or "")[:200]}
    evidence["signed"] = "yes" if sealed else "no"
    if (name.namespace or "").startswith(_ELMO):
        return _other(
            "elmo_transcript",
            "It is a transcript of records in XML (ELMO), not a European Digital Credential.",
            evidence,
        )
    if (name.namespace or "").startswith(_EUROPASS):
        return _other(
            "xml_credential",
            "It is a credential in the XML form that Europass used before 2022.",
            evidence,
        )
    return _other("other_xml", "It is XML, but no credential of a kind that is known.", evidence)


def _declares_another_encoding(text: str) -> bool:
    declared = _DECLARED.match(text.removeprefix("\ufeff"))
    return declared is not None and declared[1].lower() not in ("utf-8", "us-ascii")


def _other(code: str, sentence: str, evidence: dict[str, str]) -> Check:
    return Check(
        CheckName.FORMAT,
        CheckStatus.WARNING,
        code,
        sentence,
        evidence,
        advice="Check its signature with a program for signed XML, or ask for the credential in "
        "JSON.",
    )


def _error(code: str, sentence: str) -> Check:
    return Check(CheckName.FORMAT, CheckStatus.ERROR, code, sentence)

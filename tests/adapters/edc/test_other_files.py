"""Credentials inside PDFs, hostile PDFs, and XML."""

import base64
import io
import json
import zlib

import pytest
from pyhanko.pdf_utils import embed, generic, writer

from app.adapters.edc.strict_json import NotReadable
from app.adapters.edc.verification.pdf_input import credential_in_pdf
from app.domain.credentials.verification import CheckName, CheckStatus, Contents, Verdict
from tests.adapters.edc.credentials import a_credential, as_bytes
from tests.adapters.edc.seals import sealed, verified


def a_pdf(*attached: bytes, encrypt: bool = False) -> bytes:
    made = writer.PdfFileWriter()
    contents = made.add_object(generic.StreamObject(stream_data=b"q Q"))
    made.insert_page(writer.PageObject(contents=contents, media_box=(0, 0, 100, 100)))
    for number, data in enumerate(attached):
        file = embed.EmbeddedFileObject.from_file_data(made, data=data, mime_type="text/plain")
        embed.embed_file(
            made, embed.FileSpec(file_spec_string=f"file-{number}.jsonld", embedded_data=file)
        )
    if encrypt:
        made.encrypt("secret", "secret")
    out = io.BytesIO()
    made.write(out)
    return out.getvalue()


def code_of(raw: bytes) -> str:
    check = verified(raw).check(CheckName.FORMAT)
    assert check.status is CheckStatus.ERROR
    return check.code


def test_the_credential_in_a_pdf_is_verified_as_if_it_came_alone() -> None:
    raw = sealed()
    alone, inside = verified(raw), verified(a_pdf(raw))
    assert credential_in_pdf(a_pdf(raw)).content == raw
    assert inside.checks == alone.checks
    assert inside.verdict is Verdict.VERIFIED
    assert (alone.presented_as, inside.presented_as) == ("json", "pdf")


def test_a_pdf_around_a_forged_credential_proves_nothing() -> None:
    forged = verified(a_pdf(sealed().replace(b"Ejemplo", b"Exemplo")))
    assert forged.check(CheckName.SEAL).code == "seal_broken"
    assert forged.verdict is Verdict.FAILED
    unsealed = verified(a_pdf(as_bytes(a_credential())))
    assert unsealed.check(CheckName.SEAL).code == "not_sealed"


def test_other_attachments_do_not_matter() -> None:
    assert verified(a_pdf(b"a note", sealed(), b"another")).verdict is Verdict.VERIFIED


def test_a_pdf_with_the_same_credential_twice_has_one() -> None:
    raw = sealed()
    assert verified(a_pdf(raw, raw)).verdict is Verdict.VERIFIED


@pytest.mark.parametrize(
    "beside",
    [
        b"\xef\xbb\xbf" + b'{"a":1}',
        b"\xef\xbb\xbf \n" + b'{"a":1}',
        '\ufeff{"a":1}'.encode("utf-16-le"),
        '\ufeff{"a":1}'.encode("utf-16-be"),
        '\ufeff {"a":1}'.encode("utf-32-le"),
        '\ufeff{"a":1}'.encode("utf-32-be"),
        '{"a":1}'.encode("utf-16-be"),
        '{"a":1}'.encode("utf-32-be"),
    ],
)
def test_an_object_behind_a_byte_order_mark_is_one_credential_more(beside: bytes) -> None:
    """Another program may look past the mark, and take this one for what the PDF is about."""
    assert code_of(a_pdf(beside, sealed())) == "pdf_several_credentials"
    assert code_of(a_pdf(sealed(), beside)) == "pdf_several_credentials"


def test_a_note_behind_a_byte_order_mark_is_a_note() -> None:
    assert verified(a_pdf(b"\xef\xbb\xbfa note", sealed())).verdict is Verdict.VERIFIED


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (a_pdf(), "pdf_without_credential"),
        (a_pdf(b"only a note"), "pdf_without_credential"),
        (a_pdf(b"{}", b'{"a":1}'), "pdf_several_credentials"),
        (a_pdf(*[b"%d" % n for n in range(30)]), "pdf_too_many_attachments"),
        (a_pdf(b"{}", encrypt=True), "pdf_encrypted"),
        (b"%PDF-1.7\n", "pdf_unreadable"),
        (b"%PDF-1.7\n" + b"1 0 obj << /Kids [1 0 R] >>\n" * 50, "pdf_unreadable"),
        (b"%PDF-1.7\n" + b"(" * 100_000, "pdf_unreadable"),
    ],
)
def test_a_pdf_without_one_credential_is_refused_with_the_reason(raw: bytes, code: str) -> None:
    assert code_of(raw) == code


def test_what_becomes_huge_when_unpacked_is_refused() -> None:
    packed = _packed()
    assert len(packed) < 200_000
    assert code_of(packed) == "pdf_excessive"


def _packed() -> bytes:
    """A PDF whose attachment of 30 MB is packed into some kilobytes."""
    data = zlib.compress(b"{" + b" " * 30_000_000, 9)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [(a) 3 0 R] >> >> >>",
        b"<< /Type /Pages /Kids [] /Count 0 >>",
        b"<< /Type /Filespec /F (a) /EF << /F 4 0 R >> >>",
        b"<< /Type /EmbeddedFile /Filter /FlateDecode /Length %d >>\nstream\n" % len(data)
        + data
        + b"\nendstream",
    ]
    return _written(objects)


def _written(objects: list[bytes]) -> bytes:
    out, offsets = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        start,
    )


def a_pdf_of_names(number: int) -> bytes:
    """A PDF whose tree of names has so many files, that are all the same."""
    return _written(
        [
            b"<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles 3 0 R >> >>",
            b"<< /Type /Pages /Kids [] /Count 0 >>",
            b"<< /Names [" + b"(a)4 0 R " * number + b"] >>",
            b"<< /Type /Filespec /F (a) >>",
        ]
    )


def test_more_names_than_a_credential_has_attachments_are_refused_unread() -> None:
    assert code_of(a_pdf_of_names(20)) == "pdf_without_credential"
    assert code_of(a_pdf_of_names(100)) == "pdf_too_many_attachments"


def test_a_tree_of_names_that_is_a_circle_comes_to_an_end() -> None:
    circle = _written(
        [
            b"<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles 3 0 R >> >>",
            b"<< /Type /Pages /Kids [] /Count 0 >>",
            b"<< /Kids [3 0 R 3 0 R] >>",
        ]
    )
    assert code_of(circle) == "pdf_too_many_attachments"


def test_a_pdf_beyond_the_limit_is_not_even_opened() -> None:
    with pytest.raises(NotReadable) as refused:
        credential_in_pdf(b"%PDF-1.7" + b" " * 10_000_001)
    assert refused.value.code == "too_large"


ELMO = b"""<?xml version="1.0"?>
<elmo xmlns="https://github.com/emrex-eu/elmo-schemas/tree/v1"><report/></elmo>"""
SIGNED = b"""<elmo xmlns="https://github.com/emrex-eu/elmo-schemas/tree/v1">
<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/></elmo>"""


@pytest.mark.parametrize(
    ("raw", "code", "signed"),
    [
        (ELMO, "elmo_transcript", "no"),
        (SIGNED, "elmo_transcript", "yes"),
        (b"\xef\xbb\xbf" + ELMO, "elmo_transcript", "no"),
        (b'<c:x xmlns:c="http://data.europa.eu/snb"/>', "xml_credential", "no"),
        (b"<html/>", "other_xml", "no"),
    ],
)
def test_xml_is_named_for_what_it_is_and_not_called_wrong(
    raw: bytes, code: str, signed: str
) -> None:
    found = verified(raw)
    check = found.check(CheckName.FORMAT)
    assert (check.status, check.code) == (CheckStatus.WARNING, code)
    assert check.evidence["signed"] == signed
    assert {c.status for c in found.checks if c is not check} == {CheckStatus.SKIPPED}
    assert (found.verdict, found.presented_as) == (Verdict.NOT_CHECKED, "xml")


def rewritten() -> dict[str, bytes]:
    """The same seal in the other forms that RFC 7515 has for it, and what is no seal at all."""
    outer = json.loads(sealed())
    [entry], payload = outer["signatures"], outer["payload"]
    encoded = base64.urlsafe_b64encode(payload.encode()).rstrip(b"=").decode()
    document = json.loads(payload)
    return {
        "flattened_seal": json.dumps({"payload": payload, **entry}).encode(),
        "several_signatures": json.dumps({**outer, "signatures": [entry, entry]}).encode(),
        "compact_seal": f"{entry['protected']}.{encoded}.{entry['signature']}\n".encode(),
        "file_for_an_issuer": json.dumps(
            {"credential": document, "deliveryDetails": {"deliveryAddress": ["z@example.org"]}}
        ).encode(),
    }


@pytest.mark.parametrize(
    "code", ["flattened_seal", "several_signatures", "compact_seal", "file_for_an_issuer"]
)
def test_other_forms_of_signatures_are_named_and_not_called_wrong(code: str) -> None:
    raw = rewritten()[code]
    found = verified(raw)
    check = found.check(CheckName.FORMAT)
    assert (check.status, check.code) == (CheckStatus.WARNING, code)
    assert {c.status for c in found.checks if c is not check} == {CheckStatus.SKIPPED}
    assert (found.verdict, found.presented_as) == (Verdict.NOT_CHECKED, "json")
    assert found.contents == Contents()
    if code != "compact_seal":
        inside = verified(a_pdf(raw))
        assert (inside.verdict, inside.presented_as) == (Verdict.NOT_CHECKED, "pdf")


@pytest.mark.parametrize(
    "raw",
    [
        b"a.b.c",
        b"e30.e30.e30",
        b'{"payload":"x","signature":"x","protected":"e30"}',
        b'{"payload":{},"signature":"x","protected":"eyJhbGciOiJub25lIn0"}',
        b'{"payload":"x","signatures":[{"signature":"x"},{"signature":"x"}]}',
        b'{"credential":[]}',
    ],
)
def test_what_only_resembles_another_form_is_still_wrong(raw: bytes) -> None:
    assert verified(raw).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "xml_with_doctype"),
        (b"<a>", "not_json"),
        (b"<", "not_json"),
        (b"<" * 100_000, "not_json"),
        (b"<a>" * 100_000, "not_json"),
    ],
)
def test_hostile_xml_is_refused(raw: bytes, code: str) -> None:
    assert code_of(raw) == code


DOCTYPE = '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
IN_UTF_7 = b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a [+ADwAIQ-ENTITY b "c">]><a/>'


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_no_document_type_hides_in_another_encoding(encoding: str) -> None:
    assert code_of(DOCTYPE.encode(encoding)) == "xml_not_utf8"
    declared = f'<?xml version="1.0" encoding="{encoding}"?>{DOCTYPE}'
    assert code_of(declared.encode(encoding)) == "xml_not_utf8"
    assert code_of(b'<?xml version="1.0" encoding="UTF-16"?><a/>') == "xml_not_utf8"
    assert code_of(IN_UTF_7) == "xml_not_utf8"


def test_nothing_of_a_pdf_is_fetched_or_run() -> None:
    """Actions and links of a document are data like any other."""
    elsewhere = b"<< /Type /Filespec /FS /URL /F (http://127.0.0.1:9/x.jsonld) >>"
    action = b"<< /S /JavaScript /JS (x) >>"
    document = _written(
        [
            b"<< /Type /Catalog /Pages 2 0 R /OpenAction %b /AF [%b] >>" % (action, elsewhere),
            b"<< /Type /Pages /Kids [] /Count 0 >>",
        ]
    )
    assert verified(document).check(CheckName.FORMAT).code == "pdf_without_credential"

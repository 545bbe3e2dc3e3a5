"""Transcripts in ELMO 1.7: what they say, by the official schema, and who signs them, by programs
that were not written here."""

import base64
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from lxml import etree
from signxml.exceptions import InvalidSignature
from signxml.verifier import XMLVerifier

from app.adapters.edc.pki.trust import as_pem
from app.adapters.edc.seal.seals import SealKey
from app.adapters.elmo.document import NAMESPACE, Transcript, elmo
from app.adapters.elmo.signing import DS, signed, verifies
from app.adapters.reference import partners
from app.domain.errors import InternalInconsistency
from app.domain.ids import new_id
from tests.csc_service import running
from tests.issuing_builders import an_award, the_micro_credential
from tests.pki.authority import TestPki
from tests.reference_data import ROOT, reference_file
from tests.seal_keepers import LABELS, make_token, remote_key, service_for, token_key

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PDF = b"%PDF-1.7 of a test"
N = {"e": NAMESPACE, "ds": DS}
JAVA = """
import java.io.File; import java.io.FileInputStream; import java.security.cert.*;
import javax.xml.crypto.dsig.*; import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.parsers.*; import org.w3c.dom.*;
public class V { public static void main(String[] a) throws Exception {
  DocumentBuilderFactory f = DocumentBuilderFactory.newInstance(); f.setNamespaceAware(true);
  f.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
  for (int i = 0; i < a.length; i += 2) {
  Document d = f.newDocumentBuilder().parse(new File(a[i]));
  Certificate c = CertificateFactory.getInstance("X.509").generateCertificate(
      new FileInputStream(a[i + 1]));
  Node n = d.getElementsByTagNameNS(XMLSignature.XMLNS, "Signature").item(0);
  DOMValidateContext x = new DOMValidateContext(c.getPublicKey(), n);
  x.setProperty("org.jcp.xml.dsig.secureValidation", true);
  XMLSignature s = XMLSignatureFactory.getInstance("DOM").unmarshalXMLSignature(x);
  System.out.println(s.validate(x) ? "VALID" : "INVALID"); } } }
"""


def a_transcript(**changes) -> Transcript:
    micro_credential = the_micro_credential()
    by_code = {partner.code: partner for partner in partners()}
    return replace(
        Transcript(
            credential=new_id(),
            award=an_award(new_id(), micro_credential),
            specification=micro_credential.specification,
            issuer=by_code["UNIOVI"],
            bodies=tuple(by_code[code] for code in ("UNIOVI", "HKA", "UDA")),
            issued_at=NOW,
            generated_at=NOW,
            pdf=PDF,
            language="en",
        ),
        **changes,
    )


def texts(document: bytes, path: str) -> list[str]:
    return [found.text or "" for found in etree.fromstring(document).iterfind(path, N)]


@pytest.fixture(scope="module")
def signed_by(
    pki: TestPki, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, tuple[bytes, SealKey]]]:
    """A transcript by each kind of key."""
    with ExitStack() as stack:
        http = stack.enter_context(httpx.Client(timeout=30))
        keys: dict[str, SealKey] = {
            **{f"file {alg}": pki.seal_key(LABELS[alg], alg) for alg in LABELS},
            "remote ES256": remote_key(
                stack.enter_context(running(service_for(pki, "ES256"))), http
            ),
        }
        if shutil.which("softhsm2-util"):
            module = make_token(tmp_path_factory.getbasetemp() / "softhsm", pki)
            keys["token RS256"] = token_key(module, pki, "RS256")
        yield {name: (signed(elmo(a_transcript()), key), key) for name, key in keys.items()}


KINDS = ("file RS256", "file PS256", "file ES256", "remote ES256", "token RS256")


@pytest.fixture(params=KINDS)
def made(request: pytest.FixtureRequest, signed_by) -> tuple[bytes, SealKey]:
    if request.param not in signed_by:
        pytest.skip("needs SoftHSM: softhsm2-util and libsofthsm2.so")
    found: tuple[bytes, SealKey] = signed_by[request.param]
    return found


def test_it_says_what_the_credential_says() -> None:
    transcript = a_transcript()
    document = etree.tostring(elmo(transcript))
    los, loi = "e:report/e:learningOpportunitySpecification", ".//e:learningOpportunityInstance"
    assert texts(document, "e:learner/*") == ["Zoë", "Ñandú", "1990-02-28"]
    assert texts(document, "e:report/e:issuer/e:identifier") == ["E OVIEDO01"]
    assert texts(document, f"{los}/e:title") == list(transcript.academic.title.values())
    assert texts(document, f"{los}/e:iscedCode") == ["0111"]
    assert texts(document, f"{loi}/e:identifier") == [
        "IMC-2026-001-E2",
        f"urn:credential:{transcript.credential}",
    ]
    assert texts(document, f"{loi}/e:status") == ["passed"]
    assert texts(document, f"{loi}/e:resultLabel") == ["Pass"]
    assert texts(document, f"{loi}/e:credit/*") == ["ects", "1"]
    assert texts(document, f"{loi}/e:level/*") == ["EQF", "6"]
    assert texts(document, f"{loi}/e:languageOfInstruction") == ["en"]
    assert texts(document, f"{loi}/e:engagementHours") == []
    outcomes = [outcome.title["en"] for outcome in transcript.academic.outcomes]
    description = texts(document, f"{los}/e:description")[0]
    assert [outcome for outcome in outcomes if outcome not in description] == []
    assert "Awarded jointly by: Universidad de Oviedo" in description


def test_the_document_of_the_credential_is_attached_whole() -> None:
    document = etree.tostring(elmo(a_transcript()))
    assert texts(document, "e:attachment/e:type") == ["Micro Credential"]
    content = texts(document, "e:attachment/e:content")[0]
    assert base64.b64decode(content.removeprefix("data:application/pdf;base64,")) == PDF


@pytest.mark.parametrize("missing", ["given_name", "family_name"])
def test_no_name_is_ever_left_empty(missing: str) -> None:
    transcript = a_transcript()
    holder = transcript.award.holder
    if missing == "given_name":
        holder = replace(holder, given_name=None)
    else:
        holder = replace(holder, family_name=None)
    with pytest.raises(InternalInconsistency):
        elmo(replace(transcript, award=replace(transcript.award, holder=holder)))


def test_characters_that_xml_cannot_write_are_left_out() -> None:
    transcript = a_transcript()
    holder = replace(transcript.award.holder, family_name="Ñan\x00dú\ufffe<&>")
    document = etree.tostring(
        elmo(replace(transcript, award=replace(transcript.award, holder=holder)))
    )
    assert texts(document, "e:learner/e:familyName") == ["Ñandú<&>"]


@pytest.mark.reference
def test_it_is_valid_by_the_official_schema(made) -> None:
    schema_file = reference_file("elmo/v1.7.0/schema.xsd")
    references = reference_file("elmo/references")
    local = dict(
        re.findall(r'name="([^"]+)"\s+uri="([^"]+)"', (ROOT / "elmo/catalog.xml").read_text())
    )

    class Offline(etree.Resolver):
        def resolve(self, url: str, _id: str, context: Any) -> Any:  # type: ignore[override]
            if url in local:
                path = str(references.parent / local[url])
                return self.resolve_filename(path, context)  # type: ignore[attr-defined]
            if url.startswith("http"):
                raise AssertionError(f"nothing is fetched: {url}")
            return None

    parser = etree.XMLParser(no_network=True, load_dtd=False)
    parser.resolvers.add(Offline())
    schema = etree.XMLSchema(etree.parse(str(schema_file), parser))
    schema.assertValid(etree.fromstring(made[0]))


def test_the_signature_is_the_last_thing_and_covers_the_whole(made) -> None:
    document, key = made
    root = etree.fromstring(document)
    assert root[-1].tag == f"{{{DS}}}Signature"
    assert [one.get("URI") for one in root.iterfind(".//ds:Reference", N)] == [""]
    assert texts(document, ".//ds:X509Certificate")[0] == "".join(
        as_pem(key.certificate_chain[0]).decode().splitlines()[1:-1]
    )
    assert verifies(document, key.certificate_chain[0])


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.replace(b"passed", b"failed"),
        lambda document: document.replace(b"<resultLabel>Pass<", b"<resultLabel>Best<"),
        lambda document: document.replace(b"</elmo>", b"<report/></elmo>"),
        lambda document: document.replace("Ñandú".encode(), b"Nandu"),
        lambda document: b'<!DOCTYPE elmo [<!ENTITY x "y">]>' + document.partition(b"?>")[2],
        lambda document: b"<wrapped>" + document.partition(b"?>")[2] + b"</wrapped>",
    ],
)
def test_whatever_is_changed_is_noticed(signed_by, change) -> None:
    document, key = signed_by["file RS256"]
    changed = change(document)
    assert changed != document
    assert not verifies(changed, key.certificate_chain[0])


def test_another_key_is_noticed_whatever_the_document_says(signed_by, pki: TestPki) -> None:
    document, _ = signed_by["file RS256"]
    assert not verifies(document, pki.certificate("tsa"))


@pytest.mark.conformance
def test_xmlsec1_verifies_it(made, pki: TestPki, tmp_path: Path) -> None:
    if shutil.which("xmlsec1") is None:
        pytest.skip("needs xmlsec1")
    document, _ = made
    if b"sha256-rsa-MGF1" in document:
        pytest.skip("the xmlsec1 of this platform knows no RSA-PSS")
    ok = xmlsec1(document, pki, tmp_path)
    spoilt = xmlsec1(document.replace(b"passed", b"failed"), pki, tmp_path)
    assert (ok, spoilt) == (True, False)


def xmlsec1(document: bytes, pki: TestPki, folder: Path) -> bool:
    (folder / "root.pem").write_bytes(pki.certificate_pem("root"))
    (folder / "issuing.pem").write_bytes(pki.certificate_pem("issuing"))
    (folder / "document.xml").write_bytes(document)
    clean = {k: v for k, v in os.environ.items() if k not in ("SSL_CERT_FILE", "SSL_CERT_DIR")}
    ran = subprocess.run(
        [
            *("xmlsec1", "--verify", "--verification-gmt-time", "2026-11-20 09:00:00"),
            *("--trusted-pem", "root.pem", "--untrusted-pem", "issuing.pem", "document.xml"),
        ],
        cwd=folder,
        env=clean,
        capture_output=True,
        check=False,
    )
    return ran.returncode == 0


@pytest.mark.conformance
def test_signxml_verifies_it(made) -> None:
    document, key = made
    certificate: x509.Certificate = key.certificate_chain[0]
    verifier = XMLVerifier()
    found = verifier.verify(document, x509_cert=as_pem(certificate).decode())
    result = found if not isinstance(found, list) else found[0]
    assert result.signed_xml is not None
    assert result.signed_xml.tag == f"{{{NAMESPACE}}}elmo"
    with pytest.raises(InvalidSignature):
        verifier.verify(
            document.replace(b"passed", b"failed"), x509_cert=as_pem(certificate).decode()
        )


@pytest.mark.conformance
def test_the_jdk_verifies_it(signed_by, tmp_path: Path) -> None:
    if shutil.which("java") is None:
        pytest.skip("needs a JDK")
    (tmp_path / "V.java").write_text(JAVA)
    asked: list[str] = []
    for number, alg in enumerate(("RS256", "ES256")):
        document, key = signed_by[f"file {alg}"]
        (tmp_path / f"{number}.pem").write_bytes(as_pem(key.certificate_chain[0]))
        for kind, content in (
            ("whole", document),
            ("spoilt", document.replace(b"passed", b"failed")),
        ):
            (tmp_path / f"{number}-{kind}.xml").write_bytes(content)
            asked += [f"{number}-{kind}.xml", f"{number}.pem"]
    ran = subprocess.run(
        ["java", "V.java", *asked], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ran.stdout.split(), ran.stderr) == (["VALID", "INVALID"] * 2, "")

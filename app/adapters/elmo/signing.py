"""Enveloped XML signatures (XMLDSig) by a seal, wherever its key is.

The library signs with keys in its own hands only. So it fills in the digests with a throw-away key,
and the value is then replaced by the seal's own signature over the canonical `SignedInfo`. EMREX
reads one reference to the whole document, inclusive canonical XML, and the certificate in KeyInfo.
"""

import base64
from collections.abc import Iterable, Mapping
from functools import cache

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from lxml import etree
from xmlsec import constants

from app.adapters.edc.pki.authorities import new_ec_key
from app.adapters.edc.seal.seals import SealKey
from app.domain.credentials.seal import SealUnavailable

DS = "http://www.w3.org/2000/09/xmldsig#"
METHODS: Mapping[str, str] = {
    "RS256": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "PS256": "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
    "ES256": "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
}
"""Identifiers of algorithms (RFC 9231) by their names in JOSE; the values have the same form."""


def signed(root: "etree._Element", key: SealKey) -> bytes:
    """The document with its signature as last child, as bytes that are never written again.

    Raises SealUnavailable, also when the outcome does not verify by the seal's certificate.
    """
    signature = xmlsec.template.create(
        root, constants.TransformInclC14N, constants.TransformEcdsaSha256, ns="ds"
    )
    root.append(signature)
    reference = xmlsec.template.add_reference(signature, constants.TransformSha256, uri="")
    xmlsec.template.add_transform(reference, constants.TransformEnveloped)
    info = etree.SubElement(signature, f"{{{DS}}}KeyInfo")
    data = etree.SubElement(info, f"{{{DS}}}X509Data")
    for number, certificate in enumerate(key.certificate_chain):
        if number == 0 or certificate.subject != certificate.issuer:
            held = etree.SubElement(data, f"{{{DS}}}X509Certificate")
            held.text = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode("ascii")
    context = xmlsec.SignatureContext()
    context.key = _throw_away()
    context.sign(signature)
    signed_info = signature.find(f"{{{DS}}}SignedInfo")
    method = signature.find(f"{{{DS}}}SignedInfo/{{{DS}}}SignatureMethod")
    value = signature.find(f"{{{DS}}}SignatureValue")
    if signed_info is None or method is None or value is None:
        raise SealUnavailable("The signature of the transcript could not be laid out.")
    method.set("Algorithm", METHODS[key.alg])
    canonical = etree.tostring(signed_info, method="c14n", exclusive=False, with_comments=False)
    value.text = base64.b64encode(key.sign(canonical)).decode("ascii")
    document = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    if not verifies(document, key.certificate_chain[0]):
        raise SealUnavailable("The signature of the transcript does not verify.")
    return document


def verifies(document: bytes, certificate: x509.Certificate) -> bool:
    """Whether a document is signed, whole and once, with the key of that certificate.

    The key is given, never taken from the document, and no store of trust is asked: the library's
    own would trust whatever the system trusts. Never raises, whatever the document and the
    certificate are.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError:
        return False
    found = root.findall(f".//{{{DS}}}Signature")
    references = root.findall(f".//{{{DS}}}Reference")
    if (
        root.getroottree().docinfo.internalDTD is not None
        or len(found) != 1
        or found[0].getparent() is not root
        or [reference.get("URI") for reference in references] != [""]
    ):
        return False
    return signer_among(found[0], [certificate]) is not None


def signer_among(
    signature: "etree._Element", certificates: Iterable[x509.Certificate]
) -> x509.Certificate | None:
    """The first certificate by whose key a signature in its document is made. Never raises.

    Whether it covers the whole document has to be known already.
    """
    return next((one for one in certificates if _signed_by(signature, one)), None)


def _signed_by(signature: "etree._Element", certificate: x509.Certificate) -> bool:
    context = xmlsec.SignatureContext()
    try:
        # There are certificates with keys that this library does not know.
        context.key = xmlsec.Key.from_memory(
            certificate.public_bytes(Encoding.PEM), constants.KeyDataFormatCertPem
        )
        context.verify(signature)
    except xmlsec.Error:
        return False
    return True


@cache
def _throw_away() -> "xmlsec.Key":
    pem = new_ec_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return xmlsec.Key.from_memory(pem, constants.KeyDataFormatPem)

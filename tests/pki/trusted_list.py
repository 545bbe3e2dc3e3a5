"""Lists of trusted services for the tests (ETSI TS 119 612), sealed with XAdES by our own hand."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from importlib import import_module
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from tests.pki.authority import TestPki

# What its stubs say of its constants is not what mypy understands.
xmlsec: Any = import_module("xmlsec")
TSL = "http://uri.etsi.org/02231/v2#"
EXTRA = "http://uri.etsi.org/02231/v2/additionaltypes#"
QUALIFICATIONS = "http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#"
DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
TYPES = "http://uri.etsi.org/TrstSvc/Svctype"
GRANTED = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/granted"
WITHDRAWN = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/withdrawn"
FOR_SEALS = "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/ForeSeals"
START = "2024-01-01T00:00:00Z"


@dataclass(frozen=True)
class Service:
    """One entry of a list."""

    certificate: x509.Certificate
    kind: str = "CA/QC"
    """Or `TSA/QTST`."""
    status: str = GRANTED
    since: str = START
    before: Sequence[tuple[str, str]] = ()
    """Earlier statuses, each with its start."""


def national_list(
    pki: TestPki,
    *services: Service,
    at: datetime,
    territory: str = "ES",
    signer: str = "list-operator",
) -> str:
    """The list of one member state."""
    root = _root("http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUgeneric", territory, at)
    providers = _add(root, "TrustServiceProviderList")
    provider = _add(providers, "TrustServiceProvider")
    information = _add(provider, "TSPInformation")
    for name in ("TSPName", "TSPTradeName"):
        _named(_add(information, name), "Test Trust Services")
    listed = _add(provider, "TSPServices")
    for number, service in enumerate(services):
        _service(_add(listed, "TSPService"), service, number)
    return _signed(root, pki, signer)


def list_of_lists(
    pki: TestPki,
    addresses: Sequence[tuple[str, str]],
    *,
    at: datetime,
    signer: str = "list-operator",
) -> str:
    """The list that names the others: territory and address of each."""
    root = _root("http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUlistofthelists", "EU", at)
    scheme = root[0]
    pointers = etree.Element(f"{{{TSL}}}PointersToOtherTSL")
    # Before the date, which is the last of those that every list has.
    scheme.insert(len(scheme) - 1, pointers)
    for territory, address in addresses:
        pointer = _add(pointers, "OtherTSLPointer")
        identity = _add(_add(pointer, "ServiceDigitalIdentities"), "ServiceDigitalIdentity")
        _certificate(identity, pki.certificate("list-operator"))
        _add(pointer, "TSLLocation", address)
        about = _add(pointer, "AdditionalInformation")
        _add(_add(about, "OtherInformation"), "SchemeTerritory", territory)
        mime = etree.SubElement(_add(about, "OtherInformation"), f"{{{EXTRA}}}MimeType")
        mime.text = "application/vnd.etsi.tsl+xml"
    return _signed(root, pki, signer)


def _root(kind: str, territory: str, at: datetime) -> etree._Element:
    names: Any = {None: TSL, "tslx": EXTRA}
    root = etree.Element(f"{{{TSL}}}TrustServiceStatusList", nsmap=names)
    root.set("Id", "list")
    root.set("TSLTag", "http://uri.etsi.org/19612/TSLTag")
    scheme = _add(root, "SchemeInformation")
    _add(scheme, "TSLVersionIdentifier", "5")
    _add(scheme, "TSLSequenceNumber", "1")
    _add(scheme, "TSLType", kind)
    _named(_add(scheme, "SchemeOperatorName"), "Test Scheme Operator")
    _named(_add(scheme, "SchemeName"), "Test list")
    uris = _add(scheme, "SchemeInformationURI")
    _add(uris, "URI", "https://list.example/about").set(LANG, "en")
    _add(scheme, "StatusDeterminationApproach", "http://uri.etsi.org/TrstSvc/TrustedList/x")
    _add(scheme, "SchemeTerritory", territory)
    _add(scheme, "HistoricalInformationPeriod", "65535")
    _add(scheme, "ListIssueDateTime", at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return root


def _service(parent: etree._Element, service: Service, number: int) -> None:
    information = _add(parent, "ServiceInformation")
    _state(information, service, service.status, service.since, number)
    if service.before:
        history = _add(parent, "ServiceHistory")
        for status, since in service.before:
            instance = _add(history, "ServiceHistoryInstance")
            _state(instance, service, status, since, number)


def _state(parent: etree._Element, service: Service, status: str, since: str, number: int) -> None:
    _add(parent, "ServiceTypeIdentifier", f"{TYPES}/{service.kind}")
    _named(_add(parent, "ServiceName"), f"Test service {number + 1}")
    _certificate(_add(parent, "ServiceDigitalIdentity"), service.certificate)
    _add(parent, "ServiceStatus", status)
    _add(parent, "StatusStartingTime", since)
    if service.kind == "CA/QC":
        extension = _add(_add(parent, "ServiceInformationExtensions"), "Extension")
        extension.set("Critical", "true")
        uri = _add(_add(extension, "AdditionalServiceInformation"), "URI", FOR_SEALS)
        uri.set(LANG, "en")


def _certificate(parent: etree._Element, certificate: x509.Certificate) -> None:
    der = certificate.public_bytes(Encoding.DER)
    _add(_add(parent, "DigitalId"), "X509Certificate", base64.b64encode(der).decode())


def _named(parent: etree._Element, text: str) -> None:
    _add(parent, "Name", text).set(LANG, "en")


def _add(
    parent: etree._Element, name: str, text: str | None = None, namespace: str = TSL
) -> etree._Element:
    made = etree.SubElement(parent, f"{{{namespace}}}{name}")
    made.text = text
    return made


def _signed(root: etree._Element, pki: TestPki, signer: str) -> str:
    """XAdES-B-B, enveloped, in exclusive canonical form."""
    exclusive, digest = xmlsec.Transform.EXCL_C14N, xmlsec.Transform.SHA256
    ecdsa = xmlsec.Transform.ECDSA_SHA256
    signature = xmlsec.template.create(root, exclusive, ecdsa, ns="ds")
    signature.set("Id", "seal")
    root.append(signature)
    whole = xmlsec.template.add_reference(signature, digest, id="whole", uri="")
    xmlsec.template.add_transform(whole, xmlsec.Transform.ENVELOPED)
    xmlsec.template.add_transform(whole, exclusive)
    properties = xmlsec.template.add_reference(
        signature, digest, uri="#properties", type="http://uri.etsi.org/01903#SignedProperties"
    )
    xmlsec.template.add_transform(properties, exclusive)
    der = pki.certificate(signer).public_bytes(Encoding.DER)
    data = _add(_add(signature, "KeyInfo", namespace=DS), "X509Data", namespace=DS)
    _add(data, "X509Certificate", base64.b64encode(der).decode(), DS)
    qualifying = etree.SubElement(
        _add(signature, "Object", namespace=DS),
        f"{{{XADES}}}QualifyingProperties",
        nsmap={"xades": XADES},
    )
    qualifying.set("Target", "#seal")
    signed = _add(qualifying, "SignedProperties", namespace=XADES)
    signed.set("Id", "properties")
    about = _add(signed, "SignedSignatureProperties", namespace=XADES)
    _add(about, "SigningTime", "2026-06-01T00:00:00Z", XADES)
    cert = _add(_add(about, "SigningCertificateV2", namespace=XADES), "Cert", namespace=XADES)
    pinned = _add(cert, "CertDigest", namespace=XADES)
    _add(pinned, "DigestMethod", namespace=DS).set(
        "Algorithm", "http://www.w3.org/2001/04/xmlenc#sha256"
    )
    _add(pinned, "DigestValue", base64.b64encode(sha256(der).digest()).decode(), DS)
    described = _add(
        _add(signed, "SignedDataObjectProperties", namespace=XADES),
        "DataObjectFormat",
        namespace=XADES,
    )
    described.set("ObjectReference", "#whole")
    _add(described, "MimeType", "text/xml", XADES)
    context = xmlsec.SignatureContext()
    context.register_id(signed, "Id")
    context.key = xmlsec.Key.from_memory(pki.key_pem(signer), xmlsec.KeyFormat.PEM)
    context.sign(signature)
    return etree.tostring(root, encoding="unicode")

"""What timestamps cover, held against the seals that the Commission itself has published."""

import base64
import json
from hashlib import sha256
from typing import Any

import pytest
from asn1crypto import cms, tsp

from app.adapters.edc.seal import imprints
from tests.reference_data import reference_file

SAMPLES = {
    "elm/samples/AA-Annex1-MC-signed.jsonld": ["adoTst", "sigTst"],
    "elm/samples/Sample-CertOfPart-signed.jsonld": ["adoTst", "sigTst", "arcTst"],
    "elm/samples/Sample-MC-Annex1-signed.jsonld": ["adoTst", "sigTst", "arcTst"],
}
"""The timestamps of each."""


def imprint_of(val: str) -> bytes:
    """The digest in an RFC 3161 token."""
    token = cms.ContentInfo.load(base64.b64decode(val))
    info = tsp.TSTInfo.load(token["content"]["encap_content_info"]["content"].contents)
    assert info["message_imprint"]["hash_algorithm"]["algorithm"].native == "sha256"
    digest: bytes = info["message_imprint"]["hashed_message"].native
    return digest


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_commissions_timestamps_cover_what_we_say_they_cover(sample: str) -> None:
    document = json.loads(reference_file(sample).read_bytes())
    seal: dict[str, Any] = document["signatures"][0]
    payload, protected, signature = (
        document["payload"].encode(),
        seal["protected"],
        seal["signature"],
    )
    entries: list[str] = seal["header"]["etsiU"]
    header = json.loads(base64.urlsafe_b64decode(protected + "==="))
    checked = []
    if "adoTst" in header:
        covered = sha256(imprints.of_content_timestamp(payload)).digest()
        assert imprint_of(header["adoTst"]["tstTokens"][0]["val"]) == covered
        checked.append("adoTst")
    for place, entry in enumerate(entries):
        [(name, value)] = json.loads(base64.urlsafe_b64decode(entry + "===")).items()
        if name == "sigTst":
            covered = imprints.of_signature_timestamp(signature)
        elif name == "arcTst":
            covered = imprints.of_archive_timestamp(payload, protected, signature, entries[:place])
        else:
            continue
        assert imprint_of(value["tstTokens"][0]["val"]) == sha256(covered).digest()
        checked.append(name)
    assert checked == SAMPLES[sample]

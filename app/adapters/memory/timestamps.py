"""An authority of timestamps in this process, with a key of its own (RFC 3161)."""

from collections.abc import Sequence
from hashlib import sha256

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding

from app.adapters.edc.pki.authorities import PrivateKey
from app.adapters.edc.pki.timestamp_protocol import AuthorityFailed, Response
from app.domain.clock import Clock
from app.domain.ids import new_id

ANY_POLICY = "0.4.0.2023.1.1"
"""Best practices timestamp policy (ETSI EN 319 421, section 5.2)."""


class MemoryAuthority:
    """See `app.adapters.edc.pki.timestamps.TimestampAuthority`. Its tokens are real ones."""

    def __init__(
        self,
        name: str,
        key: PrivateKey,
        chain: Sequence[x509.Certificate],
        clock: Clock,
        *,
        policy: str = ANY_POLICY,
    ) -> None:
        """`chain` begins with the certificate of `key`, which must be one for timestamps."""
        self._name = name
        self._key = key
        self._chain = chain
        self._clock = clock
        self._policy = policy

    @property
    def name(self) -> str:
        """For people."""
        return self._name

    async def answer(self, request: bytes) -> bytes:
        """A TimeStampResp for a TimeStampReq, both in DER. Raises AuthorityFailed."""
        try:
            asked = tsp.TimeStampReq.load(request, strict=True)
            wanted = asked["req_policy"].native and asked["req_policy"].dotted
            imprint, nonce = asked["message_imprint"], asked["nonce"]
            imprint.native  # noqa: B018 - decoded lazily: what is wrong shall show here
        except (ValueError, TypeError):
            raise AuthorityFailed("refused", "It cannot read the request.") from None
        if wanted not in (None, self._policy):
            return self._refusal("unaccepted_policy")
        info = tsp.TSTInfo(
            {
                "version": "v1",
                "policy": self._policy,
                "message_imprint": imprint,
                "serial_number": new_id().int,
                "gen_time": self._clock.now().replace(microsecond=0),
                "nonce": nonce,
            }
        )
        answer: bytes = tsp.TimeStampResp(
            {"status": {"status": "granted"}, "time_stamp_token": self._token(info.dump())}
        ).dump()
        return answer

    def _refusal(self, why: str) -> bytes:
        answer: bytes = Response({"status": {"status": "rejection", "fail_info": {why}}}).dump()
        return answer

    def _token(self, info: bytes) -> cms.ContentInfo:
        attributes = self._attributes(info)
        own, *_ = carried = [
            asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
            for certificate in self._chain
        ]
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier(
                    "issuer_and_serial_number",
                    cms.IssuerAndSerialNumber(
                        {"issuer": own.issuer, "serial_number": own.serial_number}
                    ),
                ),
                "digest_algorithm": _SHA256,
                "signed_attrs": attributes,
                "signature_algorithm": algos.SignedDigestAlgorithm(
                    {
                        "algorithm": "sha256_ecdsa"
                        if isinstance(self._key, ec.EllipticCurvePrivateKey)
                        else "sha256_rsa"
                    }
                ),
                "signature": self._signature(attributes.dump()),
            }
        )
        signed = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [_SHA256],
                "encap_content_info": {
                    "content_type": "tst_info",
                    "content": cms.ParsableOctetString(info),
                },
                "certificates": carried,
                "signer_infos": [signer],
            }
        )
        return cms.ContentInfo({"content_type": "signed_data", "content": signed})

    def _attributes(self, info: bytes) -> cms.CMSAttributes:
        own = self._chain[0].public_bytes(Encoding.DER)
        pinned = tsp.SigningCertificateV2(
            {
                "certs": [
                    tsp.ESSCertIDv2({"hash_algorithm": _SHA256, "cert_hash": sha256(own).digest()})
                ]
            }
        )
        return cms.CMSAttributes(
            [
                cms.CMSAttribute({"type": "content_type", "values": ["tst_info"]}),
                cms.CMSAttribute(
                    {"type": "message_digest", "values": [core.OctetString(sha256(info).digest())]}
                ),
                cms.CMSAttribute({"type": "signing_certificate_v2", "values": [pinned]}),
            ]
        )

    def _signature(self, attributes: bytes) -> bytes:
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            return self._key.sign(attributes, ec.ECDSA(hashes.SHA256()))
        return self._key.sign(attributes, padding.PKCS1v15(), hashes.SHA256())


_SHA256 = algos.DigestAlgorithm({"algorithm": "sha256"})

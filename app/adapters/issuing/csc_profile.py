"""What the versions of the API of the Cloud Signature Consortium call things.

Shapes of requests and answers are the same in both; names are not, and some services that speak
version 2 kept a name of version 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

SHA256 = "2.16.840.1.101.3.4.2.1"
"""OID of the digest of everything that is signed here (RFC 8017, appendix B.1)."""


@dataclass(frozen=True)
class CscProfile:
    """The names of one version."""

    name: str
    hashes: str
    """The digests, in `credentials/authorize` and `signatures/signHash`."""
    hash_algorithm: str
    """The OID of the digest, in `signatures/signHash`."""
    authorises_algorithm: bool
    """Whether `credentials/authorize` is told that OID too."""
    auth_data: bool
    """Whether secrets go as a list of `id` and `value`, or each as a member of its own."""
    certificate_info: bool
    """Whether `credentials/info` is asked for what the certificate says."""

    def authorise(
        self,
        credential: str,
        digests: Sequence[str],
        signatures: int,
        secrets: Mapping[str, str],
        *,
        pinned: bool,
    ) -> dict[str, Any]:
        """The body of `credentials/authorize`; `pinned` binds it to these digests alone."""
        body: dict[str, Any] = {"credentialID": credential, "numSignatures": signatures}
        if pinned:
            body[self.hashes] = list(digests)
            if self.authorises_algorithm:
                body["hashAlgorithmOID"] = SHA256
        if self.auth_data:
            if secrets:
                body["authData"] = [{"id": name, "value": value} for name, value in secrets.items()]
            return body
        return body | dict(secrets)

    def sign(
        self,
        credential: str,
        authorisation: str,
        digests: Sequence[str],
        algorithm: Mapping[str, str],
    ) -> dict[str, Any]:
        """The body of `signatures/signHash`."""
        return {
            "credentialID": credential,
            "SAD": authorisation,
            self.hashes: list(digests),
            self.hash_algorithm: SHA256,
            **algorithm,
        }

    def info(self, credential: str) -> dict[str, Any]:
        """The body of `credentials/info`."""
        body: dict[str, Any] = {"credentialID": credential, "certificates": "chain"}
        return body | ({"certInfo": True, "authInfo": True} if self.certificate_info else {})


_V2 = CscProfile(
    "v2",
    hashes="hashes",
    hash_algorithm="hashAlgorithmOID",
    authorises_algorithm=True,
    auth_data=True,
    certificate_info=True,
)

PROFILES: Mapping[str, CscProfile] = {
    profile.name: profile
    for profile in (
        CscProfile(
            "v1",
            hashes="hash",
            hash_algorithm="hashAlgo",
            authorises_algorithm=False,
            auth_data=False,
            certificate_info=False,
        ),
        _V2,
        replace(_V2, name="v2-hash", hashes="hash"),
    )
}
"""By the name that settings use: versions 1 and 2, and version 2 with the old name of digests."""

"""The signature algorithms of seals (RFC 7518, section 3): which key each takes, signing, checking.

An allow-list: `none`, message authentication codes and anything unknown do not exist here, and an
algorithm is only ever used with the kind of key that it is for.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)


@dataclass(frozen=True)
class Algorithm:
    """One algorithm of the allow-list."""

    name: str
    digest: hashes.HashAlgorithm
    curve: str | None = None
    """For ECDSA: the only curve."""
    pss: bool = False

    @property
    def padding(self) -> padding.AsymmetricPadding:
        """For RSA: PKCS #1 version 1.5, or PSS with a salt as long as the digest."""
        if not self.pss:
            return padding.PKCS1v15()
        return padding.PSS(padding.MGF1(self.digest), self.digest.digest_size)


ALGORITHMS: Mapping[str, Algorithm] = {
    algorithm.name: algorithm
    for algorithm in (
        Algorithm("RS256", hashes.SHA256()),
        Algorithm("RS384", hashes.SHA384()),
        Algorithm("RS512", hashes.SHA512()),
        Algorithm("PS256", hashes.SHA256(), pss=True),
        Algorithm("PS384", hashes.SHA384(), pss=True),
        Algorithm("PS512", hashes.SHA512(), pss=True),
        Algorithm("ES256", hashes.SHA256(), curve="secp256r1"),
        Algorithm("ES384", hashes.SHA384(), curve="secp384r1"),
        Algorithm("ES512", hashes.SHA512(), curve="secp521r1"),
    )
}
"""What is accepted on reading."""

SEALING = ("RS256", "PS256", "ES256")
"""What we seal with."""


def fits(alg: str, key: PublicKeyTypes) -> bool:
    """Whether an algorithm is one of the list and for this kind of key."""
    algorithm = ALGORITHMS.get(alg)
    if algorithm is None:
        return False
    if isinstance(key, rsa.RSAPublicKey):
        return algorithm.curve is None
    return isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == algorithm.curve


def default_algorithm(key: PublicKeyTypes) -> str | None:
    """RS256 for RSA, as all Europass seals have it, ES256 for P-256; None for other keys."""
    return next((alg for alg in SEALING if fits(alg, key)), None)


def sign(alg: str, key: PrivateKeyTypes, data: bytes) -> bytes:
    """The signature in the form of JOSE. Raises ValueError when algorithm and key do not fit."""
    algorithm = ALGORITHMS[alg]
    if isinstance(key, rsa.RSAPrivateKey) and algorithm.curve is None:
        return key.sign(data, algorithm.padding, algorithm.digest)
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == algorithm.curve:
        size = (key.key_size + 7) // 8
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(algorithm.digest)))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    raise ValueError(f"{alg} is not for this kind of key")


def jose_form(alg: str, key: PublicKeyTypes, signature: bytes) -> bytes:
    """A signature as JOSE has it, from a keeper of keys that may answer in either form of ECDSA.

    RFC 7518, section 3.4, wants r and s side by side; many answer with the DER of both. A value of
    the right length is taken as it is: the DER of two numbers of that size is always longer, and a
    shorter one that is by chance as long would not verify.
    """
    algorithm = ALGORITHMS.get(alg)
    if algorithm is None or algorithm.curve is None:
        return signature
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return signature
    size = (key.key_size + 7) // 8
    if len(signature) == 2 * size:
        return signature
    try:
        r, s = decode_dss_signature(signature)
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    except (ValueError, OverflowError):
        return signature


def verifies(alg: str, key: PublicKeyTypes, data: bytes, signature: bytes) -> bool:
    """Whether a signature in the form of JOSE was made over the data with that key."""
    if not fits(alg, key):
        return False
    algorithm = ALGORITHMS[alg]
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, algorithm.padding, algorithm.digest)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            size = (key.key_size + 7) // 8
            if len(signature) != 2 * size:
                return False
            r, s = (int.from_bytes(part, "big") for part in (signature[:size], signature[size:]))
            key.verify(encode_dss_signature(r, s), data, ec.ECDSA(algorithm.digest))
    except (InvalidSignature, ValueError):
        # The latter for a key too short to hold a digest of that length with its padding.
        return False
    return True

"""Signatures inside X.509, CMS and OCSP structures: which algorithm, and whether they verify.

An allow-list as for seals. SHA-1 and MD5 are absent: what only they hold together proves nothing.
"""

from typing import Any

from asn1crypto import algos
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
    "sha3_256": hashes.SHA3_256(),
    "sha3_384": hashes.SHA3_384(),
    "sha3_512": hashes.SHA3_512(),
}


def digest(name: str, data: bytes) -> bytes | None:
    """The digest of data by an algorithm of the list; None for any other."""
    algorithm = HASHES.get(name)
    if algorithm is None:
        return None
    context = hashes.Hash(algorithm)
    context.update(data)
    return context.finalize()


def signed_by(
    certificate: x509.Certificate,
    algorithm: algos.SignedDigestAlgorithm,
    data: bytes,
    signature: bytes,
    digest_name: str | None = None,
) -> bool:
    """Whether the key of a certificate made a signature over data. Never raises.

    `digest_name` is what CMS says beside an algorithm that names no digest itself.
    """
    try:
        return _signed(certificate.public_key(), algorithm, data, signature, digest_name)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError, KeyError):
        return False


def _signed(
    key: Any,
    algorithm: algos.SignedDigestAlgorithm,
    data: bytes,
    signature: bytes,
    digest_name: str | None,
) -> bool:
    kind = algorithm.signature_algo
    named = algorithm["algorithm"].native in ("rsassa_pkcs1v15", "ecdsa")
    hashed = HASHES[digest_name or "" if named else algorithm.hash_algo]
    if isinstance(key, rsa.RSAPublicKey) and kind == "rsassa_pkcs1v15":
        key.verify(signature, data, padding.PKCS1v15(), hashed)
    elif isinstance(key, rsa.RSAPublicKey) and kind == "rsassa_pss":
        parameters = algorithm["parameters"]
        mask = HASHES[parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native]
        salt = parameters["salt_length"].native
        key.verify(signature, data, padding.PSS(padding.MGF1(mask), salt), hashed)
    elif isinstance(key, ec.EllipticCurvePublicKey) and kind == "ecdsa":
        key.verify(signature, data, ec.ECDSA(hashed))
    else:
        return False
    return True

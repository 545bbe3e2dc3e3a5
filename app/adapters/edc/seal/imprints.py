"""The bytes over which signatures and timestamps of a seal are made (ETSI TS 119 182-1).

Pure and without any parsing: each function takes the parts of a seal as they stand in the file.
`payload` is what the member `payload` says as UTF-8, after JSON's escapes are undone: the
credential itself when the seal has `b64: false`, else its base64url text. `protected` and
`signature` are their base64url texts. A timestamp token (RFC 3161) holds a digest of these bytes,
by the algorithm that it names itself.
"""

from collections.abc import Sequence


def of_signature(payload: bytes, protected: str) -> bytes:
    """What the sealer signs (RFC 7515, section 5.1; RFC 7797, section 3)."""
    return protected.encode("ascii") + b"." + payload


def of_content_timestamp(payload: bytes) -> bytes:
    """What an `adoTst` in the protected header covers: the payload alone (section 5.2.6)."""
    return payload


def of_signature_timestamp(signature: str) -> bytes:
    """What a `sigTst` covers: the text of the signature, not what it decodes to (section 5.3.4)."""
    return signature.encode("ascii")


def of_archive_timestamp(
    payload: bytes, protected: str, signature: str, earlier: Sequence[str]
) -> bytes:
    """What an `arcTst` covers: everything before it (section 5.3.6).

    `earlier` are the entries of `etsiU` before that timestamp, as they stand in the file. They are
    joined without anything between them.
    """
    return b"".join(
        (
            payload,
            b".",
            protected.encode("ascii"),
            b".",
            signature.encode("ascii"),
            b".",
            *(entry.encode("ascii") for entry in earlier),
        )
    )

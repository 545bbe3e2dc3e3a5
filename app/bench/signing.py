"""What one thread does at best when it does nothing but sign: RSA-3072 over 15 kB.

    python -m app.bench.signing SECONDS

prints signatures per second. It is the signature of a credential (RSASSA-PKCS1-v1_5 with SHA-256,
`RS256` of RFC 7518), by the library that seals with it, with a key that is at hand.
"""

import sys
import time

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from app.bench.processes import output_of, python

_KEY_SIZE = 3072
_PAYLOAD = 15_000


def signatures_per_second(seconds: float) -> float:
    """Sign for so long, in this thread."""
    key = generate_private_key(65537, _KEY_SIZE)
    payload = b"x" * _PAYLOAD
    key.sign(payload, PKCS1v15(), SHA256())
    signed = 0
    began = now = time.perf_counter()
    while now < began + seconds:
        key.sign(payload, PKCS1v15(), SHA256())
        signed += 1
        now = time.perf_counter()
    return signed / (now - began)


async def measured(seconds: float) -> float:
    """The same, in a process of its own."""
    return float(await output_of(python("app.bench.signing", str(seconds)), patience=seconds + 60))


if __name__ == "__main__":
    print(signatures_per_second(float(sys.argv[1])))

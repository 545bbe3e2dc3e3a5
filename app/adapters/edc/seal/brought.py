"""Sealed files of other programs, before they are kept: what may stand beside the seal, and anew.

Unsigned properties (`etsiU`) are covered by no signature, and whitespace by nothing at all: what is
kept of a file is its seal, in the form in which our own are written.
"""

import json

from app.adapters.edc.seal import jades
from app.adapters.edc.seal.opened import Sealed
from app.domain.errors import Finding

KEPT = frozenset({"sigTst", "arcTst", "xVals", "rVals", "axVals", "arVals", "tstVD", "anyValData"})
"""Unsigned properties that verification takes apart: timestamps, certificates, revocation data."""
_MOST = 2_000_000
"""Characters of all of them together; lists of revoked certificates are long."""


def wrong_beside(sealed: Sealed) -> Finding | None:
    """What keeps the unsigned properties of a file from being kept."""
    if other := set(sealed.unsigned) - KEPT:
        return Finding(
            "/header/etsiU",
            "property_not_kept",
            f"{len(other)} kinds of its unsigned properties are not kept here. Seal with no others "
            f"than {', '.join(sorted(KEPT))}.",
        )
    if len(json.dumps(sealed.unprotected)) > _MOST:
        return Finding(
            "/header/etsiU",
            "properties_too_large",
            f"Its unsigned properties have more than {_MOST} characters.",
        )
    return None


def written_anew(sealed: Sealed) -> bytes:
    """The same seal in the form of our own files: its parts in order, without blanks.

    Payload, protected header, signature and encoded properties stay as they are, for the signature
    and the timestamps cover them in that form.
    """
    plain = jades.general_serialisation(sealed.payload, sealed.protected, sealed.signature)
    if not sealed.entries:
        return plain
    properties = [{one.name: one.value} if one.text is None else one.text for one in sealed.entries]
    outer = json.loads(plain)
    outer["signatures"] = [
        {
            "protected": sealed.protected,
            "header": {"etsiU": properties},
            "signature": sealed.signature_text,
        }
    ]
    return json.dumps(outer, ensure_ascii=False, separators=(",", ":")).encode("utf-8")

"""Publishing the status of all credentials at once, as a W3C Bitstring Status List."""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

from app.domain.clock import Clock
from app.domain.credentials.ports import CredentialsWork
from app.domain.credentials.ports_life import StatusListSealing
from app.domain.credentials.status_list import TTL, StatusList, encoded

CONTEXT = "https://www.w3.org/ns/credentials/v2"


@dataclass(frozen=True)
class PublishedList:
    """A status list as it is handed out."""

    credential: bytes = field(repr=False)
    """The list credential (VC 2.0) as JSON."""
    sealed: bytes | None = field(repr=False)
    """The same as a compact JWS; None where no seal is configured for lists."""
    etag: str
    """Of its content: another one as soon as a bit changes, and each day."""


async def get_status_list(
    list_id: UUID,
    *,
    public_url: str,
    work: CredentialsWork,
    sealing: StatusListSealing,
    clock: Clock,
) -> PublishedList:
    """A list of bits, for everybody. Raises StatusListNotFound, SealUnavailable."""
    async with work:
        found = await work.status_lists.read(list_id)
        alliance = await work.institutions.alliance()
    credential = json.dumps(
        list_credential(found, public_url=public_url, name=alliance.name, clock=clock),
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode("utf-8")
    sealed = await sealing.seal(credential)
    return PublishedList(credential, sealed, sha256(credential).hexdigest())


def list_credential(
    found: StatusList, *, public_url: str, name: str, clock: Clock
) -> dict[str, object]:
    """The list as a verifiable credential (Bitstring Status List v1.0, section 2.2).

    The same until a bit changes or the day ends, so that it is sealed once for all who fetch it.
    """
    now = clock.now()
    address = f"{public_url}/v1/status-lists/{found.id}"
    return {
        "@context": [CONTEXT],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": {"id": public_url, "name": name},
        "validFrom": _moment(found.made_at(now)),
        "validUntil": _moment(found.believed_until(now)),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": found.purpose.value,
            "encodedList": encoded(found.positions, found.size),
            "ttl": int(TTL.total_seconds() * 1000),
        },
    }


def _moment(at: object) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"

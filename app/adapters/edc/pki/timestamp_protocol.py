"""Asking for a timestamp, and judging the answer before it is used (RFC 3161, section 2)."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from asn1crypto import algos, cms, core, tsp
from cryptography import x509

from app.adapters.edc.pki.asn1_signatures import HASHES, digest
from app.adapters.edc.pki.tokens import TokenFault, open_token

DIGESTS = tuple(HASHES)
"""Digest algorithms that a timestamp may be asked with."""


class Response(core.Sequence):  # type: ignore[misc]  # the library has no types
    """TimeStampResp. Unlike the library's own, a refusal comes without a token in it."""

    _fields = [  # noqa: RUF012 - the form that the library wants
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


class AuthorityFailed(Exception):
    """An authority gave no timestamp that can be used. `code` is stable, the message for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Asked:
    """A request, and what the answer must repeat."""

    request: bytes = field(repr=False)
    """DER of a TimeStampReq."""
    covered: bytes = field(repr=False)
    digest: str
    nonce: int
    policies: frozenset[str]
    """Object identifiers of policies that will do; empty for any."""


@dataclass(frozen=True)
class Answered:
    """A token that answers the request, by an authority that is not judged yet."""

    token: bytes = field(repr=False)
    """DER of a ContentInfo."""
    time: datetime
    authority: x509.Certificate = field(repr=False)
    certificates: tuple[x509.Certificate, ...] = field(default=(), repr=False)
    """Others that came with it."""


def ask_for(covered: bytes, digest_name: str, policies: Collection[str] = ()) -> Asked:
    """A request for a timestamp over bytes. With one policy alone, that one is asked for."""
    hashed = digest(digest_name, covered)
    if hashed is None:
        raise ValueError(f"{digest_name} is no digest to ask for a timestamp with")
    # 63 bits: some authorities cannot repeat a nonce that needs the sign bit.
    nonce = secrets.randbits(63)
    fields = {
        "version": "v1",
        "message_imprint": {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": digest_name}),
            "hashed_message": hashed,
        },
        "nonce": nonce,
        "cert_req": True,
    }
    if len(policies) == 1:
        fields["req_policy"] = next(iter(policies))
    request: bytes = tsp.TimeStampReq(fields).dump()
    return Asked(request, covered, digest_name, nonce, frozenset(policies))


def judge_answer(asked: Asked, answer: bytes, now: datetime, tolerance: timedelta) -> Answered:
    """The token of an answer, checked against the request and our clock. Raises AuthorityFailed."""
    try:
        token, info = _granted(answer)
        opened = open_token(token, asked.covered)
        imprint = info["message_imprint"]["hash_algorithm"]["algorithm"].native
        nonce, policy = info["nonce"].native, info["policy"].dotted
    except TokenFault as fault:
        raise AuthorityFailed(fault.code, fault.detail) from None
    except AuthorityFailed:
        raise
    except Exception:
        # The structure is decoded lazily, and says in many ways that it is not what it should be.
        raise AuthorityFailed("answer_unreadable", "Its answer cannot be read.") from None
    if nonce != asked.nonce:
        raise AuthorityFailed("wrong_nonce", "Its answer is to another request.")
    if imprint != asked.digest:
        raise AuthorityFailed("wrong_digest", f"Its answer rests on {imprint}.")
    if asked.policies and policy not in asked.policies:
        raise AuthorityFailed("wrong_policy", f"It stamps by the policy {policy}.")
    if abs(opened.time - now) > tolerance:
        seconds = round((opened.time - now).total_seconds())
        raise AuthorityFailed("clock_differs", f"Its clock differs from ours by {seconds} seconds.")
    return Answered(token, opened.time, opened.authority, tuple(opened.certificates))


def _granted(answer: bytes) -> tuple[bytes, tsp.TSTInfo]:
    response = Response.load(answer, strict=True)
    status = response["status"]["status"].native
    if status not in ("granted", "granted_with_mods"):
        why = response["status"]["fail_info"].native
        told = ", ".join(sorted(why)) if isinstance(why, set) else status
        raise AuthorityFailed("refused", f"It refuses: {str(told)[:80]}.")
    token: bytes = response["time_stamp_token"].dump()
    signed = cms.ContentInfo.load(token)["content"]
    return token, tsp.TSTInfo.load(signed["encap_content_info"]["content"].contents)

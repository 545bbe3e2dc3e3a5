"""Transcripts behind their port: set, signed by the institution's seal, and verified."""

import asyncio

from app.adapters.elmo.document import Transcript, elmo
from app.adapters.elmo.signing import signed
from app.adapters.issuing.keys import SealKeys, key_here
from app.domain.credentials.use_cases.transcripts import TranscriptOrder


class ElmoTranscripts:
    """See `app.domain.credentials.use_cases.transcripts.Transcribing`."""

    def __init__(self, keys: SealKeys) -> None:
        self._keys = keys

    async def transcript(self, order: TranscriptOrder) -> bytes:
        """The signed transcript; work and key are used in a thread. Raises SealUnavailable,
        NoKeyHere."""
        return await asyncio.to_thread(self._made, order)

    def _made(self, order: TranscriptOrder) -> bytes:
        by_code = {institution.code: institution for institution in order.institutions}
        root = elmo(
            Transcript(
                credential=order.credential,
                award=order.source.award,
                specification=order.source.specification,
                issuer=by_code[order.issuer],
                bodies=tuple(
                    by_code[code]
                    for code in order.source.specification.academic.awarding_bodies
                    if code in by_code
                ),
                issued_at=order.issued_at,
                generated_at=order.at,
                pdf=order.pdf,
                language=order.language,
            )
        )
        return signed(root, key_here(self._keys, order.issuer, order.seal))

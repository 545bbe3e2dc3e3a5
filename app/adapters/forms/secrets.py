"""Secrets of forms, derived: kept nowhere, so that no copy of the database gives them away."""

import base64
import hmac
from hashlib import sha256
from uuid import UUID

from app.domain.enrolment.forms.signing import PREFIX

_PURPOSE = b"microcredentials/form-secret/1/"


class DerivedSecrets:
    """See `app.domain.enrolment.forms.signing.SecretBook`.

    HMAC-SHA256 is a pseudo-random function: without the deployment's secret, secrets of forms say
    nothing about it nor about one another.
    """

    def __init__(self, master: str) -> None:
        self._master = master.encode()

    def secret(self, identifier: UUID) -> str:
        """The secret of an identifier."""
        key = hmac.new(self._master, _PURPOSE + identifier.bytes, sha256).digest()
        return PREFIX + base64.b64encode(key).decode()

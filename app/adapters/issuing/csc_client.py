"""The few calls of the Cloud Signature Consortium's API that sealing needs. Blocking."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Any

import httpx

from app.adapters.issuing.csc_profile import CscProfile
from app.domain.credentials.seal import SealUnavailable

_EARLY = 30.0
"""Seconds before its end from which a token or an authorisation is not used any more."""


@dataclass(frozen=True)
class CscAccount:
    """Where a remote seal is, and how to get at it."""

    url: str
    """The service up to its version, `https://…/csc/v2`, without a slash."""
    profile: CscProfile
    token_url: str | None = None
    """Where OAuth 2.0 client credentials become a token; None for services that ask for none."""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    credential: str | None = None
    """The credential's id there; None when there is only one."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What authorises a signature beyond that: `PIN`, where the credential asks for one."""


@dataclass(frozen=True)
class CscAnswer:
    """An answer, and what the clock of the service said."""

    body: Mapping[str, Any] = field(repr=False)
    clock: datetime | None


class CscRefused(SealUnavailable):
    """The service answered with a refusal."""

    def __init__(self, call: str, status: int) -> None:
        super().__init__(f"The remote seal service answers {status} to {call}.")
        self.status = status


class CscClient:
    """Calls with a token that is got once and renewed when it ends or is not taken any more.

    Neither tokens nor authorisations nor what a service says in a refusal ever get into a message.
    """

    def __init__(self, account: CscAccount, http: httpx.Client) -> None:
        self._account = account
        self._http = http
        self._turn = threading.Lock()
        self._token: tuple[str, float] | None = None

    def call(self, name: str, body: Mapping[str, Any]) -> CscAnswer:
        """One call. Raises SealUnavailable; CscRefused when there was an answer."""
        try:
            return self._post(name, body)
        except CscRefused as refused:
            if refused.status != 401 or self._account.token_url is None:
                raise
        with self._turn:
            self._token = None
        return self._post(name, body)

    def credential(self) -> str:
        """The id of the credential: the one configured, else the only one. Raises SealUnavailable.

        Asks the service in the second case.
        """
        if self._account.credential is not None:
            return self._account.credential
        found = self.call("credentials/list", {}).body.get("credentialIDs")
        if not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], str):
            raise SealUnavailable(
                "The remote seal service does not hold exactly one credential: name one."
            )
        return found[0]

    def info(self, credential: str) -> CscAnswer:
        """What the service says of a credential."""
        return self.call("credentials/info", self._account.profile.info(credential))

    def authorise(
        self, credential: str, digests: Sequence[str], signatures: int, *, pinned: bool
    ) -> tuple[str, float]:
        """An authorisation (SAD), and until when on the monotonic clock it is used."""
        body = self._account.profile.authorise(
            credential, digests, signatures, self._account.secrets, pinned=pinned
        )
        answer = self.call("credentials/authorize", body).body
        authorisation = answer.get("SAD")
        if not isinstance(authorisation, str):
            raise SealUnavailable("The remote seal service authorises without saying with what.")
        return authorisation, _until(answer.get("expiresIn"), 3600)

    def sign(
        self,
        credential: str,
        authorisation: str,
        digests: Sequence[str],
        algorithm: Mapping[str, str],
    ) -> list[str]:
        """The signatures over the digests, base64 as they came."""
        body = self._account.profile.sign(credential, authorisation, digests, algorithm)
        made = self.call("signatures/signHash", body).body.get("signatures")
        if not isinstance(made, list) or len(made) != len(digests):
            raise SealUnavailable("The remote seal service did not make the signatures asked for.")
        return [str(signature) for signature in made]

    def _post(self, name: str, body: Mapping[str, Any]) -> CscAnswer:
        headers = {}
        if self._account.token_url is not None:
            headers["Authorization"] = f"Bearer {self._bearer()}"
        return self._answer(
            name, lambda: self._http.post(f"{self._account.url}/{name}", json=body, headers=headers)
        )

    def _bearer(self) -> str:
        with self._turn:
            if self._token is None or self._token[1] <= monotonic():
                self._token = self._new_token()
            return self._token[0]

    def _new_token(self) -> tuple[str, float]:
        account = self._account
        answer = self._answer(
            "oauth2/token",
            lambda: self._http.post(
                str(account.token_url),
                data={"grant_type": "client_credentials", "scope": "service"},
                auth=(account.client_id, account.client_secret),
            ),
        ).body
        token = answer.get("access_token")
        if not isinstance(token, str):
            raise SealUnavailable("The remote seal service gives no token.")
        return token, _until(answer.get("expires_in"), 300)

    def _answer(self, name: str, send: Any) -> CscAnswer:
        try:
            response: httpx.Response = send()
        except httpx.HTTPError as error:
            # Of the error its kind alone: a message can hold an address with secrets.
            raise SealUnavailable(
                f"The remote seal service does not answer ({type(error).__name__})."
            ) from None
        if response.status_code != 200:
            raise CscRefused(name, response.status_code)
        try:
            body = response.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise SealUnavailable(f"The remote seal service answers {name} with no JSON object.")
        return CscAnswer(body, _clock(response))


def _clock(response: httpx.Response) -> datetime | None:
    """What the service's clock said, to the second (RFC 9110, section 6.6.1)."""
    try:
        said = parsedate_to_datetime(response.headers.get("date", ""))
    except ValueError:
        return None
    said = said if said.tzinfo else said.replace(tzinfo=UTC)
    return said + timedelta(milliseconds=500)


def _until(lifetime: object, usual: float) -> float:
    seconds = float(lifetime) if isinstance(lifetime, int | float) else usual
    return monotonic() + max(seconds - _EARLY, 0.0)

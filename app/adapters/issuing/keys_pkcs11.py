"""Seals in hardware: keys that answer to PKCS #11 and never leave their token."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TypeVar, cast

import pkcs11
from cryptography import x509
from pkcs11 import MGF, Attribute, Mechanism, ObjectClass
from pkcs11.exceptions import (
    PinExpired,
    PinIncorrect,
    PinInvalid,
    PinLenRange,
    PinLocked,
    PKCS11Error,
    UserAlreadyLoggedIn,
)
from pkcs11.types import Session, SignMixin

from app.adapters.edc.pki import signatures
from app.adapters.edc.seal.seals import algorithm_for, in_order
from app.domain.credentials.seal import SealUnavailable

T = TypeVar("T")

_PIN_REFUSED = (PinIncorrect, PinInvalid, PinLenRange, PinLocked, PinExpired)
"""Never tried again: a token locks itself after a few wrong PINs."""

_PSS = (Mechanism.SHA256, MGF.SHA256, 32)


@dataclass(frozen=True)
class KeyOnToken:
    """Where a key is. At least one of label and id says which of the token's keys it is."""

    module: Path
    """The vendor's PKCS #11 library."""
    token: str
    """Label of the token."""
    pin: str = field(repr=False)
    label: str | None = None
    """CKA_LABEL of the private key."""
    id: bytes | None = None
    """CKA_ID of the private key and of its certificate."""

    @property
    def named(self) -> dict[Attribute, object]:
        """The attributes by which the token finds it."""
        wanted: dict[Attribute, object] = {}
        if self.label is not None:
            wanted[Attribute.LABEL] = self.label
        if self.id is not None:
            wanted[Attribute.ID] = self.id
        return wanted


class Pkcs11SealKey:
    """See `seals.SealKey`. One session is kept open; a lost one is opened anew."""

    def __init__(
        self,
        place: KeyOnToken,
        *,
        certificates: Sequence[x509.Certificate] = (),
        alg: str | None = None,
    ) -> None:
        """Without `certificates`, those on the token are taken: the key's by its id or label.

        `alg` may ask for PS256 where the key would take RS256 by default.
        """
        self._place = place
        self._given = tuple(certificates)
        self._alg = alg
        self._turn = threading.Lock()
        self._session: Session | None = None
        self._key: SignMixin | None = None
        """The key as the session knows it."""

    @property
    def alg(self) -> str:
        """Signature algorithm. Raises SealUnavailable."""
        return algorithm_for(self.certificate_chain[0], self._alg, self._called)

    @cached_property
    def certificate_chain(self) -> tuple[x509.Certificate, ...]:
        """The seal certificate, then those above it. Raises SealUnavailable."""
        return self._given or self._through_session(self._read_certificates)

    def sign(self, data: bytes) -> bytes:
        """The signature over `data`, made on the token. Raises SealUnavailable."""
        alg = self.alg
        signature = self._through_session(lambda session: self._sign(session, alg, data))
        return signatures.jose_form(alg, self.certificate_chain[0].public_key(), signature)

    def close(self) -> None:
        """Close the session; the next use opens another."""
        with self._turn:
            self._drop()

    def _sign(self, session: Session, alg: str, data: bytes) -> bytes:
        key = self._key = self._key or self._found(session)
        if alg == "ES256":
            # Tokens that hash for ECDSA are rare; all of them sign a digest.
            made = key.sign(sha256(data).digest(), mechanism=Mechanism.ECDSA)
        elif alg == "PS256":
            made = key.sign(data, mechanism=Mechanism.SHA256_RSA_PKCS_PSS, mechanism_param=_PSS)
        else:
            made = key.sign(data, mechanism=Mechanism.SHA256_RSA_PKCS)
        return bytes(made)

    def _found(self, session: Session) -> SignMixin:
        found = list(
            session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, **self._place.named})
        )
        if len(found) != 1:
            raise SealUnavailable(f"{self._called} has {len(found)} keys of that name, not one.")
        return cast(SignMixin, found[0])

    def _read_certificates(self, session: Session) -> tuple[x509.Certificate, ...]:
        def held(**wanted: object) -> list[x509.Certificate]:
            named = {Attribute[name]: value for name, value in wanted.items()}
            return [
                x509.load_der_x509_certificate(bytes(found[Attribute.VALUE]))
                for found in session.get_objects(
                    {Attribute.CLASS: ObjectClass.CERTIFICATE, **named}
                )
            ]

        own = held(**{attribute.name: value for attribute, value in self._place.named.items()})
        if not own and self._place.id is not None:
            own = held(ID=self._place.id)
        if len(own) != 1:
            raise SealUnavailable(
                f"{self._called} holds {len(own)} certificates of that name. "
                "Put the seal's there, or name a file with it."
            )
        return in_order(own[0], held())

    def _through_session(self, use: Callable[[Session], T]) -> T:
        """Do it, if need be with a new session, and at last after starting the library anew.

        Sessions go when a token is pulled, when it restarts, and when a network to it breaks.
        """
        with self._turn:
            for again in (self._drop, self._start_anew, None):
                try:
                    return use(self._opened())
                except _PIN_REFUSED as error:
                    self._drop()
                    raise SealUnavailable(
                        f"{self._called} refuses the PIN ({type(error).__name__}). "
                        "It is not tried again by itself."
                    ) from None
                except PKCS11Error as error:
                    if again is None:
                        self._drop()
                        raise SealUnavailable(
                            f"{self._called} does not answer ({type(error).__name__})."
                        ) from error
                    again()
        raise AssertionError("the last attempt returns or raises")

    def _opened(self) -> Session:
        if self._session is None:
            if not self._place.module.is_file():
                raise SealUnavailable(
                    f"There is no PKCS #11 library {self._place.module.name} at the place named."
                )
            token = pkcs11.lib(str(self._place.module)).get_token(token_label=self._place.token)
            try:
                self._session = token.open(user_pin=self._place.pin)
            except UserAlreadyLoggedIn:
                # Another seal on the same token: one login holds for the whole process.
                self._session = token.open()
        return self._session

    def _drop(self) -> None:
        self._key = None
        if self._session is not None:
            with suppress(PKCS11Error):
                self._session.close()
            self._session = None

    def _start_anew(self) -> None:
        self._session = self._key = None
        with suppress(PKCS11Error):
            pkcs11.lib(str(self._place.module)).reinitialize()

    @property
    def _called(self) -> str:
        return f"The token {self._place.token}"

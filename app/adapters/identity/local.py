"""The local identity: named demo people and tokens for them. For development only."""

import logging
import os
import re
import warnings
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jose import JWTError, jwk, jwt

from app.domain.access.ports import Identity
from app.domain.access.roles import Role, Subject
from app.domain.clock import Clock
from app.domain.errors import NotAuthenticated, NotFound
from app.ports import DemoPerson

log = logging.getLogger(__name__)

ISSUER = "urn:microcredentials:development-identity"
_AUDIENCE = "urn:microcredentials:api"
_VALID_FOR = timedelta(hours=8)
_LEARNER = re.compile(r"learner-[1-9][0-9]{0,4}")


class DevelopmentIdentityWarning(UserWarning):
    """Anybody can be anybody here."""


class PersonNotFound(NotFound):
    """The local identity does not know this person."""

    code = "demo_person_not_found"

    def __init__(self) -> None:
        super().__init__("No demo person has this name. GET /v1/dev/people lists them.")


def _person(name: str, description: str, role: Role, institution: str | None) -> DemoPerson:
    return DemoPerson(name, description, ((role.value, institution),))


PEOPLE: tuple[DemoPerson, ...] = (
    _person("ana-oviedo", "coordinates proposals at Oviedo", Role.COORDINATOR, "UNIOVI"),
    _person("ben-karlsruhe", "co-author at Karlsruhe", Role.CO_AUTHOR, "HKA"),
    _person("chiara-chieti", "co-author at Chieti-Pescara", Role.CO_AUTHOR, "UDA"),
    _person("sara-oviedo", "signs for Oviedo", Role.SIGNATORY, "UNIOVI"),
    _person("stefan-karlsruhe", "signs for Karlsruhe", Role.SIGNATORY, "HKA"),
    _person("silvia-chieti", "signs for Chieti-Pescara", Role.SIGNATORY, "UDA"),
    _person("quim-oviedo", "quality officer at Oviedo", Role.QUALITY_OFFICER, "UNIOVI"),
    _person("quirin-karlsruhe", "quality officer at Karlsruhe", Role.QUALITY_OFFICER, "HKA"),
    _person("quintilia-chieti", "quality officer at Chieti-Pescara", Role.QUALITY_OFFICER, "UDA"),
    _person("rea-crete", "reviewer from Crete", Role.REVIEWER, "UOC"),
    _person("radu-iasi", "reviewer from Iași", Role.REVIEWER, "TUIASI"),
    _person("seppo-xamk", "student reviewer from Xamk", Role.STUDENT_REVIEWER, "XAMK"),
    _person("petra-chair", "chairs the review panel", Role.PANEL_CHAIR, None),
    _person("olga-office", "works in the alliance office", Role.ALLIANCE_OFFICE, None),
    _person("elena-oviedo", "enrolment officer at Oviedo", Role.ENROLMENT_OFFICER, "UNIOVI"),
    _person("erik-skovde", "enrolment officer at Skövde", Role.ENROLMENT_OFFICER, "HIS"),
    _person("eoin-munster", "enrolment officer at Munster", Role.ENROLMENT_OFFICER, "MTU"),
    _person("teo-oviedo", "teaches at Oviedo", Role.TEACHER, "UNIOVI"),
    _person("tilda-karlsruhe", "teaches at Karlsruhe", Role.TEACHER, "HKA"),
    _person("rosa-oviedo", "confirms results at Oviedo", Role.RESULTS_CONFIRMER, "UNIOVI"),
    _person("ines-oviedo", "issues credentials at Oviedo", Role.ISSUER_OFFICER, "UNIOVI"),
    _person("ivan-oviedo", "issues credentials at Oviedo", Role.ISSUER_OFFICER, "UNIOVI"),
    _person("rita-rouen", "recognition officer at Rouen", Role.RECOGNITION_OFFICER, "URN"),
    _person("aud-auditor", "audits the alliance", Role.AUDITOR, None),
)


class DevelopmentIdentity:
    """Issues and checks tokens of demo people, with a key made in the data folder."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        warnings.warn(
            "The development identity is on: anybody can take any role. Never in production.",
            DevelopmentIdentityWarning,
            stacklevel=2,
        )
        self._clock = clock
        pem = _key(folder / "development-identity.pem")
        private = serialization.load_pem_private_key(pem, None)
        public = private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        # Keys as objects: parsing the PEM on each request costs more than the check itself.
        self._private = jwk.construct(pem.decode(), "RS256")
        self._public = jwk.construct(public.decode(), "RS256")
        self._names = {person.name for person in PEOPLE}

    @property
    def people(self) -> tuple[DemoPerson, ...]:
        """Those with roles; besides them, every `learner-N` is known."""
        return PEOPLE

    def token(self, person: str) -> str:
        """A bearer token for a demo person. Raises PersonNotFound."""
        if person not in self._names and not _LEARNER.fullmatch(person):
            raise PersonNotFound
        now = self._clock.now()
        claims = {
            "iss": ISSUER,
            "aud": _AUDIENCE,
            "sub": f"demo:{person}",
            "name": person.replace("-", " ").title(),
            "email": f"{person}@example.org",
            "email_verified": True,
            "iat": int(now.timestamp()),
            "exp": int((now + _VALID_FOR).timestamp()),
        }
        return jwt.encode(claims, self._private, algorithm="RS256")

    async def identify(self, token: str) -> Identity:
        """The demo person who bears the token. Raises NotAuthenticated."""
        try:
            claims = jwt.decode(
                token,
                self._public,
                algorithms=["RS256"],
                audience=_AUDIENCE,
                issuer=ISSUER,
                options={"require_aud": True, "require_exp": True, "require_sub": True},
            )
        except JWTError:
            raise NotAuthenticated(
                "This token is over or not ours. Get another one from POST /v1/dev/tokens."
            ) from None
        return Identity(
            subject=Subject(ISSUER, claims["sub"]), email=claims["email"], name=claims["name"]
        )


def _key(path: Path) -> bytes:
    """The PEM in `path`, made if it is missing; of two processes that make it, one wins."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        fresh = path.with_suffix(f".{os.getpid()}.new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(made)
        try:
            os.link(fresh, path)
        except FileExistsError:
            log.debug("another process has made the key")
        fresh.unlink()
    return path.read_bytes()

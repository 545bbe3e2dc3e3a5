"""Sessions that a one-time link opens: a bearer token for one registration, for a short time."""

from datetime import timedelta
from uuid import UUID

from jose import JWTError, jwt

from app.domain.access.ports import Identity, address_key
from app.domain.clock import Clock
from app.domain.errors import NotAuthenticated

ISSUER = "urn:microcredentials:link-session"
_AUDIENCE = "urn:microcredentials:api"
VALID_FOR = timedelta(minutes=30)


class LinkSessions:
    """Signs and checks link sessions with this deployment's own secret (HS256)."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock

    def issue(self, registration: UUID, address: str) -> tuple[str, int]:
        """A bearer token for that registration alone, while it has that address, and the seconds
        that it is good for."""
        now = self._clock.now()
        claims = {
            "iss": ISSUER,
            "aud": _AUDIENCE,
            "sub": str(registration),
            "address_key": address_key(registration, address),
            "iat": int(now.timestamp()),
            "exp": int((now + VALID_FOR).timestamp()),
        }
        return jwt.encode(claims, self._secret, algorithm="HS256"), int(VALID_FOR.total_seconds())

    async def identify(self, token: str) -> Identity:
        """The registration that the session is for. Raises NotAuthenticated."""
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=["HS256"],
                audience=_AUDIENCE,
                issuer=ISSUER,
                options={"require_aud": True, "require_exp": True, "require_sub": True},
            )
            return Identity(
                subject=None,
                registration=UUID(claims["sub"]),
                address_key=claims.get("address_key"),
            )
        except (JWTError, ValueError):
            raise NotAuthenticated(
                "This session is over or not ours. Ask for a new link (POST /v1/links)."
            ) from None

"""What sharing takes and answers with."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.domain.credentials.credential_id import credential_urn
from app.domain.credentials.share import LONGEST_LABEL, MOST_VIEWS, ShareKind, ShareState
from app.domain.credentials.status import Standing
from app.domain.credentials.use_cases.shares import SeenShare, Shown
from app.routers.habits.values import Instant

REVOKING = (
    "Revoking a link does not revoke the credential, and whoever has downloaded the file keeps it."
)


class ShareIn(BaseModel):
    """How a link shall be."""

    model_config = ConfigDict(extra="forbid")

    expires_at: Instant | None = Field(
        None, description="left out: 30 days from now; at most what the deployment allows"
    )
    view_limit: int | None = Field(
        None, ge=1, le=MOST_VIEWS, description="how often it can be opened; left out: any number"
    )
    recipient: str | None = Field(
        None,
        max_length=LONGEST_LABEL,
        description="for whom it is, for your own list; never shown to anybody else",
        examples=["Application at the city council"],
    )


class ShareEditIn(BaseModel):
    """What can be changed of a link."""

    model_config = ConfigDict(extra="forbid")

    expires_at: Instant


class PageIn(BaseModel):
    """A public page, on the holder's explicit word."""

    model_config = ConfigDict(extra="forbid")

    consent: bool = Field(
        description="`true`: anybody may see the page for as long as I leave it there",
        examples=[True],
    )
    shows_name: bool = Field(False, description="whether the page names you")
    language: str = Field("en", pattern="^[a-z]{2}$", description="of the title on the profile")


class ShareViewOut(BaseModel):
    """That the link was opened. By whom is not known here."""

    at: datetime


class ShareOut(BaseModel):
    """A link to a credential, as its maker sees it. Its token is told once, when it is made."""

    id: UUID
    credential: UUID
    kind: ShareKind
    state: ShareState
    created_at: datetime
    expires_at: datetime | None = Field(description="null: until it is revoked")
    view_limit: int | None
    views: int = Field(description="how often it was opened")
    recipient: str | None = Field(examples=["Application at the city council"])
    shows_name: bool
    revoked_at: datetime | None
    version: int
    allowed_actions: list[str] = Field(examples=[["edit_share", "revoke_share"]])

    @classmethod
    def of(cls, seen: SeenShare) -> "ShareOut":
        """From the domain."""
        return cls(**_fields(seen))


class ShareDetailOut(ShareOut):
    """A link, and when it was opened lately."""

    view_log: list[ShareViewOut] = Field(description="the latest first; the time and nothing else")
    notice: str = Field(REVOKING, description="what revoking does not do")

    @classmethod
    def of(cls, seen: SeenShare) -> "ShareDetailOut":
        """From the domain."""
        return cls(**_fields(seen), view_log=[ShareViewOut(at=view.at) for view in seen.views])


def _fields(seen: SeenShare) -> dict[str, Any]:
    share = seen.share
    actions = []
    if seen.state is not ShareState.REVOKED:
        if share.kind is ShareKind.LINK:
            actions.append("edit_share")
        actions.append("revoke_share")
    names = set(ShareOut.model_fields) - {"state", "allowed_actions"}
    return {
        **{name: getattr(share, name) for name in names},
        "state": seen.state,
        "allowed_actions": actions,
    }


class SharesOut(BaseModel):
    """All links to a credential."""

    items: list[ShareOut]
    notice: str = Field(REVOKING, description="what revoking does not do")


class NewShareOut(BaseModel):
    """A link that was just made. Its address is not told again."""

    share: ShareOut
    url: str = Field(
        description="for people; give it to whom you want to show the credential",
        examples=["https://example.org/s/ZGVtby1zaGFyZS10b2tlbi0wMDAwMDAwMDAwMDAwMDA"],
    )
    api: str = Field(
        description="the same for programs",
        examples=["https://example.org/v1/shares/ZGVtby1zaGFyZS10b2tlbi0wMDAwMDAwMDAwMDAwMDA"],
    )
    notice: str = Field(REVOKING, description="what revoking does not do")


class NewPageOut(NewShareOut):
    """A public page that was just made, and how to put it into a profile."""

    linkedin: str = Field(
        description="opens LinkedIn's form for certifications, filled in; nothing is sent by us",
        examples=["https://www.linkedin.com/profile/add?startTask=CERTIFICATION_NAME"],
    )


class ShownOut(BaseModel):
    """What a link shows: a credential in brief, or that it has to be opened first."""

    kind: ShareKind
    needs_opening: bool = Field(
        description="POST …/open shows it, which counts; nothing is shown before"
    )
    expires_at: datetime | None
    access: str | None = Field(
        None,
        description="send it as `access` for half an hour with every further look at this link",
        examples=["cGFzcy1vZi1hLWxpbWl0ZWQtbGluay0wMDAwMDAwMDA"],
    )
    id: UUID | None = None
    urn: str | None = None
    title: dict[str, str] = {}
    holder: str | None = None
    issuer: str | None = Field(None, description="code of the partner", examples=["UNIOVI"])
    organisation: str | None = Field(None, description="legal name by the seal's certificate")
    awarded_on: date | None = Field(
        default=None, description="day of the award, in the time zone of the course"
    )
    issued_at: datetime | None = None
    valid_until: datetime | None = None
    standing: Standing | None = Field(None, description="whether it is in force now")
    since: datetime | None = None
    superseded_by: UUID | None = Field(None, description="the credential that replaces it")
    development: bool | None = Field(None, description="sealed with a stand-in: proves nothing")
    languages: list[str] = []
    shows: Literal["whole", "extract", "nothing"] = Field(
        description="`extract`: rendered from the sealed credential, whose seal covers the whole "
        "of it and is not shown here"
    )
    links: dict[str, str] = Field(
        {},
        description="paths: status, document, verification …",
        examples=[{"status": "/v1/credentials/0192f3a1-5b7c-7d2e-9f4a-2c1d3e4f5a6b/status"}],
    )

    @classmethod
    def of(cls, shown: Shown, token: str) -> "ShownOut":
        """From the domain."""
        credential, status = shown.credential, shown.status
        if credential is None or status is None:
            return cls(
                kind=shown.kind,
                needs_opening=True,
                expires_at=shown.expires_at,
                shows="nothing",
                links={"open": f"/v1/shares/{token}/open"},
            )
        whole = shown.kind is ShareKind.LINK
        return cls(
            kind=shown.kind,
            needs_opening=False,
            expires_at=shown.expires_at,
            access=shown.pass_,
            id=credential.id,
            urn=credential_urn(credential.id),
            title=dict(credential.title),
            holder=shown.holder,
            issuer=credential.issuer,
            organisation=credential.organisation,
            awarded_on=shown.awarded_on,
            issued_at=credential.sealed_at,
            valid_until=credential.valid_until,
            standing=shown.standing,
            since=status.since,
            superseded_by=status.successor,
            development=credential.development,
            languages=list(credential.languages) if whole else [],
            shows="whole" if whole else "extract",
            links=_paths(credential.id, token, list(credential.languages), whole=whole),
        )


def _paths(credential: UUID, token: str, languages: list[str], *, whole: bool) -> dict[str, str]:
    paths = {
        "status": f"/v1/credentials/{credential}/status",
        "verification_page": f"/verify/{credential}",
    }
    if not whole:
        return paths
    here = f"/v1/shares/{token}"
    return {
        **paths,
        "document": f"{here}/document",
        "pdf": f"{here}/pdf",
        "verification": f"{here}/verification",
        **{f"image_{language}": f"{here}/images/{language}" for language in languages},
    }

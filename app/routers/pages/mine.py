"""What the holder of a link's session does on its page, by plain forms.

The session stands in a hidden field of each form and nowhere else: not in an address, which is kept
and passed on, and not in a cookie, so that no other site can send a form in somebody's name.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from app.domain.access.roles import Caller
from app.domain.credentials.use_cases.credentials import download_credential
from app.domain.credentials.use_cases.shown import get_credential_pdf
from app.domain.errors import DomainError, Invalid, NotAuthenticated
from app.domain.results.credential_data import LegalIdentity
from app.domain.results.use_cases import learner
from app.domain.results.use_cases.learner import LONGEST_TEXT
from app.ports import Ports
from app.routers.habits import PortsDep
from app.routers.habits.caller import caller_with
from app.routers.habits.values import writable
from app.routers.pages.layout import PERSONAL
from app.routers.pages.links import Opened, opened_page, session_over_page

router = APIRouter(include_in_schema=False)

_FORM = "application/x-www-form-urlencoded"
_PRIVATE = {**PERSONAL, "Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer"}


class UnreadableForm(Invalid):
    """A form has other fields than the page gave it."""

    code = "unreadable_form"

    def __init__(self) -> None:
        super().__init__("The form is not complete. Fill it in again as it stands on the page.")


Act = Callable[[Caller, Opened, Mapping[str, str]], Awaitable[object]]
"""What a form does for the holder of a session, with the form's fields. Raises DomainError."""


@router.post("/mine/accept")
async def accept_on_page(request: Request, ports: PortsDep) -> HTMLResponse:
    """Agree with one's result."""

    async def accept(caller: Caller, opened: Opened, sent: Mapping[str, str]) -> object:
        return await learner.accept_result(
            opened.registration,
            _number(sent),
            work=ports.work(caller, "accept_result"),
            caller=caller,
            clock=ports.clock,
        )

    return await _done(request, ports, accept, shown_again=False)


@router.post("/mine/object")
async def object_on_page(request: Request, ports: PortsDep) -> HTMLResponse:
    """Object to one's result, and say why."""

    async def objecting(caller: Caller, opened: Opened, sent: Mapping[str, str]) -> object:
        return await learner.object_to_result(
            opened.registration,
            _reason(sent),
            _number(sent),
            work=ports.work(caller, "object_to_result"),
            caller=caller,
            clock=ports.clock,
        )

    return await _done(request, ports, objecting, shown_again=True)


@router.post("/mine/data")
async def confirm_on_page(request: Request, ports: PortsDep) -> HTMLResponse:
    """State what the credential shall say of its holder."""

    async def confirm(caller: Caller, opened: Opened, sent: Mapping[str, str]) -> object:
        return await learner.confirm_credential_data(
            opened.registration,
            _identity(sent),
            _number(sent),
            work=ports.work(caller, "confirm_credential_data"),
            caller=caller,
            clock=ports.clock,
        )

    return await _done(request, ports, confirm, shown_again=True)


async def _done(request: Request, ports: Ports, act: Act, *, shown_again: bool) -> HTMLResponse:
    """Act, and show where everything stands then, or why it was refused; `shown_again` says whether
    what was entered stands in the form once more."""
    sent = await _sent(request)
    try:
        caller, opened = await _opened(request, ports, sent)
    except NotAuthenticated:
        return await session_over_page(request, ports)
    problem: DomainError | None = None
    try:
        await act(caller, opened, sent)
    except DomainError as refused:
        problem = refused
    entered = sent if problem and shown_again else None
    return await opened_page(request, ports, caller, opened, problem=problem, entered=entered)


@router.post("/mine/file")
async def download_on_page(request: Request, ports: PortsDep) -> Response:
    """One's sealed file, or the PDF around it in one of its languages."""
    sent = await _sent(request)
    try:
        caller, opened = await _opened(request, ports, sent)
    except NotAuthenticated:
        return await session_over_page(request, ports)
    kind, _, language = sent.get("file", "").partition("-")
    try:
        credential = _credential(sent)
        if kind != "pdf":
            _, document = await download_credential(
                credential,
                revision=None,
                work=ports.work(caller, "download_credential"),
                caller=caller,
                clock=ports.clock,
            )
            return _file(document, "application/ld+json", f"{credential}.jsonld")
        _, shown, pdf = await get_credential_pdf(
            credential,
            language or None,
            work=ports.work(caller, "get_credential_pdf"),
            caller=caller,
            clock=ports.clock,
            pages=ports.pages,
        )
        return _file(pdf, "application/pdf", f"{credential}-{shown}.pdf")
    except DomainError as refused:
        return await opened_page(request, ports, caller, opened, problem=refused)


async def _sent(request: Request) -> Mapping[str, str]:
    """The fields of the form; none of what is not one."""
    if not request.headers.get("content-type", "").startswith(_FORM):
        return {}
    async with request.form(max_files=0, max_fields=12) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


async def _opened(request: Request, ports: Ports, sent: Mapping[str, str]) -> tuple[Caller, Opened]:
    """Whose session it is. Raises NotAuthenticated, also for tokens that are of no link."""
    token = sent.get("key", "")
    caller = await caller_with(token, request)
    if caller.registration is None:
        raise NotAuthenticated("This is not the session of a link.")
    return caller, Opened(caller.registration, token)


def _number(sent: Mapping[str, str]) -> int:
    version = sent.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise UnreadableForm
    return int(version)


def _reason(sent: Mapping[str, str]) -> str:
    try:
        reason = writable(sent.get("reason", ""))
    except ValueError:
        raise UnreadableForm from None
    if len(reason) > LONGEST_TEXT:
        raise UnreadableForm
    return reason


def _credential(sent: Mapping[str, str]) -> UUID:
    try:
        return UUID(sent.get("credential", ""))
    except ValueError:
        raise UnreadableForm from None


def _identity(sent: Mapping[str, str]) -> LegalIdentity:
    try:
        texts = {
            name: writable(sent.get(name, "").strip()) or None
            for name in ("full_name", "given_name", "family_name", "student_identifier")
        }
        born = sent.get("birth_date", "").strip()
        return LegalIdentity(
            texts["full_name"] or "",
            texts["given_name"],
            texts["family_name"],
            date.fromisoformat(born) if born else None,
            texts["student_identifier"],
        )
    except ValueError:
        raise UnreadableForm from None


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {**_PRIVATE, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)

"""The forms of the page that a link opens: what its holder may do, without a script."""

from collections.abc import Mapping

from app.domain.credentials.credential import Credential
from app.domain.credentials.use_cases.credentials import SeenCredential
from app.domain.results.credential_data import CredentialData
from app.domain.results.ports import Participant
from app.domain.results.views import ResultView
from app.routers.pages.checklist import pairs
from app.routers.pages.elements import Content, Html, e
from app.routers.pages.words import LANGUAGES, say

_AUTOCOMPLETE = {
    "full_name": "name",
    "given_name": "given-name",
    "family_name": "family-name",
    "birth_date": "bday",
    "student_identifier": "off",
}


def result_of(view: ResultView, token: str, tag: str) -> Content:
    """The learner's result, with the button by which they agree with it."""
    result = view.result
    if result.grading.outcome is None:
        return None
    yes = (
        _form(
            "accept",
            token,
            tag,
            e("p", say("link-accept-means", tag)),
            _hidden("version", str(result.version)),
            e("button", say("link-accept", tag), type="submit"),
        )
        if "accept_result" in view.allowed_actions and result.accepted_at is None
        else None
    )
    return (
        e("h2", say("link-result", tag)),
        pairs(
            (
                (say("link-result", tag), say(f"outcome-{result.grading.outcome.value}", tag)),
                (say("link-grade", tag), result.grading.grade),
            )
        ),
        e("p", say("link-accepted", tag)) if result.accepted_at else None,
        yes,
    )


def data_of(
    participant: Participant,
    data: CredentialData,
    token: str,
    tag: str,
    entered: Mapping[str, str] | None,
) -> Content:
    """What the credential shall say of its holder, to be confirmed or put right."""
    identity = data.identity
    values: Mapping[str, str] = entered or {
        "full_name": identity.full_name if identity else participant.full_name,
        "given_name": (identity and identity.given_name) or "",
        "family_name": (identity and identity.family_name) or "",
        "birth_date": (identity.birth_date.isoformat() if identity and identity.birth_date else ""),
        "student_identifier": (identity and identity.student_identifier) or "",
    }
    return (
        e("h2", say("link-data", tag)),
        e("p", say("link-confirmed", tag)) if data.version else None,
        _form(
            "data",
            token,
            tag,
            e("p", say("link-data-means", tag), id="data-hint"),
            [_field(name, values.get(name, ""), tag) for name in _AUTOCOMPLETE],
            _hidden("version", str(data.version)),
            e("button", say("link-confirm", tag), type="submit"),
        ),
    )


def files_of(seen: SeenCredential, token: str, tag: str) -> Html | None:
    """The files of a credential, each by a button: an address could not hold the session."""
    credential: Credential = seen.credential
    if "download_credential" not in seen.allowed_actions:
        return None
    return _form(
        "file",
        token,
        tag,
        _hidden("credential", str(credential.id)),
        e("p", _button("document", say("sealed-file", tag))),
        [
            e(
                "p",
                _button(
                    f"pdf-{language}",
                    f"{say('pdf-file', tag)} – {LANGUAGES.get(language, language)}",
                ),
            )
            for language in credential.languages
        ],
    )


def _form(act: str, token: str, tag: str, *content: Content) -> Html:
    return e(
        "form", _hidden("key", token), content,
        method="post", action=f"/mine/{act}?lang={tag}", class_="card",
    )  # fmt: skip


def _hidden(name: str, value: str) -> Html:
    return e("input", type="hidden", name=name, value=value)


def _button(value: str, text: str) -> Html:
    return e("button", text, type="submit", name="file", value=value)


def _field(name: str, value: str, tag: str) -> Content:
    return (
        e("label", say(f"field-{name}", tag), for_=name),
        e(
            "input",
            type="date" if name == "birth_date" else "text",
            id=name,
            name=name,
            value=value,
            required=name == "full_name",
            maxlength=255 if name == "student_identifier" else 200,
            autocomplete=_AUTOCOMPLETE[name],
            aria_describedby="data-hint",
        ),
    )

"""The forms of the page that a link opens: what its holder may do, without a script."""

from collections.abc import Mapping

from app.domain.credentials.credential import Credential
from app.domain.credentials.use_cases.credentials import SeenCredential
from app.domain.errors import Finding
from app.domain.results.credential_data import CredentialData, remarks
from app.domain.results.ports import Participant
from app.domain.results.result import Result, ResultState
from app.domain.results.use_cases.learner import LONGEST_TEXT
from app.domain.results.views import ResultView
from app.routers.pages.checklist import pairs
from app.routers.pages.elements import Content, Html, e
from app.routers.pages.words import FALLBACK, LANGUAGES, phrases, say

_NOT_YET = (ResultState.PROVISIONAL, ResultState.OBJECTED)
"""Where an outcome is shown that may still change."""
_AUTOCOMPLETE = {
    "full_name": "name",
    "given_name": "given-name",
    "family_name": "family-name",
    "birth_date": "bday",
    "student_identifier": "off",
}


def result_of(view: ResultView, token: str, tag: str, objecting: str = "") -> Content:
    """The learner's result and what it is worth, with buttons to agree with it and to object."""
    result = view.result
    if result.state is ResultState.CORRECTION:
        return (
            e("h2", say("link-result", tag)),
            e("p", say("link-result-correction", tag)),
            _answers(result, tag),
        )
    if result.grading.outcome is None:
        return None
    stands = result.state.value
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
        e("p", say(f"link-result-{stands}", tag)) if stands in _NOT_YET else None,
        e("p", say("link-accepted", tag)) if result.accepted_at else None,
        _answers(result, tag),
        yes,
        _objection(view, token, tag, objecting),
    )


def _answers(result: Result, tag: str) -> Html | None:
    """What the learner was told on each objection of theirs that was decided."""
    return pairs(
        (say("link-answer", tag), e("bdi", one.answer) if one.answer else None)
        for one in result.objections
        if one.found_by is None
    )


def _objection(view: ResultView, token: str, tag: str, objecting: str) -> Html | None:
    if "object_to_result" not in view.allowed_actions:
        return None
    return _form(
        "object",
        token,
        tag,
        e("p", say("link-object-means", tag), id="reason-hint"),
        e("label", say("field-reason", tag), for_="reason"),
        e(
            "textarea",
            objecting,
            id="reason",
            name="reason",
            rows="4",
            required=True,
            maxlength=str(LONGEST_TEXT),
            aria_describedby="reason-hint",
        ),
        _hidden("version", str(view.result.version)),
        e("button", say("link-object", tag), type="submit"),
    )


def data_of(
    participant: Participant,
    data: CredentialData,
    token: str,
    tag: str,
    entered: Mapping[str, str] | None,
    undrawn: Mapping[str, str],
) -> Content:
    """What the credential shall say of its holder, to be confirmed or put right.

    `undrawn` holds what cannot be drawn of a text (`app.domain.vocabulary.lettering`).
    """
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
        e("p", say("link-confirmed", tag)) if data.version and not data.contested else None,
        [_remark(one, tag) for one in remarks(data, undrawn)],
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


def _remark(remark: Finding, tag: str) -> Html:
    translated = f"remark-{remark.code}" in phrases()
    foreign = None if translated or tag == FALLBACK else FALLBACK
    text = say(f"remark-{remark.code}", tag) if translated else remark.detail
    return e("p", e("strong", text), lang=foreign)


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

"""The words of the contract: what it says in general, and of parameters and refusals."""

DESCRIPTION = """
Joint micro-credentials of a European University alliance, the whole way: a proposal written by
several universities, its approval, editions with a limited number of places, results, and sealed
European Digital Credentials (ELM v3) that anyone can verify.

**Habits.** Refusals are problem details (RFC 9457) with a stable `code` and a `trace_id`. Edits
and transitions need `If-Match` with the ETag that you saw. Every POST takes `Idempotency-Key`, save
nine: what `issue_development_token`, `create_form_secret`, `create_share`, `publish_page`,
`open_link` and `open_share` answer is a key to something and kept nowhere, and `request_link`,
`verify_credential` and `import_responses` may be repeated as they are.
Lists have `limit` and `cursor`. Things answer with `allowed_actions`: what you may do to them now.
A query parameter that an operation does not know is a 422, so that no misspelt filter gives all.
Work that takes long is a job: 202, `Location`, progress at `/v1/jobs/{job}`.
"""

TAGS = [
    {"name": "platform", "description": "Is it alive, is it ready."},
    {"name": "identity", "description": "Who is asking, and what has been granted to them."},
    {"name": "institutions", "description": "The partners of the alliance."},
    {"name": "vocabularies", "description": "Controlled lists of the EU."},
    {"name": "skills", "description": "ESCO skills and how wordings resolve to them."},
    {"name": "proposals", "description": "From the first draft to publication."},
    {"name": "editions", "description": "When a micro-credential is offered, and its places."},
    {"name": "registrations", "description": "Who has a place and who waits."},
    {"name": "imports", "description": "Registrations that come as Microsoft Forms exports."},
    {"name": "results", "description": "What learners achieved, and what they confirm."},
    {"name": "links", "description": "For people without an account."},
    {"name": "credentials", "description": "Issuing, downloading and verifying."},
    {"name": "shares", "description": "Links by which holders show their credentials."},
    {"name": "jobs", "description": "Long work and its progress."},
    {"name": "audit", "description": "Who changed what."},
    {"name": "retention", "description": "How long data are kept, and what was erased."},
]

REFUSALS = {
    "400": "The request cannot be read.",
    "401": "No token, or not one that is accepted.",
    "403": "Your roles do not allow this here.",
    "404": "It does not exist, or you may not know of it.",
    "406": "None of the media types that you accept can be given.",
    "409": "The state it is in does not allow this.",
    "412": "You saw an older version; `ETag` names the current one.",
    "413": "The body is too large.",
    "415": "The body has another media type than the operation takes.",
    "422": "What was sent is missing something or wrong; `errors` says where.",
    "428": "If-Match is missing.",
    "429": "Too many requests; `Retry-After` says when to come back.",
    "503": "Something outside does not answer; `Retry-After` says when to come back.",
}

ID = "0192f3a1-5b7c-7d2e-9f4a-2c1d3e4f5a6b"
OTHER_ID = "0192f3a1-6c80-7a15-8b3d-9e2f4a5b6c7d"

PARAMETERS: dict[str, tuple[str, object]] = {
    "proposal": ("identifier of a proposal", ID),
    "edition": ("identifier of an edition", ID),
    "registration": ("identifier of a registration", ID),
    "credential": ("identifier of a credential", ID),
    "import_id": ("identifier of an import", ID),
    "form": ("the form's id in Microsoft Forms", "v4j5cvGGr0GRqy180BHbR1"),
    "batch": ("identifier of an issuing batch", ID),
    "secret": ("identifier of a secret of a form", ID),
    "share": ("identifier of a link", ID),
    "status_list": ("identifier of a status list", ID),
    "channel": ("way of delivery", "email"),
    "job": ("identifier of a job", ID),
    "grant": ("identifier of a grant", ID),
    "section": ("which part of the proposal", "academic"),
    "code": ("code of a partner", "UNIOVI"),
    "name": ("name of the list", "eqf"),
    "uri": ("IRI of an ESCO concept", "http://data.europa.eu/esco/skill/60c78287"),
    "language": ("BCP 47", "en"),
    "token": ("the last part of the address in the mail", "ZGVtby1vbmUtdGltZS1saW5r"),
    "institution": ("code of a partner", "UNIOVI"),
    "organiser": ("code of a partner", "UNIOVI"),
    "plan_token": ("of a dry run", "9f86d081884c7d659a2feaa0c55ad015"),
    "kind": ("kind of thing", "proposal"),
    "subject": ("identifier of a thing", ID),
    "actor": ("who did it", f"account:{ID}"),
    "limit": ("items on a page", 50),
    "cursor": ("`next` of the page before", "WyIwMTkyZjNhMS01YjdjIl0"),
}
"""What a parameter means and an example, where the operation itself does not say."""

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Repeat the request with the same key, and the first answer comes again, for 24 "
    "hours. Only for those with a token, and not of refusals that a repetition may lead past (401, "
    "403, 404, 409, 412, 428, 429).",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$", "examples": [OTHER_ID]},
}
"""Of every POST that keeps its answers."""

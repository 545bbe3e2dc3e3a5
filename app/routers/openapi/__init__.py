"""The published contract: what FastAPI derives, completed with what our habits add."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app import __version__
from app.routers.habits.problems import Problem
from app.routers.openapi import operations, schemas, texts
from app.routers.openapi.examples import Examples


def build(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the app, built once."""
    if app.openapi_schema:
        return app.openapi_schema
    document = get_openapi(
        title="INGENIUM micro-credentials",
        version=__version__,
        summary="From a joint proposal to a European Digital Credential that anyone can verify",
        description=texts.DESCRIPTION,
        routes=app.routes,
        tags=texts.TAGS,
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
    )
    components = document.setdefault("components", {})
    problem = Problem.model_json_schema(ref_template=f"{schemas.PREFIX}{{model}}")
    components.setdefault("schemas", {}).update(problem.pop("$defs", {}))
    components["schemas"]["Problem"] = problem
    for path, method, operation in operations.operations(document):
        operations.complete(path, method, operation)
    components["responses"] = {
        f"Refused{status}": operations.refusal(status) for status in texts.REFUSALS
    }
    schemas.drop_unused(document)
    schemas.rename(document)
    schemas.tidy(document)
    schemas.plain_forms(document)
    examples = Examples(document["components"]["schemas"])
    for _, _, operation in operations.operations(document):
        operations.add_examples(operation, examples)
    app.openapi_schema = document
    return document

"""The TypeScript client's types are those of the service."""

from __future__ import annotations

from serve_app.openapi_types import description, written
from tests.support.paths import PROJECT

COMMITTED = PROJECT / "web" / "openapi.json"


def test_the_description_that_the_client_is_made_from_is_the_services() -> None:
    # If this fails: `npm run generate` in web/, and look at what has changed for clients.
    assert COMMITTED.read_text() == written()


def test_no_field_of_an_answer_is_lost_with_the_examples() -> None:
    job = description()["components"]["schemas"]["JobShape"]["properties"]
    assert {"job_id", "status", "seq", "result", "error"} <= job.keys()

"""Checks the PostgreSQL database, if one is set."""

from __future__ import annotations

from typing import Final

from deployments.doctor.finding import Finding, bad, good
from deployments.settings import BadSetting, Settings
from deployments.wiring.journals import in_database, journal
from retender.errors import JournalError, JournalTooNew

_ADVICE: Final = "See that the server is up, and that RETENDER_DATABASE_URL leads to it."


def database(settings: Settings) -> Finding | None:
    if not in_database(settings):
        return None
    try:
        journal(settings)
    except BadSetting as error:
        return bad("database", error.found, error.advice)
    # psycopg is installed, as is known now.
    from retender.journal.postgres.inspection import inspect_database  # noqa: PLC0415 - see above

    try:
        found = inspect_database(settings.database_url.get_secret_value())
    except JournalTooNew as error:
        return bad("database", error.details["problem"], error.details["advice"])
    except JournalError as error:
        return bad("database", error.message, _ADVICE)
    tables = "" if found.schema else "; its tables are made with the first start"
    return good("database", f"{found.name} can be reached, version {found.server}{tables}")

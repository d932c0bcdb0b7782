"""Whether the database can be reached, where one is set."""

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
        missing, _, install = str(error).partition(": ")
        return bad("database", missing, f"{install}.")
    from retender.journal.postgres.inspection import inspect_database  # noqa: PLC0415 - installed, as is known now

    try:
        found = inspect_database(settings.database_url.get_secret_value())
    except JournalTooNew as error:
        what, _, advice = error.message.partition(". ")
        return bad("database", what, f"{advice}.")
    except JournalError as error:
        return bad("database", error.message, _ADVICE)
    tables = "" if found.schema else "; its tables are made with the first start"
    return good("database", f"{found.name} can be reached, version {found.server}{tables}")

"""What is said of an engine: whether it takes work, and what is wrong with it."""

from __future__ import annotations

import math

from retender.engines.usage_ledger import UsageLedger, close, reserve, settle, usage
from retender.workers.engine_info import PoolReport, describe_engine
from retender.workers.reports import WorkerReport
from retender.workers.usage import UsageLimits

NOON = 1_700_049_600.0
FREE = UsageLimits()


def test_an_engine_whose_workers_are_up_is_ready() -> None:
    info = describe_engine("local", PoolReport(engine="local", workers=2), [], 30.0)
    assert (info.ready, info.reason, info.workers) == (True, "", 2)
    assert info.available_seconds == math.inf


def test_one_that_lacks_a_worker_is_ready_and_says_why_it_is_not_whole() -> None:
    condition = PoolReport(engine="local", workers=1, down=("transcriber-2 is down: no memory",))
    info = describe_engine("local", condition, [], 0.0)
    assert (info.ready, info.reason) == (True, "transcriber-2 is down: no memory")


def test_without_any_worker_it_is_not_ready() -> None:
    condition = PoolReport(engine="local", down=("transcriber-1 is down: no model",))
    info = describe_engine("local", condition, [], 0.0)
    assert (info.ready, info.starting) == (False, False)
    assert info.reason == "transcriber-1 is down: no model"


def test_while_its_first_worker_starts_nothing_is_wrong_with_it() -> None:
    info = describe_engine("local", PoolReport(engine="local", starting=1), [], 0.0)
    assert (info.ready, info.starting, info.reason) == (False, True, "its workers are starting")


def test_a_pool_that_is_not_heard_of_is_no_pool() -> None:
    info = describe_engine("local", None, [], 0.0)
    assert not info.ready
    assert "nothing has been heard" in info.reason


def test_a_refused_key_is_why_it_is_not_ready() -> None:
    report = WorkerReport(
        engine="groq", trouble="Groq does not accept the API key: check GROQ_API_KEY"
    )
    info = describe_engine("groq", PoolReport(engine="groq", workers=1), [report], 0.0)
    assert (info.ready, info.reason) == (False, report.trouble)


def test_used_up_limits_are_told_with_their_end_and_leave_no_room() -> None:
    closed = usage(close(UsageLedger(), NOON + 90.0), FREE, NOON)
    assert closed.full_until == NOON + 90.0
    report = WorkerReport(engine="groq", usage={"turbo": closed})
    info = describe_engine("groq", PoolReport(engine="groq", workers=1), [report], 0.0)
    assert info.ready, "there is nothing that anybody would have to put right"
    assert info.limited
    assert info.reason == "the limits of turbo are used up until 12:01 UTC"
    assert info.available_seconds == 0


def test_room_is_what_the_hour_and_the_day_leave() -> None:
    ledger = UsageLedger()
    for hours in range(4):
        at = NOON + hours * 3600.0
        verdict = reserve(ledger, FREE, 7000.0, at)
        ledger = settle(getattr(verdict, "ledger"), getattr(verdict, "ticket"), at)  # noqa: B009 - it is let go
    used = usage(ledger, FREE, NOON + 3 * 3600.0)
    assert (used.available_seconds, used.full_until) == (200, None)
    assert usage(ledger, FREE, NOON + 4 * 3600.0 + 1).available_seconds == 800

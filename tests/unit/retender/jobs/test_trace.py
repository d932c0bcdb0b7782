from __future__ import annotations

import pytest

from retender.jobs.trace import (
    UNTRACED,
    Parent,
    Trace,
    checked_parent,
    next_run,
    parent_of,
    root_span_id,
    trace_id,
)

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CALLER = f"00-{TRACE}-{SPAN}-01"


def test_a_job_is_in_the_trace_of_its_caller() -> None:
    trace = Trace(parent=checked_parent(f" {CALLER} "))
    assert parent_of(trace) == Parent(TRACE, SPAN, sampled=True)
    assert trace_id("any", trace) == TRACE
    assert parent_of(Trace(parent=checked_parent(f"00-{TRACE}-{SPAN}-00"))) == Parent(
        TRACE, SPAN, sampled=False
    )


def test_without_a_caller_the_trace_has_the_id_of_the_job() -> None:
    assert trace_id(SPAN * 2, UNTRACED) == SPAN * 2
    for name in ("named-by-its-client", "0" * 32):
        made = trace_id(name, UNTRACED)
        assert len(made) == 32
        assert int(made, 16) > 0
        assert made == trace_id(name, UNTRACED) != name


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        f"00-{TRACE}-{SPAN}",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"{CALLER}\n{CALLER}",
    ],
)
def test_what_is_no_traceparent_is_ignored(header: str) -> None:
    assert checked_parent(header) == ""


def test_a_header_of_a_later_version_is_read_as_far_as_it_is_known() -> None:
    assert checked_parent(f"01-{TRACE}-{SPAN}-01-what-will-be") == CALLER


def test_each_run_of_a_job_has_a_span_of_its_own_in_one_trace() -> None:
    first = Trace(parent=CALLER, began=1.0)
    second = next_run(first, 9.0)
    assert trace_id("j", first) == trace_id("j", second)
    assert root_span_id("j", first) != root_span_id("j", second)
    assert (second.began, second.queued) == (9.0, 9.0)

"""What the manager knows of its workers by their own word, and what it wishes of them."""

from __future__ import annotations

import pytest

from actors.limits import COMMANDS_WAITING
from actors.manager.worker_registry import WorkerRegistry
from retender.errors import EngineUnavailable
from retender.workers.reports import WorkerReport

LOCAL = WorkerReport(engine="local", resident=100)
GROQ = WorkerReport(engine="groq")


@pytest.fixture
def staff() -> WorkerRegistry:
    staff = WorkerRegistry(epoch=3, good_for=10.0)
    staff.hear("a", "1", LOCAL, 0.0)
    staff.hear("b", "1", LOCAL, 0.0)
    staff.hear("g", "1", GROQ, 0.0)
    return staff


def test_a_sign_of_life_keeps_what_was_said_before(staff: WorkerRegistry) -> None:
    staff.hear("a", "1", None, 8.0)
    (one,) = staff.all(12.0)
    assert (one.worker, one.age, one.report) == ("a", 12.0, LOCAL)


def test_a_new_life_says_what_it_has_itself(staff: WorkerRegistry) -> None:
    staff.hear("a", "2", None, 11.0)
    assert staff.all(11.0) == ()
    staff.hear("a", "2", LOCAL, 12.0)
    assert [each.worker for each in staff.all(12.0)] == ["a"]


def test_who_is_gone_has_nothing(staff: WorkerRegistry) -> None:
    staff.command("load", "small", "local", 1.0)
    staff.gone("a")
    assert [each.worker for each in staff.all(1.0)] == ["b", "g"]
    assert staff.commands("a", ()) == ()


def test_a_wish_goes_to_all_with_the_engine_and_to_no_others(staff: WorkerRegistry) -> None:
    assert staff.command("load", "small", "local", 1.0) == ("a", "b")
    assert [(command.what, command.model) for command in staff.commands("a", ())] == [
        ("load", "small")
    ]
    assert staff.commands("g", ()) == ()


def test_a_wish_is_repeated_until_it_was_heard(staff: WorkerRegistry) -> None:
    staff.command("load", "small", "local", 1.0)
    staff.command("unload", "tiny", "local", 1.0)
    first, second = staff.commands("a", ())
    assert staff.commands("a", ()) == (first, second)
    assert staff.commands("a", (first.id,)) == (second,)
    assert staff.commands("a", (first.id, second.id)) == ()
    assert len(staff.commands("b", ())) == 2


def test_wishes_of_two_managers_are_not_taken_for_each_other(staff: WorkerRegistry) -> None:
    staff.command("load", "small", "local", 1.0)
    (old,) = staff.commands("a", ())
    later = WorkerRegistry(epoch=4, good_for=10.0)
    later.hear("a", "1", LOCAL, 0.0)
    later.command("unload", "small", "local", 1.0)
    (new,) = later.commands("a", (old.id,))
    assert (new.what, new.model) == ("unload", "small")


def test_where_nobody_has_the_engine_a_wish_is_refused(staff: WorkerRegistry) -> None:
    with pytest.raises(EngineUnavailable, match="engine 'local'"):
        staff.command("load", "small", "local", 100.0)


def test_the_oldest_of_too_many_wishes_is_forgotten(staff: WorkerRegistry) -> None:
    for number in range(COMMANDS_WAITING + 3):
        staff.command("load", f"m{number}", "local", 1.0)
    waiting = staff.commands("a", ())
    assert len(waiting) == COMMANDS_WAITING
    assert waiting[-1].model == f"m{COMMANDS_WAITING + 2}"

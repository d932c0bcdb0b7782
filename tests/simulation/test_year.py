"""After months of jobs, kills and full disks nothing has grown, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

from tests.simulation.year import Year, year

JOBS = 240
BYTES_A_JOB = 1_500
"""What an actor may hold for a job that is gone is less; this is above what differs between two
looks at a service that does the same."""


def test_what_a_year_of_jobs_leaves_behind_is_nothing(tmp_path: Path) -> None:
    world = Year(year(JOBS, passages=12, slices=12), tmp_path)
    *months, december, end = world.run()
    august = months[7]
    """Undisturbed since April: everything that is bounded by a number is full."""
    assert sum(world.ended.values()) == JOBS, "each job has one end"
    assert world.kills > 0
    assert max(each.kept_jobs for each in months) < JOBS / 4, "one month of twelve, and some more"
    assert (end.kept_jobs, end.recordings) == (0, 0), "all of it is old enough to go"
    grown = {name: december.held[name] - august.held[name] for name in august.held}
    assert max(grown.values()) < BYTES_A_JOB * (december.jobs - august.jobs), grown
    assert december.journal < 2 * august.journal

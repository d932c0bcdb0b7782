"""A line in runs against a sorted list."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from retender.scheduling.ranking import Ranking

PLACES = st.tuples(st.integers(-2, 2), st.integers(0, 300))


class Line(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.ranking: Ranking[tuple[int, int]] = Ranking(run=4)
        self.known: list[tuple[int, int]] = []

    @rule(places=st.sets(PLACES, max_size=60))
    def some_come(self, places: set[tuple[int, int]]) -> None:
        for place in places.difference(self.known):
            self.ranking.add(place)
            self.known = sorted([*self.known, place])

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def some_leave(self, data: st.DataObject) -> None:
        for place in data.draw(st.sets(st.sampled_from(self.known), max_size=60)):
            self.ranking.remove(place)
            self.known.remove(place)

    @rule(place=PLACES)
    def who_is_not_there_cannot_leave(self, place: tuple[int, int]) -> None:
        if place not in self.known:
            with pytest.raises(ValueError, match="not in the line"):
                self.ranking.remove(place)

    @invariant()
    def everybody_stands_where_they_should(self) -> None:
        assert [self.ranking.before(place) for place in self.known] == list(range(len(self.known)))


TestRanking = Line.TestCase
TestRanking.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)

"""Names of models, the memory they need, and which one is taken."""

from __future__ import annotations

import pytest

from retender.engines.models.fitting import MEGABYTE, Choice, choose, needed_bytes
from retender.engines.models.names import KNOWN_MODELS, canonical, folder_name, repository
from retender.errors import ModelUnavailable

GIGABYTE = 1000 * MEGABYTE


@pytest.mark.parametrize(
    ("name", "megabytes", "used"),
    [
        ("medium", 4000, "medium"),
        ("medium", 1000, "small"),
        ("medium", 400, "base"),
        ("large-v3", 4000, "large-v3"),
        ("large-v3", 2500, "medium"),
        ("turbo", 1200, "small"),
        ("medium.en", 1000, "small.en"),
        ("distil-large-v3", 1000, "small.en"),
    ],
)
def test_the_largest_that_fits_is_taken_and_named(name: str, megabytes: int, used: str) -> None:
    choice = choose(name, megabytes * MEGABYTE, "int8", 1)
    assert choice == Choice(name, used)
    assert choice.replaced == (name != used)


def test_more_lanes_and_wider_numbers_need_more() -> None:
    assert needed_bytes(769, "int8", 1) < needed_bytes(769, "int8", 2)
    assert needed_bytes(769, "int8", 1) < needed_bytes(769, "float32", 1)


@pytest.mark.parametrize(
    ("millions", "lanes", "measured"), [(769, 1, 1_496), (244, 1, 625)], ids=["medium", "small"]
)
def test_what_was_measured_fits_into_what_is_reckoned(
    millions: int, lanes: int, measured: int
) -> None:
    assert measured <= needed_bytes(millions, "int8", lanes) / MEGABYTE <= 1.3 * measured


def test_where_nothing_fits_one_is_told_what_to_do() -> None:
    with pytest.raises(ModelUnavailable, match=r"no model fits into 100 MB.*more memory"):
        choose("medium", 100 * MEGABYTE, "int8", 1)


def test_where_the_memory_is_unknown_the_asked_model_is_taken() -> None:
    assert choose("large-v3", 0, "float32", 64).used == "large-v3"


def test_a_model_of_unknown_size_is_taken_at_its_word() -> None:
    assert choose("digits", MEGABYTE, "int8", 1).used == "digits"


def test_all_names_of_a_model_are_one() -> None:
    assert canonical("large") == canonical("large-v3") == "large-v3"
    assert folder_name("large-v3-turbo") == folder_name("turbo") == "turbo"
    assert repository("large") == KNOWN_MODELS["large-v3"].repository


def test_two_models_never_share_a_folder() -> None:
    asked = [*KNOWN_MODELS, "someone/whisper", "someone/else", "other/whisper"]
    assert len({folder_name(name) for name in asked}) == len(asked)


@pytest.mark.parametrize(
    "name", ["../../etc", "/etc/passwd", "a/b/c", "a/..", "..", ".", "", "a/../b", "~/x", "a\\b"]
)
def test_what_looks_like_a_path_is_no_repository(name: str) -> None:
    assert repository(name) is None

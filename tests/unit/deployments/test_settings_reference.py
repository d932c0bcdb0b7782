from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import Field
from pydantic_settings import BaseSettings

from deployments import settings_reference
from deployments.setting_types import Accepts
from deployments.settings import Settings, names
from deployments.settings_reference import Undescribed, default, page, values
from tests.support.paths import PROJECT

PAGE = PROJECT / "docs" / "reference" / "settings.md"


def test_the_page_is_what_the_settings_say() -> None:
    assert PAGE.read_text() == page(), "run `make docs-settings`"


def test_every_setting_is_on_the_page_once() -> None:
    rows = [line for line in page().splitlines() if line.startswith("| `")]
    shown = [row.split("`")[1] for row in rows]
    assert sorted(shown) == sorted(names())
    assert all(row.count("|") == 5 for row in rows)


def test_a_setting_that_is_in_no_section_is_shown_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings_reference, "SECTIONS", {})
    assert "## Others" in page()
    assert "| `MAX_QUEUE` |" in page()


def test_a_setting_without_a_description_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    described = settings_reference.descriptions(Settings)
    del described["max_queue"]
    monkeypatch.setattr(settings_reference, "descriptions", lambda _: described)
    with pytest.raises(Undescribed, match="MAX_QUEUE"):
        page()


class Example(BaseSettings):
    share: Annotated[float, Field(gt=0, le=1)] | None = None
    days: float = 30.0
    many: float = 36_000.0
    asked: bool = False
    shape: Annotated[str, Accepts("`AxB`")] = "1x2"


@pytest.mark.parametrize(
    ("name", "written", "accepted"),
    [
        ("share", "", "a number above 0 to 1"),
        ("days", "`30`", "a number"),
        ("many", "`36000`", "a number"),
        ("asked", "no", "`yes` or `no`"),
        ("shape", "`1x2`", "`AxB`"),
    ],
)
def test_defaults_are_shown_as_one_writes_them_and_bounds_in_words(
    name: str, written: str, accepted: str
) -> None:
    field = Example.model_fields[name]
    assert (default(field), values(field)) == (written, accepted)


def test_a_folder_of_the_user_is_shown_as_on_every_machine() -> None:
    assert default(Settings.model_fields["hub_home"]) == "`~/.cache/huggingface`"

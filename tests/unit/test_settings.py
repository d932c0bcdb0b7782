from __future__ import annotations

from pathlib import Path

import pytest

from deployments.settings import BadSetting, names, read

NO_FILE = Path("/nonexistent/.env")


def test_without_any_setting_the_defaults_hold() -> None:
    settings = read({}, NO_FILE)
    assert settings.data_dir == Path("data")
    assert settings.max_queue == 1000
    assert settings.language == "es"


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("MAX_QUEUE=5\nMAX_RETRIES=7\n")
    settings = read({"MAX_QUEUE": "6"}, file)
    assert (settings.max_queue, settings.max_retries) == (6, 7)


def test_an_empty_value_is_no_value() -> None:
    assert read({"MAX_QUEUE": ""}, NO_FILE).max_queue == 1000


def test_an_unknown_name_of_ours_stops_the_start_and_names_the_nearest() -> None:
    with pytest.raises(BadSetting, match=r"RETENDER_DATADIR.*nearest is RETENDER_DATA_DIR"):
        read({"RETENDER_DATADIR": "/data"}, NO_FILE)


def test_an_unknown_name_in_the_file_is_noticed_as_well(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("RETENDER_LANGAUGE=en\n")
    with pytest.raises(BadSetting, match="nearest is RETENDER_LANGUAGE"):
        read({}, file)


def test_names_of_others_are_none_of_our_business() -> None:
    read({"PATH": "/bin", "MAX_QUEU": "1"}, NO_FILE)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_QUEUE", "many"),
        ("MAX_QUEUE", "0"),
        ("RETENDER_LANGUAGE", "fr"),
        ("RETENDER_GRACE_SECONDS", "-1"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_bad_value_stops_the_start_and_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"{name} is set to '{value}'"):
        read({name: value}, NO_FILE)


def test_settings_do_not_change_once_read() -> None:
    settings = read({}, NO_FILE)
    with pytest.raises(ValueError, match="frozen"):
        setattr(settings, "max_queue", 3)  # noqa: B010 - the type checker would refuse it, too


def test_every_setting_is_in_the_readme() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    assert [name for name in names() if f"`{name}`" not in readme] == []

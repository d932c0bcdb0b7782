from __future__ import annotations

from pathlib import Path

import pytest

from deployments.settings import BadSetting, read

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


def test_an_empty_fallback_is_none() -> None:
    assert read({}, NO_FILE).fallback_model == "base"
    assert read({"RETENDER_FALLBACK_MODEL": ""}, NO_FILE).fallback_model == ""


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


def test_lists_are_written_with_commas() -> None:
    settings = read(
        {
            "CORS_ORIGINS": "https://a.example/, http://localhost:5173, app://obsidian.md",
            "RETENDER_TRUSTED_PROXIES": "10.0.0.0/8,::1",
            "RETENDER_API_KEYS": "a-secret-of-ones-own-1234, admin:another-secret-of-ones-own",
        },
        NO_FILE,
    )
    assert settings.cors_origins == (
        "https://a.example",
        "http://localhost:5173",
        "app://obsidian.md",
    )
    assert settings.trusted_proxies == ("10.0.0.0/8", "::1")
    assert [key.admin for key in settings.api_keys] == [False, True]
    assert "ones-own" not in repr(settings)


def test_languages_that_are_expected_are_codes() -> None:
    assert read({"RETENDER_LANGUAGES": "es, EN"}, NO_FILE).languages == ("es", "en")
    with pytest.raises(BadSetting, match=r"RETENDER_LANGUAGES .*spa is no code.*nearest is"):
        read({"RETENDER_LANGUAGES": "en,spa"}, NO_FILE)


def test_lists_are_read_from_the_real_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ORIGINS", "https://a.example,https://b.example")
    assert read(env_file=NO_FILE).cors_origins == ("https://a.example", "https://b.example")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CORS_ORIGINS", "a.example"),
        ("CORS_ORIGINS", "app://obsidian.md/x"),
        ("RETENDER_TRUSTED_PROXIES", "proxy.example"),
    ],
)
def test_what_is_no_origin_or_address_is_refused(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"{name} .*{value}"):
        read({name: value}, NO_FILE)


def test_a_key_that_is_refused_is_not_repeated() -> None:
    with pytest.raises(BadSetting, match="RETENDER_API_KEYS") as refused:
        read({"RETENDER_API_KEYS": "hunter2"}, NO_FILE)
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(refused.value.__cause__)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("proxy.example:3128", "http://proxy.example:3128"),
        ("http://10.0.0.1:3128/", "http://10.0.0.1:3128/"),
        ("https://proxy.example", "https://proxy.example"),
    ],
)
def test_a_proxy_may_be_written_without_its_scheme(written: str, meant: str) -> None:
    assert read({"HTTPS_PROXY": written}, NO_FILE).proxy == meant


@pytest.mark.parametrize("written", ["socks5://me:hunter2@proxy", "http://me:hunter2@/"])
def test_a_proxy_that_cannot_be_used_is_refused_and_not_repeated(written: str) -> None:
    with pytest.raises(BadSetting, match=r"HTTPS_PROXY .*http://host:port") as refused:
        read({"HTTPS_PROXY": written}, NO_FILE)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "written", ["s3://me:hunter2@bucket", "s3://bucket?key=hunter2", "hunter2", "/data/hunter2"]
)
def test_a_store_of_recordings_has_no_credentials_in_its_address(written: str) -> None:
    with pytest.raises(BadSetting, match=r"RETENDER_BLOBS_URL .*s3://bucket/folder") as refused:
        read({"RETENDER_BLOBS_URL": written}, NO_FILE)
    assert "hunter2" not in str(refused.value)


def test_settings_do_not_change_once_read() -> None:
    settings = read({}, NO_FILE)
    with pytest.raises(ValueError, match="frozen"):
        setattr(settings, "max_queue", 3)  # noqa: B010 - the type checker would refuse it, too

"""`retender serve` as a person meets it: started, stopped, refused."""

from __future__ import annotations

from pathlib import Path

from tests.served import Served, begun, served


def test_it_comes_up_and_stops_in_order_when_told(tmp_path: Path) -> None:
    with served(tmp_path) as service:
        service.stop()
        assert service.ended() == 0
        assert "stopped: normal" in service.messages


def test_killed_it_starts_again_in_the_next_epoch(tmp_path: Path) -> None:
    with served(tmp_path) as first:
        first.kill()
    with served(tmp_path) as second:
        assert any("epoch 2" in message for message in second.messages)


def test_a_second_one_on_the_same_data_is_refused_and_names_the_first(tmp_path: Path) -> None:
    with served(tmp_path) as first, begun(tmp_path) as second:
        assert str(first.process.pid) in refusal(second)


def test_a_misspelt_setting_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with begun(tmp_path, RETENDER_GRACE="3") as service:
        assert refusal(service).strip() == (
            "Retender cannot start: There is no setting RETENDER_GRACE. "
            "The nearest is RETENDER_GRACE_SECONDS."
        )


def test_a_corrupt_journal_is_refused_and_left_alone(tmp_path: Path) -> None:
    journal = tmp_path / "journal.db"
    journal.write_bytes(b"this is no journal" * 100)
    with begun(tmp_path) as service:
        refusal(service)
    assert journal.read_bytes() == b"this is no journal" * 100


def test_strangers_with_no_key_asked_of_them_are_warned_of_loudly(tmp_path: Path) -> None:
    with served(tmp_path, HOST="0.0.0.0") as service:
        warnings = [line["message"] for line in service.said if line["level"] == "WARNING"]
    assert any("ANYONE" in warning and "retender keys create" in warning for warning in warnings)


def test_with_a_key_or_for_this_machine_alone_there_is_nothing_to_warn_of(tmp_path: Path) -> None:
    key = "a-secret-of-ones-own-1234"
    for settings in ({"HOST": "0.0.0.0", "RETENDER_API_KEYS": key}, {"HOST": "127.0.0.1"}):
        with served(tmp_path, **settings) as service:
            messages = service.messages
        assert not any("ANYONE" in message or key in message for message in messages)


def test_a_damaged_file_of_keys_lets_nobody_in(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("[{")
    with begun(tmp_path) as service:
        assert "keys.json" in refusal(service)


def refusal(service: Served) -> str:
    """All that a start that came to nothing has said."""
    assert service.ended() == 1
    said = service.log.read_text()
    assert "Retender cannot start" in said
    assert "Traceback" not in said
    return said

"""Where the secret that signs webhooks comes from."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deployments.cli.keys import app
from deployments.settings import BadSetting, Settings, read
from deployments.wiring.webhooks import FILE, webhook_secrets, webhooks
from retender.outbound.webhook_messages import decode_secret, encode_secret

NO_FILE = Path("/nonexistent/.env")
ONE, OTHER = encode_secret(b"1" * 32), encode_secret(b"2" * 32)


def settings(folder: Path, **more: str) -> Settings:
    return read({"RETENDER_DATA_DIR": str(folder / "data"), **more}, NO_FILE)


def test_it_is_made_once_and_is_for_its_owners_eyes_only(tmp_path: Path) -> None:
    (made,) = webhook_secrets(settings(tmp_path))
    assert len(decode_secret(made)) == 32
    assert webhook_secrets(settings(tmp_path)) == (made,)
    assert stat.S_IMODE((tmp_path / "data" / FILE).stat().st_mode) == 0o600


def test_the_command_shows_it_to_whoever_runs_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETENDER_DATA_DIR", str(tmp_path / "data"))
    shown = CliRunner().invoke(app, ["webhook-secret"])
    assert (shown.exit_code, shown.stdout.split()) == (0, [*webhook_secrets(settings(tmp_path))])


def test_every_service_makes_its_own(tmp_path: Path) -> None:
    assert webhook_secrets(settings(tmp_path / "a")) != webhook_secrets(settings(tmp_path / "b"))


def test_those_that_are_set_go_before_it(tmp_path: Path) -> None:
    both = settings(tmp_path, RETENDER_WEBHOOK_SECRET=f"{ONE}, {OTHER}")
    assert webhook_secrets(both) == (ONE, OTHER)
    assert not (tmp_path / "data").exists()


def test_a_damaged_one_stops_the_start_and_is_not_replaced(tmp_path: Path) -> None:
    webhook_secrets(settings(tmp_path))
    (tmp_path / "data" / FILE).write_text("whsec_half")
    with pytest.raises(BadSetting, match="holds no secret"):
        webhook_secrets(settings(tmp_path))


def test_a_bad_one_stops_the_start_and_is_not_repeated(tmp_path: Path) -> None:
    for bad in ("whsec_hunter2", f"{ONE},{OTHER},{ONE}"):
        with pytest.raises(BadSetting, match="RETENDER_WEBHOOK_SECRET") as caught:
            settings(tmp_path, RETENDER_WEBHOOK_SECRET=bad)
        assert bad not in str(caught.value)
        assert ONE not in str(caught.value)


def test_private_addresses_are_called_only_where_that_is_set(tmp_path: Path) -> None:
    usual = webhooks(settings(tmp_path)).transport.options["rules"]
    at_home = webhooks(settings(tmp_path, RETENDER_CALLBACK_PRIVATE="yes")).transport
    assert (usual.private, usual.schemes) == (False, ("https",))
    assert (at_home.options["rules"].private, "http" in at_home.options["rules"].schemes) == (
        True,
        True,
    )

"""What was put there on one machine can be worked with on any."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from retender.errors import BadRequest, UploadExpired
from retender.storage.audio import Audio
from tests.support.storage.blob_kinds import (
    NOTHING_IN_USE,
    Cluster,
    content,
    in_use,
    made,
    received,
    work,
)

DAY = 86_400.0


async def test_an_upload_taken_in_on_one_machine_is_lent_on_any(cluster: Cluster) -> None:
    audio = await received(cluster.machine("one"), b"what was said")

    for name in ("one", "two", "three"):
        there = cluster.machine(name)
        assert await there.exists(audio.sha256)
        assert await content(there, audio) == b"what was said"
        assert await content(there, audio) == b"what was said"


async def test_an_upload_that_was_adopted_is_lent_on_any(cluster: Cluster) -> None:
    one, two = cluster.machine("one"), cluster.machine("two")
    audio = await received(one, b"in several goes")
    await one.delete(audio.sha256)
    arrived = one.root / "arrived"
    arrived.write_bytes(b"in several goes")

    await one.adopt(arrived, audio, at=1000.0)

    assert not arrived.exists()
    assert await content(two, audio) == b"in several goes"
    with pytest.raises(FileNotFoundError):
        await one.adopt(arrived, audio, at=1000.0)


async def test_an_upload_that_is_not_kept_is_not_lent(cluster: Cluster) -> None:
    gone = Audio("0" * 64, 1)
    with pytest.raises(UploadExpired):
        await content(cluster.machine("one"), gone)
    assert not await cluster.machine("one").exists(gone.sha256)


async def test_what_was_deleted_on_one_machine_is_not_there_for_another(cluster: Cluster) -> None:
    audio = await received(cluster.machine("one"), b"x")
    await cluster.machine("two").delete(audio.sha256)

    assert not await cluster.machine("three").exists(audio.sha256)
    with pytest.raises(UploadExpired):
        await content(cluster.machine("three"), audio)


async def test_work_that_was_shared_goes_on_anywhere(cluster: Cluster) -> None:
    one, two = cluster.machine("one"), cluster.machine("two")
    await made(one, "job", "audio.pcm", b"\0\1" * 1000)
    await made(two, "job", "language.json", b"{}")

    assert await two.shared("job") == {"audio.pcm", "language.json"}
    assert await work(two, "job", "audio.pcm") == b"\0\1" * 1000
    assert await work(one, "job", "language.json") == b"{}"
    assert await work(one, "another-job", "audio.pcm") is None


async def test_a_part_of_shared_work_is_lent_on_any_machine_at_its_own_offset(
    cluster: Cluster,
) -> None:
    whole = bytes(range(256)) * 40
    await made(cluster.machine("one"), "job", "audio.pcm", whole)

    for name in ("one", "two"):
        there = cluster.machine(name)
        async with there.lend_range("job", "audio.pcm", 1000, 3000) as file:
            assert file.read_bytes()[1000:3000] == whole[1000:3000]
        async with there.lend_range("job", "never there", 0, 1) as file:
            assert not file.exists()


async def test_an_empty_file_can_be_shared(cluster: Cluster) -> None:
    """Its name says it all."""
    await made(cluster.machine("one"), "job", "whole.mp3", b"")

    assert await cluster.machine("two").shared("job") == {"whole.mp3"}
    assert await work(cluster.machine("two"), "job", "whole.mp3") == b""


async def test_of_work_that_was_done_again_the_newest_is_lent(cluster: Cluster) -> None:
    one, two = cluster.machine("one"), cluster.machine("two")
    await made(one, "job", "language.json", b"first")
    await made(two, "job", "language.json", b"second")
    await made(two, "job", "language.json", b"second")

    assert await cluster.machine("three").shared("job") == {"language.json"}
    assert await work(cluster.machine("three"), "job", "language.json") == b"second"


async def test_what_was_withdrawn_is_not_shared_any_more(cluster: Cluster) -> None:
    one, two = cluster.machine("one"), cluster.machine("two")
    await made(one, "job", "audio.pcm", b"decoded")
    await made(one, "job", "whole.mp3", b"")

    await two.withdraw("job", "audio.pcm", "never there")
    await two.withdraw("job", "audio.pcm")

    assert await one.shared("job") == {"whole.mp3"}
    assert await work(two, "job", "audio.pcm") is None


async def test_a_dropped_job_leaves_no_work_anywhere(cluster: Cluster) -> None:
    await made(cluster.machine("one"), "job", "audio.pcm", b"decoded")
    await cluster.machine("two").drop_job_folder("job")

    assert await cluster.machine("three").shared("job") == frozenset()
    assert await work(cluster.machine("three"), "job", "audio.pcm") is None


async def test_collecting_on_one_machine_collects_for_all(cluster: Cluster) -> None:
    one, two = cluster.machine("one"), cluster.machine("two")
    old = await received(one, b"old", at=100.0)
    needed = await received(two, b"needed", at=100.0)

    assert await cluster.machine("three").collect(in_use(needed.sha256), older_than=150.0) == 1

    for machine in (one, two):
        await machine.clean_cache()
        assert not machine.path(old).exists()
        assert not await machine.exists(old.sha256)
        assert await content(machine, needed) == b"needed"


async def test_content_that_came_again_elsewhere_has_its_grace_renewed(cluster: Cluster) -> None:
    one, two = cluster.machine("one"), cluster.machine("two")
    audio = await received(one, b"again", at=100.0)
    await received(two, b"again", at=200.0)

    await one.collect(NOTHING_IN_USE, older_than=150.0)

    assert await content(two, audio) == b"again"
    assert await content(cluster.machine("three"), audio) == b"again"


async def test_the_same_content_many_times_is_kept_once(cluster: Cluster) -> None:
    one = cluster.machine("one")
    for at in (100.0, 101.0, 102.0):
        audio = await received(one, b"again", at=at)

    await one.collect(in_use(audio.sha256), older_than=150.0)
    assert await one.collect(in_use(audio.sha256), older_than=150.0) == 0

    assert await content(cluster.machine("two"), audio) == b"again"
    await one.collect(NOTHING_IN_USE, older_than=150.0)
    assert not await one.exists(audio.sha256)


async def test_work_on_jobs_that_are_over_is_collected(cluster: Cluster) -> None:
    one, two = cluster.machine("one"), cluster.machine("two")
    for job_id in ("over", "running"):
        await made(one, job_id, "audio.pcm", b"decoded")
    long_after = 4e9

    assert await two.collect_job_folders(in_use("running", "over"), older_than=long_after) == 0
    assert await two.collect_job_folders(in_use("running"), older_than=0.0) == 0
    assert await two.collect_job_folders(in_use("running"), older_than=long_after) == 1

    assert await one.shared("over") == frozenset()
    assert await work(cluster.machine("three"), "running", "audio.pcm") == b"decoded"


async def test_what_is_lent_to_many_is_the_same_for_all(cluster: Cluster) -> None:
    audio = await received(cluster.machine("one"), b"x" * 100_000)
    two = cluster.machine("two")

    heard = await asyncio.gather(*(content(two, audio) for _ in range(8)))

    assert set(heard) == {b"x" * 100_000}


@pytest.mark.parametrize("name", ["..", "a/b", ""])
async def test_work_under_a_name_that_leads_elsewhere_is_refused(
    cluster: Cluster, name: str, tmp_path: Path
) -> None:
    store = cluster.machine("one")
    with pytest.raises(BadRequest):
        await work(store, name, "audio.pcm")
    with pytest.raises(BadRequest):
        await store.share(name, "audio.pcm")
    with pytest.raises(BadRequest):
        await store.shared(name)
    with pytest.raises(BadRequest):
        await store.withdraw(name, "audio.pcm")

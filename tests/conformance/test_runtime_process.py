"""What only a process of its own can promise: no death of it, however ugly, is felt elsewhere."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from actors.runtime.api import NORMAL, Exit, Recipe, Spawn
from actors.runtime.limits import FRAME_BYTES
from actors.runtime.local import LocalRuntime
from actors.runtime.mailbox import Call
from actors.runtime.packing import pack_arguments
from actors.runtime.process import host
from actors.runtime.process.frames import ActorMessage, Blueprint, StartChild, to_bytes
from actors.runtime.process.host import ProcessHost
from actors.runtime.process.link import Link
from retender.errors import ActorGone, BadRequest, NoAnswer, TooLarge
from tests.conformance import cast, doomed_parent
from tests.conformance.cast import FixedClock, Player, Prepared, Punctual
from tests.conformance.ending import DEADLINE, is_gone
from tests.conformance.stage import Kept, Stage, begun, new_runtime

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, or uses pidfds")


async def test_an_actor_in_a_process_is_in_another_process(process_stage: Stage) -> None:
    await process_stage.start()
    assert await process_stage.player().ask(Player.pid) != os.getpid()


async def test_a_killed_child_fails_every_pending_ask_at_once(process_stage: Stage) -> None:
    child = await process_stage.start()
    player = process_stage.player()
    pid = await player.ask(Player.pid)
    asks = [await begun(player.ask(Player.hold, "never")) for _ in range(5)]
    await process_stage.sees("holding never")
    os.kill(pid, signal.SIGKILL)
    async with asyncio.timeout(DEADLINE):
        for ask in asks:
            with pytest.raises(ActorGone) as caught:
                await ask
            assert caught.value.details["cause"] == "killed by SIGKILL"
        assert await child.exited() == Exit("killed", "killed by SIGKILL")


async def test_a_fault_in_native_code_is_a_crash_that_names_its_signal(
    process_stage: Stage,
) -> None:
    child = await process_stage.start()
    os.kill(await process_stage.player().ask(Player.pid), signal.SIGSEGV)
    assert await child.exited() == Exit("crashed", "killed by SIGSEGV")


async def test_leaving_without_a_word_is_a_crash_that_names_the_exit_code(
    process_stage: Stage,
) -> None:
    child = await process_stage.start()
    with pytest.raises(ActorGone) as caught:
        await process_stage.player().ask(Player.leave_the_process, 3)
    assert caught.value.details["cause"] == "exit code 3"
    assert await child.exited() == Exit("crashed", "exit code 3")


async def test_a_child_that_hangs_up_and_lives_is_killed_and_called_crashed(
    process_stage: Stage,
) -> None:
    child = await process_stage.start()
    with pytest.raises(ActorGone) as caught:
        await process_stage.player().ask(Player.hang_up)
    assert caught.value.details["cause"] == "it hung up"
    assert await child.exited() == Exit("crashed", "it hung up")


async def test_a_thread_without_end_does_not_keep_a_child_after_its_last_words(
    process_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "LINGER_SECONDS", 10 * DEADLINE)
    child = await process_stage.start()
    await process_stage.player().ask(Player.start_a_thread_without_end)
    await process_stage.player().ask(Player.finish)
    with pytest.raises(ActorGone):
        await process_stage.player().within(DEADLINE).ask(Player.echo, "too late")
    async with asyncio.timeout(DEADLINE):
        assert await child.exited() == NORMAL


async def test_a_child_that_dies_while_it_starts_fails_the_spawn(process_stage: Stage) -> None:
    spawning = await begun(process_stage.start(cast.DiesWhileStarting))
    with pytest.raises(ActorGone, match="exit code 4"):
        await spawning


async def test_a_hung_child_lets_asks_end_at_their_deadline_and_can_be_stopped(
    process_stage: Stage,
) -> None:
    child = await process_stage.start()
    player = process_stage.player()
    hung = await begun(player.ask(Player.hang))
    await process_stage.sees("hanging")
    with pytest.raises(NoAnswer):
        await player.within(0.05).ask(Player.echo, "are you there")
    assert (await child.stop(0.05)).reason == "killed"
    with pytest.raises(ActorGone):
        await hung


async def test_sigterm_stops_a_child_in_order(process_stage: Stage) -> None:
    child = await process_stage.start(Punctual, "punctual")
    pid = await process_stage.runtime.ref(Punctual, "punctual").ask(Punctual.pid)
    os.kill(pid, signal.SIGTERM)
    assert await child.exited() == NORMAL
    assert (await process_stage.noted())[-1] == "stopping"


async def test_sigint_is_the_parents_to_decide_on(process_stage: Stage) -> None:
    await process_stage.start()
    os.kill(await process_stage.player().ask(Player.pid), signal.SIGINT)
    assert await process_stage.player().ask(Player.echo, "still here") == "still here"


@linux_only
@pytest.mark.parametrize("end", ["kill", "stop", "crash", "leave"])
async def test_what_a_child_has_started_goes_with_it(process_stage: Stage, end: str) -> None:
    child = await process_stage.start()
    player = process_stage.player()
    grandchild = await player.ask(Player.breed)
    if end == "kill":
        await child.kill()
    elif end == "stop":
        assert await child.stop(DEADLINE) == NORMAL
    elif end == "crash":
        player.tell(Player.crash, "with a family")
    else:
        player.tell(Player.leave_the_process, 0)
    await child.exited()
    await is_gone(grandchild)


@linux_only
async def test_a_fork_that_keeps_the_line_open_does_not_hide_a_death(
    process_stage: Stage,
) -> None:
    child = await process_stage.start()
    pid = await process_stage.player().ask(Player.pid)
    fork = await process_stage.player().ask(Player.fork)
    os.kill(pid, signal.SIGKILL)
    async with asyncio.timeout(DEADLINE):
        assert await child.exited() == Exit("killed", "killed by SIGKILL")
    await is_gone(fork)


@linux_only
async def test_when_the_parent_is_killed_its_children_go_too_even_hung_ones() -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, doomed_parent.__file__, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    async with asyncio.timeout(DEADLINE):
        children = [int(pid) for pid in (await parent.stdout.readline()).split()]
    assert len(children) == 2
    parent.kill()
    await parent.wait()
    for pid in children:
        await is_gone(pid)


async def start_child(parent: int) -> tuple[socket.socket, asyncio.subprocess.Process]:
    """A child of this process, born but without the host in between."""
    birth = StartChild(
        name="player",
        actor=Blueprint.of(Recipe.of(Player)),
        clock=Blueprint.of(Recipe.of(FixedClock)),
        prepare=None,
        seed="",
        mailbox=1,
        path=sys.path,
    )
    ours, theirs = socket.socketpair()
    with theirs:
        process = await asyncio.create_subprocess_exec(
            *(
                sys.executable,
                "-m",
                "actors.runtime.process.child",
                str(theirs.fileno()),
                str(parent),
            ),
            pass_fds=[theirs.fileno()],
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    ours.setblocking(False)
    with suppress(BrokenPipeError):
        await asyncio.get_running_loop().sock_sendall(ours, to_bytes(birth))
    return ours, process


@linux_only
async def test_a_child_whose_line_breaks_ends_and_takes_its_own_along() -> None:
    end, process = await start_child(os.getpid())
    link = Link()
    await link.open(end, lambda _: None)
    reply = Kept()
    link.post("player", Call("breed", (), {}), reply)
    grandchild = msgspec.msgpack.decode(await reply.outcome)
    await link.abort()
    async with asyncio.timeout(DEADLINE):
        await process.communicate()
    await is_gone(grandchild)


async def test_a_child_that_has_ended_listens_until_its_parent_hangs_up() -> None:
    end, process = await start_child(os.getpid())
    finish = to_bytes(ActorMessage("player", "finish", pack_arguments((), {})))
    chatter = to_bytes(ActorMessage("player", "hear", pack_arguments(("x" * 1_000_000,), {})))
    async with asyncio.timeout(DEADLINE):
        with end:
            for words in [finish, *[chatter] * 50]:
                await asyncio.get_running_loop().sock_sendall(end, words)
        await process.communicate()
    assert process.returncode == 0


async def test_a_child_whose_parent_was_gone_before_it_began_does_not_begin() -> None:
    end, process = await start_child(parent=1)
    with end:
        async with asyncio.timeout(DEADLINE):
            _, said = await process.communicate()
    assert b"the parent process is gone" in said


@linux_only
async def test_a_loop_that_is_closed_over_a_hung_child_takes_it_along() -> None:
    async def forgetful() -> int:
        stage = Stage(new_runtime(), "process", ("local", "process"))
        await stage.start(cast.Witness, "witness", host="local")
        await stage.start()
        pid = await stage.player().ask(Player.pid)
        stage.player().tell(Player.hang)
        await stage.sees("hanging")
        return pid

    await is_gone(await asyncio.to_thread(asyncio.run, forgetful()))


@linux_only
async def test_twenty_lives_leave_no_zombie_and_no_descriptor(process_stage: Stage) -> None:
    def descriptors() -> int:
        gc.collect()  # what other tests have left must not go in the middle of this one
        return len(list(Path("/proc/self/fd").iterdir()))

    def processes() -> set[int]:
        return {int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()}

    async def live_and_die(number: int) -> int:
        child = await process_stage.start()
        pid = await process_stage.player().ask(Player.pid)
        await (child.kill() if number % 2 else child.stop(DEADLINE))
        return pid

    await live_and_die(0)
    before = descriptors()
    for number in range(20):
        pid = await live_and_die(number)
        assert pid not in processes()
    assert descriptors() == before


async def test_a_message_too_large_is_refused_and_kills_nobody(process_stage: Stage) -> None:
    await process_stage.start()
    player = process_stage.player()
    with pytest.raises(TooLarge) as caught:
        await player.ask(Player.echo, "x" * FRAME_BYTES)
    assert caught.value.details == {"limit": FRAME_BYTES}
    assert len(await player.ask(Player.echo, "x" * (FRAME_BYTES // 2))) == FRAME_BYTES // 2


async def test_an_answer_too_large_is_refused_and_kills_nobody(process_stage: Stage) -> None:
    await process_stage.start()
    with pytest.raises(TooLarge):
        await process_stage.player().ask(Player.huge, FRAME_BYTES)
    assert await process_stage.player().ask(Player.echo, "still here") == "still here"


async def test_a_child_that_says_too_much_is_refused_and_lives_on(process_stage: Stage) -> None:
    await process_stage.start()
    await process_stage.start(name="other", host="local")
    player = process_stage.player()
    await player.ask(Player.tell_too_much, "other", FRAME_BYTES)
    assert await player.ask(Player.echo, "still here") == "still here"
    assert process_stage.runtime.dropped["other"] == 1


async def test_an_error_whose_details_cannot_travel_arrives_without_them(
    process_stage: Stage,
) -> None:
    await process_stage.start()
    with pytest.raises(TooLarge, match="with an object") as caught:
        await process_stage.player().ask(Player.refuse_with_an_object)
    assert caught.value.details == {}


async def test_what_has_no_form_as_bytes_is_refused_and_kills_nobody(
    process_stage: Stage,
) -> None:
    await process_stage.start()
    player = process_stage.player()
    with pytest.raises(BadRequest, match="object"):
        await player.ask(Player.echo, object())  # type: ignore[call-overload]
    player.tell(Player.hear, object())  # type: ignore[arg-type]
    assert process_stage.runtime.dropped["player"] == 1
    assert await player.ask(Player.echo, "still here") == "still here"


async def test_what_is_not_what_the_method_takes_is_refused_and_uses_up_no_place(
    process_stage: Stage,
) -> None:
    await process_stage.start(mailbox=1)
    for _ in range(3):
        with pytest.raises(BadRequest, match="echo"):
            await process_stage.player().ask(Player.echo, 5)  # type: ignore[call-overload]
        with pytest.raises(BadRequest, match="work"):
            await process_stage.runtime.ref(Punctual, "player").ask(Punctual.work)
    assert await process_stage.player().ask(Player.echo, "still here") == "still here"


async def test_an_actor_in_a_process_cannot_start_others(process_stage: Stage) -> None:
    child = await process_stage.start()
    process_stage.player().tell(Player.spawn_another)
    exit_ = await child.exited()
    assert exit_.reason == "crashed"
    assert "started by supervisors in the parent" in exit_.cause


async def test_a_child_is_prepared_before_its_actor_is_made() -> None:
    host = ProcessHost(Recipe.of(FixedClock), prepare=Recipe.of(cast.prepare, word="ready"))
    runtime = LocalRuntime(FixedClock(), hosts={"process": host})
    child = await runtime.spawn(Spawn("prepared", Recipe.of(Prepared), "process"))
    assert await runtime.ref(Prepared, "prepared").ask(Prepared.words) == ["ready"]
    await child.kill()

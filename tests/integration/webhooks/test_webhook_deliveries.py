"""How receivers are told of ends of jobs, whatever goes wrong on the way, in virtual time."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from actors.delivery.webhooks import Webhooks
from actors.limits import (
    DELIVERIES_AT_ONCE,
    DELIVERY_ANSWER_BYTES,
    DELIVERY_ANSWER_SECONDS,
    DELIVERY_SECONDS,
)
from actors.manager.job_manager import JobManager
from actors.names import WEBHOOKS
from actors.runtime.api import Child, Recipe, Spawn
from retender.errors import CorruptMedia, UrlNotAllowed
from retender.jobs import deliveries
from retender.jobs.deliveries import ATTEMPTS, DeliverySchedule
from retender.workers.orders import Failed
from tests.support.actors.manager_service import FullDisk, Service
from tests.support.http.webhook_receivers import Answer, Receivers, settings

HOUR = 3600.0


@pytest.fixture
def receivers(service: Service) -> Receivers:
    return Receivers(service.clock)


async def start(service: Service, receivers: Receivers) -> Child:
    recipe = Recipe.of(Webhooks, settings=settings(receivers))
    return await service.spawn(Spawn(WEBHOOKS, recipe))


async def finished(service: Service, *job_ids: str, host: str = "one.example") -> None:
    for job_id in job_ids:
        await service.submit(job_id, callback_url=f"https://{host}/{job_id}")
    await service.work_off()


async def callback(service: Service, job_id: str) -> tuple[str, int, str]:
    status = await service.manager.ask(JobManager.status, job_id)
    assert status.callback is not None
    return status.callback.state, status.callback.attempts, status.callback.last_error


async def test_a_receiver_is_told_at_once_how_its_job_ended(
    service: Service, receivers: Receivers
) -> None:
    await start(service, receivers)
    await service.wait(100.0)
    await finished(service, "a")
    before = service.clock.monotonic()
    await receivers.came.wait()
    (message,) = receivers.messages
    assert message.at - before < 0.1
    assert message.url == "https://one.example/a"
    assert (message.body["job_id"], message.body["status"]) == ("a", "completed")
    assert message.body["result"]["text"] == "a-0 a-1"
    assert message.id == f"a-{message.body['seq']}"
    await service.wait(1.0)
    assert await callback(service, "a") == ("delivered", 1, "")
    await service.wait(HOUR)
    assert len(receivers.messages) == 1


async def test_a_job_without_a_callback_tells_nobody(
    service: Service, receivers: Receivers
) -> None:
    await start(service, receivers)
    await service.submit("a")
    await service.work_off()
    await service.wait(HOUR)
    assert receivers.messages == []
    assert (await service.manager.ask(JobManager.status, "a")).callback is None


async def test_a_cancelled_job_is_told_of_as_well(service: Service, receivers: Receivers) -> None:
    await start(service, receivers)
    await service.submit("a", callback_url="https://one.example/")
    await service.manager.ask(JobManager.cancel, "a")
    await service.wait(1.0)
    assert [each.body["status"] for each in receivers.messages] == ["cancelled"]


async def test_a_dead_receiver_is_tried_for_days_and_then_given_up(
    service: Service, receivers: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = DeliverySchedule((40.0,), ATTEMPTS)
    monkeypatch.setattr(deliveries, "SCHEDULES", {deliveries.WEBHOOKS: soon})
    receivers.answer("one.example", Answer(error=httpx.ConnectError("refused")))
    await start(service, receivers)
    await finished(service, "a")
    await service.wait(200.0)
    state, attempts, error = await callback(service, "a")
    assert state == "waiting"
    assert 1 < attempts < ATTEMPTS
    assert error == "the receiver cannot be reached"
    assert (await service.manager.ask(JobManager.backlog)).waiting == 1
    await service.wait(600.0)
    assert await callback(service, "a") == ("given_up", ATTEMPTS, error)
    assert len(receivers.messages) == ATTEMPTS
    assert (await service.manager.ask(JobManager.backlog)).waiting == 0
    await service.wait(HOUR)
    assert len(receivers.messages) == ATTEMPTS


async def test_a_receiver_that_comes_back_is_told(service: Service, receivers: Receivers) -> None:
    down = Answer(500)
    receivers.answer("one.example", down, down, down, Answer(204))
    await start(service, receivers)
    await finished(service, "a")
    await service.wait(HOUR)
    assert await callback(service, "a") == ("delivered", 4, "")
    assert len({each.id for each in receivers.messages}) == 1
    gaps = [b.at - a.at for a, b in zip(receivers.messages, receivers.messages[1:], strict=False)]
    assert gaps == sorted(gaps)


async def test_a_receiver_that_wants_no_more_is_left_alone(
    service: Service, receivers: Receivers
) -> None:
    receivers.answer("one.example", Answer(410))
    await start(service, receivers)
    await finished(service, "a")
    await service.wait(HOUR)
    assert len(receivers.messages) == 1
    state, _, error = await callback(service, "a")
    assert (state, "410" in error) == ("given_up", True)


async def test_a_receiver_that_asks_for_patience_gets_it(
    service: Service, receivers: Receivers
) -> None:
    receivers.answer("one.example", Answer(429, headers={"Retry-After": "900"}), Answer())
    await start(service, receivers)
    await finished(service, "a")
    await service.wait(HOUR)
    first, second = receivers.messages
    assert second.at - first.at >= 900.0


async def test_redirects_are_not_followed(service: Service, receivers: Receivers) -> None:
    receivers.answer("one.example", Answer(302, headers={"Location": "https://two.example/"}))
    await start(service, receivers)
    await finished(service, "a")
    await service.wait(10.0)
    assert receivers.got("two.example") == []
    assert (await callback(service, "a"))[0] == "waiting"


async def test_an_address_that_has_become_private_is_a_failed_attempt(
    service: Service, receivers: Receivers
) -> None:
    receivers.answer("one.example", Answer(error=UrlNotAllowed("not on the internet")), Answer())
    await start(service, receivers)
    await finished(service, "a")
    await service.wait(4.0)
    assert await callback(service, "a") == ("waiting", 1, "not on the internet")
    await service.wait(60.0)
    assert (await callback(service, "a"))[0] == "delivered"


async def test_a_bug_in_one_delivery_costs_that_attempt_alone(
    service: Service, receivers: Receivers
) -> None:
    receivers.answer("bad.example", Answer(error=ZeroDivisionError("a bug")), Answer())
    child = await start(service, receivers)
    await finished(service, "a", host="bad.example")
    await finished(service, "b", host="good.example")
    await service.wait(60.0)
    assert [(await callback(service, each))[0] for each in "ab"] == ["delivered"] * 2
    ended = asyncio.ensure_future(child.exited())
    await service.wait(0.0)
    assert not ended.done()
    ended.cancel()


async def test_a_receiver_that_hangs_is_hung_up_on(service: Service, receivers: Receivers) -> None:
    receivers.answer("one.example", Answer(takes=1e6))
    await start(service, receivers)
    await finished(service, "a")
    await service.wait(DELIVERY_SECONDS + 1.0)
    assert await callback(service, "a") == ("waiting", 1, "the receiver did not answer in time")
    assert not receivers.under_way["one.example"]


@pytest.mark.parametrize("part", [b"x", b"x" * 1024], ids=["slow", "fast"])
async def test_an_endless_answer_counts_and_is_not_listened_to(
    service: Service, receivers: Receivers, part: bytes
) -> None:
    receivers.answer("one.example", Answer(200, part=part))
    await start(service, receivers)
    await finished(service, "a")
    await service.wait(DELIVERY_ANSWER_SECONDS + 1.0)
    assert (await callback(service, "a"))[0] == "delivered"
    (endless,) = receivers.endless
    assert endless.closed
    assert endless.read <= DELIVERY_ANSWER_BYTES + len(part)


async def test_a_host_is_told_one_thing_at_a_time_and_without_pauses(
    service: Service, receivers: Receivers
) -> None:
    receivers.answer("one.example", Answer(takes=1.0))
    await start(service, receivers)
    await finished(service, *"abcde")
    await service.wait(5.5)
    assert len(receivers.messages) == 5
    assert receivers.most_at_once["one.example"] == 1


async def test_a_dead_host_holds_up_no_other(service: Service, receivers: Receivers) -> None:
    receivers.answer("dead.example", Answer(takes=1e6))
    await start(service, receivers)
    await finished(service, *"abcde", host="dead.example")
    await service.wait(1.0)
    before = service.clock.monotonic()
    await finished(service, "x", "y", host="live.example")
    await service.wait(1.0)
    assert len(receivers.got("live.example")) == 2
    assert all(each.at - before < 1.0 for each in receivers.got("live.example"))


async def test_only_so_many_hosts_are_told_at_once(service: Service, receivers: Receivers) -> None:
    hosts = [f"h{number}.example" for number in range(DELIVERIES_AT_ONCE + 5)]
    for host in hosts:
        receivers.answer(host, Answer(takes=5.0))
        await finished(service, host, host=host)
    await start(service, receivers)
    await service.wait(2.0)
    assert receivers.under_way.total() == DELIVERIES_AT_ONCE
    await service.wait(10.0)
    assert len(receivers.messages) == len(hosts)


async def test_each_end_of_a_retried_job_is_told_in_order(
    service: Service, receivers: Receivers
) -> None:
    """Though the first could not be told before the job went on and ended otherwise."""
    receivers.answer("one.example", Answer(503), Answer(503), Answer())
    await start(service, receivers)
    await service.submit("a", callback_url="https://one.example/")
    order = await service.order()
    await service.ask_for(0, Failed(order.token, CorruptMedia("broken").failure()))
    await service.wait(1.0)
    await service.manager.ask(JobManager.retry, "a")
    await service.work_off()
    await service.wait(HOUR)
    told = [(each.body["status"], each.id) for each in receivers.messages]
    failed, completed = told[0], told[-1]
    assert told == [failed, failed, failed, completed]
    assert (failed[0], completed[0]) == ("failed", "completed")
    assert failed[1] != completed[1]
    assert receivers.messages[0].body["error"]["code"] == "corrupt_media"


async def test_what_is_owed_is_told_by_the_next_start(
    service: Service, receivers: Receivers
) -> None:
    """Its receivers are told by nobody until then: neither while there is no Webhooks actor, nor
    after intake has closed."""
    await finished(service, "a")
    await service.wait(HOUR)
    await service.manager.ask(JobManager.drain, 1.0)
    child = await start(service, receivers)
    await service.wait(100.0)
    assert receivers.messages == []
    await child.kill()
    await service._children[0].kill()
    await service.start()
    await start(service, receivers)
    await service.wait(1.0)
    assert [each.body["job_id"] for each in receivers.messages] == ["a"]


async def test_an_attempt_cut_short_by_a_crash_is_made_again(
    service: Service, receivers: Receivers
) -> None:
    receivers.answer("one.example", Answer(takes=5.0), Answer())
    child = await start(service, receivers)
    await finished(service, "a")
    await receivers.came.wait()
    await child.kill()
    await start(service, receivers)
    await service.wait(2.0)
    state, attempts, error = await callback(service, "a")
    assert (state, attempts, "interrupted" in error) == ("waiting", 1, True)
    await service.wait(120.0)
    assert await callback(service, "a") == ("delivered", 2, "")
    assert len({each.id for each in receivers.messages}) == 1


async def test_outcomes_outlive_the_manager_that_was_to_hear_of_them(
    service: Service, receivers: Receivers
) -> None:
    for job_id in "ab":
        receivers.answer(f"{job_id}.example", Answer(takes=3.0))
        await finished(service, job_id, host=f"{job_id}.example")
    await start(service, receivers)
    await service.wait(1.0)
    await service._children[0].kill()
    await service.wait(5.0)
    await service.start()
    await service.wait(15.0)
    for job_id in "ab":
        assert await callback(service, job_id) == ("delivered", 1, "")
    await service.wait(HOUR)
    assert len(receivers.messages) == 2


async def test_a_full_disk_loses_nothing(service: Service, receivers: Receivers) -> None:
    await start(service, receivers)
    await finished(service, "a")
    FullDisk.full = True
    await service.wait(30.0)
    FullDisk.full = False
    await service.wait(200.0)
    assert (await callback(service, "a"))[0] == "delivered"


async def test_addresses_that_are_not_public_are_refused_before_anything_is_stored(
    service: Service,
) -> None:
    for url in ("http://one.example/", "https://127.0.0.1/", "https://10.0.0.1/x", "nonsense"):
        with pytest.raises(UrlNotAllowed):
            await service.submit("a", callback_url=url)
    assert (await service.manager.ask(JobManager.info)).total_jobs == 0

"""The local runtime with the rules of messages between processes: each message and each answer is
encoded, may have no more than a frame's bytes, and is read back by the annotations.
"""

from __future__ import annotations

from typing import Any

from actors.runtime.local import LocalRuntime
from actors.runtime.mailbox import Call, Reply
from actors.runtime.packing import PackedCall, pack, pack_arguments
from actors.runtime.process.frames import ActorMessage, AskAnswered, to_bytes
from retender.errors import RetenderError


class FramedRuntime(LocalRuntime):
    largest = 0
    """Bytes of the largest message so far."""

    def deliver(self, sender: str, to: str, call: Call | PackedCall, reply: Reply | None) -> None:
        framed = None if reply is None else _FramedReply(self, reply)
        try:
            packed = self._packed(to, call)
        except RetenderError as error:
            if framed is None:
                self.drop(to, call.method, error.message)
            else:
                framed.fail(error)
            return
        super().deliver(sender, to, packed, framed)

    def _packed(self, to: str, call: Call | PackedCall) -> PackedCall:
        if isinstance(call, PackedCall):
            return call
        arguments = pack_arguments(call.args, call.kwargs)
        self.measure(to_bytes(ActorMessage(to, call.method, arguments)))
        return PackedCall(call.method, arguments)

    def measure(self, frame: bytes) -> None:
        self.largest = max(self.largest, len(frame))


class _FramedReply:
    def __init__(self, runtime: FramedRuntime, reply: Reply) -> None:
        self._runtime = runtime
        self._reply = reply

    def answer(self, value: Any) -> None:
        try:
            packed = pack(value)
            self._runtime.measure(to_bytes(AskAnswered(0, packed)))
        except RetenderError as error:
            self._reply.fail(error)
        else:
            self._reply.answer(packed)

    def fail(self, error: RetenderError) -> None:
        self._reply.fail(error)

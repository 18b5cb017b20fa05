"""A kernel that is not trusted, as nbval talks to it: everything it sends is bounded in time, size and shape."""

from __future__ import annotations

import subprocess
import time
from collections import deque
from queue import Empty

import zmq
from jupyter_client import KernelManager
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager, RunningKernel

from lossbook.grading import warm
from lossbook.grading.warm import Warm
from lossbook.nbval_rules import kernel_environment

LARGEST_MESSAGE = 8_000_000  # bytes
_SETTLE = 5  # seconds for the outputs after the reply
_START = 60
_TEXT = {"stream": ("name", "text"), "error": ("ename", "evalue"), "status": ("execution_state",)}
_DICTIONARY = {"execute_result": ("data", "metadata"), "display_data": ("data", "metadata")}


class Stopped(Exception):  # noqa: N818 - an event, not a mistake
    """The kernel was stopped: ``kind`` is timeout, memory, crash, flood or tampering."""

    def __init__(self, kind: str, message: str):
        super().__init__(message)
        self.kind = kind


class BoundedKernel(RunningKernel):
    """nbval's kernel with one way in for messages, which ends the kernel when a bound is passed.

    ``deadline`` is a point of ``time.monotonic``; ``replies`` has the status that the kernel replied to each cell,
    ``stopped`` why it was ended.
    """

    def __init__(self, parent: Warm | None, *, cell_timeout: float, deadline: float, output: int):
        self.parent, self.cell_timeout, self.deadline, self.output = parent, cell_timeout, deadline, output
        self.cell, self.cell_deadline = "", time.monotonic() + _START
        self.replies: dict[str, str] = {}
        self.stopped: Stopped | None = None
        self.stopped_at = ""
        self.waiting = {"iopub": deque(), "shell": deque()}
        self.forked = None
        self.km = self._manager()
        with kernel_environment():
            self.km.start_kernel(**({} if parent else {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}))
        self.forked = getattr(self.km.provisioner, "kernel", None)
        self.context = zmq.Context()
        self.context.setsockopt(zmq.MAXMSGSIZE, LARGEST_MESSAGE)
        self.context.setsockopt(zmq.LINGER, 0)
        self.kc = self.km.client(context=self.context)
        self.kc.start_channels(stdin=False, hb=False)
        try:
            self._ensure_iopub_up()
        except BaseException:
            self.stop()
            raise

    def _manager(self) -> KernelManager:
        if self.parent is None:
            return KernelManager(kernel_name=CURRENT_ENV_KERNEL_NAME, kernel_spec_manager=NbvalKernelspecManager())
        warm.register()
        manager = KernelManager()
        manager._kernel_spec = warm.kernel_spec(self.parent)
        return manager

    def execute_cell_input(self, cell_input, allow_stdin=None):
        """Send a cell; its time starts now."""
        now = time.monotonic()
        self.cell_deadline = min(now + self.cell_timeout, self.deadline)
        return super().execute_cell_input(cell_input, allow_stdin)

    def await_reply(self, msg_id, timeout=None):
        """Wait for the reply to a cell and keep its status."""
        while True:
            message = self.get_message("shell", timeout)
            if message["parent_header"].get("msg_id") == msg_id:
                self.replies[self.cell] = str(message["content"].get("status"))
                self.cell_deadline = time.monotonic() + min(_SETTLE, self.cell_timeout)
                return

    def get_message(self, stream, timeout=None):
        """The next message of a channel. Stopped where a bound is passed, Empty never before that."""
        if self.stopped:
            raise self.stopped
        begin = time.monotonic()
        while not self.waiting[stream]:
            try:
                self._collect()
            except Stopped as stopped:
                self._stop(stopped)
                raise
            if not self.cell and timeout and time.monotonic() - begin > timeout:
                raise Empty  # only while the kernel starts
        return self.waiting[stream].popleft()

    def _collect(self) -> None:
        """Take what is there on both channels, or wait a moment for it; check the bounds."""
        channels = {"iopub": self.kc.iopub_channel, "shell": self.kc.shell_channel}
        arrived = zmq.Poller()
        for channel in channels.values():
            arrived.register(channel.socket, zmq.POLLIN)
        ready = dict(arrived.poll(50))
        for name, channel in channels.items():
            if channel.socket in ready:
                self.waiting[name].append(self._receive(channel.socket))
        if time.monotonic() > self.cell_deadline:
            limit = self.cell_timeout if self.cell_deadline < self.deadline else None
            raise Stopped("timeout", f"It did not end within {limit:g} seconds." if limit else "The time was used up.")
        if not ready and not self._lives():
            raise self._death()

    def _receive(self, socket) -> dict:
        frames = socket.recv_multipart(zmq.NOBLOCK)
        self.output -= sum(map(len, frames))
        if self.output < 0:
            raise Stopped("flood", "It printed more than is allowed.")
        try:
            _, frames = self.kc.session.feed_identities(frames)
            message = self.kc.session.deserialize(frames)
            _check(message)
        except Exception as error:
            raise Stopped("tampering", "The kernel sent a message that no notebook sends.") from error
        return message

    def _lives(self) -> bool:
        return not self.forked.gone if self.forked else self.km.is_alive()

    def _death(self) -> Stopped:
        if self.forked and self.forked.too_large:
            return Stopped("memory", f"It took {self.forked.peak} MB, more than is allowed.")
        status = self.forked.ended if self.forked else None
        how = f" (signal {-status})" if status and status < 0 else f" (exit status {status})" if status else ""
        return Stopped("crash", f"The kernel died{how}.")

    def _stop(self, stopped: Stopped) -> None:
        if self.forked and self.forked.too_large:
            stopped = self._death()
        self.stopped, self.stopped_at = stopped, self.cell
        self.km.shutdown_kernel(now=True)  # nbval does not stop what is not alive: whoever started it calls stop

    def is_alive(self):
        """Whether cells can still be sent."""
        return self.stopped is None and hasattr(self, "km")

    def interrupt(self):
        """nbval would interrupt after a timeout; here the kernel has ended by then."""

    def stop(self):
        """End the kernel with all it started."""
        if hasattr(self, "km"):
            self.kc.stop_channels()
            self.km.shutdown_kernel(now=True)
            self.context.destroy(linger=0)
            del self.km


def _check(message: dict) -> None:
    """The shape that nbval takes for granted; ValueError, KeyError or TypeError where it is another."""
    content, kind = message["content"], message["msg_type"]
    dictionaries = [message["parent_header"], content, *(content[name] for name in _DICTIONARY.get(kind, ()))]
    if not all(isinstance(x, dict) for x in dictionaries) or not isinstance(kind, str):
        raise TypeError(kind)
    if not all(isinstance(content[name], str) for name in _TEXT.get(kind, ())):
        raise TypeError(kind)
    if kind == "error" and not all(isinstance(line, str) for line in content["traceback"]):
        raise TypeError(kind)
    if kind == "execute_result":
        int(content["execution_count"])
    if kind == "execute_reply" and not isinstance(content["status"], str):
        raise TypeError(kind)

"""Kernels that start warm: the grader's end of a sandboxed parent, and a Jupyter kernel provisioner on top of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict, dataclass, field
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, ClassVar

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.provisioning import KernelProvisionerBase, KernelProvisionerFactory

from lossbook.grading import sandbox
from lossbook.grading.places import OWN, Limits
from lossbook.grading.sandbox import SandboxError

# torch._dynamo: the first optimizer would import it, one second in every kernel
FRAMEWORKS = ("torch", "torch._dynamo", "tensorflow", "keras", "matplotlib.pyplot")
PROVISIONER = "lossbook-warm"
WARM_UP = 180  # seconds: a cold disk may take long over two frameworks


@dataclass
class Forked:
    """A kernel as its parent tells of it."""

    name: str
    changed: threading.Condition
    ready: bool = False
    ended: int | None = None  # exit status, negative for a signal
    gone: bool = False  # with every process it had started
    why: str = ""
    too_large: bool = False
    peak: int = 0  # MB of its own
    seconds: dict[str, float] = field(default_factory=dict)

    def hear(self, message: dict) -> None:
        """Take in what the parent says of it."""
        kind = message["is"]
        if kind in ("forked", "ready"):
            self.seconds[kind] = message["seconds"]
        self.ready |= kind == "ready"
        self.why = message.get("why", self.why)
        self.too_large |= kind == "too large"
        self.peak = max(self.peak, message.get("memory", 0))
        if kind == "ended":
            self.ended = message["status"]
        self.gone |= kind == "gone"


class Warm:
    """A warm parent in its sandbox. ``start`` forks a kernel; ``close`` ends the parent and everything below it."""

    running: ClassVar[dict[str, Warm]] = {}  # by name, for the provisioner

    def __init__(self, number: int = 0, preload: tuple[str, ...] = FRAMEWORKS, limits: Limits | None = None):
        self.name = f"warm-{number}-{id(self):x}"
        self.preload, self.limits = tuple(preload), limits or Limits()
        self.number, self.count = number, 0
        self.kernels: dict[str, Forked] = {}
        self.changed = threading.Condition()
        self.place = self.process = None
        self.open()

    def open(self) -> None:
        """Start the parent and wait until it is warm."""
        if reason := sandbox.missing():
            raise SandboxError(reason)
        self.place = sandbox.Place(sandbox.user_for(self.number))
        self.words = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the parent
        arguments = ["-m", "lossbook.grading.kernels", json.dumps({"preload": self.preload})]
        self.process = sandbox.launch(
            self.place, arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.words
        )
        self.warm = self.alive = False
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()
        with self.changed:
            self.changed.wait_for(lambda: self.warm or self.process.poll() is not None or not self.listening, WARM_UP)
        if not self.warm:
            words = self._last_words()
            self.close()
            raise SandboxError(f"no kernel parent could be started in a sandbox: {words or 'it did not say why'}")
        self.alive = True
        Warm.running[self.name] = self

    listening = True

    def _listen(self, process: subprocess.Popen) -> None:
        for line in process.stdout:
            message = json.loads(line)
            with self.changed:
                if message["is"] == "warm":
                    self.warm, self.warm_up = True, message
                elif message["name"] in self.kernels:
                    self.kernels[message["name"]].hear(message)
                self.changed.notify_all()
        with self.changed:  # the parent is gone, and with it every kernel
            if process is self.process:
                self.alive = self.listening = False
                for kernel in self.kernels.values():
                    kernel.ended = -9 if kernel.ended is None else kernel.ended
                    kernel.gone = True
                    kernel.why = kernel.why or "the warm parent ended"
            self.changed.notify_all()

    def _last_words(self) -> str:
        self.words.seek(0)
        lines = self.words.read()[-4000:].decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    def revive(self) -> None:
        """Start the parent again where it died."""
        if not self.alive:
            self.close()
            self.listening = True
            self.open()

    def start(self, folder: Path, connection: dict, *, cold: bool = False) -> Forked:
        """Fork a kernel that binds its sockets in one of the place's folders, as ``connection`` says."""
        self.count += 1
        name = f"k{self.count}"
        inner = {k: v.decode() if isinstance(v, bytes) else v for k, v in connection.items()} | {"ip": f"{OWN}/c"}
        kernel = self.kernels[name] = Forked(name, self.changed)
        request = {"do": "start", "name": name, "folder": folder.name, "cold": cold}
        self._ask(request | {"limits": asdict(self.limits), "connection": inner})
        return kernel

    def signal(self, name: str, number: int) -> None:
        """Send a signal to a kernel; SIGKILL ends every process it has started."""
        self._ask({"do": "signal", "name": name, "signal": number})

    def _ask(self, request: dict) -> None:
        with contextlib.suppress(OSError, ValueError):  # a dead parent shows in the listener
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()

    def wait(self, kernel: Forked, what, seconds: float) -> bool:
        """Wait until ``what(kernel)`` holds; whether it does."""
        with self.changed:
            return self.changed.wait_for(lambda: what(kernel), seconds)

    def close(self) -> None:
        """End the parent with all its kernels and remove their sockets."""
        Warm.running.pop(self.name, None)
        if self.process:
            self.process.kill()
            self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()
            self.words.close()
            self.place.remove()
            self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


class WarmProvisioner(KernelProvisionerBase):
    """An ordinary Jupyter kernel, forked from the warm parent that the kernelspec's ``warm`` names."""

    kernel: Forked | None = None
    folder: Path | None = None

    def __init__(self, warm: str = "", **options):
        super().__init__(**options)
        self.warm = Warm.running[warm] if warm else next(iter(Warm.running.values()))

    @property
    def has_process(self) -> bool:
        """Whether a kernel was started and not yet waited for."""
        return self.kernel is not None

    async def pre_launch(self, **options) -> dict[str, Any]:
        """Sockets of the file system, in a folder of this kernel's own."""
        manager = self.parent
        if self.folder is None:
            self.folder = self.warm.place.socket_folder()
            manager.transport, manager.ip = "ipc", str(self.folder / "c")
            manager.write_connection_file()
        for socket in self.folder.iterdir():  # a restarted kernel binds the same ones
            socket.unlink()
        self.connection_info = manager.get_connection_info()
        return await super().pre_launch(cmd=[], **options)

    async def launch_kernel(self, cmd: list[str], **options) -> dict:
        """Fork; cold where the fork's canary does not answer."""
        for cold in (False, True):
            kernel = self.warm.start(self.folder, self.connection_info, cold=cold)
            while not (kernel.ready or kernel.gone):
                await asyncio.sleep(0.005)
            if kernel.ready:
                self.kernel = kernel
                return self.connection_info
        raise RuntimeError(f"no kernel: {kernel.why}")

    async def poll(self) -> int | None:
        """None while it runs."""
        return None if self.kernel is None or not self.kernel.gone else (self.kernel.ended or 0)

    async def wait(self) -> int | None:
        """Wait until no process of it is left."""
        while self.kernel and not self.kernel.gone:
            await asyncio.sleep(0.005)
        status = self.kernel.ended if self.kernel else 0
        if self.kernel:
            self.warm.kernels.pop(self.kernel.name, None)
        self.kernel = None
        return status

    async def send_signal(self, signum: int) -> None:
        """To process 1 of the kernel's namespace: SIGINT interrupts, SIGKILL ends all."""
        if signum and self.kernel:
            self.warm.signal(self.kernel.name, signum)

    async def kill(self, restart: bool = False) -> None:
        """End the kernel and all it started."""
        await self.send_signal(9)

    async def terminate(self, restart: bool = False) -> None:
        """The same: nothing in a sandbox needs a last word."""
        await self.send_signal(9)

    async def cleanup(self, restart: bool = False) -> None:
        """Leave no socket behind."""
        if self.folder and not restart:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None


def kernel_spec(warm: Warm) -> KernelSpec:
    """The kernelspec of kernels forked from this parent."""
    metadata = {"kernel_provisioner": {"provisioner_name": PROVISIONER, "config": {"warm": warm.name}}}
    return KernelSpec(argv=[sys.executable], display_name="warm", language="python", metadata=metadata)


def register() -> None:
    """Make the provisioner known to this process, whatever is installed."""
    found = KernelProvisionerFactory.instance().provisioners
    found.setdefault(PROVISIONER, EntryPoint(PROVISIONER, f"{__name__}:WarmProvisioner",
                                             KernelProvisionerFactory.GROUP_NAME))  # fmt: skip

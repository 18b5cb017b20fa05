"""Inside the sandbox: the warm parent. It imports the frameworks once, runs no op, and forks a kernel for each request.

``python -m lossbook.grading.kernels '{"preload": [...]}'`` reads requests from stdin, one JSON object a line, and
answers on stdout; see ``warm`` for the other end. It keeps to one thread, or a forked child would hang.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import sys
import time

from lossbook.grading import confine
from lossbook.grading.places import SCRATCH, Limits

PATIENCE = 20  # seconds for the canary, and again for the kernel to be ready
COLD_PATIENCE = 90
_EVERY_KERNEL = ("ipykernel.kernelapp", "matplotlib_inline.backend_inline", "lossbook.checks")
PULSE = 0.25  # seconds between two looks at memory


def main() -> None:
    """Warm up, say so, then serve until stdin ends."""
    options = json.loads(sys.argv[1])
    if "kernel" in options:  # a cold kernel: this is the forked child again, after exec
        _serve(options["kernel"])
    begin = time.perf_counter()
    for module in (*options["preload"], *_EVERY_KERNEL):
        importlib.import_module(module)
    _say({"is": "warm", "seconds": time.perf_counter() - begin, "threads": len(os.listdir("/proc/self/task"))})
    _Parent(options).run()


def _say(message: dict) -> None:
    os.write(1, json.dumps(message).encode() + b"\n")


class _Parent:
    """Forks kernels, passes signals on to them, and says when they are ready and how they ended."""

    def __init__(self, options: dict):
        self.options = options
        self.next_weighing = 0.0
        self.sources: dict[int, tuple[str, bytes]] = {}  # the pipe of each kernel: its name, an unfinished line
        self.kernels: dict[str, int] = {}  # process 1 of each kernel, as seen from here
        self.waiters: dict[int, int] = {}
        self.peaks: dict[str, int] = {}  # MB, by kernel
        self.limits: dict[str, int] = {}

    def run(self) -> None:
        """Serve until the grader closes stdin."""
        rest = b""
        while True:
            ready = select.select([0, *self.sources], [], [], PULSE if self.kernels else None)[0]
            self.weigh()
            for source in ready:
                data = os.read(source, 65536)
                if source == 0:
                    if not data:
                        os._exit(0)
                    *lines, rest = (rest + data).split(b"\n")
                    for line in lines:
                        self.answer(json.loads(line))
                else:
                    self.pass_on(source, data)

    def weigh(self) -> None:
        """Kill a kernel whose processes, all together, take more memory than it may."""
        if not self.kernels or time.monotonic() < self.next_weighing:
            return
        families = _families(self.kernels)
        for name, processes in families.items():
            taken = sum(map(_private, processes)) >> 10
            self.peaks[name] = max(taken, self.peaks.get(name, 0))
            if taken > self.limits[name]:
                _say({"name": name, "is": "too large", "memory": taken})
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.kernels[name], signal.SIGKILL)
        self.next_weighing = time.monotonic() + PULSE

    def answer(self, request: dict) -> None:
        """Fork a kernel, or send a signal to one."""
        if request["do"] == "signal":
            with contextlib.suppress(ProcessLookupError, KeyError):
                os.kill(self.kernels[request["name"]], request["signal"])
            return
        reading, writing = os.pipe()
        waiter = os.fork()
        if waiter == 0:
            _guarded(lambda: _kernel(request, self.options, writing))
        os.close(writing)
        self.sources[reading] = (request["name"], b"")
        self.waiters[reading] = waiter
        self.limits[request["name"]] = Limits(**request["limits"]).memory

    def pass_on(self, source: int, data: bytes) -> None:
        """Tell the grader what a kernel's waiter says; its end when the pipe closes."""
        name, rest = self.sources[source]
        *lines, rest = (rest + data).split(b"\n")
        self.sources[source] = (name, rest)
        for line in lines:
            message = json.loads(line)
            if message["is"] == "forked":
                self.kernels[name] = message["pid"]
            _say({"name": name, **message})
        if not data:
            os.close(source)
            os.waitpid(self.waiters.pop(source), 0)
            del self.sources[source]
            self.kernels.pop(name, None)
            _say({"name": name, "is": "gone", "memory": self.peaks.pop(name, 0)})


def _families(kernels: dict[str, int]) -> dict[str, list[int]]:
    """Every process below each kernel, orphans included: process 1 of its namespace has adopted them."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{entry}/stat", "rb") as file:
                parents[int(entry)] = int(file.read().rsplit(b")", 1)[1].split()[1])
    families = {name: [pid] for name, pid in kernels.items()}
    for family in families.values():
        for member in family:  # grows on the way
            family += [pid for pid, parent in parents.items() if parent == member]
    return families


def _private(process: int) -> int:
    """kB that this process alone holds: what it shares with the warm parent is not its own."""
    with contextlib.suppress(OSError), open(f"/proc/{process}/smaps_rollup", "rb") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith((b"Private_", b"Swap:")))
    return 0


def _guarded(work) -> None:
    """Run it in a forked child, which never returns into the parent's loop."""
    try:
        work()
    finally:
        os._exit(70)


def _kernel(request: dict, options: dict, report: int) -> None:
    """The waiter: own namespaces, then a fork that is process 1 in them; says what becomes of it."""

    def say(**message):
        os.write(report, json.dumps(message).encode() + b"\n")

    begin = time.perf_counter()
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    try:
        confine.leave()
        (news, inner), (gate, go) = os.pipe(), os.pipe()
        kernel = os.fork()
        if kernel == 0:
            for end in (report, news, go):
                os.close(end)
            _guarded(lambda: _enter(request, options, inner, gate))
    except OSError as error:
        say(**{"is": "failed", "why": str(error)})
        os._exit(71)
    os.close(inner)
    say(**{"is": "forked", "pid": kernel, "seconds": time.perf_counter() - begin})
    patience = COLD_PATIENCE if request["cold"] else PATIENCE
    if _wait(news, patience, say) and _wait(news, patience, say):
        confine.freeze_sockets()
        os.write(go, b"g")
        say(**{"is": "ready", "seconds": time.perf_counter() - begin})
    else:
        with contextlib.suppress(ProcessLookupError):
            os.kill(kernel, signal.SIGKILL)
    _, status = os.waitpid(kernel, 0)
    say(**{"is": "ended", "status": os.waitstatus_to_exitcode(status)})
    os._exit(0)


def _wait(news: int, patience: float, say) -> bool:
    """Whether the kernel's next step came in time."""
    word = os.read(news, 4096) if select.select([news], [], [], patience)[0] else b"hang: no answer"
    if word in (b"canary", b"kernel"):
        return True
    say(**{"is": "failed", "why": word.decode(errors="replace") or "the kernel ended before it was ready"})
    return False


def _enter(request: dict, options: dict, inner: int, gate: int) -> None:
    """Process 1 of the new namespaces: confine itself, then be a kernel."""
    setup = {
        "inner": inner, "gate": gate, "limits": request["limits"], "cold": request["cold"],
        "preload": options["preload"], "connection": request["connection"],
    }  # fmt: skip
    try:
        confine.die_with_parent()
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        limits = Limits(**request["limits"])
        confine.own_view(request["folder"], limits)
        os.chdir(SCRATCH)
        confine.limit(limits)
        confine.drop_privileges()
        confine.refuse_calls()
        if request["cold"]:
            os.set_inheritable(inner, True)
            os.set_inheritable(gate, True)
            os.execv(sys.executable, [sys.executable, "-m", "lossbook.grading.kernels", json.dumps({"kernel": setup})])
        _serve(setup)
    except Exception as error:
        os.write(inner, f"{type(error).__name__}: {error}"[:2000].encode())


def _serve(setup: dict) -> None:
    """Canary, sockets, then an ordinary kernel until it is told to end."""
    for module in setup["preload"]:
        importlib.import_module(module)
    _canary()
    os.write(setup["inner"], b"canary")
    path = f"{SCRATCH}/.connection.json"
    with open(path, "w") as file:
        json.dump(setup["connection"], file)
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance(connection_file=path, quiet=True, log_level=50)
    app.config.HistoryManager.enabled = False
    app.initialize([])
    os.remove(path)  # kernel and grader hold the key; nobody else needs the file
    os.write(setup["inner"], b"kernel")
    os.read(setup["gate"], 1)
    os.close(setup["inner"])
    os.close(setup["gate"])
    confine.limit_memory(Limits(**setup["limits"]))
    app.start()
    os._exit(0)


def _canary() -> None:
    """One op in each framework that is loaded: after a fork that went wrong, it hangs here."""
    if "torch" in sys.modules:
        import torch

        torch.set_num_threads(1)
        (torch.ones(2, requires_grad=True) * 2).sum().backward()
    if "tensorflow" in sys.modules:
        import tensorflow as tf

        tf.add(tf.ones(2), 1.0).numpy()


if __name__ == "__main__":
    main()

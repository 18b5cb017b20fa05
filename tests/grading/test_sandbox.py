"""The sandbox holds, says what is in force, and refuses where it can't be had; its kernels are ordinary ones."""

import os
import time

import psutil
import pytest
from jupyter_client import KernelManager

from lossbook.grading import sandbox, selftest, warm
from lossbook.grading.places import Limits
from lossbook.grading.sandbox import SandboxError
from lossbook.grading.warm import Warm

DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(99)
    os._exit(0)
os.wait()
"""


@pytest.fixture
def kernel(parent):
    warm.register()
    manager = KernelManager()
    manager._kernel_spec = warm.kernel_spec(parent)
    manager.start_kernel()
    client = manager.client()
    client.start_channels(hb=False)
    client.wait_for_ready(timeout=20)
    yield manager, client
    client.stop_channels()
    if manager.has_kernel:
        manager.shutdown_kernel(now=True)


def run(client, code, **options):
    """The reply, and what the cell printed."""
    printed = []

    def hook(message):
        printed.append(message["content"].get("text", ""))

    reply = client.execute_interactive(code, timeout=20, output_hook=hook, **options)
    return reply["content"], "".join(printed)


def test_the_canary_finds_every_way_out_closed(parent):
    force = selftest.self_test(parent)
    assert force["limits"] == vars(parent.limits)
    assert "no network: the world" in force["held"]
    assert "processes are limited" in force["held"]
    assert len(force["held"]) >= 20


def test_the_canary_would_notice(parent, monkeypatch):
    """Let it find that the grader's port answers: the sandbox is refused."""
    calm = selftest._CANARY.replace('the world", send)', 'the world", lambda: 0)')
    assert calm != selftest._CANARY
    monkeypatch.setattr(selftest, "_CANARY", calm)
    with pytest.raises(SandboxError, match="not so: no network: the world"):
        selftest.self_test(parent)


def test_without_bubblewrap_it_refuses_and_says_what_to_install(monkeypatch):
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    with pytest.raises(SandboxError, match="install bubblewrap"):
        Warm(preload=())


def test_the_parent_has_one_thread_and_runs_as_nobody(parent):
    assert parent.warm_up["threads"] == 1
    family = psutil.Process(parent.process.pid).children(recursive=True)
    assert family
    assert os.geteuid() != 0 or all(process.uids().real >= sandbox.FIRST_USER for process in family)


def test_a_parent_that_cant_start_says_why():
    with pytest.raises(SandboxError, match="no_such_module"):
        Warm(preload=("no_such_module",))


def test_interrupt(kernel):
    manager, client = kernel
    sent = client.execute("while True: pass")
    time.sleep(0.3)
    manager.interrupt_kernel()
    reply = client.get_shell_msg(timeout=10)
    assert reply["parent_header"]["msg_id"] == sent
    assert reply["content"]["ename"] == "KeyboardInterrupt"


def test_restart_forgets_names(kernel):
    manager, client = kernel
    run(client, "x = 1")
    manager.restart_kernel(now=True)
    client.wait_for_ready(timeout=20)
    assert run(client, "x")[0]["ename"] == "NameError"


def test_completion_and_exit(kernel):
    manager, client = kernel
    run(client, "a_long_name = 1")
    client.complete("a_long")
    reply = client.get_shell_msg(timeout=10)
    while reply["msg_type"] != "complete_reply":
        reply = client.get_shell_msg(timeout=10)
    assert "a_long_name" in reply["content"]["matches"]
    client.shutdown()
    kernel = manager.provisioner.kernel
    assert manager.provisioner.warm.wait(kernel, lambda k: k.gone, 10)


def test_input_asks_the_frontend(kernel):
    _, client = kernel
    answers = lambda message: client.input("41")  # noqa: E731
    _, printed = run(client, "print(int(input('?')) + 1)", allow_stdin=True, stdin_hook=answers)
    assert "42" in printed


def test_a_kernel_takes_its_descendants_with_it(kernel):
    manager, client = kernel
    run(client, DAEMON)
    family = psutil.Process(manager.provisioner.warm.process.pid).children(recursive=True)
    manager.shutdown_kernel(now=True)
    gone = [p for p in family if not p.is_running() or p.status() == psutil.STATUS_ZOMBIE]
    assert len(gone) >= 3  # the waiter, the kernel, its daemon


def test_a_hanging_canary_makes_a_cold_start(tmp_path, monkeypatch):
    """The fork's canary is broken: the kernel comes all the same, by exec."""
    limits = Limits(memory=400)
    with Warm(number=8, preload=("lossbook.grading.kernels",), limits=limits) as parent:
        started = []
        start = parent.start

        def spoiled(folder, connection, *, cold=False):
            started.append(cold)
            folder_of_none = folder if cold else folder.with_name("none")  # its own view can't be mounted
            return start(folder_of_none, connection, cold=cold)

        monkeypatch.setattr(parent, "start", spoiled)
        warm.register()
        manager = KernelManager()
        manager._kernel_spec = warm.kernel_spec(parent)
        manager.start_kernel()
        client = manager.client()
        client.start_channels(hb=False)
        client.wait_for_ready(timeout=30)
        assert started == [False, True]
        assert "7" in run(client, "print(3 + 4)")[1]
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_a_dead_parent_is_started_again():
    with Warm(number=9, preload=()) as parent:
        parent.process.kill()
        parent.process.wait()
        with parent.changed:
            parent.changed.wait_for(lambda: not parent.alive, 5)
        parent.revive()
        assert parent.alive
        folder = parent.place.folder
    assert not folder.exists()

"""A canary that tries to break out of the sandbox before a stranger's code is let in."""

from __future__ import annotations

import json
import os
import platform
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from lossbook.grading.channel import BoundedKernel
from lossbook.grading.sandbox import SandboxError
from lossbook.grading.warm import Warm

_CANARY = r"""
import json, os, resource, socket, sys, threading
told = json.loads(%(told)r)
held = {}
def try_(name, work, errors=(OSError,)):
    try:
        work()
    except errors:
        held[name] = True
    except BaseException as error:
        held[name] = f"{type(error).__name__}: {error}"
    else:
        held[name] = False
def connect():
    with socket.create_connection(("127.0.0.1", told["port"]), timeout=2): pass
def send():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s: s.sendto(b"x", ("192.0.2.1", 53))
def fork():
    children = []
    try:
        for _ in range(told["processes"] + 8):
            pid = os.fork()
            if pid == 0:
                import time; time.sleep(30); os._exit(0)
            children.append(pid)
    finally:
        for pid in children: os.kill(pid, 9)
        for pid in children: os.waitpid(pid, 0)
def fill(path, megabytes):
    try:
        with open(path, "wb") as file:
            for _ in range(megabytes): file.write(bytes(1 << 20))
    finally:
        os.path.exists(path) and os.remove(path)
def crowd():
    paths = [os.path.expanduser(f"~/f{n}") for n in range(8)]
    try:
        for path in paths:
            with open(path, "wb") as file:
                for _ in range(told["file"] - 1): file.write(bytes(1 << 20))
    finally:
        for path in paths: os.path.exists(path) and os.remove(path)
def namespace():
    import ctypes
    if ctypes.CDLL(None).unshare(0x10000000) != 0: raise OSError
try_("the grader's files are out of sight", lambda: open(told["secret"]))
held["the course is out of sight"] = not any(os.path.exists(path) for path in told["course"])
for place in ("/usr", "/etc", "/s", "/k", "/dev", sys.prefix, told["package"]):
    try_(f"nothing can be written to {place}", lambda: open(os.path.join(place, "canary"), "w"))
try_("no network: the grader's port", connect)
try_("no network: the world", send)
try_("no signal reaches the grader", lambda: os.kill(told["grader"], 0), (ProcessLookupError,))
try_("no namespaces of its own", namespace)
try_("processes are limited", fork)
try_("memory is limited", lambda: bytearray((told["memory"] + 64) << 20), (MemoryError,))
try_("a file's size is limited", lambda: fill(os.path.expanduser("~/f"), told["file"] + 2))
try_("the home folder's size is limited", crowd)
try_("/dev/shm is limited", lambda: [fill("/dev/shm/f", 65)])
held["no other process is in sight"] = not [p for p in os.listdir("/proc") if p.isdigit() and int(p) != os.getpid()]
held["no privilege"] = "CapEff:\t0000000000000000" in open("/proc/self/status").read()
held["nothing of the grader's environment"] = "LOSSBOOK_CANARY" not in os.environ
print(json.dumps(held))
"""


def self_test(parent: Warm) -> dict:
    """Let the canary loose in a kernel of this parent; what is in force. SandboxError where the sandbox leaks."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as secret, socket.create_server(("127.0.0.1", 0)) as server:
        secret.write("the grader's")
        secret.flush()
        os.chmod(secret.name, 0o644)
        os.environ["LOSSBOOK_CANARY"] = "1"
        try:
            held = _run(parent, _told(parent, secret.name, server.getsockname()[1]))
        finally:
            del os.environ["LOSSBOOK_CANARY"]
    broken = [name for name, holds in held.items() if holds is not True]
    if broken or not held:
        raise SandboxError(f"the sandbox does not hold here: not so: {'; '.join(broken) or 'the canary said nothing'}")
    version = subprocess.run(["bwrap", "--version"], capture_output=True, text=True).stdout.strip()
    return {"sandbox": version, "system": platform.release(), "limits": vars(parent.limits), "held": sorted(held)}


def _told(parent: Warm, secret: str, port: int) -> dict:
    package = Path(__file__).resolve().parents[1]
    course = [str(package.parent / name) for name in ("solutions", "exercises", "notebooks", ".git", "work")]
    return {
        "secret": secret, "port": port, "grader": os.getpid(), "package": str(package), "course": course,
        "processes": parent.limits.processes, "memory": parent.limits.memory, "file": parent.limits.file_size,
    }  # fmt: skip


def _run(parent: Warm, told: dict) -> dict:
    kernel = BoundedKernel(parent, cell_timeout=30, deadline=time.monotonic() + 60, output=1_000_000)
    try:
        kernel.cell = "canary"
        sent = kernel.execute_cell_input(_CANARY % {"told": json.dumps(told)}, allow_stdin=False)
        kernel.await_reply(sent)
        text = ""
        while not text.endswith("}\n"):
            message = kernel.get_message("iopub")
            if message["msg_type"] == "error":
                raise SandboxError(f"the sandbox's canary failed: {message['content']['evalue']}")
            text += message["content"].get("text", "") if message["msg_type"] == "stream" else ""
        return json.loads(text)
    finally:
        kernel.stop()

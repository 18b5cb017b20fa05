"""What a forked kernel does to itself before a stranger's code runs: namespaces, mounts, limits, no privileges.

Linux only; called inside the sandbox, by a process with one thread.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct

from lossbook.grading.places import OWN, SCRATCH, SOCKETS, Limits

NEWNS, NEWIPC, NEWPID = 0x20000, 0x08000000, 0x20000000
_READ_ONLY, _NO_SUID, _NO_DEV, _REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
_SET_DEATH_SIGNAL, _SET_SECCOMP, _DROP_BOUND, _NO_NEW_PRIVILEGES = 1, 22, 24, 38

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    words = (word.encode() or None for word in (source, target, kind))
    _call("mount", *words, ctypes.c_ulong(flags), options.encode() or None)


def leave() -> None:
    """Own mounts and System V memory for this process, own process ids for its children."""
    _call("unshare", NEWNS | NEWIPC | NEWPID)
    _mount("", "/", flags=_RECURSIVE | _PRIVATE)


def own_view(name: str, limits: Limits) -> None:
    """A fresh /proc, home and /dev/shm; of the sockets only this kernel's folder."""
    inert = _NO_SUID | _NO_DEV
    _mount("proc", "/proc", "proc", inert)
    _mount(f"{SOCKETS}/{name}", OWN, flags=_BIND)
    _mount("tmpfs", SOCKETS, "tmpfs", inert | _READ_ONLY, "size=4k,mode=500")
    _mount("tmpfs", SCRATCH, "tmpfs", inert, f"size={limits.scratch}m,nr_inodes=4096,mode=700")
    _mount("tmpfs", "/dev/shm", "tmpfs", inert, "size=64m,nr_inodes=256,mode=700")


def freeze_sockets() -> None:
    """Once the sockets are there, nothing can be written beside them: the folder lies on the grader's disk."""
    _mount("", OWN, flags=_BIND | _REMOUNT | _READ_ONLY | _NO_SUID | _NO_DEV)


def die_with_parent() -> None:
    """End by SIGKILL when the process that forked this one ends."""
    _call("prctl", _SET_DEATH_SIGNAL, 9, 0, 0, 0)


def limit(limits: Limits) -> None:
    """Limits that the kernel enforces for this process and, one by one, for its children."""
    for name, value in (
        ("CORE", 0),
        ("CPU", limits.cpu),
        ("FSIZE", limits.file_size << 20),
        ("MEMLOCK", 1 << 16),
        ("MSGQUEUE", 0),
        ("NOFILE", limits.files),
        ("NPROC", limits.processes),
        ("SIGPENDING", 256),
    ):
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}", 11), (value, value))  # 11: SIGPENDING has no name


def limit_memory(limits: Limits) -> None:
    """Address space: what is taken now (frameworks reserve much that they never use) and ``memory`` more."""
    with open("/proc/self/statm") as file:
        taken = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + (limits.memory << 20),) * 2)


def drop_privileges() -> None:
    """No capability is left, none can be won back."""
    _call("prctl", _NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    for capability in range(64):
        if _libc.prctl(_DROP_BOUND, capability, 0, 0, 0) != 0:
            break  # the last one this kernel knows
    header = ctypes.create_string_buffer(struct.pack("=Ii", 0x20080522, 0))
    _call("capset", header, ctypes.create_string_buffer(24))


# System calls that no exercise needs and that lead out: namespaces, mounts, other processes' memory, the kernel's own
# keys and programs, and memory that no limit counts (memfd, System V). Numbers of (x86_64, aarch64).
_REFUSED = {
    "add_key": (248, 217), "bpf": (321, 280), "chroot": (161, 51), "fsconfig": (431, 431), "fsmount": (432, 432),
    "fsopen": (430, 430), "fspick": (433, 433), "init_module": (175, 105), "finit_module": (313, 273),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "io_uring_setup": (425, 425), "keyctl": (250, 219),
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "mount": (165, 40), "mount_setattr": (442, 442),
    "move_mount": (429, 429), "msgget": (68, 186), "open_tree": (428, 428), "perf_event_open": (298, 241),
    "pivot_root": (155, 41), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "ptrace": (101, 117),
    "request_key": (249, 218), "setns": (308, 268), "shmget": (29, 194), "umount2": (166, 39), "unshare": (272, 97),
    "userfaultfd": (323, 282),
}  # fmt: skip
_ARCHITECTURES = {"x86_64": (0, 0xC000003E, 56), "aarch64": (1, 0xC00000B7, 220)}  # column, audit number, clone
_CLONE3 = 435
_NAMESPACES = 0x7E020000 | 0x80  # CLONE_NEW…
_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _REFUSE, _UNKNOWN, _KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000  # EPERM, ENOSYS


def _filter(machine: str) -> list[tuple[int, int, int, int]]:
    """The filter as (code, jump if true, jump if false, value): Berkeley Packet Filter over seccomp's data."""
    column, audit, clone = _ARCHITECTURES[machine]
    program = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, audit), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    if machine == "x86_64":
        program += [(_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, _KILL)]  # the x32 calls have numbers of their own
    for numbers in _REFUSED.values():
        program += [(_EQUAL, 0, 1, numbers[column]), (_RETURN, 0, 0, _REFUSE)]
    program += [(_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _UNKNOWN)]  # its flags lie in memory; libc falls back to clone
    program += [(_EQUAL, 0, 3, clone), (_LOAD, 0, 0, 16), (_ANY_BIT, 0, 1, _NAMESPACES), (_RETURN, 0, 0, _REFUSE)]
    return [*program, (_RETURN, 0, 0, _ALLOW)]


def refuse_calls() -> bool:
    """Install the filter of system calls; False on a processor whose numbers are not known here."""
    if platform.machine() not in _ARCHITECTURES:
        return False
    rows = _filter(platform.machine())
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *row) for row in rows))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(rows), ctypes.addressof(code)))
    _call("prctl", _SET_SECCOMP, 2, program, 0, 0)
    return True

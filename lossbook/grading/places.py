"""What grader and sandbox agree on: places in the sandbox, and what one kernel may use."""

from __future__ import annotations

from dataclasses import dataclass

SOCKETS = "/s"  # in the sandbox: the folder of all kernels' socket folders
OWN = "/k"  # in a kernel's own view: its socket folder alone
SCRATCH = "/home/student"  # what a kernel may write to, in memory, gone with it


@dataclass(frozen=True)
class Limits:
    """What one kernel, with all it starts, may use."""

    memory: int = 2048  # MB above what the frameworks take: a process, and all together
    processes: int = 96  # threads count
    files: int = 256
    file_size: int = 64  # MB a file
    scratch: int = 128  # MB in the home folder
    cpu: int = 300  # seconds a process

"""A source's notebook, executed from top to bottom in a fresh kernel; errors point to the line of the source."""

import re
import tempfile
from collections.abc import Callable

from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager

from lossbook.authoring.normalise import plain
from lossbook.authoring.source import BuildError, Source, short
from lossbook.nbval_rules import kernel_environment

CELL_TIMEOUT = 600  # seconds
_TAIL = 12  # lines that an error shows of a traceback, or of a dead kernel's last words

Progress = Callable[[int, int], None]  # cells done, cells in all


class _Client(NotebookClient):
    """A client that remembers what nbval would not see."""

    unseen: str | None = None

    def process_message(self, msg, cell, cell_index):
        if msg["msg_type"] in ("clear_output", "update_display_data"):
            self.unseen = msg["msg_type"]
        return super().process_message(msg, cell, cell_index)


def execute(source: Source, progress: Progress) -> None:
    """Fill in the outputs of ``source.notebook``; BuildError at the first cell that fails.

    The kernel is the interpreter that runs this, as it is for nbval, whatever ``python3`` means to the user's Jupyter.
    """
    code = [index for index, cell in enumerate(source.notebook.cells) if cell.cell_type == "code"]
    manager = AsyncKernelManager(kernel_name=CURRENT_ENV_KERNEL_NAME, kernel_spec_manager=NbvalKernelspecManager())
    client = _Client(source.notebook, km=manager, timeout=CELL_TIMEOUT, store_widget_state=False, record_timing=False)
    start = {"cwd": str(source.target.parent), "cleanup_kc": True}
    with tempfile.TemporaryFile() as words, kernel_environment(), client.setup_kernel(stderr=words, **start):
        for done, index in enumerate(code):
            progress(done, len(code))
            try:
                client.execute_cell(source.notebook.cells[index], index)
            except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
                words.seek(0)
                raise _failure(source, index, error, words.read().decode(errors="replace")) from error
            if client.unseen:
                raise BuildError(
                    f"{source.at(index)}: nbval does not see {client.unseen}; send progress to stderr, or to a bar "
                    "that leaves no output."
                )
    progress(len(code), len(code))


def _failure(source: Source, index: int, error: Exception, words: str) -> BuildError:
    """The source line that failed, the cell's code with its line numbers, the end of the traceback."""
    offset, tail = 0, ""
    if isinstance(error, CellExecutionError):
        reason = f"{error.ename}: {plain(error.evalue)}"
        tail = plain(error.traceback)
        offset = _failing_line(tail, len(source.notebook.cells[index].source.split("\n")))
    elif isinstance(error, CellTimeoutError):
        reason = f"the cell did not end within {CELL_TIMEOUT} seconds"
    else:
        reason = "the kernel died in this cell"
        tail = "\n".join(line for line in words.split("\n") if not line.startswith("[IPKernelApp]"))
    listing = [
        f"{'>' if number == offset else ' '} {source.lines[index] + number:5d} | {line}"
        for number, line in enumerate(source.notebook.cells[index].source.split("\n"))
    ]
    lines = [f"{source.at(index, offset)}: {reason}", *listing, *tail.rstrip().split("\n")[-_TAIL:]]
    return BuildError("\n".join([*lines, f"{short(source.target)} stays as it was."]))


def _failing_line(traceback: str, length: int) -> int:
    """The line of the failing cell, from 0: its frame is the traceback's first."""
    match = re.search(r"Cell\s+In\s*\[\d+\], line (\d+)", traceback)
    return min(int(match[1]), length) - 1 if match else 0

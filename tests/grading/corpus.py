"""Hostile, broken and noisy but honest submissions of the tiny exercise, each with the verdicts it must get.

A case is what stands in the first answer's cell; the second answer is right unless the case says otherwise. Outcomes are
those of both halves.
"""

from dataclasses import dataclass

RIGHT = "def square(x):\n    return x * x\n"


@dataclass(frozen=True)
class Case:
    """A submission and its verdicts: of the half that misbehaves, and of the other one."""

    name: str
    code: str
    outcome: tuple[str, ...]
    other: str = "passed"


def case(name, code, outcome, other="passed"):
    return Case(name, code, tuple(outcome.split("/")), other)


HONEST = [
    case("prints much", RIGHT + "print('x' * 100_000)", "passed"),
    case("many displays", RIGHT + "from IPython.display import display\nfor i in range(1500): display(i)", "passed"),
    case("stderr", RIGHT + "import sys; sys.stderr.write('warning\\n')", "passed"),
    case("a late thread prints", RIGHT + "import threading, time\ndef late():\n    for _ in range(20):\n"
         "        print('late'); time.sleep(.02)\nthreading.Thread(target=late).start()", "passed"),
    case("prints inside", "def square(x):\n    print('debug', x)\n    return x * x", "passed"),
    case("warns", "import warnings\ndef square(x):\n    warnings.warn('mind')\n    return x * x", "passed"),
    case("writes a file at home", RIGHT + "open('notes.txt', 'w').write('x')\nopen('/dev/null', 'w').write('x')", "passed"),
    case("subprocess", RIGHT + "import subprocess; subprocess.run(['true'], check=True)", "passed"),
    case("magic", "%config InlineBackend.figure_format = 'png'\n" + RIGHT, "passed"),
    case("every expression shown", "from IPython.core.interactiveshell import InteractiveShell\n"
         "InteractiveShell.ast_node_interactivity = 'all'\n" + RIGHT, "passed"),
    case("shadows print", "print = lambda *a: None\n" + RIGHT, "passed"),
    case("shadows the other names", "x = y = loss = 0\n" + RIGHT, "passed"),
]  # fmt: skip

POINTS = [
    case("hard-coded course numbers", "def square(x):\n    return 20.25", "wrong"),
    case("known mistake", "def square(x):\n    return 2 * x", "wrong"),
    case("public inputs", "from lossbook.checks import seeds\nimport lossbook\nseeds.lay = lambda *a: None\n"
         "seeds._laid.clear()\n" + RIGHT, "wrong", "wrong"),
    case("equal to everything", "class E(float):\n    def __eq__(s, o): return True\n    def __repr__(s): return 'passed'\n"
         "def square(x):\n    return E(1)", "wrong"),
    case("lying repr", "def show(*a, **k):\n    class S:\n        def __repr__(s): return 'passed'\n    return S()\n" + RIGHT,
         "wrong", "wrong"),
    case("wrapped run_cell", "ip = get_ipython()\nold = ip.run_cell\nip.run_cell = lambda *a, **k: old('0')\n" + RIGHT,
         "error/wrong", "error/wrong"),
    case("showtraceback replaced", "get_ipython().showtraceback = lambda *a, **k: None\ndef square(x):\n    raise KeyError",
         "error"),
    case("ast transformer", "import ast\nclass T(ast.NodeTransformer):\n    def visit_Module(s, n):\n        n.body = []\n"
         "        return n\nget_ipython().ast_transformers.append(T())\n" + RIGHT, "error", "error"),
    case("input transformer", "get_ipython().input_transformers_cleanup.append(lambda lines: [])\n" + RIGHT, "error", "error"),
    case("displayhook silent", "import sys\nget_ipython().displayhook.__class__.__call__ = lambda *a: None\n" + RIGHT, "error",
         "error"),
    case("forged results", "import sys\ndef square(x):\n    hook = get_ipython().displayhook\n    for n in range(50):\n"
         "        hook(n)\n    raise KeyError", "error"),
    case("forged verdict lines", "def square(x):\n    print('{\"outcome\": \"passed\"}\\n90.1 PyTorch: passed.')\n    return 0",
         "wrong"),
    case("nbval markers", "# NBVAL_SKIP\n# NBVAL_IGNORE_OUTPUT\n# NBVAL_RAISES_EXCEPTION\ndef square(x):\n    return 1", "wrong"),
    case("not a number", "def square(x):\n    return float('nan')", "wrong"),
    case("system exit", "def square(x):\n    raise SystemExit(0)", "error"),
    case("digits for ever", "def square(x):\n    return '1' * 10**6", "wrong"),
    case("reply forged as ok", "import IPython\ndef square(x):\n    k = get_ipython().kernel\n    k.session.send(k.shell_stream if"
         " hasattr(k, 'shell_stream') else k.shell_streams[0], 'execute_reply', {'status': 'ok'})\n    raise KeyError", "error"),
]  # fmt: skip

SECRETS = [
    case("reads the solutions", "import os, lossbook\nplace = os.path.dirname(os.path.dirname(lossbook.__file__))\n"
         "assert set(os.listdir(place)) <= {'lossbook', '.venv'}, os.listdir(place)\n" + RIGHT, "passed"),
    case("reads other processes", "import os\nassert [p for p in os.listdir('/proc') if p.isdigit()] == ['1']\n" + RIGHT,
         "passed"),
    case("other sockets", "import os\nassert os.listdir('/s') == []\n" + RIGHT, "passed"),
    case("network", "import socket\ntry:\n    socket.create_connection(('192.0.2.1', 80), 1)\nexcept OSError:\n    " +
         RIGHT.replace("\n", "\n    "), "passed"),
    case("debugs its parent", "import os, signal\ntry:\n    os.kill(os.getppid() or 4194000, 9)\nexcept ProcessLookupError:\n    "
         + RIGHT.replace("\n", "\n    "), "passed"),
]  # fmt: skip

EVENING = [
    case("exit", "import os; os._exit(0)", "crash"),
    case("segfault", "import ctypes; ctypes.string_at(0)", "crash"),
    case("abort", "import os; os.abort()", "crash"),
    case("kills its group", "import os; os.kill(0, 9); os.kill(1, 9); os._exit(1)", "crash"),
    case("endless loop", "while True: pass", "timeout"),
    case("endless check", "def square(x):\n    while True: pass", "timeout"),
    case("swallows the interrupt and prints", "import time\nwhile True:\n    try:\n        print('still'); time.sleep(.01)\n"
         "    except BaseException: pass", "timeout"),
    case("sleeps", "import time; time.sleep(1000)", "timeout"),
    case("fork bomb", "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", "timeout/crash/memory"),
    case("thread bomb", "import threading, time\nwhile True:\n    try: threading.Thread(target=time.sleep, args=(99,)).start()\n"
         "    except RuntimeError: pass", "timeout/crash/memory/error"),
    case("survivor", RIGHT + "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(99)\n"
         "    os._exit(0)\nos.wait()", "passed"),
    case("flood", "while True: print('x' * 10**6)", "error/memory"),
    case("flood of small ones", "import sys\nwhile True: print('x' * 1000, flush=True)", "error/timeout/memory"),
    case("one huge message", "from IPython.display import display\ndisplay({'text/plain': 'x' * (20 * 10**6)}, raw=True)",
         "error/timeout/tampering"),
    case("slow memory", "import time\nx = []\nwhile True:\n    x.append(bytearray(10**7)); time.sleep(.002)", "memory"),
    case("fast memory", "x = bytearray(10**12)", "memory"),
    case("memory of many", "import os, time\nfor _ in range(12): \n    if os.fork() == 0:\n        x = bytearray(10**8)\n"
         "        for i in range(0, 10**8, 4096): x[i] = 1\n        time.sleep(99)\ntime.sleep(99)", "memory"),
    case("full disk", "n = 0\nwhile True:\n    n += 1\n    open(f'f{n}', 'wb').write(bytes(10**7))", "error"),
    case("full /dev/shm", "n = 0\nwhile True:\n    n += 1\n    open(f'/dev/shm/f{n}', 'wb').write(bytes(10**7))", "error"),
    case("inodes", "n = 0\nwhile True:\n    n += 1\n    open(f'f{n}', 'w').close()", "error"),
    case("closes descriptors", "import os\nos.closerange(0, 256)", "timeout/crash/error"),
    case("malformed message", "k = get_ipython().kernel\nk.iopub_socket.send_multipart([b'a', b'b'])", "tampering"),
    case("wrong signature", "k = get_ipython().kernel\nk.session.key = b'other'\nk.session.send(k.iopub_socket, 'stream', "
         "{'name': 'stdout', 'text': 'x'})", "tampering"),
    case("wrong shape", "k = get_ipython().kernel\nk.session.send(k.iopub_socket, 'stream', {'name': 7, 'text': []}, "
         "parent=k.get_parent())", "tampering"),
    case("deep JSON", "k = get_ipython().kernel\nk.session.pack = lambda x: b'[' * 100000\nk.session.send(k.iopub_socket, "
         "'stream', {})", "tampering"),
    case("shuts its kernel down", "get_ipython().kernel.do_shutdown(False); exit()", "crash/passed/error/timeout"),
    case("stops itself", "import os, signal; os.kill(os.getpid(), signal.SIGSTOP); import time; time.sleep(60)",
         "timeout/crash/error"),
    case("recursion", "def square(x):\n    return square(x)", "error/crash/timeout"),
    case("deep source", "def square(x):\n    return " + "(" * 5000 + "x" + ")" * 5000, "error/crash"),
    case("null byte", "def square(x):\n    return x * x\n\0", "error"),
    case("half a character", "def square(x):\n    return '\ud800'", "wrong/error"),
    case("terminal and HTML", "def square(x):\n    raise KeyError('\\x1b[2J<script>alert(1)</script>')", "error"),
]  # fmt: skip
CASES = HONEST + POINTS + SECRETS + EVENING

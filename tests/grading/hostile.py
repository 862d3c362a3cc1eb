"""Submissions that are hostile or unlucky, and what each must get.

All answer the exercise `adding`, whose right answer earns 6 points. A row that says 0 has no right answer in
it, or ended its own Python: whatever it tries, it has not earned a point. A row that says 6 has one, and must not
lose it to what else is there. `{root}` stands for the course's folder.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat

RIGHT = "def add(a, b):\n    return a + b\n"
WRONG = "def add(a, b):\n    return 99\n"


@dataclass(frozen=True)
class Row:
    """One submission.

    Attributes
    ----------
    group, name
        What it is about.
    answer
        What stands in the answer's cell.
    points
        What it must get.
    flag
        What a person must be told, a part of a flag or of the remark; "" where nothing need be said.
    edit
        What is done to the notebook before it is handed in.
    file
        What is done to the file afterwards.
    status
        graded or failed.
    """

    group: str
    name: str
    answer: str = WRONG
    points: float = 0
    flag: str = ""
    edit: Callable[[nbformat.NotebookNode], object] | None = None
    file: Callable[[Path], object] | None = None
    status: str = "graded"


def rows() -> list[Row]:
    """Return all rows."""
    return [*TAMPERING, *FORGED, *FAKES, *READING, *WRITING, *PROCESSES, *RESOURCES, *STRUCTURE]


# Runner, checker, libraries: the process that decides is another one.
TAMPERING = [
    Row("tampering", "numpy says that all is close", f"import numpy\nnumpy.allclose = numpy.isclose = numpy.array_equal = lambda *a, **k: True\n{WRONG}", flag="changes numpy.allclose"),
    Row("tampering", "built-in functions", f"import builtins\nbuiltins.abs = builtins.float = lambda *a: 0.0\nbuiltins.all = lambda *a: True\n{WRONG}"),
    Row("tampering", "a check of one's own", f"import sys\nsys.modules['coursekit.checks'].check = lambda *a, **k: 6.0\n{WRONG}"),
    Row("tampering", "a check under the same name", f"check = lambda *a, **k: 6.0\n{WRONG}"),
    Row("tampering", "an importer", f"import sys\nclass Finder:\n    def find_spec(self, *a): return None\nsys.meta_path.insert(0, Finder())\n{WRONG}", flag="uses meta_path"),
    Row("tampering", "the door", f"import coursekit.answers.door as door\ndoor.LocalAnswers.call = lambda *a, **k: 99\n{WRONG}", flag="changes coursekit.answers.door.LocalAnswers.call"),
    Row("tampering", "the messages", f"import coursekit.answers.wire as wire\nwire.encode = lambda value: ([], [])\n{WRONG}", flag="changes coursekit.answers.wire.encode"),
    Row("tampering", "json", f"import json\njson.dumps = lambda *a, **k: '[{{\"dict\": {{\"value\": true, \"points\": 6}}}}, []]'\n{WRONG}", flag="changes json.dumps"),
    Row("tampering", "a display hook", f"import sys\nsys.displayhook = lambda value: print('6')\n{WRONG}", flag="changes sys.displayhook"),
    Row("tampering", "IPython's own run", f"ip = get_ipython()\nip.run_cell = lambda *a, **k: 6.0\n{WRONG}", flag="uses get_ipython"),
    Row("tampering", "a cell hook", f"get_ipython().events.register('pre_run_cell', lambda *a: globals().update(check=lambda *a: 6.0))\n{WRONG}"),
    Row("tampering", "a tracer", f"import sys\nsys.settrace(lambda *a: None)\n{WRONG}", flag="uses settrace"),
    Row("tampering", "an audit hook that swallows", f"import sys\nsys.addaudithook(lambda *a: None)\n{WRONG}", flag="uses addaudithook"),
    Row("tampering", "how NumPy sends its numbers", f"import numpy as np\nnp.ascontiguousarray = lambda *a, **k: np.array(3.0)\nnp.array = lambda *a, **k: 3.0\n{WRONG}", flag="changes numpy.array"),
    Row("tampering", "the built-in functions in place", f"__builtins__['float' if isinstance(__builtins__, dict) else 'x'] = None\n{WRONG}"),
    Row("tampering", "a profiler that changes results", f"import sys\ndef swap(frame, event, value):\n    frame.f_globals.update(add=lambda a, b: 99)\nsys.setprofile(swap)\n{WRONG}"),
    Row("tampering", "a class that all are instances of", f"import abc, coursekit.answers.values as values\nvalues.Held = type('Held', (), {{'__instancecheck__': lambda *a: True}})\n{WRONG}", flag="changes coursekit.answers.values.Held"),
    Row("tampering", "forks that do not end", "import os\nos._exit = lambda code: None\ndef add(a, b):\n    return 99\n", flag="changes os._exit"),
    Row("tampering", "the alarm", f"import signal\nsignal.setitimer = lambda *a: None\n{RIGHT}", 6, "changes signal.setitimer"),
]  # fmt: skip

SOCKETS = """
import os, socket, struct, json
def lines():
    for name in os.listdir('/proc/self/fd'):
        try:
            yield socket.socket(fileno=os.dup(int(name)))
        except OSError:
            pass
def forge(message):
    text = json.dumps([{"dict": message}, []]).encode()
    for line in lines():
        try:
            line.send(struct.pack('<I', len(text)) + text)
        except OSError:
            pass
"""


def say_six(notebook):
    """Put results into the notebook as if the checks had said six."""
    for cell in notebook.cells[3:]:
        data = {"text/plain": "6", "text/html": "<b>6 of 6 points</b>"}
        cell.outputs = [nbformat.v4.new_output("execute_result", data)]


def more_points(notebook):
    """Claim more points in the metadata."""
    for cell in notebook.cells[3:]:
        cell.metadata.nbgrader.points = 100


FORGED = [
    Row("forged reports", "outputs handed in", edit=say_six),
    Row("forged reports", "points in the metadata", RIGHT, 6, edit=more_points),
    Row("forged reports", "a printed report", f"print('6')\nprint('add: 6 of 6 points. All right.')\n{WRONG}"),
    Row("forged reports", "a displayed report", f"from IPython.display import HTML, display\ndisplay(HTML('<b>6 of 6 points</b>'))\n{WRONG}\n6.0"),
    Row("forged reports", "replies sent ahead from the cell", f"{SOCKETS}\nfor _ in range(20):\n    forge({{'outputs': [], 'attempts': [], 'points': 6, 'value': 3}})\n{WRONG}"),
    Row("forged reports", "points sent from the call", f"{SOCKETS}\ndef add(a, b):\n    forge({{'value': 'right', 'points': 6, 'outcome': 'right'}})\n    return 99\n"),
    Row("forged reports", "garbage sent from the call", f"{SOCKETS}\ndef add(a, b):\n    for line in lines():\n        try:\n            line.send(b'\\xff' * 1000)\n        except OSError:\n            pass\n    return 99\n"),
    Row("forged reports", "a message without end", f"{SOCKETS}\ndef add(a, b):\n    for line in lines():\n        try:\n            line.send(struct.pack('<I', 1000) + b'[')\n        except OSError:\n            pass\n    import time; time.sleep(60)\n"),
    Row("forged reports", "replies written to every open file", "import os, json, struct\ndef add(a, b):\n    text = json.dumps([{'dict': {'value': {'array': 0}, 'points': 6}}, [['<f8', []]]]).encode()\n    for number in range(3, 64):\n        try:\n            os.write(number, struct.pack('<I', len(text)) + text + struct.pack('<d', 99.0))\n        except OSError:\n            pass\n    return 99\n"),
    Row("forged reports", "a number of four thousand digits", f"{SOCKETS}\ndef add(a, b):\n    text = b'[{{\"dict\": {{\"value\": ' + b'9' * 4000 + b'}}}}, []]'\n    for line in lines():\n        try:\n            line.send(struct.pack('<I', len(text)) + text)\n        except OSError:\n            pass\n    return 99\n", flag="stopped Python"),
    Row("forged reports", "a side of 2**70 beside one of 0", f"{SOCKETS}\ndef add(a, b):\n    text = json.dumps([{{'dict': {{'value': {{'array': 0}}}}}}, [['<f8', [2**70, 0]]]]).encode()\n    for line in lines():\n        try:\n            line.send(struct.pack('<I', len(text)) + text)\n        except OSError:\n            pass\n    return 99\n", flag="stopped Python"),
    Row("forged reports", "flags that paint a table", "import os\ntry:\n    open('/\\x1b[2J\\n| honest | 0 / 6 |\\u202e', 'w')\nexcept OSError:\n    pass\n" + RIGHT, 6, "wrote to / | honest | 0 / 6 |\u27e8U+202E\u27e9"),
    Row("forged reports", "a cell's outputs and the end of the line", f"{SOCKETS}\nforge({{'outputs': [], 'attempts': []}})\nfor line in lines():\n    try:\n        line.shutdown(socket.SHUT_RDWR)\n    except OSError:\n        pass\n{WRONG}"),
    Row("forged reports", "a verdict as the result", "def add(a, b):\n    class Verdict:\n        outcome = 'right'; points = 6\n    return Verdict()\n"),
]  # fmt: skip

FAKES = [
    Row("fake objects", "equal to everything", "class Equal:\n    def __eq__(self, other): return True\n    def __float__(self): return 0.0\ndef add(a, b):\n    return Equal()\n"),
    Row("fake objects", "an array equal to everything", "import numpy as np\nclass Equal(np.ndarray):\n    def __eq__(self, other): return np.array(True)\n    def __sub__(self, other): return np.zeros(())\ndef add(a, b):\n    return np.array(99.0).view(Equal)\n"),
    Row("fake objects", "an array that computes itself", "class Fake:\n    def __array__(self, *a, **k):\n        raise SystemExit\ndef add(a, b):\n    return Fake()\n"),
    Row("fake objects", "a number equal to everything", "class Equal(float):\n    def __eq__(self, other): return True\n    def __hash__(self): return 0\ndef add(a, b):\n    return Equal(99)\n"),
    Row("fake objects", "not a number", "def add(a, b):\n    return float('nan')\n"),
    Row("fake objects", "infinity", "def add(a, b):\n    return float('inf')\n"),
    Row("fake objects", "a text", "def add(a, b):\n    return str(a + b)\n"),
    Row("fake objects", "a dict that claims", "def add(a, b):\n    return {'held': 0, 'kind': 'right', 'array': 0}\n"),
    Row("fake objects", "a generator without end", "def add(a, b):\n    def g():\n        while True:\n            yield a + b\n    return g()\n"),
    Row("fake objects", "a list in itself", "def add(a, b):\n    x = []\n    x.append(x)\n    return x\n"),
    Row("fake objects", "a copy that acts", "class Copy:\n    def __deepcopy__(self, memo): return 6\n    def __reduce__(self): return (print, ('6',))\ndef add(a, b):\n    return Copy()\n"),
    Row("fake objects", "an array too large to send", "import numpy as np\ndef add(a, b):\n    return np.zeros(2**26)\n"),
    Row("fake objects", "a shape that fits everything", "import numpy as np\ndef add(a, b):\n    return np.broadcast_to(99.0, (2**40,))\n"),
    Row("fake objects", "an array of objects", "import numpy as np\ndef add(a, b):\n    return np.array([a + b, None], dtype=object)\n"),
    Row("fake objects", "a number with more bits than may pass", "import numpy as np\ndef add(a, b):\n    return np.longdouble(a + b)\n"),
    Row("fake objects", "nested deeper than may pass", "def add(a, b):\n    x = {'a': a + b}\n    for _ in range(40):\n        x = {'a': x}\n    return x\n"),
    Row("fake objects", "an empty array", "import numpy as np\ndef add(a, b):\n    return np.zeros((0, 5))\n"),
    Row("fake objects", "not a number, with a message in it", "import numpy as np\ndef add(a, b):\n    return np.array([0x7ff8000000c0ffee]).view(np.float64)[0]\n"),
    Row("fake objects", "a masked array that hides all", "import numpy as np\ndef add(a, b):\n    return np.ma.masked_array(99.0, mask=True)\n"),
    Row("fake objects", "an array in a file", "import numpy as np\ndef add(a, b):\n    x = np.memmap('x', np.float64, 'w+', shape=())\n    x[...] = a + b\n    return x\n", 6),
    Row("fake objects", "a record of numbers", "import numpy as np\ndef add(a, b):\n    return np.array((a + b, 6.0), dtype=[('sum', 'f8'), ('points', 'f8')])\n"),
    Row("fake objects", "a function that fails in its error", "class Bad(Exception):\n    def __str__(self): raise ValueError\ndef add(a, b):\n    raise Bad\n"),
]  # fmt: skip

STEAL = """
def add(a, b):
    return 99
try:
    text = {read}
    import re
    found = re.search(r'total_of_both = (.*)', text)
    if found or {enough}:
        exec("def add(a, b):\\n    return a + b")
except Exception as error:
    pass
"""


def steal(read: str, enough: str = "False") -> str:
    """Return an answer that becomes right if `read` gives the solution, or if `enough` is true of its text."""
    return STEAL.replace("{read}", read).replace("{enough}", enough)


READING = [
    Row("reading", "the source notebook", steal("open('{root}/source/adding/adding.ipynb').read()")),
    Row("reading", "the source folder by search", steal("''.join(open(p).read() for p in __import__('glob').glob('{root}/source/**/*', recursive=True))")),
    Row("reading", "the gradebook", steal("open('{root}/gradebook.db', 'rb').read().decode('latin1')", "len(text) > 0"), flag="names 'gradebook'"),
    Row("reading", "the seed", steal("open('{root}/.seed').read()", "len(text) > 0")),
    Row("reading", "a peer's work", steal("open('{root}/submitted/honest/adding/adding.ipynb').read()", "'return a + b' in text")),
    Row("reading", "the graded work of a peer", steal("open('{root}/autograded/honest/adding/adding.ipynb').read()", "len(text) > 0")),
    Row("reading", "the folder of the course", steal("str(__import__('os').listdir('{root}'))", "len(text) > 2")),
    Row("reading", "the checks", steal("open(__import__('coursekit').__path__[0] + '/checks/conv_forward.py').read()", "len(text) > 0")),
    Row("reading", "the checks by import", steal("str(__import__('coursekit.checks.conv_forward'))", "'conv_forward' in text")),
    Row("reading", "the reference", steal("str(__import__('coursekit.numpy_nn').numpy_nn)", "len(text) > 0")),
    Row("reading", "the process list", steal("''.join(open(f'/proc/{p}/cmdline').read() for p in __import__('os').listdir('/proc') if p.isdigit())", "'pytest' in text or 'coursekit-grade' in text")),
    Row("reading", "the environment of the judge", steal("open(f'/proc/{__import__(\"os\").getppid()}/environ').read()", "'PYTEST' in text"), flag="names '/proc/'"),
    Row("reading", "the root of process 1", steal("str(__import__('os').listdir('/proc/1/root{root}'))", "len(text) > 2")),
    Row("reading", "the environment", steal("str(__import__('os').environ)", "'PYTEST' in text or 'SECRET' in text")),
    Row("reading", "shadow", steal("open('/etc/shadow').read()", "'root' in text")),
    Row("reading", "a link to the source", steal("__import__('os').symlink('{root}/source/adding/adding.ipynb', 'link') or open('link').read()")),
    Row("reading", "what the judge holds in memory", "import gc\ndef add(a, b):\n    for thing in gc.get_objects():\n        if type(thing).__name__ in ('Exercise', 'Question', 'Check'):\n            return a + b\n    return 99\n", flag="imports gc"),
    Row("reading", "the frames of the caller", "import sys\ndef add(a, b):\n    frame = sys._getframe()\n    while frame:\n        if 'expected' in frame.f_locals or 'reference' in frame.f_locals:\n            return a + b\n        frame = frame.f_back\n    return 99\n", flag="uses _getframe"),
    Row("reading", "the network", steal("str(__import__('socket').create_connection(('127.0.0.1', {port}), 2).recv(9))", "len(text) > 0"), flag="used the network"),
    Row("reading", "the memory of the first process", steal("open('/proc/1/mem', 'rb').read(1).decode()", "len(text) > 0"), flag="names '/proc/'"),
    Row("reading", "another process by ptrace", "import ctypes, os\ndef add(a, b):\n    return a + b if ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0) == 0 else 99\n", flag="imports ctypes"),
    Row("reading", "the numbers of the second process", steal("open(f'/proc/{__import__(\"os\").getppid()}/maps').read()", "'root' in text")),
    Row("reading", "what a submission before has left", steal("open('/tmp/left-by-another').read()", "len(text) > 0")),
]  # fmt: skip

WRITING = [
    Row("writing", "points into the gradebook", f"import sqlite3\ntry:\n    db = sqlite3.connect('{{root}}/gradebook.db')\n    db.execute('UPDATE grade SET manual_score = 6')\n    db.commit()\nexcept Exception:\n    pass\n{WRONG}", flag="names 'gradebook'"),
    Row("writing", "over a peer's work", f"try:\n    open('{{root}}/submitted/honest/adding/adding.ipynb', 'w').write('')\nexcept OSError:\n    pass\n{RIGHT}", 6),
    Row("writing", "into the folder of results", f"import os\ntry:\n    os.makedirs('{{root}}/autograded/writer/adding')\nexcept OSError:\n    pass\n{WRONG}"),
    Row("writing", "into site-packages", f"import numpy, os\ntry:\n    open(os.path.join(os.path.dirname(numpy.__file__), '..', 'sitecustomize.py'), 'w').write('boom')\nexcept OSError:\n    pass\n{RIGHT}", 6, "wrote to"),
    Row("writing", "into coursekit", f"import coursekit, os\ntry:\n    open(coursekit.__path__[0] + '/__init__.py', 'a').write('boom')\nexcept OSError:\n    pass\n{RIGHT}", 6, "wrote to"),
    Row("writing", "IPython's start", f"import os\ntry:\n    os.makedirs(os.path.expanduser('~/.ipython/profile_default/startup'), exist_ok=True)\n    open(os.path.expanduser('~/.ipython/profile_default/startup/x.py'), 'w').write('boom')\nexcept OSError:\n    pass\n{RIGHT}", 6),
    Row("writing", "for the next submission", f"try:\n    open('/tmp/left-by-another', 'w').write('return a + b')\nexcept OSError:\n    pass\n{RIGHT}", 6),
    Row("writing", "its own course folder", f"import os\ntry:\n    os.chmod('{{root}}', 0)\nexcept OSError:\n    pass\n{RIGHT}", 6),
]  # fmt: skip

PROCESSES = [
    Row("processes", "all processes killed", f"import os, signal\n{WRONG}\nos.kill(-1, signal.SIGKILL)", flag="sent a signal"),
    Row("processes", "the parent killed", f"import os, signal\ntry:\n    os.kill(os.getppid(), signal.SIGKILL)\nexcept OSError:\n    pass\n{RIGHT}", 0, "Python stopped"),
    Row("processes", "a process that stays", f"import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(1000)\n    os._exit(0)\n{RIGHT}", 6, "started another process"),
    Row("processes", "a program that stays", f"import subprocess\nprogram = subprocess.Popen(['sleep', '1001'])\n{RIGHT}", 6, "left a process running"),
    Row("processes", "processes without end", f"import os\ntry:\n    while True:\n        if os.fork() == 0:\n            import time; time.sleep(1002)\nexcept OSError:\n    pass\n{RIGHT}", 0, "left a process running"),
    Row("processes", "threads without end", f"import threading, time\ntry:\n    while True:\n        threading.Thread(target=time.sleep, args=(1003,), daemon=True).start()\nexcept RuntimeError:\n    pass\n{WRONG}"),
    Row("processes", "Python ended in the cell", f"{RIGHT}\nimport os\nos._exit(0)", flag="Python stopped"),
    Row("processes", "Python ended in the call", "import os\ndef add(a, b):\n    os._exit(0)\n", flag="stopped Python"),
    Row("processes", "a crash", "import ctypes\ndef add(a, b):\n    ctypes.string_at(0)\n", flag="imports ctypes"),
    Row("processes", "exit", "import sys\ndef add(a, b):\n    sys.exit(0)\n"),
    Row("processes", "exit in the cell", f"{RIGHT}\nimport sys\nsys.exit(0)", 6),
    Row("processes", "stopped by itself", "import os, signal\ndef add(a, b):\n    os.kill(os.getpid(), signal.SIGSTOP)\n", flag="took more than its time"),
    Row("processes", "a thread that goes on between the questions", f"import threading, time\ndef spoil():\n    while True:\n        time.sleep(0.001)\n        globals()['add'] = lambda a, b: 99\nthreading.Thread(target=spoil, daemon=True).start()\n{WRONG}"),
    Row("processes", "a handler for every signal", f"import signal\nfor number in signal.valid_signals():\n    try:\n        signal.signal(number, lambda *a: None)\n    except OSError:\n        pass\n{RIGHT}", 6, "imports signal"),
    Row("processes", "its parent stopped", "import os, signal\ndef add(a, b):\n    os.kill(os.getppid(), signal.SIGSTOP)\n    return a + b\n", 2, "sent a signal"),
    Row("processes", "something at exit", f"import atexit\natexit.register(lambda: print('6'))\n{RIGHT}", 6),
]  # fmt: skip

RESOURCES = [
    Row("resources", "an endless cell", f"{RIGHT}\nwhile True:\n    pass", 6, "cell 2 took too long"),
    Row("resources", "an endless cell that swallows", f"{RIGHT}\nwhile True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass", flag="stopped after"),
    Row("resources", "an endless call", "def add(a, b):\n    while True:\n        pass\n", flag="took too long"),
    Row("resources", "an endless call that swallows", "def add(a, b):\n    while True:\n        try:\n            while True:\n                pass\n        except BaseException:\n            pass\n", flag="took more than its time"),
    Row("resources", "one question endless, the other right", "def add(a, b):\n    while (a, b) == (1, 2):\n        pass\n    return a + b\n", 4, "took too long"),
    Row("resources", "a sum in machine code", "def add(a, b):\n    return 10 ** 10 ** 9\n", flag="took too long"),
    Row("resources", "memory in the cell", f"import numpy as np\n{RIGHT}\nx = np.ones(2**33)", 6),
    Row("resources", "memory in the call", "def add(a, b):\n    x = []\n    while True:\n        x.append(bytearray(2**24))\n"),
    Row("resources", "a full disk", f"try:\n    with open('big', 'wb') as f:\n        while True:\n            f.write(b'0' * 2**20)\nexcept OSError:\n    pass\n{RIGHT}", 6),
    Row("resources", "output without end", f"{RIGHT}\nfor _ in range(3000):\n    print('x' * 2**16)", 6),
    Row("resources", "output past Python", f"import os\n{RIGHT}\nfor _ in range(300):\n    os.write(1, b'x' * 2**16)", 6),
    Row("resources", "an error of thirty megabytes", "def add(a, b):\n    raise ValueError('x' * 3 * 10**7)\n"),
    Row("resources", "recursion", "def add(a, b):\n    return add(a, b)\n"),
    Row("resources", "hundreds of large pictures", f"from IPython.display import display, HTML\nfor _ in range(300):\n    display(HTML('x' * 10000))\n{RIGHT}", 6),
    Row("resources", "a file with a hole of a terabyte", f"import os\ntry:\n    os.truncate(os.open('big', os.O_RDWR | os.O_CREAT), 2**40)\nexcept OSError:\n    pass\n{RIGHT}", 6),
    Row("resources", "a megabyte in each of many cells", RIGHT, 6, edit=lambda n: n.cells.__setitem__(slice(2, 2), [nbformat.v4.new_code_cell("print('x' * 2**20)") for _ in range(6)])),
    Row("resources", "an error of many long lines", "class Long(Exception):\n    def __str__(self): return 'x\\n' * 10**6\ndef add(a, b):\n    raise Long\n" + "raise Long", flag=""),
    Row("resources", "more code than is read", f"{RIGHT}#" + "x" * 300_000, 6, "read it yourself"),
    Row("resources", "a representation without end", f"{RIGHT}\nclass Long:\n    def __repr__(self):\n        while True: pass\nLong()", 6, "cell 2 took too long"),
    Row("resources", "something deleted without end", "class Last:\n    def __del__(self):\n        while True: pass\ndef add(a, b):\n    Last()\n    return 99\n"),
    Row("resources", "a warning on stderr", f"import warnings, sys\nwarnings.warn('careful')\nprint('careful', file=sys.stderr)\n{RIGHT}", 6),
    Row("resources", "waiting for input", f"{RIGHT}\ninput('name?')", 6),
]  # fmt: skip


def cut(index):
    """Return an edit that deletes a cell."""
    return lambda notebook: notebook.cells.pop(index)


def double_with_another(notebook):
    """Put a second copy of the answer's cell in front, with another answer in it."""
    copy = nbformat.from_dict(json.loads(json.dumps(notebook.cells[1])))
    copy.source, copy.id = RIGHT, "copied"
    notebook.cells.insert(1, copy)


def rename(notebook):
    """Give the check cells other names."""
    for cell in notebook.cells[3:]:
        cell.metadata.nbgrader.grade_id += "_mine"


def retype(notebook):
    """Make the answer's cell a markdown cell."""
    old = notebook.cells[1]
    notebook.cells[1] = nbformat.v4.new_markdown_cell(old.source, id="answer", metadata=old.metadata)


def tag(notebook):
    """Tag every cell so that runners skip it."""
    for cell in notebook.cells:
        cell.metadata.tags = ["skip-execution", "raises-exception", "experiment", "remove-cell"]


def check_as_answer(notebook):
    """Mark the check cells as the student's to write."""
    for cell in notebook.cells[3:]:
        cell.metadata.nbgrader.update(solution=True, locked=False, grade=True)
        cell.source = "6.0"


def other_kernel(notebook):
    """Ask for another kernel."""
    notebook.metadata.kernelspec = {"name": "bash", "display_name": "Bash", "language": "bash"}


def extra_check(notebook):
    """Add a check cell of one's own."""
    cell = nbformat.v4.new_code_cell("100.0", id="extra")
    mark = {"grade": True, "grade_id": "mine", "points": 100, "locked": True, "solution": False}
    cell.metadata.nbgrader = {**mark, "schema_version": 3, "task": False}
    notebook.cells.append(cell)


def move_up(notebook):
    """Put the checks in front of the answer."""
    notebook.cells[:] = [*notebook.cells[2:], *notebook.cells[:2]]


def strange_metadata(notebook):
    """Put lists and numbers where dictionaries are expected."""
    for cell in notebook.cells:
        cell.metadata.nbgrader = [1, 2]


def link(to):
    """Return what puts a link in the file's place."""

    def make(path):
        path.unlink()
        path.symlink_to(path.parents[3] / to)

    return make


def write(content):
    """Return what writes something else into the file."""
    return lambda path: path.write_bytes(content)


def timestamp(text):
    """Return what puts a timestamp beside the file."""
    return lambda path: (path.parent / "timestamp.txt").write_text(text)


FAILED = {"status": "failed"}


def half_a_character(path):
    """Put a lone surrogate, as JSON can write it, behind the answer and into a cell's name."""
    text = (
        path.read_text().replace("return a + b", r"return a + b  # \ud800").replace('"title"', r'"t\ud800"')
    )
    path.write_text(text)


def nested(depth):
    """Return what puts lists in lists into the notebook's metadata."""

    def make(path):
        path.write_text(
            path.read_text().replace(
                '"metadata": {', '"metadata": {"x": ' + "[" * depth + "]" * depth + ", ", 1
            )
        )

    return make


STRUCTURE = [
    Row("structure", "a check deleted", RIGHT, 6, "check_small is missing", cut(3)),
    Row("structure", "all but the answer deleted", RIGHT, 6, "is missing", lambda n: n.cells.__setitem__(slice(2, None), [])),
    Row("structure", "the answer deleted", RIGHT, 0, "answer is missing", cut(1)),
    Row("structure", "a right answer in an older copy", WRONG, 0, "more than once", double_with_another),
    Row("structure", "checks renamed", RIGHT, 6, "none of the exercise's", rename),
    Row("structure", "the answer retyped", RIGHT, 6, "was made a markdown cell", retype),
    Row("structure", "tags that skip", WRONG, 0, "", tag),
    Row("structure", "checks marked as answers", WRONG, 0, "was edited", check_as_answer),
    Row("structure", "another kernel", RIGHT, 6, "", other_kernel),
    Row("structure", "a check of one's own", WRONG, 0, "none of the exercise's", extra_check),
    Row("structure", "checks in front", RIGHT, 6, "", move_up),
    Row("structure", "strange metadata", RIGHT, 0, "is missing", strange_metadata),
    Row("structure", "not JSON", RIGHT, 0, "not JSON", file=write(b"print('hello')"), **FAILED),
    Row("structure", "empty", RIGHT, 0, "not JSON", file=write(b""), **FAILED),
    Row("structure", "binary", RIGHT, 0, "not JSON", file=write(bytes(range(256))), **FAILED),
    Row("structure", "a list", RIGHT, 0, "not a notebook", file=write(b"[]"), **FAILED),
    Row("structure", "no cells", RIGHT, 0, "not a notebook", file=write(b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": null}'), **FAILED),
    Row("structure", "nested a hundred thousand deep", RIGHT, 0, "not a notebook", file=write(b"[" * 100_000), **FAILED),
    Row("structure", "too large", RIGHT, 0, "MiB", file=write(b" " * (21 * 2**20)), **FAILED),
    Row("structure", "a hundred megabytes", RIGHT, 0, "100 MiB; at most 20 MiB are read", file=lambda path: os.truncate(path, 100 * 2**20), **FAILED),
    Row("structure", "millions of brackets", RIGHT, 0, "brackets", file=write(b"[" + b"{}," * 6_000_000 + b"{}]"), **FAILED),
    Row("structure", "metadata nested five hundred deep", RIGHT, 0, "not a notebook", file=nested(500), **FAILED),
    Row("structure", "a key that is there twice", WRONG, 0, "", file=lambda path: path.write_text(path.read_text().replace('"points": 2', '"points": 2, "points": 200'))),
    Row("structure", "a nothing in the code", f"{RIGHT}\n# \0 \0", 0),
    Row("structure", "a notebook of the year 2050", RIGHT, 0, "not a notebook", file=lambda path: path.write_text(path.read_text().replace('"nbformat": 4', '"nbformat": 99')), **FAILED),
    Row("structure", "a pipe in its place", RIGHT, 0, "not a file of its own", file=lambda path: (path.unlink(), os.mkfifo(path)), **FAILED),
    Row("structure", "a pipe as the time", RIGHT, 6, "timestamp", file=lambda path: os.mkfifo(path.with_name("timestamp.txt"))),
    Row("structure", "a link to the solution", RIGHT, 0, "not a file of its own", file=link("source/adding/adding.ipynb"), **FAILED),
    Row("structure", "a link to nowhere", RIGHT, 0, "not a file of its own", file=link("nowhere"), **FAILED),
    Row("structure", "misnamed", RIGHT, 0, "is missing", file=lambda path: path.rename(path.with_name("my work.ipynb")), **FAILED),
    Row("structure", "a folder in its place", RIGHT, 0, "not a file", file=lambda path: (path.unlink(), path.mkdir()), **FAILED),
    Row("structure", "a time that is none", RIGHT, 6, "timestamp", file=timestamp("yesterday")),
    Row("structure", "a time in the year 9999999", RIGHT, 6, "timestamp", file=timestamp("9999999-01-01")),
    Row("structure", "half a character in the text", RIGHT, 6, file=half_a_character),
    Row("structure", "half a character in what is left", RIGHT, 0, "is missing", file=lambda path: path.rename(os.fsdecode(bytes(path.parent) + b"/\xff.ipynb")), **FAILED),
    Row("structure", "half a character everywhere else", f"half = chr(0xd800)\nprint(half)\nimport numpy\nsetattr(numpy, 'sum' + half, 1)\nnumpy.all = half\n{RIGHT}\nraise type(half, (Exception,), {{}})(half)", 6),
    Row("structure", "half a character as the result", "def add(a, b):\n    return {chr(0xd800): chr(0xd800)}", 0),
    Row("structure", "no Python", "def add(a, b) return a + b", 0),
]  # fmt: skip

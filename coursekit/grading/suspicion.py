"""Reading submitted code for what a person should look at. It runs nothing and decides nothing."""

import ast
from collections.abc import Iterator, Sequence

MODULES = {
    "ctypes": "machine code",
    "faulthandler": "the interpreter",
    "gc": "objects of others",
    "inspect": "frames of callers",
    "multiprocessing": "other processes",
    "signal": "signals",
    "socket": "the network",
    "subprocess": "other programs",
    "urllib": "the network",
    "requests": "the network",
}
NAMES = {
    "__subclasses__",
    "_getframe",
    "currentframe",
    "addaudithook",
    "settrace",
    "meta_path",
    "get_ipython",
}
MOST_SIGNS = 200_000
"""Longer code is not parsed: its syntax tree would take a thousand times its size."""
_LOOKED_AT = (ast.Import, ast.ImportFrom, ast.Attribute, ast.Name)
TEXTS = ("/proc/", "gradebook", "exercises/source", "/etc/", "BEGIN SOLUTION", "BEGIN HIDDEN")


def suspicions(source: str, forbidden: Sequence[str] = ()) -> list[str]:
    """Return what stands in a cell's source that answers have no use for.

    Parameters
    ----------
    source
        Python, possibly with magics or mistakes; what cannot be parsed is read as text.
    forbidden
        Dotted names that the exercise forbids.
    """
    found = [f"names {text!r}" for text in TEXTS if text in source]
    plain = "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines())
    if any(line.lstrip().startswith("!") for line in source.splitlines()):
        found.append("runs a program of the system")
    if len(plain) > MOST_SIGNS:
        return [*found, f"has more than {MOST_SIGNS} signs of code: read it yourself"]
    # All that is looked for begins with an import in the same cell, or is one of the names.
    if not any(word in plain for word in ("import", *NAMES)):
        return found
    try:
        tree = ast.parse(plain)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return found
    found += _in(tree, forbidden)
    return list(dict.fromkeys(found))


def _in(tree: ast.Module, forbidden: Sequence[str]) -> Iterator[str]:
    modules: dict[str, str] = {}  # the name here: the module's own name
    nodes = [node for node in ast.walk(tree) if isinstance(node, _LOOKED_AT)]
    for node in nodes:
        if isinstance(node, ast.Import):
            for one in node.names:
                modules[one.asname or one.name.split(".")[0]] = (
                    one.name if one.asname else one.name.split(".")[0]
                )
                yield from _module(one.name)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from _module(node.module)
            for one in node.names:
                modules[one.asname or one.name] = f"{node.module}.{one.name}"
    for node in nodes:
        if isinstance(node, ast.Attribute | ast.Name):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            whole = _dotted(node, modules)
            if name in NAMES:
                yield f"uses {name}"
            if whole in forbidden:
                yield f"names {whole}, which the exercise forbids"
            if isinstance(node.ctx, ast.Store) and isinstance(node, ast.Attribute):
                owner = _dotted(node.value, modules)
                if owner and owner.split(".")[0] in {m.split(".")[0] for m in modules.values()}:
                    yield f"changes {owner}.{name}"


def _module(name: str) -> Iterator[str]:
    top = name.split(".")[0]
    if top in MODULES:
        yield f"imports {top} ({MODULES[top]})"
    if name.startswith(("coursekit.checks.", "coursekit.grading", "nbgrader")):
        yield f"imports {name}"


def _dotted(node: ast.AST, modules: dict[str, str]) -> str | None:
    """Return the dotted name of an expression, with the first part as the module is called itself."""
    if isinstance(node, ast.Name):
        return modules.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value, modules)
        return f"{owner}.{node.attr}" if owner else None
    return None

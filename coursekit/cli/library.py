"""The commands about networks, claims, the book, and the machine."""

import dataclasses
import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from coursekit.cli.say import FOUND_WRONG, MISUSED, fail, print_table

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
Net = Annotated[str, typer.Argument(help="The network's name, such as lenet5.")]


def summary(net: Net, as_json: AsJson = False) -> None:
    """Print a network layer by layer: shapes, parameters, multiply-adds.

    Example: coursekit summary lenet5
    """
    network = described(net)
    if not as_json:
        print(network.summary())
        return
    totals = {key: getattr(network, key) for key in ("input_shape", "parameter_count", "multiply_adds")}
    layers = [dataclasses.asdict(row) for row in network.rows()]
    print(json.dumps({"name": net, "source": network.source, **totals, "layers": layers}, indent=2))


def claims(
    which: Annotated[
        str | None,
        typer.Argument(help="A claim's key, a subject such as googlenet, or a network; all if left out."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print what the slides say, what the paper says, what is computed here, and the verdict.

    Example: coursekit claims googlenet
    """
    from coursekit import claims as claims_

    try:
        rows = claims_.ledger() if which is None else claims_.select(which)
    except ValueError as error:
        fail(str(error), MISUSED)
    if as_json:
        print(json.dumps([dataclasses.asdict(row) for row in rows], indent=2, ensure_ascii=False))
        return
    lines = []
    for row in rows:
        lines += [(f"{row.key}\n{row.slides_say}", row.paper, row.computed, row.judgement), ("",) * 4]
    print_table(lines[:-1], ("the slides say", "the paper says", "we compute", "verdict"), right=set())
    count = Counter(row.verdict for row in rows)
    print("; ".join(f"{verdict}: {n}" for verdict, n in [*count.most_common(), ("in all", len(rows))]))


def book(
    root: Annotated[Path, typer.Option(help="The folder with _config.yml and book/.")] = Path(),
    pdf: Annotated[bool, typer.Option("--pdf", help="Print the whole book to a PDF instead.")] = False,
    form: Annotated[bool, typer.Option("--form", help="Count words, figures and more instead.")] = False,
    run: Annotated[Path | None, typer.Option(help="Run this chapter and store its outputs instead.")] = None,
    repository: Annotated[
        str | None,
        typer.Option(help="The course's address on GitHub, for buttons to source, Binder and Colab."),
    ] = None,
) -> None:
    """Build the book's pages; every warning is an error.

    Example: coursekit book
    """
    if form:
        from coursekit.book.form import chapters, form_of

        found = [form_of(path) for path in chapters(root)]
        rows = [
            (f.chapter, str(f.words), str(len(f.figures)), str(f.questions), str(len(f.citations)))
            for f in found
        ]
        print_table(rows, ("chapter", "words", "figures", "questions", "papers"), right={1, 2, 3, 4})
    elif run:
        from coursekit.book.run import run_chapter

        run_chapter(run)
        print(f"All cells of {run} ran, and their outputs are stored in it.")
    elif pdf:
        from coursekit.book.pdf import print_book

        print(f"The book is printed to {print_book(root)}")
    else:
        from coursekit.book import build

        print(f"The book is at {build(root, repository=repository)}")


def doctor(as_json: AsJson = False) -> None:
    """Check that this machine has what the course needs, and say how to mend what is missing.

    Example: coursekit doctor
    """
    from coursekit.doctor import diagnose

    findings = diagnose()
    if as_json:
        print(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=2))
    else:
        rows = [(f.name, "ok" if f.ok else "NOT OK", f.found, "" if f.ok else f.mend) for f in findings]
        print_table(rows, ("what", "", "found", "how to mend it"), right=set())
    if not all(finding.ok for finding in findings):
        raise typer.Exit(FOUND_WRONG)


def described(name: str) -> Any:
    """Return the network of that name; end if there is none."""
    from coursekit import networks

    if name not in networks.names():
        fail(f"there is no network {name!r}; there are: {', '.join(networks.names())}", MISUSED)
    return networks.get(name)

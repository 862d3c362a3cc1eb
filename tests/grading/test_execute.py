import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.preprocessors import Execute

from coursekit.grading.execute import STARTS, ExecuteToTheEnd


def run(*sources, **settings):
    """Run cells and return, for each, the text or the name of the error that it shows."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    settings = {"extra_arguments": ["--log-level=ERROR"], **settings}
    notebook, _ = ExecuteToTheEnd(**settings).preprocess(notebook, {})
    outputs = [output for cell in notebook.cells for output in cell.outputs]
    return [output.get("ename") or output.data["text/plain"] for output in outputs]


def test_an_error_does_not_stop_the_cells_after_it():
    assert run("1 / 0", "2 + 3") == ["ZeroDivisionError", "5"]


def test_what_ran_before_the_kernel_died_stays():
    assert run("2 + 3", "import os; os._exit(1)", "7") == ["5", "KernelDied", "KernelDied"]


def test_a_cell_without_end_is_stopped_and_the_rest_runs():
    assert run("while True:\n    pass", "2 + 3", timeout=1) == ["KeyboardInterrupt", "CellTimeoutError", "5"]


@pytest.mark.parametrize(("failures", "comes_up"), [(STARTS - 1, True), (STARTS, False)])
def test_a_kernel_that_does_not_come_up_is_started_again(monkeypatch, failures, comes_up):
    tries = []

    def preprocess(self, nb, resources=None, km=None):
        tries.append(nb)
        if len(tries) <= failures:
            raise RuntimeError("Kernel died before replying to kernel_info")
        return nb, resources

    monkeypatch.setattr(Execute, "preprocess", preprocess)
    executor = ExecuteToTheEnd()
    if comes_up:
        executor.preprocess(new_notebook(), {})
    else:
        with pytest.raises(RuntimeError, match="Kernel died"):
            executor.preprocess(new_notebook(), {})
    assert len(tries) == STARTS

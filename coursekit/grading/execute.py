"""Running a submission's cells to the last one, whatever the cells do."""

from typing import Any

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbgrader.preprocessors import Execute

KERNEL_DIED = "KernelDied"
# How often a kernel is started before giving up: where many start at once, two may pick the same port.
STARTS = 3


class ExecuteToTheEnd(Execute):  # type: ignore[misc]
    """nbgrader's `Execute`, with a kernel that dies recorded as the error of the cell that it died in.

    Stock nbgrader gives up on a submission whose kernel dies: the executed notebook is deleted, points
    that were already earned are lost, and there is nothing to show the student. Here that cell and those
    after it hold an error, which nbgrader scores as zero, and the submission goes on as any other.
    """

    def preprocess(self, nb: Any, resources: Any = None, km: Any = None) -> tuple[Any, Any]:
        """Run all cells of `nb`."""
        self._died_in: int | None = None
        self._running = False
        for attempt in range(STARTS):
            try:
                return super().preprocess(nb, resources, km)  # type: ignore[no-any-return]
            except RuntimeError:  # the kernel did not come up
                if self._running or attempt == STARTS - 1:
                    raise
        raise AssertionError("not reached")

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        """Run one cell, or record that its kernel is gone."""
        self._running = True
        if self._died_in is None:
            try:
                return super().preprocess_cell(cell, resources, index)  # type: ignore[no-any-return]
            except (DeadKernelError, CellTimeoutError):
                self._died_in = index
        if cell.cell_type == "code":
            where = "this cell" if self._died_in == index else f"cell {self._died_in + 1}"
            message = f"Python stopped in {where}, so nothing from there on could run."
            error = {"ename": KERNEL_DIED, "evalue": message, "traceback": [f"{KERNEL_DIED}: {message}"]}
            cell.outputs.append(NotebookNode(output_type="error", **error))  # type: ignore[no-untyped-call]
        return cell, resources

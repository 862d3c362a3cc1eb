"""A network: a description with a name, an input, a source, and what it measures."""

from dataclasses import dataclass, field

from coursekit.networks import measure
from coursekit.networks.layers import Sequential
from coursekit.networks.measure import Shape, Step


@dataclass(frozen=True)
class Row:
    """One line of a network's summary. Sizes that a layer does not have are None."""

    name: str
    layer: str
    output_shape: Shape
    kernel_size: tuple[int, int] | None
    stride: tuple[int, int] | None
    padding: tuple[int, int] | None
    parameters: int
    multiply_adds: int


@dataclass(frozen=True)
class Network:
    """A network as its paper describes it. Everything else is computed from `body`.

    Attributes
    ----------
    name
        The name under which `coursekit.networks.get` finds it.
    input_shape
        (channels, height, width) of one image.
    body
        The layers.
    source
        The paper.
    differences
        What is not as in the paper, one sentence each.
    """

    name: str
    input_shape: Shape
    body: Sequential
    source: str
    differences: tuple[str, ...] = field(default=())

    @property
    def output_shape(self) -> Shape:
        """The shape of the output for one image."""
        return measure.output_shape(self.body, self.input_shape)

    @property
    def parameter_count(self) -> int:
        """The number of trainable parameters."""
        return measure.parameter_count(self.body)

    @property
    def multiply_adds(self) -> int:
        """The multiply-adds for one image, see `measure.multiply_adds`."""
        return measure.multiply_adds(self.body, self.input_shape)

    @property
    def receptive_field(self) -> tuple[int, int]:
        """The (height, width) in input pixels that one unit of the last map sees."""
        return measure.receptive_field(self.body)

    def rows(self) -> list[Row]:
        """Return one row for each layer, in the order in which they run."""
        return [_row(step) for step in measure.trace(self.body, self.input_shape)[0]]

    def summary(self) -> str:
        """Return a table: one row a layer, then the totals."""
        header = ("layer", "kind", "output", "kernel", "stride", "pad", "parameters", "multiply-adds")
        table: list[tuple[str, ...]] = [header, ("input", "", _by(self.input_shape), "", "", "", "", "")]
        for row in self.rows():
            windows = tuple(_by(v) if v else "" for v in (row.kernel_size, row.stride, row.padding))
            counts = tuple(f"{v:,}" if v else "" for v in (row.parameters, row.multiply_adds))
            table.append((row.name, row.layer, _by(row.output_shape), *windows, *counts))
        totals = (f"{self.parameter_count:,}", f"{self.multiply_adds:,}")
        table.append(("total", "", "", "", "", "", *totals))
        widths = [max(len(line[column]) for line in table) for column in range(len(header))]
        rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
        lines = [
            "  ".join(
                cell.rjust(width) if column > 2 else cell.ljust(width)
                for column, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in table
        ]
        return "\n".join([f"{self.name}: {self.source}", lines[0], rule, *lines[1:-1], rule, lines[-1]])


def _row(step: Step) -> Row:
    w = measure.window(step.layer)
    joins = isinstance(step.layer, Sequential)  # its branches have rows of their own
    return Row(
        name=step.name,
        layer=type(step.layer).__name__,
        output_shape=step.output_shape,
        kernel_size=w.kernel_size if w else None,
        stride=w.stride if w else None,
        padding=w.padding if w else None,
        parameters=0 if joins else measure.parameter_count(step.layer),
        multiply_adds=0 if joins else measure.multiply_adds(step.layer, step.input_shape),
    )


def _by(shape: Shape) -> str:
    return "x".join(map(str, shape))

"""What a diagram of a whole network says: one line a layer, or fewer, so that it fits a page."""

from dataclasses import dataclass, field

from coursekit.figures.words import after, by, is_elementwise, phrases
from coursekit.networks import Layer, Network, Sequential, measure
from coursekit.networks.measure import Shape

LONGEST = 16
"""The most layers that have a line each; a network with more, or with branches, is folded."""


@dataclass
class Line:
    """One line of a diagram.

    Attributes
    ----------
    first, last
        The name of its layer; of a run of equal layers, of the first and the last. "input" for the images.
    layer
        The layer, which may be made of layers; None for the images.
    input_shape, shape
        (channels, height, width) or (features,) of what comes in and out. Of an auxiliary classifier, what
        comes out of it, not what passes by.
    parameters
        The trainable parameters of one layer, with those of the layers folded into its line.
    folded
        The element-wise layers that follow it and have no line of their own.
    times
        How many equal layers the line stands for.
    """

    first: str
    last: str
    layer: Layer | None
    input_shape: Shape
    shape: Shape
    parameters: int = 0
    folded: list[Layer] = field(default_factory=list)
    times: int = 1

    @property
    def title(self) -> str:
        """The name, or "first to last"."""
        return self.first if self.times == 1 else f"{self.first} to {self.last}"

    @property
    def notes(self) -> list[str]:
        """What it is in phrases: its kind, its window, what is folded into it."""
        said = phrases(self.layer, self.input_shape) if self.layer else []
        many = [f"{self.times} times"] if self.times > 1 else []
        return [*many, *said, *map(after, self.folded)]

    @property
    def size(self) -> str:
        """The shape of what comes out as a label: "6×28×28"."""
        return by(self.shape)

    def equals(self, other: "Line") -> bool:
        """Return whether both lines say the same but for their names."""
        mine = (self.layer, self.folded, self.input_shape, self.shape)
        return mine == (other.layer, other.folded, other.input_shape, other.shape)


def lines(network: Network) -> list[Line]:
    """Return what a diagram of `network` shows: the input, then its layers in order.

    Each layer has a line if there are no branches and at most `LONGEST` layers. Otherwise the network is
    folded: element-wise layers are named in the line of the layer before them, a block or module is one
    line, and so is a run of equal layers.
    """
    children = network.body.children
    fold = len(children) > LONGEST or any(isinstance(child, Sequential) for child in children.values())
    found = [Line("input", "input", None, network.input_shape, network.input_shape)]
    shape = network.input_shape
    for name, layer in children.items():
        parameters = measure.parameter_count(layer)
        steps, passed_on = measure.trace(layer, shape, name)
        if fold and is_elementwise(layer):
            found[-1].folded.append(layer)
            found[-1].parameters += parameters
        else:
            made = steps[-1].output_shape if steps else passed_on  # a side path passes on something else
            found.append(Line(name, name, layer, shape, made, parameters))
        shape = passed_on
    return _runs(found) if fold else found


def _runs(found: list[Line]) -> list[Line]:
    """Return the lines with each run of equal ones as one."""
    kept: list[Line] = []
    for line in found:
        if kept and line.equals(kept[-1]):
            kept[-1].last, kept[-1].times = line.last, kept[-1].times + 1
        else:
            kept.append(line)
    return kept

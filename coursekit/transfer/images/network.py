"""A trained network with what belongs to it: how images come in, what its classes are called, its head."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from coursekit.networks import Network
from coursekit.torch_nn import module


class Layers(nn.Sequential):
    """Layers in a row, of which the frozen ones stay as they are.

    A batch norm whose parameters are frozen keeps its statistics, also after `train()`: it goes on computing
    what it computed when it was trained.
    """

    def train(self, mode: bool = True) -> "Layers":
        """Switch to training or to testing; what is frozen stays as it is in testing."""
        super().train(mode)
        for layer in batch_norms(self):
            if not layer.weight.requires_grad:
                layer.eval()
        return self


class ImageNetwork(Layers):
    """A network for uint8 images: a body that makes features of them, and a head that tells classes.

    The head is the last layer, which must be fully connected.

    Parameters
    ----------
    network
        The description; its layers become the modules, under their names.
    mean, std
        What each channel's mean and standard deviation were in training, in pixel values of 0 to 255.
    classes
        The names of the classes, in the order of the scores.

    Attributes
    ----------
    size
        The height and width in pixels of the images that it was trained on.
    head_name
        The name of the last layer.

    Raises
    ------
    ValueError
        If the last layer is not fully connected.
    """

    def __init__(
        self,
        network: Network,
        mean: tuple[float, float, float],
        std: tuple[float, float, float],
        classes: tuple[str, ...],
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        for name, child in module(network.body).named_children():
            self.add_module(name, child)
        self.name, self.mean, self.std, self.classes = network.name, mean, std, classes
        self.size = network.input_shape[-1]
        self.head_name = list(network.body.children)[-1]
        if not isinstance(self[-1], nn.Linear):
            raise ValueError(f"{self.name}: the last layer, {self.head_name}, is not fully connected")

    @property
    def head(self) -> nn.Linear:
        """The last layer."""
        layer = self[-1]
        assert isinstance(layer, nn.Linear)
        return layer

    def body(self, images: Tensor) -> Tensor:
        """Return the features that the head sees, (N, D)."""
        for layer in list(self)[:-1]:
            images = layer(images)
        return images

    def blocks(self) -> list[list[str]]:
        """Return the names of the body's layers with parameters, from the first to the last block.

        A block is a convolution or a fully connected layer with the batch norm behind it, or a composite.
        """
        blocks: list[list[str]] = []
        for name, layer in list(self.named_children())[:-1]:
            if isinstance(layer, nn.BatchNorm2d) and blocks:
                blocks[-1].append(name)
            elif any(True for _ in layer.parameters()):
                blocks.append([name])
        return blocks

    def split(self, blocks: int) -> tuple[Layers, Layers]:
        """Return the layers before the last `blocks` blocks, and those blocks with all that follows.

        Both hold the network's own layers, not copies. While the first part is frozen, what it makes of an
        image never changes: it can be computed once, and the second part alone be trained.

        Raises
        ------
        ValueError
            If the network does not have as many blocks.
        """
        there_are = self.blocks()
        if not 1 <= blocks <= len(there_are):
            raise ValueError(f"split: {self.name} has 1 to {len(there_are)} blocks, got {blocks}")
        layers = list(self)
        place = layers.index(self.get_submodule(there_are[-blocks][0]))
        while place and isinstance(
            layers[place - 1], nn.ZeroPad2d
        ):  # it belongs to the convolution behind it
            place -= 1
        return Layers(*layers[:place]), Layers(*layers[place:])


def batch_norms(layer: nn.Module) -> Iterator[nn.BatchNorm2d]:
    """Yield the batch norms of a module."""
    yield from (part for part in layer.modules() if isinstance(part, nn.BatchNorm2d))


def device_of(model: nn.Module) -> torch.device:
    """Return where a module's parameters live."""
    return next(model.parameters()).device

"""Any described network, run in NumPy: one walk forward, one walk back."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from coursekit import networks
from coursekit.networks import AvgPool2d, Conv2d, Flatten, Layer, Linear, Network, ReLU, Tanh, walk
from coursekit.networks.measure import parameter_shapes
from coursekit.numpy_nn import functional as F
from coursekit.numpy_nn.arguments import check_shape
from coursekit.training import initial_state

Forward = Callable[..., tuple[np.ndarray, Any]]
Backward = Callable[..., Any]


class Op(NamedTuple):
    """How a layer runs: `forward(x, *parameters, **settings) -> out, cache`, `backward(dout, cache)`."""

    forward: Forward
    backward: Backward
    settings: tuple[str, ...] = ()  # the fields of the description that forward takes


OPS: dict[type, Op] = {
    Conv2d: Op(F.conv2d_forward, F.conv2d_backward, ("stride", "padding", "dilation", "groups")),
    AvgPool2d: Op(F.avg_pool2d_forward, F.avg_pool2d_backward, ("kernel_size", "stride", "padding")),
    Linear: Op(F.linear_forward, F.linear_backward),
    Tanh: Op(F.tanh_forward, F.tanh_backward),
    ReLU: Op(F.relu_forward, F.relu_backward),
    Flatten: Op(F.flatten_forward, F.flatten_backward),
}


class Model:
    """A network that runs.

    Parameters
    ----------
    network
        What to run.
    state
        Its parameters, as `coursekit.training.initial_state` draws them or a PyTorch state dict holds
        them (as arrays).
    ops
        Pairs (forward, backward) to use in place of the library's, by layer type.

    Raises
    ------
    ValueError
        If `state` does not fit the network.
    """

    def __init__(
        self,
        network: Network,
        state: Mapping[str, np.ndarray],
        ops: Mapping[type, tuple[Forward, Backward]] | None = None,
    ) -> None:
        self.network = network
        self._ops = dict(OPS)
        for kind, (forward, backward) in (ops or {}).items():
            if kind not in OPS:
                known = ", ".join(k.__name__ for k in OPS)
                raise ValueError(f"ops: {kind!r} is not a layer type of this library; there are: {known}")
            self._ops[kind] = Op(forward, backward, OPS[kind].settings)
        self._caches: list[Any] = []
        self._gradients: dict[str, np.ndarray] = {}
        self.load_state_dict(state)

    def forward(self, x: Float[np.ndarray, "N C H W"], training: bool = False) -> np.ndarray:
        """Return the output for a batch of images.

        Parameters
        ----------
        x
            Images of the network's input shape, float32 or float64.
        training
            Whether the layers that behave differently in training should do so. LeNet-5 has none.

        Raises
        ------
        TypeError, ValueError
            If `x` is not a batch of the network's input shape.
        """
        if not isinstance(x, np.ndarray) or x.shape[1:] != self.network.input_shape:
            came = x.shape if isinstance(x, np.ndarray) else type(x).__name__
            expected = ", ".join(map(str, self.network.input_shape))
            raise ValueError(f"{self.network.name}: x must have shape (N, {expected}), got {came}")
        self._caches = []
        for name, layer in walk(self.network.body):
            op = self._ops[type(layer)]
            settings = {setting: getattr(layer, setting) for setting in op.settings}
            x, cache = op.forward(x, *self._parameters_of(name, layer), **settings)
            self._caches.append(cache)
        return x

    def backward(self, dout: np.ndarray) -> Float[np.ndarray, "N C H W"]:
        """Return the gradient by the images, and keep those by the parameters for `gradients()`.

        Parameters
        ----------
        dout
            The gradient of the loss by the output of the last `forward`, of the same shape.

        Raises
        ------
        RuntimeError
            If there was no forward pass before.
        """
        if not self._caches:
            raise RuntimeError(f"{self.network.name}: call forward before backward")
        self._gradients = {}
        for (name, layer), cache in zip(
            reversed(list(walk(self.network.body))), reversed(self._caches), strict=True
        ):
            result = self._ops[type(layer)].backward(dout, cache)
            dout, *rest = result if isinstance(result, tuple) else (result,)
            for parameter, gradient in zip(parameter_shapes(layer), rest, strict=False):
                self._gradients[f"{name}.{parameter}"] = gradient
        return dout

    def gradients(self) -> dict[str, np.ndarray]:
        """Return the gradients of the last `backward`, under the names of the parameters."""
        return {name: self._gradients[name] for name in self._state if name in self._gradients}

    def state_dict(self) -> dict[str, np.ndarray]:
        """Return the parameters themselves, not copies: what changes them changes the network."""
        return dict(self._state)

    def load_state_dict(self, state: Mapping[str, np.ndarray]) -> None:
        """Take over copies of the parameters in `state`.

        Raises
        ------
        ValueError
            If a name is missing or unknown, or a shape differs.
        """
        shapes = parameter_shapes(self.network.body)
        missing, unknown = shapes.keys() - state.keys(), state.keys() - shapes.keys()
        if missing or unknown:
            raise ValueError(
                f"{self.network.name}: the state does not fit: "
                f"missing {sorted(missing)}, unknown {sorted(unknown)}"
            )
        for name, shape in shapes.items():
            check_shape(self.network.name, name, state[name], shape)
        self._state = {name: np.array(state[name], order="C") for name in shapes}

    def _parameters_of(self, name: str, layer: Layer) -> list[np.ndarray]:
        return [self._state[f"{name}.{parameter}"] for parameter in parameter_shapes(layer)]


def build(name: str, seed: int = 0, ops: Mapping[type, tuple[Forward, Backward]] | None = None) -> Model:
    """Return the network called `name` with random parameters.

    `ops` puts your own functions in place of the library's, in any network:

    >>> model = build("lenet5", ops={Conv2d: (F.conv2d_forward, F.conv2d_backward)})

    Parameters
    ----------
    name
        One of `coursekit.networks.names()`.
    seed
        Fixes the parameters; the PyTorch backend draws the same ones.
    ops
        Pairs (forward, backward) by layer type, with the signatures of `numpy_nn.functional`.

    Raises
    ------
    ValueError
        If there is no such network or layer type.
    """
    network = networks.get(name)
    return Model(network, initial_state(network, seed), ops)

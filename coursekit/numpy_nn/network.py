"""Any described network, run in NumPy: one walk forward, one walk back."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from coursekit import networks
from coursekit.networks import Add, Auxiliary, Concat, Conv2d, Layer, Network, Sequential, settings
from coursekit.networks.measure import buffer_shapes, parameter_shapes
from coursekit.numpy_nn.arguments import check_shape
from coursekit.numpy_nn.conv import conv2d_backward, conv2d_filter_gradients
from coursekit.numpy_nn.fast_conv import kernels_last
from coursekit.numpy_nn.ops import OPS, Backward, Forward, Op
from coursekit.numpy_nn.parallel import one_blas_thread
from coursekit.training import initial_state, state_shapes


class Model:
    """A network that runs.

    Parameters
    ----------
    network
        What to run.
    state
        Its parameters and buffers, as `coursekit.training.initial_state` draws them or a PyTorch state
        dict holds them (as arrays).
    ops
        Pairs (forward, backward) to use in place of the library's, by layer type.
    seed
        Fixes what dropout drops.

    Attributes
    ----------
    auxiliary
        What the auxiliary classifiers gave in the last forward pass in training, if there are any.

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
        seed: int = 0,
    ) -> None:
        self.network = network
        self.auxiliary: list[np.ndarray] = []
        self._ops = dict(OPS)
        for kind, (forward, backward) in (ops or {}).items():
            if kind not in OPS:
                known = ", ".join(k.__name__ for k in OPS)
                raise ValueError(f"ops: {kind!r} is not a layer type of this library; there are: {known}")
            self._ops[kind] = OPS[kind]._replace(forward=forward, backward=backward)
        self._rng = np.random.default_rng(seed)
        self._cache: Any = None
        self._gradients: dict[str, np.ndarray] = {}
        self.load_state_dict(state)

    def forward(self, x: Float[np.ndarray, "N C H W"], training: bool = False) -> np.ndarray:
        """Return the output for a batch of images.

        Parameters
        ----------
        x
            Images of the network's input shape, float32 or float64.
        training
            Whether dropout drops, batch norm uses and keeps the batch's statistics, and auxiliary
            classifiers run.

        Raises
        ------
        TypeError, ValueError
            If `x` is not a batch of the network's input shape.
        """
        if not isinstance(x, np.ndarray) or x.shape[1:] != self.network.input_shape:
            came = x.shape if isinstance(x, np.ndarray) else type(x).__name__
            expected = ", ".join(map(str, self.network.input_shape))
            raise ValueError(f"{self.network.name}: x must have shape (N, {expected}), got {came}")
        self.auxiliary = []
        with one_blas_thread():
            out, self._cache = self._forward(self.network.body, "", x, training)
        return out

    def backward(
        self, dout: np.ndarray, auxiliary: tuple[np.ndarray, ...] = (), input_gradient: bool = True
    ) -> Float[np.ndarray, "N C H W"] | None:
        """Return the gradient by the images, and keep those by the parameters for `gradients()`.

        Parameters
        ----------
        dout
            The gradient of the loss by the output of the last `forward`, of the same shape.
        auxiliary
            The gradients by each of `self.auxiliary`, where the loss has a part in them.
        input_gradient
            Whether anybody asks for the gradient by the images. Training does not: a convolution that is
            the first layer then spares it, and None is returned.

        Raises
        ------
        RuntimeError
            If there was no forward pass before.
        ValueError
            If there is not one gradient for each auxiliary output.
        """
        if self._cache is None:
            raise RuntimeError(f"{self.network.name}: call forward before backward")
        if len(auxiliary) not in (0, len(self.auxiliary)):
            raise ValueError(
                f"{self.network.name}: there are {len(self.auxiliary)} auxiliary outputs, "
                f"but {len(auxiliary)} gradients"
            )
        self._gradients = {}
        self._auxiliary_gradients = list(auxiliary)
        self._spared = None if input_gradient else _first_convolution(self.network.body)
        with one_blas_thread():
            dx = self._backward(self.network.body, "", dout, self._cache)
        return dx if input_gradient else None

    def _forward(self, layer: Layer, name: str, x: np.ndarray, training: bool) -> tuple[np.ndarray, Any]:
        if not isinstance(layer, Sequential):
            op = self._ops[type(layer)]
            run = {"training": training, "rng": self._rng}
            arguments = settings(layer) | {key: run[key] for key in op.run}
            return op.forward(x, *self._arrays_of(name, layer), **arguments)
        if isinstance(layer, Auxiliary) and not training:
            return x, None
        out, outs, caches = x, [], []
        for child_name, child in layer.children.items():
            source = x if isinstance(layer, Concat | Add) else out
            out, cache = self._forward(child, _join(name, child_name), source, training)
            outs.append(out)
            caches.append(cache)
        if isinstance(layer, Concat):
            return np.concatenate(outs, axis=1), (caches, [branch.shape[1] for branch in outs])
        if isinstance(layer, Add):
            return sum(outs[1:], outs[0]), caches
        if isinstance(layer, Auxiliary):
            self.auxiliary.append(out)
            return x, caches
        return out, caches

    def _backward(self, layer: Layer, name: str, dout: np.ndarray, cache: Any) -> np.ndarray:
        if not isinstance(layer, Sequential):
            return self._backward_leaf(self._ops[type(layer)], layer, name, dout, cache)
        children = [(_join(name, child_name), child) for child_name, child in layer.children.items()]
        if isinstance(layer, Concat):
            caches, widths = cache
            douts = np.split(dout, np.cumsum(widths)[:-1], axis=1)
            parts = zip(children, douts, caches, strict=True)
            branches = [self._backward(child, n, d, c) for (n, child), d, c in parts]
            return sum(branches[1:], branches[0])
        if isinstance(layer, Add):
            branches = [
                self._backward(child, n, dout, c) for (n, child), c in zip(children, cache, strict=True)
            ]
            return sum(branches[1:], branches[0])
        if isinstance(layer, Auxiliary):
            if not self._auxiliary_gradients:
                return dout
            passing, dout = dout, self._auxiliary_gradients.pop()  # the last classifier comes first
        for (child_name, child), child_cache in zip(reversed(children), reversed(cache), strict=True):
            dout = self._backward(child, child_name, dout, child_cache)
        return passing + dout if isinstance(layer, Auxiliary) else dout

    def _backward_leaf(self, op: Op, layer: Layer, name: str, dout: np.ndarray, cache: Any) -> np.ndarray:
        if name == self._spared and op.backward is conv2d_backward:
            result: Any = (dout, *conv2d_filter_gradients(dout, cache))  # nobody looks at the first
        else:
            result = op.backward(dout, cache)
        dx, *rest = result if isinstance(result, tuple) else (result,)
        for parameter, gradient in zip(parameter_shapes(layer), rest, strict=False):
            self._gradients[_join(name, parameter)] = gradient
        return np.asarray(dx)

    def gradients(self) -> dict[str, np.ndarray]:
        """Return the gradients of the last `backward`, under the names of the parameters."""
        return {name: self._gradients[name] for name in self._state if name in self._gradients}

    def parameters(self) -> dict[str, np.ndarray]:
        """Return what training changes, without the buffers; not copies."""
        return {name: self._state[name] for name in parameter_shapes(self.network.body)}

    def state_dict(self) -> dict[str, np.ndarray]:
        """Return parameters and buffers, not copies: what changes them changes the network."""
        return dict(self._state)

    def load_state_dict(self, state: Mapping[str, np.ndarray]) -> None:
        """Take over copies of the parameters and buffers in `state`.

        PyTorch's counters `num_batches_tracked`, which nothing here needs, are left out.

        Raises
        ------
        ValueError
            If a name is missing or unknown, or a shape differs.
        """
        shapes = state_shapes(self.network)
        given = {name for name in state if not name.endswith("num_batches_tracked")}
        missing, unknown = shapes.keys() - given, given - shapes.keys()
        if missing or unknown:
            raise ValueError(
                f"{self.network.name}: the state does not fit: "
                f"missing {sorted(missing)}, unknown {sorted(unknown)}"
            )
        for name, shape in shapes.items():
            check_shape(self.network.name, name, state[name], shape)
        self._state = {name: _copy(state[name]) for name in shapes}

    def _arrays_of(self, name: str, layer: Layer) -> list[np.ndarray]:
        return [self._state[_join(name, array)] for array in (parameter_shapes(layer) | buffer_shapes(layer))]


def _first_convolution(layer: Layer) -> str | None:
    """Return the name of the first layer if it is a convolution, else None."""
    names = []
    while type(layer) is Sequential:
        name, layer = next(iter(layer.children.items()))
        names.append(name)
    return ".".join(names) if isinstance(layer, Conv2d) else None


def _copy(array: np.ndarray) -> np.ndarray:
    """Return a copy, of a convolution's filters in the order in memory that its products want."""
    return kernels_last(array).copy().transpose(3, 2, 0, 1) if array.ndim == 4 else np.array(array, order="C")


def _join(name: str, child: str) -> str:
    return f"{name}.{child}" if name else child


def build(name: str, seed: int = 0, ops: Mapping[type, tuple[Forward, Backward]] | None = None) -> Model:
    """Return the network called `name` with random parameters.

    `ops` puts your own functions in place of the library's, in any network:

    >>> model = build("lenet5", ops={Conv2d: (F.conv2d_forward, F.conv2d_backward)})  # doctest: +SKIP

    Parameters
    ----------
    name
        One of `coursekit.networks.names()`.
    seed
        Fixes the parameters, and what dropout drops; the PyTorch backend draws the same parameters.
    ops
        Pairs (forward, backward) by layer type, with the signatures of `numpy_nn.functional`.

    Raises
    ------
    ValueError
        If there is no such network or layer type.
    """
    network = networks.get(name)
    return Model(network, initial_state(network, seed), ops, seed)

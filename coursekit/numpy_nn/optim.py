"""Stochastic gradient descent, and how its learning rate falls."""

from collections.abc import Collection, Mapping

import numpy as np

from coursekit.numpy_nn.parallel import BLOCK_BYTES, each, scratch, spans


class SGD:
    """Stochastic gradient descent with momentum and weight decay, as `torch.optim.SGD` does it.

    ::

        g = gradient + weight_decay * parameter
        v = momentum * v + g
        parameter = parameter - lr * v

    Krizhevsky et al. 2012, sec. 5, put the learning rate inside v instead; for a constant rate both give
    the same parameters.

    Parameters
    ----------
    parameters
        The arrays to change, by name. They are changed in place.
    lr, momentum, weight_decay
        As in the equations; `lr` may be changed between steps.
    decayed
        The names of the parameters that weight decay touches; None for all of them, as in the paper.

    Raises
    ------
    ValueError
        If `decayed` names what is no parameter.
    """

    def __init__(
        self,
        parameters: Mapping[str, np.ndarray],
        lr: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        decayed: Collection[str] | None = None,
    ) -> None:
        self.parameters = dict(parameters)
        self.lr = lr
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.decayed = frozenset(self.parameters if decayed is None else decayed)
        if unknown := self.decayed - self.parameters.keys():
            raise ValueError(f"SGD: decayed names {sorted(unknown)}, which are no parameters")
        self._velocities = {name: np.zeros_like(p) for name, p in self.parameters.items()}

    def step(self, gradients: Mapping[str, np.ndarray]) -> None:
        """Change every parameter by one step.

        Raises
        ------
        ValueError
            If a parameter has no gradient.
        """
        missing = self.parameters.keys() - gradients.keys()
        if missing:
            raise ValueError(f"SGD.step: no gradient for {sorted(missing)}")
        for name, parameter in self.parameters.items():
            decay = self.weight_decay if name in self.decayed else 0.0
            self._change(parameter, self._velocities[name], gradients[name], decay)

    def _change(
        self, parameter: np.ndarray, velocity: np.ndarray, gradient: np.ndarray, decay: float
    ) -> None:
        """Make the step in place, piece by piece: a worker's products stay in its cache."""
        longest = int(np.argmax(parameter.strides))  # the pieces lie one behind the other in memory
        p, v, g = (np.moveaxis(array, longest, 0) for array in (parameter, velocity, gradient))

        def change(at: slice) -> None:
            product = scratch("product", p[at].shape, p.dtype)
            v[at] *= self.momentum
            v[at] += g[at]
            if decay:
                v[at] += np.multiply(p[at], decay, out=product)
            p[at] -= np.multiply(v[at], self.lr, out=product)

        each(change, spans(len(p), p.nbytes // BLOCK_BYTES))


class StepLR:
    """Divide the learning rate by 1/gamma every `step_size` epochs, as `torch.optim.lr_scheduler.StepLR`.

    Parameters
    ----------
    optimizer
        Whose `lr` is changed.
    step_size
        In epochs.
    gamma
        What the rate is multiplied by.
    """

    def __init__(self, optimizer: SGD, step_size: int, gamma: float = 0.1) -> None:
        if step_size < 1:
            raise ValueError(f"StepLR: step_size must be at least 1, got {step_size}")
        self.optimizer = optimizer
        self.step_size = step_size
        self.gamma = gamma
        self._epoch = 0

    def step(self) -> None:
        """End an epoch."""
        self._epoch += 1
        if self._epoch % self.step_size == 0:
            self.optimizer.lr *= self.gamma


class ReduceLROnPlateau:
    """Divide the learning rate when the loss no longer falls.

    Krizhevsky et al. 2012, sec. 5, did so by hand, by ten, when the validation error stood still.
    Behaves as `torch.optim.lr_scheduler.ReduceLROnPlateau`.

    Parameters
    ----------
    optimizer
        Whose `lr` is changed.
    factor
        What the rate is multiplied by.
    patience
        How many epochs in a row may bring nothing; one more, and the rate is cut.
    threshold
        How much lower, in parts of the lowest loss, a loss must be to count as an improvement.
    """

    def __init__(
        self, optimizer: SGD, factor: float = 0.1, patience: int = 10, threshold: float = 1e-4
    ) -> None:
        if not 0 < factor < 1:
            raise ValueError(f"ReduceLROnPlateau: factor must be between 0 and 1, got {factor}")
        self.optimizer = optimizer
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self._best = np.inf
        self._bad_epochs = 0

    def step(self, loss: float) -> None:
        """End an epoch that had this (validation) loss."""
        if loss < self._best * (1 - self.threshold):
            self._best, self._bad_epochs = loss, 0
            return
        self._bad_epochs += 1
        if self._bad_epochs > self.patience:
            self.optimizer.lr *= self.factor
            self._bad_epochs = 0

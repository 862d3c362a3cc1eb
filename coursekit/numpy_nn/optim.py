"""Stochastic gradient descent."""

from collections.abc import Mapping

import numpy as np


class SGD:
    """Stochastic gradient descent with momentum and weight decay, as `torch.optim.SGD` does it.

        g = gradient + weight_decay * parameter
        v = momentum * v + g
        parameter = parameter - lr * v

    Krizhevsky et al. 2012, sec. 5, put the learning rate inside v instead; for a constant rate both give
    the same parameters.

    Parameters
    ----------
    parameters
        The arrays to change, by name. They are changed in place. Weight decay touches all of them.
    lr, momentum, weight_decay
        As in the equations; `lr` may be changed between steps.
    """

    def __init__(
        self,
        parameters: Mapping[str, np.ndarray],
        lr: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
    ) -> None:
        self.parameters = dict(parameters)
        self.lr = lr
        self.momentum = momentum
        self.weight_decay = weight_decay
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
            velocity = self._velocities[name]
            velocity *= self.momentum
            velocity += gradients[name] + self.weight_decay * parameter
            parameter -= self.lr * velocity

"""The layers and networks in NumPy, forward and backward by hand.

>>> import numpy as np
>>> import coursekit.numpy_nn as cnp
>>> model = cnp.build("lenet5", seed=0)
>>> model.forward(np.zeros((2, 1, 28, 28), np.float32)).shape
(2, 10)
"""

from coursekit.numpy_nn import functional
from coursekit.numpy_nn.network import Model, build
from coursekit.numpy_nn.optim import SGD, ReduceLROnPlateau, StepLR
from coursekit.numpy_nn.train import fit, predict

__all__ = ["SGD", "Model", "ReduceLROnPlateau", "StepLR", "build", "fit", "functional", "predict"]

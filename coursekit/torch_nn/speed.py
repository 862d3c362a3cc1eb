"""What makes a step of training fast on a GPU, in one place: `Speed` says it, `Step` does it.

Nothing here changes what is computed but for rounding, and on a CPU nothing is on unless asked for.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from coursekit.torch_nn.distributed import Team
from coursekit.torch_nn.network import auxiliary_outputs
from coursekit.training import Recipe

AUXILIARY_WEIGHT = 0.3  # of each side classifier's loss: Szegedy et al. 2015, sec. 5


@dataclass(frozen=True)
class Speed:
    """How training is made fast. `Speed()` is PyTorch as it comes; `Speed.of(device)` suits the device.

    Attributes
    ----------
    channels_last
        Whether the numbers of a pixel lie side by side in memory, as tensor cores read them.
    autocast
        In which type matrix products and convolutions are computed, such as `torch.bfloat16`; the
        parameters stay float32 (Micikevicius et al. 2018, sec. 3.1). None for float32 throughout.
    compile
        The mode of `torch.compile`, which fuses neighbouring layers into one kernel; "reduce-overhead" also
        records the step as a CUDA graph, so the shape of a batch must not change. None compiles nothing.
    fused
        Whether one kernel updates all parameters.
    tuned
        Whether cuDNN tries its methods on the first batch, and float32 products may be computed in TF32.
        Both are switches of the whole process.
    """

    channels_last: bool = False
    autocast: torch.dtype | None = None
    compile: str | None = None
    fused: bool = False
    tuned: bool = False

    @classmethod
    def of(cls, device: torch.device) -> "Speed":
        """Return all of it for a CUDA device, and nothing for others."""
        if device.type != "cuda":
            return cls()
        return cls(
            channels_last=True, autocast=torch.bfloat16, compile="reduce-overhead", fused=True, tuned=True
        )


class Step:
    """A step of stochastic gradient descent: forward, backward, update.

    Parameters
    ----------
    model
        Changed in place, on the device where it lives.
    recipe
        Its learning rate, momentum and weight decay are used.
    speed
        None for PyTorch as it comes.
    auxiliary
        The weight of each auxiliary classifier's loss; `AUXILIARY_WEIGHT` is the paper's.
    team
        The processes that train together, each on its part of a batch; None for this one alone. They
        average their gradients while these are computed, and so no CUDA graph is recorded.

    Attributes
    ----------
    optimizer
        The SGD optimiser.
    """

    def __init__(
        self,
        model: nn.Module,
        recipe: Recipe,
        speed: Speed | None = None,
        auxiliary: float = 0.0,
        team: Team | None = None,
    ) -> None:
        self.speed, self.auxiliary = speed or Speed(), auxiliary
        self.device = next(model.parameters()).device
        if self.speed.compile == "reduce-overhead" and team is not None and team.size > 1:
            self.speed = replace(self.speed, compile="default")
        if self.speed.tuned:
            torch.backends.cudnn.benchmark = True
            torch.set_float32_matmul_precision("high")
        if self.speed.channels_last:
            model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.model = model if team is None else team.wrap(model)
        self.optimizer = torch.optim.SGD(
            model.parameters(),
            lr=recipe.lr,
            momentum=recipe.momentum,
            weight_decay=recipe.weight_decay,
            fused=self.speed.fused or None,
        )
        self._loss = self._plain_loss
        if self.speed.compile is not None:
            self._loss = torch.compile(self._plain_loss, mode=self.speed.compile, dynamic=False)

    def __call__(self, images: Float[Tensor, "N C H W"], labels: Int[Tensor, " N"]) -> Float[Tensor, ""]:
        """Change the model by one batch and return the mean loss before, on the device, without waiting."""
        self.model.train()
        if self.speed.channels_last:
            images = images.contiguous(memory_format=torch.channels_last)
        self.optimizer.zero_grad()  # before: a CUDA graph writes new gradients to the same place
        loss = self._loss(images, labels)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return loss.detach().clone()  # the next loss, too

    def _plain_loss(self, images: Tensor, labels: Tensor) -> Tensor:
        dtype = self.speed.autocast
        with torch.autocast(self.device.type, dtype=dtype, enabled=dtype is not None):
            loss = nn.functional.cross_entropy(self.model(images), labels)  # float32 under autocast
            if self.auxiliary:
                for side in auxiliary_outputs(self.model):
                    loss = loss + self.auxiliary * nn.functional.cross_entropy(side, labels)
        return loss

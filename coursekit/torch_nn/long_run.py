"""Training for days: by one process or many, killed at any moment and gone on with, to the same curve."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim.lr_scheduler import ReduceLROnPlateau
from tqdm.auto import tqdm

from coursekit.torch_nn import checkpoint
from coursekit.torch_nn.checkpoint import CheckpointError
from coursekit.torch_nn.distributed import Team
from coursekit.torch_nn.speed import AUXILIARY_WEIGHT, Speed, Step
from coursekit.training import Recipe

Batches = Iterator[tuple[Tensor, Tensor]]
LEAST_LR = 1e-3  # of the first: the paper's rate was "reduced three times prior to termination"


@dataclass(frozen=True)
class PlateauRecipe(Recipe):
    """A recipe that divides the learning rate by 10 where the validation error stops falling, up to thrice.

    Krizhevsky et al. 2012, sec. 5. It has no `cuts`.

    Attributes
    ----------
    patience
        After how many epochs without a smaller error the rate falls.
    """

    patience: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.cuts:
            raise ValueError(f"cuts must be empty: the rate falls where the error stops to, got {self.cuts}")


@dataclass
class Curve:
    """What a long training went through.

    Attributes
    ----------
    losses
        The mean loss of each batch, over all processes.
    lrs, top1, top5
        For each epoch its learning rate, and then the shares of validation images whose class was the first,
        or one of the first five, guesses.
    """

    losses: list[float] = field(default_factory=list)
    lrs: list[float] = field(default_factory=list)
    top1: list[float] = field(default_factory=list)
    top5: list[float] = field(default_factory=list)


class LongRun:
    """A training that is at some step of some epoch, and can be put down there and taken up again.

    Parameters
    ----------
    model
        On the team's device, with the same parameters in all processes; changed in place.
    recipe
        How to train. The batch size is that of all processes together.
    team
        The processes that train together.
    about
        What else makes this training what it is, such as the network's name and the seed. A checkpoint of
        another training is refused.
    path
        The checkpoint's file, which all processes must see; taken up if it is there. None to keep nothing.
    speed
        None for what suits the device.

    Attributes
    ----------
    curve
        What it went through.

    Raises
    ------
    CheckpointError
        If the checkpoint is harmed, of another training, or not the same for all processes.
    """

    def __init__(
        self,
        model: nn.Module,
        recipe: PlateauRecipe,
        team: Team,
        about: dict[str, Any],
        path: Path | None = None,
        speed: Speed | None = None,
    ) -> None:
        self.model, self.recipe, self.team, self.path = model, recipe, team, path
        self.about = {**about, "processes": team.size, **asdict(recipe)}
        self.about.pop("epochs")  # a training may be made longer
        content = None if path is None else checkpoint.load(path, self.about)
        if content is not None:
            model.load_state_dict(content["model"])
        speed = Speed.of(team.device) if speed is None else speed
        self.step = Step(model, recipe, speed, AUXILIARY_WEIGHT, team)
        self.scheduler = ReduceLROnPlateau(
            self.step.optimizer, factor=0.1, patience=recipe.patience, min_lr=LEAST_LR * recipe.lr
        )
        self.epoch, self.number = 0, 0  # of the next step: its epoch, and its place in it
        self.curve = Curve()
        self._pending: list[Tensor] = []  # losses that are still on the device
        if content is not None:
            self._take_up(content)
        if len(set(team.collect((self.epoch, self.number)))) > 1:
            raise CheckpointError(f"not every process sees the same {path}: use a folder that all share")

    def train(
        self,
        batches: Callable[[int, int], Batches],
        steps: int,
        validate: Callable[[], tuple[float, float]],
        every: int = 1000,
        progress: bool = True,
    ) -> Curve:
        """Train until the recipe's last epoch is over, and return the curve.

        Parameters
        ----------
        batches
            Takes an epoch and a number, and yields this process' part of the epoch's batches from that
            number on, on the device.
        steps
            How many batches an epoch has.
        validate
            Called after each epoch in every process; returns the top-1 and top-5 accuracy, the same in all.
        every
            A checkpoint is written after so many steps of an epoch, and after each epoch.
        progress
            Whether the leading process shows a progress bar on stderr.
        """
        total = self.recipe.epochs * steps
        done = min(self.epoch * steps + self.number, total)
        with tqdm(total=total, initial=done, unit="step", disable=not (progress and self.team.leads)) as bar:
            while self.epoch < self.recipe.epochs:
                for images, labels in islice(batches(self.epoch, self.number), steps - self.number):
                    self._pending.append(self.step(images, labels))
                    self.number += 1
                    bar.update()
                    if self.number % every == 0 and self.number < steps:
                        self._put_down()
                self._end_epoch(*validate())
                bar.set_postfix(top1=f"{self.curve.top1[-1]:.3f}", top5=f"{self.curve.top5[-1]:.3f}")
        return self.curve

    def _end_epoch(self, top1: float, top5: float) -> None:
        self.curve.lrs.append(self.step.optimizer.param_groups[0]["lr"])
        self.curve.top1.append(top1)
        self.curve.top5.append(top5)
        self.scheduler.step(1 - top1)
        self.epoch, self.number = self.epoch + 1, 0
        self._put_down()

    def _put_down(self) -> None:
        """Bring the losses together, and write a checkpoint."""
        if self._pending:
            mean: Float[Tensor, " S"] = self.team.add(torch.stack(self._pending)) / self.team.size
            self.curve.losses += mean.tolist()
            self._pending = []
        if self.path is None:
            return
        rng = self.team.collect(checkpoint.rng_state(self.team.device))
        if self.team.leads:
            checkpoint.save(
                self.path,
                {
                    "about": self.about,
                    "model": self.model.state_dict(),
                    "optimizer": self.step.optimizer.state_dict(),
                    "scheduler": self.scheduler.state_dict(),
                    "rng": rng,
                    "position": (self.epoch, self.number),
                    "curve": asdict(self.curve),
                },
            )

    def _take_up(self, content: dict[str, Any]) -> None:
        self.step.optimizer.load_state_dict(content["optimizer"])
        self.scheduler.load_state_dict(content["scheduler"])
        checkpoint.set_rng_state(self.team.device, content["rng"][self.team.rank])
        self.epoch, self.number = content["position"]
        self.curve = Curve(**content["curve"])

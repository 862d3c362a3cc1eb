"""Several processes that train one network together, a GPU each: started by `torchrun`, or one alone.

Every process has the whole network and its part of each batch; after each backward pass the gradients are
averaged over all of them, so all make the same step (data parallelism: Krizhevsky 2014, arXiv:1404.5997,
sec. 2; Li et al. 2020, *PyTorch Distributed*).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from coursekit.torch_nn.network import best_device


@dataclass(frozen=True)
class Team:
    """The processes that train together, seen from one of them.

    Attributes
    ----------
    rank
        This one's number, from 0.
    size
        How many there are.
    device
        Where this one computes.
    cores
        How many of the machine's cores are for it.
    """

    rank: int
    size: int
    device: torch.device
    cores: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process is the one that prints and writes."""
        return self.rank == 0

    def wrap(self, model: nn.Module) -> nn.Module:
        """Return the module to train, which averages gradients over the team; it shares `model`'s arrays.

        On GPUs batch norm takes mean and variance over the parts of all processes, as in one process with
        the whole batch; PyTorch cannot do so on CPUs, where each process takes those of its own part.
        """
        if self.size == 1:
            return model
        if self.device.type != "cuda":
            return DistributedDataParallel(model)
        model = nn.SyncBatchNorm.convert_sync_batchnorm(model)  # type: ignore[no-untyped-call]
        return DistributedDataParallel(model, device_ids=[self.device])

    def add(self, values: Tensor) -> Tensor:
        """Return the sum over the processes, the same in each."""
        total = values.to(self.device, copy=True)
        if self.size > 1:
            dist.all_reduce(total)
        return total

    def collect(self, value: Any) -> list[Any]:
        """Return what each process gave, in the order of their numbers."""
        values = [value] * self.size
        if self.size > 1:
            dist.all_gather_object(values, value)
        return values


@contextmanager
def team(device: str | torch.device | None = None) -> Iterator[Team]:
    """Join the processes that `torchrun` started; without it, be a team of one.

    Parameters
    ----------
    device
        "cpu", "cuda" or another; None for the best there is. Process number i of a machine takes its GPU i.

    Raises
    ------
    ValueError
        If there is no such device, or a machine has more processes than GPUs.
    """
    try:
        place = best_device() if device is None else torch.device(device)
        if place.type == "cuda" and "LOCAL_RANK" in os.environ:
            place = _own_gpu(int(os.environ["LOCAL_RANK"]))
        torch.empty(0, device=place)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"device {device} cannot be used: {str(error).splitlines()[0]}") from None
    cores = max(1, (os.cpu_count() or 1) // int(os.environ.get("LOCAL_WORLD_SIZE", 1)))
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        yield Team(0, 1, place, cores)
        return
    dist.init_process_group("nccl" if place.type == "cuda" else "gloo")
    try:
        yield Team(dist.get_rank(), dist.get_world_size(), place, cores)
    finally:
        dist.destroy_process_group()


def _own_gpu(process: int) -> torch.device:
    gpus = torch.cuda.device_count()
    if process >= gpus:
        raise ValueError(
            f"process {process} of this machine has no GPU: there are {gpus}. "
            f"Start torchrun with --nproc-per-node {gpus}, or train with --device cpu"
        )
    torch.cuda.set_device(process)
    return torch.device("cuda", process)

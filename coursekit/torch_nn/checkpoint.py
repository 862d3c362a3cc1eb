"""Checkpoints: all that training needs to go on as if it had never stopped, in one file.

A file is written beside its place and then renamed, so that whenever a process is killed there is either the
old checkpoint or the new one, never a half.
"""

import os
from pathlib import Path
from reprlib import repr as short
from typing import Any

import torch


class CheckpointError(Exception):
    """A checkpoint cannot be read or written, or belongs to another training."""


def save(path: Path, content: dict[str, Any]) -> None:
    """Write a checkpoint: tensors, numbers, texts, and lists and dicts of them.

    Raises
    ------
    CheckpointError
        If it cannot be written; an old one stays.
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except (OSError, RuntimeError) as error:  # torch.save tells of a full disk by the latter
        raise CheckpointError(f"{path} could not be written: {error}") from None


def load(path: Path, about: dict[str, Any]) -> dict[str, Any] | None:
    """Return the checkpoint, on the CPU; None if there is none. No code in the file can run.

    Parameters
    ----------
    path
        The file.
    about
        What the training is about, such as its network and its recipe; the checkpoint's own must be equal.

    Raises
    ------
    CheckpointError
        If the file is harmed or no checkpoint, or is about another training; the message says which part.
    """
    if not path.exists():
        return None
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        theirs = dict(content["about"])
    except Exception as error:  # a harmed file makes the unpickler fail in many ways
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(
            f"{path} could not be read as a checkpoint: {reason}. Delete it to start anew."
        ) from None
    for name in [*about, *theirs]:
        if theirs.get(name) != about.get(name):
            found, expected = (short(settings.get(name)) for settings in (theirs, about))
            raise CheckpointError(
                f"{path} is of another training: its {name} is {found}, expected {expected}. "
                "Name another checkpoint, or train with the same settings."
            )
    return dict(content)


def rng_state(device: torch.device) -> list[torch.Tensor]:
    """Return the state of PyTorch's random numbers, of the CPU and of a CUDA device."""
    states = [torch.get_rng_state()]
    return [*states, torch.cuda.get_rng_state(device)] if device.type == "cuda" else states


def set_rng_state(device: torch.device, states: list[torch.Tensor]) -> None:
    """Go on drawing random numbers from a state that `rng_state` returned."""
    torch.set_rng_state(states[0])
    if device.type == "cuda":
        torch.cuda.set_rng_state(states[-1], device)

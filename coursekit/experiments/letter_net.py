"""Make the embedded network that reads letters: `python -m coursekit.experiments.letter_net`."""

from pathlib import Path

import numpy as np
import torch

from coursekit.data.card import write_card
from coursekit.experiments.small_alexnet import train
from coursekit.experiments.sources import LETTERS, images
from coursekit.experiments.study import Settings
from coursekit.torch_nn import to_arrays
from coursekit.transfer.letters import EMBEDDED, WEIGHTS, LetterNet


def make(target: Path = EMBEDDED, source: Settings = LETTERS) -> None:
    """Train the network on the letters and write its weights with their card.

    Parameters
    ----------
    target
        A folder; made if it is not there.
    source
        How the letters are drawn and learnt, as `sources.LETTERS`.
    """
    torch.manual_seed(source["seed"])
    net = LetterNet()
    x, y = images(source)
    groups = [{"params": net.parameters(), "lr": source["lr"]}]
    steps, batch_size = source["steps"], source["batch_size"]
    train(net, x, y, groups, steps=steps, batch_size=batch_size, seed=source["seed"])
    target.mkdir(parents=True, exist_ok=True)
    # Biases and batch norms stay in single precision: they are few, and an error in them goes far.
    half = {name: a.astype(np.float16 if a.ndim > 1 else np.float32) for name, a in to_arrays(net).items()}
    np.savez_compressed(target / WEIGHTS, allow_pickle=False, **half)
    write_card(
        target,
        name="letter_net",
        content="coursekit.transfer.letters.LetterNet, trained on 110 printed letters",
        source="coursekit.data.letters, drawn from the DejaVu and STIX fonts that come with matplotlib",
        licence="MIT, as coursekit",
        changes="Arrays of weights are rounded to half precision.",
        made_by="python -m coursekit.experiments.letter_net",
        settings=dict(source),
        scaling="(pixel - mean) / std over all letters",
    )


if __name__ == "__main__":
    make()

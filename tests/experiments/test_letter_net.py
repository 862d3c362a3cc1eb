"""The embedded network reads letters, and the command on its card makes it."""

import json

import numpy as np
import pytest
import torch

from coursekit.data import Split
from coursekit.data.letters import CLASSES, render
from coursekit.experiments import letter_net
from coursekit.experiments.sources import LETTERS
from coursekit.transfer import letters
from coursekit.transfer.letters import EMBEDDED, WEIGHTS, LetterNet


def share_told(net):
    """Return which share of other drawings of the letters a network tells."""
    x, y = render(10, seed=1)
    inputs = Split(x, y, x[:1], y[:1], CLASSES, {}).inputs()
    with torch.no_grad():
        found = net(torch.from_numpy(inputs.x_train)).argmax(dim=1).numpy()
    return (found == inputs.y_train).mean()


def arrays(path):
    """Return the shapes and kinds of the arrays in a file."""
    with np.load(path) as file:
        return {name: (array.shape, array.dtype) for name, array in file.items()}


def test_the_embedded_network_reads_new_drawings_of_letters():
    assert share_told(letters.pretrained()) > 0.85


def test_its_state_is_whole():
    state, own = letters.pretrained_state(), LetterNet().state_dict()
    assert {name: array.shape for name, array in state.items()} == {n: tuple(v.shape) for n, v in own.items()}


def test_the_command_on_the_card_writes_the_same_arrays_and_entries(tmp_path):
    source = LETTERS | {"per_class": 1, "steps": 2}
    letter_net.make(tmp_path / "new", source)
    made, ships = (json.loads((f / "card.json").read_text()) for f in (tmp_path / "new", EMBEDDED))
    assert arrays(tmp_path / "new" / WEIGHTS) == arrays(EMBEDDED / WEIGHTS)
    assert made.keys() == ships.keys()
    assert ships["settings"] == LETTERS
    assert all(made[key] == ships[key] for key in made.keys() - {"settings", "sha256"})


@pytest.mark.slow
def test_the_command_makes_a_network_that_reads_as_well(tmp_path, monkeypatch):
    letter_net.make(tmp_path)
    ships = share_told(letters.pretrained())
    monkeypatch.setattr(letters, "EMBEDDED", tmp_path)
    assert share_told(letters.pretrained()) == pytest.approx(ships, abs=0.03)

"""torchvision's state in our networks gives torchvision's own scores; other networks are refused."""

import pytest
import torch
from torchvision import models

import coursekit.torch_nn as ct
from coursekit import networks
from coursekit.torch_nn import pretrained
from tests.helpers import own_messages

SAME = ["vgg11", "vgg13", "vgg16", "vgg19", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]


def meta_state(name):
    """Return the names and shapes of torchvision's network, without its numbers."""
    with torch.device("meta"):
        # GoogLeNet warns about how it draws its numbers; here there are none.
        options = {"init_weights": False} if name == "googlenet" else {}
        return models.get_model(name, **options).state_dict()


@pytest.mark.parametrize("name", SAME)
def test_every_array_of_torchvision_has_a_place_of_its_shape(name):
    with torch.device("meta"):
        ours = ct.module(networks.get(name).body).state_dict()
    theirs = ct.from_torchvision(name, meta_state(name))
    assert {k: v.shape for k, v in theirs.items()} == {k: v.shape for k, v in ours.items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vgg16", "resnet50"])
def test_with_torchvisions_state_our_scores_are_torchvisions(name):
    torch.manual_seed(0)
    theirs = models.get_model(name).eval()
    ours = ct.module(networks.get(name).body).eval()
    ct.load_arrays(ours, ct.from_torchvision(name, theirs.state_dict()))
    x = torch.randn(2, 3, 224, 224)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("alexnet", "torchvision's alexnet is another network"),
        ("googlenet", "has windows of 3x3 where Szegedy et al. 2015, table 1, have 5x5"),
        ("lenet5", "torchvision has no such network"),
        ("vgg16c", "torchvision has no such network"),
    ],
)
def test_another_network_is_refused_before_anything_is_fetched(name, says):
    with own_messages(), pytest.raises(ValueError, match=says):
        ct.build(name, device="cpu", weights="DEFAULT")


def test_unknown_weights_are_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match="no weights 'V9'; there are: IMAGENET1K_V1, IMAGENET1K_V2"):
        pretrained.download("resnet50", "V9")


def test_what_differs_in_torchvision_really_differs():
    alexnet, googlenet = meta_state("alexnet"), meta_state("googlenet")
    assert alexnet["features.0.weight"].shape == (64, 3, 11, 11)
    assert alexnet["features.3.weight"].shape == (192, 64, 5, 5)
    assert googlenet["inception3a.branch3.1.conv.weight"].shape[2:] == (3, 3)


def test_a_state_of_another_network_is_refused():
    with pytest.raises(ValueError, match=r"the state has 'layer1\.0\.conv3\.weight', which"):
        ct.from_torchvision("vgg16", {"layer1.0.conv3.weight": torch.zeros(1)})


def test_weights_that_cannot_be_fetched_are_said(monkeypatch, tmp_path):
    def refuse(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr("torch.hub.download_url_to_file", refuse)
    monkeypatch.setattr("torch.hub.get_dir", lambda: str(tmp_path))
    with pytest.raises(RuntimeError, match="IMAGENET1K_V1 could not be fetched: no route to host"):
        pretrained.download("resnet18", "IMAGENET1K_V1")

"""Nothing in the networks is in the way of autocast, channels-last memory or compilation."""

import subprocess
import sys
from dataclasses import replace

import pytest
import torch

import coursekit.torch_nn as ct
from coursekit import networks
from coursekit.training import initial_state

NAMES = ["lenet5_1998", "googlenet_aux", "resnet18", "efficientnet_lite0"]


@pytest.fixture(params=NAMES)
def network(request):
    return networks.get(request.param)


def images(network):
    torch.manual_seed(0)
    return torch.randn(1, *network.input_shape)


@torch.no_grad()
def test_channels_last_memory_gives_the_same(network):
    module, x = ct.module(network.body).eval(), images(network)
    ct.load_arrays(module, initial_state(network))
    expected = module(x)
    got = module.to(memory_format=torch.channels_last)(x.to(memory_format=torch.channels_last))
    assert (got - expected).abs().max() <= 1e-4 * expected.abs().max()


@torch.no_grad()
def test_autocast_runs_in_bfloat16_and_stays_near(network):
    module, x = ct.module(network.body).eval(), images(network)
    ct.load_arrays(module, initial_state(network))
    expected = module(x)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        got = module(x).float()
    assert (got - expected).abs().max() <= 0.1 * expected.abs().max()


ONE_GRAPH = """
import sys, torch
import coursekit.torch_nn as ct
from coursekit import networks

network = networks.get(sys.argv[1])
torch.manual_seed(0)
x = torch.randn(1, *network.input_shape)
for ops in (None, ct.WRITTEN_OUT):
    module = ct.module(network.body, ops).eval()
    ct.load_arrays(module, ct.to_arrays(ct.build(sys.argv[1], device="cpu")))
    with torch.no_grad():
        expected = module(x)
        got = torch.compile(module, fullgraph=True, backend="eager")(x)
    assert (got - expected).abs().max() <= 1e-4 * expected.abs().max()
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_one_graph_holds_the_whole_network(name):
    """torch.compile breaks the graph at what it cannot trace; a process without the tests' annotations."""
    subprocess.run([sys.executable, "-c", ONE_GRAPH, name], check=True)


def test_a_smaller_image_is_enough_where_there_is_no_fixed_classifier():
    network = replace(networks.get("resnet18"), input_shape=(3, 40, 56))
    assert network.output_shape == (1000,)
    assert ct.module(network.body).eval()(torch.zeros(1, 3, 40, 56)).shape == (1, 1000)

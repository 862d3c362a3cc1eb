"""What a CUDA device gives is what the CPU gives: every layer, every network, and training."""

import time
from dataclasses import replace

import pytest
import torch

import coursekit.torch_nn as ct
from coursekit import data, networks
from coursekit.data.augment import ColourShift, RandomCrop, RandomHorizontalFlip
from coursekit.data.loader import ahead, loader
from coursekit.networks import layers as described
from coursekit.torch_nn.modules import MODULES, WRITTEN_OUT
from coursekit.torch_nn.speed import Speed
from coursekit.training import LENET5
from tests.data.test_data import FULL
from tests.helpers import drawn

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]
# A layer of each type, and the shape that it takes.
LAYERS = [
    (described.Conv2d(4, 6, (3, 5), stride=2, padding=1, groups=2), (2, 4, 9, 8)),
    (described.ZeroPad2d((0, 1, 2, 3)), (2, 3, 4, 5)),
    (described.TableConv2d(3, ((0, 1), (2,)), 3), (2, 3, 6, 6)),
    (described.MaxPool2d(3, 2, ceil_mode=True), (2, 3, 8, 8)),
    (described.AvgPool2d(3, 2, padding=1), (2, 3, 8, 8)),
    (described.GlobalAvgPool2d(), (2, 3, 4, 5)),
    (described.Subsampling(3, 2), (2, 3, 4, 4)),
    (described.Linear(5, 3), (2, 5)),
    (described.RBF(((1, -1, 1), (-1, 1, 1))), (2, 3)),
    (described.Tanh(), (2, 5)),
    (described.ScaledTanh(), (2, 5)),
    (described.ReLU(), (2, 5)),
    (described.ReLU6(), (2, 5)),
    (described.LocalResponseNorm(alpha=0.1), (2, 7, 3, 3)),
    (described.BatchNorm2d(3), (4, 3, 3, 3)),
    (described.Flatten(), (2, 3, 4, 5)),
]


def test_a_layer_of_every_type_is_here_but_the_random_one():
    assert {type(layer) for layer, _ in LAYERS} | {described.Dropout} == set(MODULES)


@pytest.mark.parametrize("ops", [None, WRITTEN_OUT], ids=["torch.nn", "written out"])
@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=lambda part: type(part).__name__)
def test_a_layer_and_its_gradients_are_those_of_the_cpu(layer, shape, ops):
    x, *values = drawn(shape, *[(100,)] * 4)
    results = []
    for device in ("cpu", "cuda"):
        built = ct.module(layer, ops).double()
        arrays = [*built.parameters(), *(b for b in built.buffers() if b.is_floating_point())]
        for array, value in zip(arrays, values, strict=False):
            flat = torch.tensor(abs(value)).repeat(-(-array.numel() // 100))[: array.numel()]
            array.data.copy_(flat.reshape(array.shape))
        built = built.to(device)
        leaf = torch.tensor(x, device=device, requires_grad=True)
        out = built(leaf)
        (out * torch.arange(out.numel(), device=device).reshape(out.shape)).sum().backward()
        grads = [parameter.grad for parameter in built.parameters()]
        results.append([t.detach().cpu() for t in (out, leaf.grad, *grads)])
    torch.testing.assert_close(*results, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("name", networks.names())
def test_a_network_with_all_that_is_fast_stays_near_the_cpu(name):
    network = networks.get(name)
    x = torch.tensor(drawn((2, *network.input_shape))[0]).float()
    on_cpu, on_gpu = (ct.build(name, device=device).eval() for device in ("cpu", "cuda"))
    on_gpu = on_gpu.to(memory_format=torch.channels_last)
    with torch.no_grad(), torch.autocast("cuda", dtype=torch.bfloat16):
        fast = on_gpu(x.cuda().to(memory_format=torch.channels_last)).float().cpu()
    with torch.no_grad():
        expected = on_cpu(x)
    assert (fast - expected).abs().max() <= 0.1 * expected.abs().max()


def test_batches_kept_and_augmented_on_the_gpu_are_those_of_the_cpu():
    split = data.load("cifar10_small")
    x, y = split.x_train[:100], split.y_train[:100]

    def epoch(device):
        parts = RandomCrop(28, seed=0), RandomHorizontalFlip(seed=1), ColourShift(x, seed=2)
        batches = loader(x, y, 32, torch.nn.Sequential(*parts), workers=0, device=device)
        return [[t.cpu() for t in batch] for batch in batches]

    torch.testing.assert_close(epoch("cuda"), epoch("cpu"), rtol=0, atol=1)  # colours are rounded


def test_batches_copied_ahead_arrive_whole_and_in_order():
    host = [[torch.full((1000, 1000), float(i)).pin_memory()] for i in range(20)]
    sums = [(batch @ batch).mean() for (batch,) in ahead(host, torch.device("cuda"))]
    torch.testing.assert_close(torch.stack(sums).cpu(), torch.tensor([1000.0 * i * i for i in range(20)]))


def test_lenet5_reaches_90_percent_of_fashion_mnist_in_seconds():
    if not FULL.is_dir():
        pytest.skip("needs Debian's package dataset-fashion-mnist")
    inputs = data.load("fashion_mnist", FULL).inputs()
    model = ct.build("lenet5", device="cuda")
    speed = replace(Speed.of(torch.device("cuda")), compile=None)  # to compile takes longer than to train
    start = time.monotonic()
    recipe = replace(LENET5, epochs=12, batch_size=128, lr=0.1, cuts=(9,))
    test = inputs.x_test, inputs.y_test
    history = ct.fit(model, inputs.x_train, inputs.y_train, recipe, test=test, progress=False, speed=speed)
    assert history.test_accuracies[-1] >= 0.90
    assert time.monotonic() - start < 60

"""What makes training fast changes no result on a CPU unless asked, and then by rounding only."""

import subprocess
import sys
from dataclasses import replace

import pytest
import torch

import coursekit.torch_nn as ct
from coursekit.networks import Auxiliary, Conv2d, Flatten, Linear, Sequential
from coursekit.torch_nn.speed import Speed, Step
from tests.torch_nn.compiled import BODY, RECIPE, trained

CPU = torch.device("cpu")


def test_nothing_is_on_for_a_cpu_and_all_of_it_for_a_gpu():
    assert Speed.of(CPU) == Speed()
    gpu = Speed.of(torch.device("cuda"))
    assert gpu == Speed(True, torch.bfloat16, "reduce-overhead", True, True)


def test_a_plain_step_is_pytorch_s_own():
    torch.manual_seed(0)
    model = ct.module(BODY)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    images, labels, losses = torch.randn(8, 3, 12, 12), torch.arange(8) % 5, []
    for _ in range(3):
        loss = torch.nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    expected = [torch.stack(losses), *model.parameters()]
    assert all(torch.equal(one, other) for one, other in zip(trained(CPU, Speed()), expected, strict=True))


@pytest.mark.parametrize(
    ("speed", "tolerance"),
    [(Speed(channels_last=True, fused=True), 1e-5), (Speed(autocast=torch.bfloat16), 0.05)],
)
def test_each_way_to_be_fast_gives_the_plain_step_but_for_rounding(speed, tolerance):
    torch.testing.assert_close(trained(CPU, speed), trained(CPU, Speed()), rtol=tolerance, atol=tolerance)


def test_autocast_is_really_on():
    assert not torch.equal(trained(CPU, Speed(autocast=torch.bfloat16))[0], trained(CPU, Speed())[0])


def test_auxiliary_classifiers_have_their_weight_in_the_loss():
    torch.manual_seed(0)
    head = Auxiliary(flatten=Flatten(), fc=Linear(8 * 16, 5))
    model = ct.module(Sequential(conv=Conv2d(3, 8, 1), side=head, flatten=Flatten(), fc=Linear(8 * 16, 5)))
    images, labels = torch.randn(2, 3, 4, 4), torch.tensor([1, 2])
    still = replace(RECIPE, lr=1e-12)
    without = Step(model, still)(images, labels)
    both = Step(model, still, auxiliary=0.3)(images, labels)
    (side,) = ct.auxiliary_outputs(model)
    expected = without + 0.3 * torch.nn.functional.cross_entropy(side, labels)
    torch.testing.assert_close(both, expected.detach())


def compiled(root, *arguments):
    command = [sys.executable, "-m", "tests.torch_nn.compiled", *arguments]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if "InvalidCxxCompiler" in ended.stderr:
        pytest.skip("torch.compile needs a C++ compiler")
    assert ended.returncode == 0, ended.stderr


@pytest.mark.slow
def test_a_compiled_step_is_the_plain_one_and_lrn_three_kernels(root):
    compiled(root)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_step_in_a_cuda_graph_is_the_plain_one_and_lrn_three_kernels(root):
    compiled(root, "cuda")

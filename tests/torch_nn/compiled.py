"""What the compiler makes of a step and of LRN: for the tests, in a process without their annotations.

python -m tests.torch_nn.compiled [DEVICE]
"""

import sys

import torch
from torch._inductor import metrics

import coursekit.torch_nn as ct
from coursekit import networks
from coursekit.networks import Conv2d, Flatten, Linear, LocalResponseNorm, MaxPool2d, ReLU, Sequential
from coursekit.torch_nn import norm
from coursekit.torch_nn.speed import Speed, Step
from coursekit.training import Recipe

RECIPE = Recipe(epochs=1, batch_size=8, lr=0.05, momentum=0.9, weight_decay=5e-4)
BODY = Sequential(
    conv=Conv2d(3, 8, 3),
    relu=ReLU(),
    norm=LocalResponseNorm(alpha=0.1),
    pool=MaxPool2d(3, 2),
    residual=networks.Add(identity=Sequential(), conv=Conv2d(8, 8, 3, padding=1)),
    flatten=Flatten(),
    fc=Linear(8 * 4 * 4, 5),
)


def trained(device: torch.device, speed: Speed) -> list[torch.Tensor]:
    """Return the losses of three steps, and the parameters after them."""
    torch.manual_seed(0)
    model = ct.module(BODY).to(device)
    step = Step(model, RECIPE, speed)
    images, labels = torch.randn(8, 3, 12, 12).to(device), torch.arange(8).to(device) % 5
    losses = [step(images, labels) for _ in range(3)]
    return [torch.stack(losses), *model.parameters()]


def normalised(function, device: torch.device) -> list[torch.Tensor]:
    """Return what LRN gives, and its gradient, in memory with the channels last."""
    generator = torch.Generator().manual_seed(0)
    x, dout = (torch.randn(2, 12, 5, 6, generator=generator).to(device) for _ in range(2))
    x = x.to(memory_format=torch.channels_last).requires_grad_()
    out = function(x, 5, 0.5, 0.75, 2.0)
    out.backward(dout)
    return [out, x.grad]


def main() -> None:
    """Fail unless the compiled step is the plain one, and LRN one kernel forward and two backward."""
    device = torch.device(sys.argv[1] if len(sys.argv) > 1 else "cpu")
    torch.backends.cudnn.allow_tf32 = False  # its rounding would hide what is wrong
    plain = trained(device, Speed())
    mode = "reduce-overhead" if device.type == "cuda" else "default"
    compiled = trained(device, Speed(channels_last=True, compile=mode, fused=True))
    torch.testing.assert_close(compiled, plain, rtol=1e-4, atol=1e-5)

    function = torch.compile(norm.local_response_norm)
    with torch.no_grad():
        metrics.reset()
        out = function(torch.randn(2, 12, 5, 6, device=device), 5, 0.5, 0.75, 2.0)
    assert out.isfinite().all()
    assert metrics.generated_kernel_count == 1, metrics.generated_kernel_count
    metrics.reset()
    fused = normalised(function, device)
    assert metrics.generated_kernel_count <= 3, metrics.generated_kernel_count
    torch.testing.assert_close(fused, normalised(torch.nn.functional.local_response_norm, device))


if __name__ == "__main__":
    main()

"""EfficientNet-Lite0 written anew in plain PyTorch, under the names of the published weights.

Padding is TensorFlow's "same": the output has ceil(size / stride) pixels, the odd zero goes behind.
"""

import torch
from torch import nn

# kernel size, stride, expansion, input and output channels, repeats
STAGES = [
    (3, 1, 1, 32, 16, 1),
    (3, 2, 6, 16, 24, 2),
    (5, 2, 6, 24, 40, 2),
    (3, 2, 6, 40, 80, 3),
    (5, 1, 6, 80, 112, 3),
    (5, 2, 6, 112, 192, 4),
    (3, 1, 6, 192, 320, 1),
]


class Same(nn.Conv2d):
    def forward(self, x):
        pads = []
        for n, k, s in zip(x.shape[2:], self.kernel_size, self.stride, strict=True):
            total = max((-(-n // s) - 1) * s + k - n, 0)
            pads = [total // 2, total - total // 2, *pads]  # the last axis comes first
        return super().forward(nn.functional.pad(x, pads))


def norm(channels):
    return nn.BatchNorm2d(channels, eps=1e-3)


class Block(nn.Module):
    def __init__(self, kernel, stride, expansion, channels, out):
        super().__init__()
        wide = channels * expansion
        if expansion > 1:
            self._expand_conv, self._bn0 = Same(channels, wide, 1, bias=False), norm(wide)
        self._depthwise_conv = Same(wide, wide, kernel, stride, groups=wide, bias=False)
        self._bn1 = norm(wide)
        self._project_conv, self._bn2 = Same(wide, out, 1, bias=False), norm(out)
        self.wide, self.adds = expansion > 1, stride == 1 and channels == out

    def forward(self, x):
        y = self._bn0(self._expand_conv(x)).clamp(0, 6) if self.wide else x
        y = self._bn1(self._depthwise_conv(y)).clamp(0, 6)
        y = self._bn2(self._project_conv(y))
        return x + y if self.adds else y


class EfficientNetLite0(nn.Module):
    def __init__(self):
        super().__init__()
        self._conv_stem, self._bn0 = Same(3, 32, 3, 2, bias=False), norm(32)
        self._blocks = nn.ModuleList()
        for kernel, stride, expansion, channels, out, repeats in STAGES:
            self._blocks.append(Block(kernel, stride, expansion, channels, out))
            self._blocks.extend(Block(kernel, 1, expansion, out, out) for _ in range(repeats - 1))
        self._conv_head, self._bn1 = Same(320, 1280, 1, bias=False), norm(1280)
        self._fc = nn.Linear(1280, 1000)

    def forward(self, x):
        x = self._bn0(self._conv_stem(x)).clamp(0, 6)
        for block in self._blocks:
            x = block(x)
        return self._fc(self._bn1(self._conv_head(x)).clamp(0, 6).mean(dim=(2, 3)))


def drawn(seed=0):
    """Return the network with random numbers, running statistics that are not the identity's among them."""
    torch.manual_seed(seed)
    model = EfficientNetLite0()
    for buffer in model.buffers():
        if buffer.dtype == torch.float32:
            buffer.add_(torch.rand_like(buffer))
    return model.eval()

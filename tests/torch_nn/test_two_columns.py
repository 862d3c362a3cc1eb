"""AlexNet on two devices is AlexNet with two groups."""

import pytest
import torch

import coursekit.torch_nn as ct
from coursekit.torch_nn import TwoColumnAlexNet


def both(devices):
    torch.manual_seed(0)
    x = torch.randn(2, 3, 227, 227)
    grouped = ct.build("alexnet", seed=1, device="cpu").eval()
    columns = TwoColumnAlexNet(devices, seed=1).eval()
    with torch.no_grad():
        return columns(x).cpu(), grouped(x)


@pytest.mark.slow
def test_two_half_networks_equal_two_groups():
    columns, grouped = both(("cpu", "cpu"))
    torch.testing.assert_close(columns, grouped, atol=1e-6, rtol=1e-5)


@pytest.mark.slow
def test_both_have_the_published_number_of_parameters():
    assert sum(p.numel() for p in TwoColumnAlexNet().parameters()) == 60_965_224


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_columns_on_two_devices_equal_two_groups():
    second = "cuda:1" if torch.cuda.device_count() > 1 else "cpu"
    columns, grouped = both(("cuda:0", second))
    torch.testing.assert_close(columns, grouped, atol=1e-4, rtol=1e-4)

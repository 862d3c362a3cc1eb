"""A tiny network of the same kind, and photographs that ship with scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_sample_image

from coursekit.networks import (
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    Linear,
    Network,
    ReLU,
    Sequential,
)
from coursekit.transfer import images


def small(out):
    return Network(
        name="tiny",
        input_shape=(3, 32, 32),
        body=Sequential(
            stem=Conv2d(3, 4, 3, stride=2, padding=1, bias=False),
            stem_bn=BatchNorm2d(4),
            relu=ReLU(),
            block=Sequential(conv=Conv2d(4, 6, 3, stride=2), bn=BatchNorm2d(6), relu=ReLU()),
            pool=GlobalAvgPool2d(),
            flatten=Flatten(),
            drop=Dropout(0.5),
            **out,
        ),
        source="for these tests",
    )


@pytest.fixture
def tiny():
    torch.manual_seed(0)
    model = images.ImageNetwork(
        small({"fc": Linear(6, 5)}), (100.0, 110.0, 120.0), (50.0, 60.0, 70.0), tuple("abcde")
    )
    model.stem_bn.running_mean.normal_()
    return model.eval()


@pytest.fixture
def tiny_without_head():
    return small({})


@pytest.fixture
def x():
    return np.random.default_rng(0).integers(0, 256, (7, 32, 32, 3), dtype=np.uint8)


@pytest.fixture(scope="session")
def photographs():
    return {name: load_sample_image(f"{name}.jpg") for name in ("china", "flower")}

"""A corpus of two topics that never meet, so that what vectors should say is known."""

import numpy as np
import pytest

TOPICS = (
    ["sun", "rain", "wind", "snow", "cloud", "storm"],
    ["oak", "elm", "birch", "maple", "willow", "pine"],
)


@pytest.fixture
def corpus():
    rng = np.random.default_rng(0)
    return [list(rng.choice(TOPICS[n % 2], size=8)) for n in range(400)]


@pytest.fixture
def topics():
    return TOPICS

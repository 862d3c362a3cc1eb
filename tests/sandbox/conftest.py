"""Workers in each tier that this machine has."""

from collections.abc import Iterator

import pytest

from coursekit.sandbox import Tier, tiers
from tests.sandbox.worker import Worker


@pytest.fixture(scope="module", params=["bubblewrap", "unshare"])
def tier(request: pytest.FixtureRequest) -> Tier:
    """Return each tier in turn."""
    found = next(tier for tier in tiers() if tier.name == request.param)
    if not found.works:
        pytest.skip(found.reason)
    return found


@pytest.fixture(scope="module")
def worker(tier: Tier) -> Iterator[Worker]:
    """Return a worker, the same for all attacks of a file: none may harm the next."""
    worker = Worker(tier)
    yield worker
    worker.close()

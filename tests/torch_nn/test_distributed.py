"""A process alone is a team of one; in a team, too many processes for the GPUs are said."""

import pytest
import torch

from coursekit.torch_nn.distributed import team


def test_alone_it_leads_and_keeps_what_it_has():
    with team("cpu") as alone:
        assert (alone.rank, alone.size, alone.leads) == (0, 1, True)
        values = torch.arange(3)
        total = alone.add(values)
        assert torch.equal(total, values)
        assert total is not values
        assert alone.collect("mine") == ["mine"]
        model = torch.nn.Linear(2, 2)
        assert alone.wrap(model) is model


def test_a_process_without_a_gpu_of_its_own_is_told_what_to_do(monkeypatch):
    for name, value in (("TORCHELASTIC_RUN_ID", "1"), ("LOCAL_RANK", "2"), ("LOCAL_WORLD_SIZE", "3")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(ValueError, match=r"process 2 .* there are 2. Start torchrun with --nproc-per-node 2"):
        team("cuda").__enter__()


def test_the_cores_of_a_machine_are_shared_out(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 16)
    with team("cpu") as alone:
        assert alone.cores == 16
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "32")
    with team("cpu") as many:
        assert many.cores == 1

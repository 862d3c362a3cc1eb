"""The GPU benchmark runs, as far as a CPU can run it, and says so where there is no GPU."""

import json
import runpy
import sys

import pytest
import torch


def benchmark(root, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["gpu.py", *map(str, arguments)])
    runpy.run_path(str(root / "benchmarks" / "gpu.py"), run_name="__main__")


def test_a_step_of_each_kind_runs_on_a_cpu(root, monkeypatch, tmp_path, capsys):
    benchmark(root, monkeypatch, "--smoke", "--out", tmp_path / "gpu.json")
    found = json.loads((tmp_path / "gpu.json").read_text())
    (name,) = found["networks"]
    rates = found["networks"][name]["images_a_second"]
    assert len(rates) == 2
    assert all(0 < way["lowest"] <= way["median"] <= way["highest"] for way in rates.values())
    assert "the figures mean nothing" in capsys.readouterr().out


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_without_a_gpu_it_says_that_nothing_was_measured(root, monkeypatch):
    with pytest.raises(SystemExit, match=r"no CUDA device here, .* Nothing was measured"):
        benchmark(root, monkeypatch)

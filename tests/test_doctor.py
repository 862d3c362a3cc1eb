"""`coursekit.doctor`: a healthy machine has no faults, and each fault is found and explained."""

import os
import re
from importlib import metadata

import pytest
from packaging.requirements import Requirement

from coursekit import data, doctor, sandbox


def named(findings, name):
    return next(finding for finding in findings if finding.name == name)


def test_this_machine_is_ready(tmp_path):
    assert [finding for finding in doctor.diagnose(tmp_path) if not finding.ok] == []


def test_every_package_that_a_student_needs_is_looked_at(tmp_path):
    names = [finding.name for finding in doctor.diagnose(tmp_path)]
    assert {"numpy", "torch", "torchvision", "nbgrader", "jupyterlab"} <= set(names)
    assert "pytest" not in names


def test_a_missing_package_is_a_fault():
    finding = doctor._package(Requirement("no-such-package-anywhere>=1"))
    assert (finding.ok, finding.found) == (False, "not installed")
    assert "make course" in finding.mend


def test_a_version_outside_the_range_is_a_fault_and_the_range_is_named():
    finding = doctor._package(Requirement("numpy<1"))
    assert not finding.ok
    assert finding.found == f"{metadata.version('numpy')}, but the course asks for <1"
    assert 'pip install "numpy<1"' in finding.mend


def test_a_torchvision_of_another_build_is_a_fault(monkeypatch):
    real = doctor.importlib.import_module

    def fail(name):
        if name == "torchvision":
            raise RuntimeError("operator torchvision::nms does not exist\nmore")
        return real(name)

    monkeypatch.setattr(doctor.importlib, "import_module", fail)
    finding = doctor._torch_pair()
    assert not finding.ok
    assert finding.found == "they do not load together: operator torchvision::nms does not exist"
    assert "--force-reinstall torch torchvision" in finding.mend


def test_a_torch_that_torchvision_was_not_built_for_is_a_fault(monkeypatch):
    real = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "2.11.0" if name == "torch" else real(name))
    finding = doctor._torch_pair()
    assert not finding.ok
    assert re.fullmatch(r"torchvision \S+ is for torch [=>]=\S+, not 2\.11\.0", finding.found)
    assert "--force-reinstall torch torchvision" in finding.mend


def test_a_build_of_the_right_torch_with_a_name_of_its_own_is_none(monkeypatch):
    real = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: real(name) + ("+cpu" if name == "torch" else ""))
    assert doctor._torch_pair().ok


def test_an_old_nbgrader_is_a_fault(monkeypatch, tmp_path):
    real = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "0.8.5" if name == "nbgrader" else real(name))
    finding = named(doctor.diagnose(tmp_path), "nbgrader")
    assert not finding.ok
    assert finding.found.startswith("0.8.5, but the course asks for")
    assert 'pip install "nbgrader' in finding.mend


def test_a_kernel_of_another_environment_is_a_fault(monkeypatch, tmp_path):
    kernel = tmp_path / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(
        '{"argv": ["/elsewhere/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],'
        ' "display_name": "Python 3", "language": "python"}'
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    finding = doctor._kernel()
    assert not finding.ok
    assert "/elsewhere/bin/python" in finding.found
    assert "ipykernel install" in finding.mend


def test_harmed_data_are_a_fault(monkeypatch):
    def harmed():
        raise data.DataError("train-images is harmed")

    monkeypatch.setattr(data, "verify_embedded", harmed)
    finding = doctor._data()
    assert (finding.ok, finding.found) == (False, "train-images is harmed")


def test_a_folder_that_is_not_there_is_a_fault(tmp_path):
    finding = named(doctor.diagnose(tmp_path / "nowhere"), "working folder")
    assert not finding.ok
    assert "No such file" in finding.found


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_that_may_not_be_written_is_a_fault(tmp_path):
    tmp_path.chmod(0o500)
    assert not named(doctor.diagnose(tmp_path), "working folder").ok


def test_it_is_said_where_nothing_can_be_written_and_what_to_do(tmp_path, monkeypatch):
    def refuse(dir):
        raise PermissionError(13, "Permission denied", dir)

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refuse)
    finding = doctor._writable(tmp_path)
    assert (finding.ok, finding.found) == (False, f"cannot write to {tmp_path}: Permission denied")
    assert finding.mend == "Work in a folder of your own."


def test_a_machine_without_a_gpu_is_no_fault(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    finding = doctor._gpu()
    assert finding.ok
    assert finding.found.startswith("none")


def test_nothing_is_left_in_the_folder(tmp_path):
    doctor.diagnose(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_sandbox_is_named(tmp_path):
    try:
        expected = sandbox.strongest().name
    except sandbox.SandboxError:
        expected = "none"
    assert named(doctor.diagnose(tmp_path), "sandbox for grading").found.startswith(expected)


def test_where_there_is_no_sandbox_it_says_why_and_what_to_do(monkeypatch):
    reason = "bubblewrap does not work here: no namespaces; as root, run: sysctl"
    monkeypatch.setattr(sandbox.tier, "tiers", lambda: (sandbox.Tier("bubblewrap", False, reason),))
    finding = doctor._sandbox()
    assert finding.ok
    assert finding.found.startswith("none, so submissions are not graded here")
    assert reason in finding.found

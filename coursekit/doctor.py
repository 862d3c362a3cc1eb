"""Is this machine ready for the course? Each finding says what was looked at, what was found, how to mend it.

>>> from coursekit import doctor
>>> [finding.name for finding in doctor.diagnose() if not finding.ok]
[]
"""

import importlib
import os
import platform
import sys
import tempfile
import warnings
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

INSTALL = "Run `make course` in the course's folder, or `python -m pip install coursekit`"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    name
        What it is.
    ok
        False if the course will not work like this.
    found
        What was found, in a few words.
    mend
        What to do about it; empty if nothing needs doing.
    """

    name: str
    ok: bool
    found: str
    mend: str = ""


def diagnose(folder: Path | None = None) -> list[Finding]:
    """Look at Python, the packages, the kernel, the data and the working folder.

    Nothing is changed, and nothing is asked of the network. A GPU is reported but its absence is no fault.

    Parameters
    ----------
    folder
        Where the student wants to work; None means the current folder.
    """
    return [
        _python(),
        *(_package(requirement) for requirement in _requirements()),
        _torch_pair(),
        _kernel(),
        _data(),
        _writable(Path.cwd() if folder is None else folder),
        _gpu(),
        _sandbox(),
    ]


def _python() -> Finding:
    asked = metadata.metadata("coursekit")["Requires-Python"]
    found = platform.python_version()
    ok = Requirement(f"python {asked}").specifier.contains(found, prereleases=True)
    return Finding(
        "Python", ok, found, "" if ok else f"Install Python {asked}, then set the course up again."
    )


def _requirements() -> list[Requirement]:
    """Return what the installed coursekit asks for, without the extras that only a role needs."""
    asked = (Requirement(line) for line in metadata.requires("coursekit") or [])
    return [requirement for requirement in asked if requirement.marker is None]


def _package(requirement: Requirement) -> Finding:
    try:
        found = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return Finding(requirement.name, False, "not installed", f"{INSTALL}.")
    if requirement.specifier.contains(found, prereleases=True):
        return Finding(requirement.name, True, found)
    wanted = f"{found}, but the course asks for {requirement.specifier}"
    return Finding(requirement.name, False, wanted, f'Run `python -m pip install "{requirement}"`.')


def _torch_pair() -> Finding:
    """Compare what torchvision was built for, then load both: builds may differ whatever the versions say."""
    name = "torch with torchvision"
    mend = "Run `python -m pip install --force-reinstall torch torchvision`: both from one place."
    try:
        asked = [Requirement(line) for line in metadata.requires("torchvision") or []]
        torch = metadata.version("torch")
        wanted = [one.specifier for one in asked if one.name == "torch" and one.marker is None]
        if not all(specifier.contains(torch, prereleases=True) for specifier in wanted):
            found = f"torchvision {metadata.version('torchvision')} is for torch {wanted[0]}, not {torch}"
            return Finding(name, False, found, mend)
        importlib.import_module("torch")
        importlib.import_module("torchvision")
    except Exception as error:  # a wrong pair raises ImportError, RuntimeError or OSError
        first_line = str(error).partition("\n")[0]
        return Finding(name, False, f"they do not load together: {first_line}", mend)
    return Finding(name, True, "they load together")


def _kernel() -> Finding:
    """Find out which Python a notebook with the kernel `python3` would run in."""
    name = "notebook kernel"
    try:
        kernelspec = importlib.import_module("jupyter_client.kernelspec")
        program = kernelspec.KernelSpecManager().get_kernel_spec("python3").argv[0]
    except Exception as error:  # missing package, missing kernel, or a kernel.json that is no JSON
        return Finding(name, False, f"no kernel `python3`: {error}", f"{INSTALL}.")
    # Jupyter replaces a bare `python` by its own. Links are not followed: they leave the environment.
    own = not os.path.isabs(program) or Path(program).is_relative_to(sys.prefix)
    if own:
        return Finding(name, True, "`python3` runs in this environment")
    mend = "Run `python -m ipykernel install --sys-prefix` in the course's environment."
    return Finding(name, False, f"`python3` runs {program}, outside this environment", mend)


def _data() -> Finding:
    try:
        importlib.import_module("coursekit.data").verify_embedded()
    except (ImportError, OSError, ValueError) as error:  # DataError is a ValueError
        return Finding("course data", False, str(error), "Install coursekit again.")
    return Finding("course data", True, "present and unharmed")


def _writable(folder: Path) -> Finding:
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        found = f"cannot write to {folder}: {error.strerror}"
        return Finding("working folder", False, found, "Work in a folder of your own.")
    return Finding("working folder", True, f"can write to {folder}")


def _gpu() -> Finding:
    try:
        torch = importlib.import_module("torch")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an old driver warns; it is the same as having none
            found = torch.cuda.get_device_name(0) if torch.cuda.is_available() else ""
    except Exception:  # a broken torch is reported above
        found = ""
    return Finding("GPU", True, found or "none; every chapter and exercise runs without one")


def _sandbox() -> Finding:
    """Try what protects an instructor's machine from what a class hands in; nobody else needs it."""
    try:
        tier = importlib.import_module("coursekit.sandbox").strongest()
    except Exception as error:  # SandboxError says why; elsewhere than on Linux the import fails
        said = str(error).partition("\n")[0]
        found = f"none, so submissions are not graded here; all else works ({said})"
        return Finding("sandbox for grading", True, found)
    return Finding("sandbox for grading", True, f"{tier.name}: {tier.reason}")

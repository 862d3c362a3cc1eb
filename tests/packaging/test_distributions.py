"""Wheel and sdist: what is in them, and that the installed wheel works far from the repository."""

import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile

import pytest

from coursekit import __version__
from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The wheel and the sdist, by their endings."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", folder], cwd=ROOT, check=True)
    return {path.suffix: path for path in folder.iterdir()}


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """Return a function that runs a program with the wheel in the place of the repository."""
    target = tmp_path_factory.mktemp("installed")
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        target,
    ]
    subprocess.run([*command, built[".whl"]], check=True)
    away = tmp_path_factory.mktemp("away")

    def run(*command):
        return subprocess.run(
            [sys.executable, *command], cwd=away, env={**os.environ, "PYTHONPATH": str(target)},
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    run.target = target
    return run


def tracked(*paths):
    listed = subprocess.run(["git", "ls-files", *paths], cwd=ROOT, capture_output=True, text=True, check=True)
    return {path for path in listed.stdout.splitlines() if (ROOT / path).exists()}


@pytest.fixture
def repository():
    if not (ROOT / ".git").exists():
        pytest.skip("not a git repository")


@pytest.mark.usefixtures("repository")
def test_the_wheel_has_every_file_of_the_package_and_nothing_of_the_rest(built):
    names = {name for name in zipfile.ZipFile(built[".whl"]).namelist() if ".dist-info/" not in name}
    assert tracked("coursekit") <= names
    assert {name.split("/")[0] for name in names} == {"coursekit"}


@pytest.mark.usefixtures("repository")
def test_the_sdist_has_every_file_of_the_repository(built):
    with tarfile.open(built[".gz"]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert tracked() - names == set()


def test_a_wheel_is_small_enough_to_send(built):
    assert built[".whl"].stat().st_size < 25e6


def test_the_installed_command_counts_and_recomputes(installed):
    command = str(installed.target / "bin" / "coursekit")
    assert installed(command, "--version") == f"coursekit {__version__}\n"
    assert "new-exercise" in installed(command, "--help")
    assert "61,706" in installed(command, "summary", "lenet5")
    assert "6,998,552" in installed(command, "claims", "googlenet")


def test_the_installed_package_has_its_data(installed):
    code = """
import json, coursekit
from coursekit import checks, data
from coursekit.authoring.skeletons import SKELETON

data.verify_embedded()
points = checks.check("conv_forward.pad", {}).max_points
print(json.dumps([coursekit.__file__, points, len([p for p in SKELETON.iterdir() if p.is_file()])]))
"""
    file, points, skeletons = json.loads(installed("-c", code))
    assert file.startswith(str(installed.target))
    assert (points, skeletons) == (2, 5)


def test_the_version_is_the_same_everywhere():
    citation = (ROOT / "CITATION.cff").read_text()
    assert re.findall(r"(?m)^version: (.+)$", citation) == [PROJECT["version"]] == [__version__]
    assert re.findall(r"(?m)^## (Unreleased|\d+\.\d+\.\d+.*)$", (ROOT / "CHANGELOG.md").read_text())


def test_the_citation_is_yaml_with_what_the_format_demands():
    import yaml

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["license"] == PROJECT["license"]


def test_what_only_a_role_needs_is_not_installed_for_a_student():
    asked = {re.split(r"[^a-z0-9-]", name.lower())[0] for name in PROJECT["dependencies"]}
    assert (
        asked & {"dask", "distributed", "jupyter-book", "sphinx", "pytest", "playwright", "psycopg"} == set()
    )

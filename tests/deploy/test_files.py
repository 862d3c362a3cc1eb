"""The files to deploy with: they can be read, and what they name is there. No container engine is asked."""

import json
import re
import shutil
import subprocess
import tomllib

import pytest
import yaml

from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yml").read_text())
DOCKERFILE = re.sub(r"\\\n", " ", (DEPLOY / "Dockerfile").read_text())
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]


def test_the_image_copies_what_is_there_and_no_solution():
    copied = [line.split()[1:-1] for line in DOCKERFILE.splitlines() if line.startswith("COPY")]
    sources = [source for line in copied for source in line]
    assert len(sources) > 4
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert [source for source in sources if source.startswith("exercises")] == []


def test_the_image_installs_extras_that_the_package_has():
    (extras,) = re.findall(r"'\.\[([\w,]+)\]'", DOCKERFILE)
    assert set(extras.split(",")) <= EXTRAS.keys()


def test_what_the_image_starts_is_a_program():
    (command,) = re.findall(r"(?m)^CMD (.*)$", DOCKERFILE)
    (start,) = json.loads(command)
    assert (ROOT / start).stat().st_mode & 0o111
    subprocess.run(["sh", "-n", ROOT / start], check=True)


@pytest.mark.parametrize("service", COMPOSE["services"])
def test_a_service_starts_programs_that_are_installed_with_options_that_they_know(service):
    command = COMPOSE["services"][service].get("command")
    if command is None:
        return  # the image's own
    program = [part for part in command[:2] if not part.startswith("-")]
    assert shutil.which(program[0])
    said = subprocess.run(
        [*program, "--help-all" if program[0] == "jupyter" else "--help"], capture_output=True, text=True
    )
    known = said.stdout + said.stderr
    options = [part for part in command if part.startswith("--")]
    assert [option for option in options if option not in known.replace("--ServerApp.", "--")] == []


def test_services_volumes_and_files_that_are_named_are_there():
    services, volumes = COMPOSE["services"], COMPOSE["volumes"]
    for service in services.values():
        assert set(service.get("depends_on", ())) <= services.keys()
        shared = service.get("network_mode", "").removeprefix("service:")
        assert not shared or shared in services
        for mount in service.get("volumes", ()):
            source = mount.split(":")[0]
            assert (DEPLOY / source).resolve().exists() if source.startswith(".") else source in volumes


def test_who_grades_and_who_studies_share_no_loopback():
    shared = {
        name for name, one in COMPOSE["services"].items() if one.get("network_mode") == "service:scheduler"
    }
    assert shared == {"worker", "grader"}
    assert "127.0.0.1" in COMPOSE["services"]["scheduler"]["command"]


def test_no_port_is_open_to_others():
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", ())]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_the_settings_of_the_hub_are_those_that_it_reads():
    read = set(re.findall(r'environ(?:\.get\(|\[)"(HUB_\w+)"', (DEPLOY / "jupyterhub_config.py").read_text()))
    given = {name for name in COMPOSE["services"]["hub"]["environment"] if name.startswith("HUB_")}
    given |= set(re.findall(r"(HUB_\w+)=", DOCKERFILE))
    assert given <= read
    explained = set(re.findall(r"(?m)^(HUB_\w+) ", (DEPLOY / "jupyterhub_config.py").read_text()))
    assert explained | {"HUB_PASSWORD"} == read


def test_the_development_container_uses_a_target_of_make():
    settings = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    (target,) = re.findall(r"make (\w+)", settings["postCreateCommand"])
    assert re.search(rf"(?m)^{target}:", (ROOT / "Makefile").read_text())


def test_binder_installs_this_package_and_removes_the_solutions():
    (constraints,) = re.findall(r"--constraint (\S+)", (ROOT / "binder" / "requirements.txt").read_text())
    assert (ROOT / "binder" / constraints).resolve() == ROOT / "constraints.txt"
    build = ROOT / "binder" / "postBuild"
    assert build.stat().st_mode & 0o111
    assert build.read_text().splitlines()[-1] == "rm --recursive --force exercises"
    subprocess.run(["bash", "-n", build], check=True)


def test_the_pages_are_what_the_book_is_built_into():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    (pages,) = [step["with"]["path"] for step in steps if "upload-pages" in step.get("uses", "")]
    assert pages == "book/_build/html"
    (command,) = [step["run"] for step in steps if "run" in step]
    assert (ROOT / command.split()[-1]).exists()

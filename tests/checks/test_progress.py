"""Points so far: written where `coursekit lab` began to, and nowhere else; never at a verdict's cost."""

import json

import nbformat
import pytest

from coursekit.checks import check, progress
from coursekit.checks.progress import Progress


def pad_ring_only(x, padding):
    """A wrong answer that earns one of two points."""
    import numpy as np

    size = padding if isinstance(padding, int) else padding[0]
    return np.pad(x, ((0, 0), (0, 0), (size, size), (size, size)))


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A student's folder where exercise 1 was begun; the kernel runs in the notebook's folder."""
    (tmp_path / "conv_forward").mkdir()
    progress.begin(tmp_path, "conv_forward", 16)
    monkeypatch.chdir(tmp_path / "conv_forward")
    return tmp_path


def test_nothing_is_earned_before_a_check(home):
    assert progress.read(home) == [Progress("conv_forward", 0, 16)]


def test_a_check_is_remembered_and_the_last_one_counts(home):
    check("conv_forward.pad", {"pad": pad_ring_only})
    assert progress.read(home) == [Progress("conv_forward", 1, 16)]
    check("conv_forward.pad", {})
    assert progress.read(home) == [Progress("conv_forward", 0, 16)]


def test_the_page_is_a_notebook_with_links_and_its_cell_shows_the_points_anew(home, monkeypatch):
    page = nbformat.read(progress.write_page(home), as_version=4)
    nbformat.validate(page)
    assert "| [conv_forward](conv_forward/conv_forward.ipynb) | 0 | 16 |" in page.cells[0].source
    check("conv_forward.pad", {"pad": pad_ring_only})
    monkeypatch.chdir(home)
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    exec(page.cells[1].source, {})
    assert "| together | 1 | 16 |" in shown[0].data


def test_to_begin_again_keeps_the_points(home):
    check("conv_forward.pad", {"pad": pad_ring_only})
    progress.begin(home, "conv_forward", 18)
    assert progress.read(home) == [Progress("conv_forward", 1, 18)]


def test_exercises_stand_in_the_order_of_the_course_and_others_last(home):
    for name in ("adding", "vgg", "conv_backward"):
        progress.begin(home, name, 1)
    assert [row.exercise for row in progress.read(home)] == ["conv_forward", "conv_backward", "vgg", "adding"]


def test_elsewhere_nothing_is_written(tmp_path, monkeypatch):
    (tmp_path / "conv_forward").mkdir()
    monkeypatch.chdir(tmp_path / "conv_forward")
    check("conv_forward.pad", {"pad": pad_ring_only})
    assert list(tmp_path.rglob("*")) == [tmp_path / "conv_forward"]


@pytest.mark.parametrize(
    "harm", ["", "[]", '{"questions": 3}', '{"max_points": 1, "questions": {"pad": null}}']
)
def test_a_harmed_file_counts_as_empty_and_stops_no_check(home, harm):
    (home / ".progress" / "conv_forward.json").write_text(harm)
    assert progress.read(home) == [Progress("conv_forward", 0, 0)]
    assert check("conv_forward.pad", {"pad": pad_ring_only}).points == 1
    assert progress.read(home)[0].points == 1


def test_a_folder_that_cannot_be_written_stops_no_check(home, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError("no space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    assert check("conv_forward.pad", {"pad": pad_ring_only}).points == 1


def test_the_file_is_json_that_anybody_can_read(home):
    check("conv_forward.pad", {"pad": pad_ring_only})
    kept = json.loads((home / ".progress" / "conv_forward.json").read_text())
    assert kept == {"max_points": 16.0, "questions": {"pad": 1.0}}
    assert [path.name for path in home.rglob("*") if path.is_file()] == ["conv_forward.json"]

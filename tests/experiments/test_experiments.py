import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from coursekit.experiments import Results, ResultsError, carry_out
from tests.experiments.study_of_coins import study


def asked(folder):
    path = folder / "asked.txt"
    return sorted(path.read_text().splitlines()) if path.exists() else []


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return carry_out(study(), tmp_path_factory.mktemp("coins"), jobs=1)


def test_every_size_and_seed_is_measured_once(results):
    assert results.of("bent", 100).shape == (3,)
    assert results.mean("bent", 100) > results.mean("fair", 100) + 0.2


def test_two_processes_give_the_figures_of_one(results, tmp_path):
    assert carry_out(study(), tmp_path, jobs=2).values == results.values


def test_a_stopped_run_goes_on_where_it_was(results, tmp_path):
    with pytest.raises(RuntimeError, match="a coin was lost"):
        carry_out(study(settings={"bent": 0.9, "fails": [10, 2]}), tmp_path, jobs=1)
    kept = (tmp_path / "coins.runs.jsonl").read_text()
    # What was measured under settings that differ is not used; the same lines under the right name are.
    (tmp_path / "asked.txt").unlink()
    bad = study(settings={"bent": 0.9, "fails": [10, 2]}).fingerprint()
    (tmp_path / "coins.runs.jsonl").write_text(kept.replace(bad, study().fingerprint()))
    done = len(kept.splitlines())
    again = carry_out(study(), tmp_path, jobs=1)
    assert done >= 1
    assert len(asked(tmp_path)) == 6 - done
    assert again.values == results.values


def test_a_line_that_was_cut_off_is_measured_again(results, tmp_path):
    carry_out(study(), tmp_path, jobs=1)
    kept = tmp_path / "coins.runs.jsonl"
    kept.write_bytes(kept.read_bytes()[:-20])
    (tmp_path / "asked.txt").unlink()
    assert carry_out(study(), tmp_path, jobs=1).values == results.values
    assert len(asked(tmp_path)) == 1
    (tmp_path / "asked.txt").unlink()
    carry_out(study(), tmp_path, jobs=1)
    assert asked(tmp_path) == []


def test_ctrl_c_ends_all_processes_at_once_and_what_is_measured_is_kept(tmp_path, root):
    script = (
        "import pathlib, sys; from coursekit.experiments import carry_out\n"
        "from tests.experiments.study_of_coins import study\n"
        "if __name__ == '__main__':\n"
        "    slow = study(settings={'bent': 0.9, 'seconds': 300})\n"
        "    carry_out(slow, pathlib.Path(sys.argv[1]), jobs=2, on_progress=lambda s: print(s, flush=True))\n"
    )
    (tmp_path / "script.py").write_text(script)
    process = subprocess.Popen(
        [sys.executable, tmp_path / "script.py", tmp_path],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(root)},
    )  # fmt: skip
    said = [process.stdout.readline() for _ in range(2)]  # the preparation and the first seed; others wait
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    assert process.wait(timeout=60) != 0
    process.stdout.close()
    assert "seed 0" in said[1]
    assert len((tmp_path / "coins.runs.jsonl").read_text().splitlines()) == 1


def test_other_settings_are_measured_anew(results, tmp_path):
    carry_out(study(), tmp_path, jobs=1)
    other = carry_out(study(settings={"bent": 0.1}), tmp_path, jobs=1)
    assert other.mean("bent", 100) < 0.3 < results.mean("bent", 100)


def test_more_seeds_keep_the_first_ones(results, tmp_path):
    carry_out(study(), tmp_path, jobs=1)
    (tmp_path / "asked.txt").unlink()
    more = carry_out(study(seeds=(0, 1, 2, 3)), tmp_path, jobs=1)
    assert asked(tmp_path) == ["10 3", "100 3"]
    assert more.of("fair", 10)[:3].tolist() == results.of("fair", 10).tolist()


def test_progress_counts_what_was_there_before(tmp_path):
    carry_out(study(), tmp_path, jobs=1)
    said: list[str] = []
    carry_out(study(seeds=(0, 1, 2, 3)), tmp_path, jobs=1, on_progress=said.append)
    assert len(said) == 1 + 2 * 4


def test_mean_spread_and_paired_gain_follow_their_definitions(results):
    fair, bent = np.array(results.values["fair"][0]), np.array(results.values["bent"][0])
    assert results.mean("fair", 10) == pytest.approx(fair.mean())
    assert results.spread("fair", 10) == pytest.approx(np.sqrt(((fair - fair.mean()) ** 2).sum() / 2))
    gain, error = results.gain("bent", "fair", 10)
    assert gain == pytest.approx((bent - fair).mean())
    assert error == pytest.approx((bent - fair).std(ddof=1) / np.sqrt(3))


def test_results_survive_their_file(results, tmp_path):
    results.save(tmp_path / "a.json")
    assert Results.load(tmp_path / "a.json") == results


def test_an_unknown_arm_or_size_is_named(results):
    with pytest.raises(ValueError, match=r"no arm 'oval'; it has: fair, bent"):
        results.of("oval", 10)
    with pytest.raises(ValueError, match=r"no size 11; it has: 10, 100"):
        results.of("fair", 11)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"arms": 3, "sizes": 1, "seeds": 2}'])
def test_a_file_without_results_is_refused(tmp_path, content):
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(ResultsError, match=r"x\.json does not hold results"):
        Results.load(tmp_path / "x.json")
    with pytest.raises(ResultsError, match="there is no file"):
        Results.load(tmp_path / "y.json")


def test_a_file_with_missing_figures_is_refused(results, tmp_path):
    results.save(tmp_path / "x.json")
    content = json.loads((tmp_path / "x.json").read_text())
    content["values"]["fair"][0].pop()
    (tmp_path / "x.json").write_text(json.dumps(content))
    with pytest.raises(ResultsError, match="lacks figures"):
        Results.load(tmp_path / "x.json")

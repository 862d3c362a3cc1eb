"""From letters to digits: the small network, its training in part, the kept source, the order of the arms."""

import dataclasses

import numpy as np
import pytest
import torch
from torch.optim.optimizer import register_optimizer_step_post_hook

from coursekit.experiments import Results, carry_out, letters
from coursekit.experiments.kept import kept, path_of
from coursekit.experiments.letters import FROZEN, RANDOM, SCRATCH, TUNED
from coursekit.experiments.small_alexnet import (
    LAYERS,
    build,
    copy_layers,
    describe,
    draw,
    outputs,
    split_after,
    train,
)
from coursekit.experiments.sources import LETTERS, images, pretrained
from coursekit.torch_nn import to_arrays

SOURCE = LETTERS | {"per_class": 1, "steps": 3}
TARGET = letters.TARGET | {"steps": 5}
TINY = dataclasses.replace(
    letters.study(sizes=(2,), seeds=(10, 11)), settings={"source": SOURCE, "target": TARGET}
)


def assert_what_the_course_says(results):
    """Few images: the features alone; many: tuning too. Random features are worse than learning them."""
    assert len(results.seeds) >= 3
    assert results.gain(FROZEN, SCRATCH, 1)[0] >= 0.05
    for other in (SCRATCH, FROZEN):
        assert results.gain(TUNED, other, 20)[0] > 0
    for size in results.sizes:
        assert results.gain(FROZEN, RANDOM, size)[0] > 0.05
        assert results.gain(TUNED, SCRATCH, size)[0] > 0


@pytest.fixture
def committed(root):
    return Results.load(root / "book" / "results" / "letters.json")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return pretrained(SOURCE, tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return carry_out(TINY, tmp_path_factory.mktemp("letters"), jobs=1)


def some_images(n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 1, 28, 28)).astype(np.float32), np.arange(n) % 10


def test_the_committed_figures_are_those_of_the_default_study(committed):
    study = letters.study()
    assert committed.settings == study.settings
    assert (committed.arms, committed.sizes, committed.seeds) == (study.arms, study.sizes, study.seeds)


def test_the_committed_figures_support_what_the_course_says(committed):
    assert_what_the_course_says(committed)
    for other in (SCRATCH, FROZEN):  # more than chance
        gain, error = committed.gain(TUNED, other, 20)
        assert gain > 2 * error


def test_two_processes_give_the_figures_of_one_and_every_arm_is_measured(tiny, tmp_path):
    assert carry_out(TINY, tmp_path, jobs=2).values == tiny.values
    accuracies = [tiny.mean(arm, 2) for arm in tiny.arms]
    assert all(0 < accuracy < 1 for accuracy in accuracies)
    assert len(set(accuracies)) > 2


def test_the_network_has_the_layers_that_its_names_say():
    network = describe(110)
    assert network.output_shape == (110,)
    assert [name.split(".")[0] for name in to_arrays(build(110, 0)) if "weight" in name] == list(LAYERS)
    assert network.parameter_count == sum(array.size for array in to_arrays(build(110, 0)).values())


def test_it_takes_colour_images_of_another_size():
    assert build(10, 0, (3, 32, 32))(torch.zeros(2, 3, 32, 32)).shape == (2, 10)


def test_what_is_in_no_group_stays_to_the_last_bit():
    model, (x, y) = build(10, 0), some_images(30)
    before = to_arrays(model)
    train(model, x, y, [{"params": model.fc5.parameters(), "lr": 0.1}], steps=4, batch_size=8, seed=0)
    after = to_arrays(model)
    for name in before:
        assert np.array_equal(before[name], after[name]) == (not name.startswith("fc5"))


def test_each_group_moves_at_its_own_rate():
    x, y = some_images(8)
    moved = {}
    for rate in (0.1, 0.01):
        model = build(10, 0)
        before = to_arrays(model)["fc5.weight"]
        groups = [{"params": model.fc5.parameters(), "lr": rate}]
        train(model, x, y, groups, steps=1, batch_size=8, seed=0, weight_decay=0.0)
        moved[rate] = to_arrays(model)["fc5.weight"] - before
    np.testing.assert_allclose(moved[0.1], 10 * moved[0.01], rtol=0.01, atol=1e-6)


def test_the_rate_rises_and_falls_at_the_end():
    """The optimiser is asked for the rate after each step."""
    model, seen = torch.nn.Linear(1, 2, bias=False), []
    groups = [{"params": model.parameters(), "lr": 1.0}]
    hook = register_optimizer_step_post_hook(
        lambda optimizer, *_: seen.append(optimizer.param_groups[0]["lr"])
    )
    try:
        train(model, np.ones((1, 1), np.float32), np.array([0]), groups, steps=20, batch_size=1, seed=0)
    finally:
        hook.remove()
    assert seen == pytest.approx([0.5, *[1.0] * 14, *[0.1] * 5])


def test_every_image_is_seen_before_one_is_seen_again():
    class Listens(torch.nn.Linear):
        def forward(self, x):
            seen.extend(x[:, 0].int().tolist())
            return super().forward(x)

    seen: list[int] = []
    model, x = Listens(1, 2), np.arange(6, dtype=np.float32)[:, None]
    groups = [{"params": model.parameters(), "lr": 0.001}]
    train(model, x, np.arange(6) % 2, groups, steps=4, batch_size=3, seed=0)
    assert sorted(seen[:6]) == sorted(seen[6:]) == list(range(6))
    assert seen[:6] != seen[6:]


def test_copied_layers_are_the_sources_and_the_head_is_new(source):
    model = build(10, 3)
    copy_layers(model, source, LAYERS[:-1])
    state, fresh = to_arrays(model), to_arrays(build(10, 3))
    for name in state:
        assert np.array_equal(state[name], (fresh if name.startswith("fc5") else source)[name])


def test_a_layer_that_does_not_fit_is_named(source):
    with pytest.raises(ValueError, match=r"fc5\.weight has shape \(10, 48\), the source shape \(110, 48\)"):
        copy_layers(build(10, 0), source, LAYERS)


@pytest.mark.parametrize("layer", LAYERS[:-1])
def test_the_two_parts_after_each_other_are_the_network(layer):
    model, (x, _) = build(10, 0), some_images(5)
    body, rest = split_after(model, layer)
    assert list(dict(body.named_parameters()))[-1] == f"{layer}.bias"
    np.testing.assert_allclose(outputs(rest, outputs(body, x)), outputs(model, x), rtol=1e-5, atol=1e-5)


def test_the_drawn_images_are_as_many_of_each_class_and_nested():
    y = np.random.default_rng(0).permutation(np.repeat(np.arange(10), 30))
    few, many = draw(y, 5, seed=4), draw(y, 20, seed=4)
    assert np.bincount(y[few]).tolist() == [5] * 10
    assert set(few) < set(many)
    assert set(draw(y, 5, seed=5)) != set(few)
    with pytest.raises(ValueError, match="per_class must be 1 to 30"):
        draw(y, 31, seed=0)


def test_the_source_is_trained_once(tmp_path, source, monkeypatch):
    first = pretrained(SOURCE, tmp_path)
    assert all(np.array_equal(first[name], source[name]) for name in source)
    monkeypatch.setattr("coursekit.experiments.sources.train", None)
    again = pretrained(SOURCE, tmp_path)
    assert all(np.array_equal(first[name], again[name]) for name in first)


def test_other_settings_have_another_file(tmp_path):
    names = {path_of(tmp_path, "letters", SOURCE | change) for change in ({}, {"steps": 4}, {"seed": 1})}
    assert len(names) == 3


def test_source_images_are_scaled_and_fit_their_classes():
    x, y = images(SOURCE)
    assert (x.dtype, x.shape, y.dtype) == (np.float32, (110, 1, 28, 28), np.int64)
    assert abs(x.mean()) < 1e-4
    assert abs(x.std() - 1) < 1e-4
    assert sorted(y) == list(range(110))


def harm_middle(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def pickled(path):
    np.savez(path, a=np.array([{"an": "object"}], dtype=object))


@pytest.mark.parametrize(
    "harm",
    [
        harm_middle,
        pickled,
        lambda path: path.write_bytes(path.read_bytes()[:-100]),
        lambda path: path.write_bytes(b""),
        lambda path: np.savez(path, a=np.zeros((3, 5), np.float32)),
        lambda path: np.savez(path, a=np.zeros((3, 4))),
        lambda path: np.savez(path, a=np.full((3, 4), np.nan, np.float32)),
        lambda path: np.savez(path, b=np.zeros((3, 4), np.float32)),
    ],
    ids=["bit", "pickle", "short", "empty", "shape", "type", "nan", "name"],
)
def test_a_harmed_file_is_made_anew(tmp_path, harm):
    path, right = tmp_path / "x.npz", np.arange(12, dtype=np.float32).reshape(3, 4)
    shapes = {"a": (3, 4)}
    kept(path, shapes, lambda: {"a": right})
    harm(path)
    for _ in range(2):
        assert np.array_equal(kept(path, shapes, lambda: {"a": right + 1})["a"], right + 1)
    assert [p.name for p in tmp_path.iterdir()] == ["x.npz"]


def test_a_file_that_cannot_be_finished_leaves_nothing(tmp_path, monkeypatch):
    def fails(file, **arrays):
        file.write(b"half")
        raise OSError("the disk is full")

    monkeypatch.setattr(np, "savez", fails)
    with pytest.raises(OSError, match="the disk is full"):
        kept(tmp_path / "x.npz", {"a": (2,)}, lambda: {"a": np.zeros(2, np.float32)})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_order_of_the_arms_holds(tmp_path):
    assert_what_the_course_says(carry_out(letters.study(sizes=(1, 20), seeds=tuple(range(10, 15))), tmp_path))

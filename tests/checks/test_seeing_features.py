"""Exercise 13: what is right agrees with PyTorch and central differences; other right answers pass."""

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.models.feature_extraction import create_feature_extractor
from torchvision.utils import make_grid

from coursekit import checks
from coursekit.checks.seeing_features.questions import (
    LAYERS,
    filter_grid,
    grad_cam,
    layer_output,
    nearest,
    saliency,
    small_network,
)
from coursekit.transfer import images as transfer
from tests.checks.notebook import lost
from tests.checks.notebook import solution as answers_of

NAME = "seeing_features"
EXERCISE = checks.get(NAME)


@pytest.fixture
def solution():
    return answers_of(NAME)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return small_network().double()


@pytest.fixture
def images():
    return torch.randn(3, 3, 16, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def test_the_notebook_gives_the_network_that_the_judge_knows(solution):
    ours, theirs = small_network(), solution["small_network"]()
    assert str(ours) == str(theirs)


def test_the_grid_is_torchvisions():
    weights = np.random.default_rng(0).standard_normal((7, 3, 4, 4))
    scaled = make_grid(
        torch.from_numpy(weights), nrow=3, padding=1, normalize=True, scale_each=True, pad_value=1.0
    )
    np.testing.assert_allclose(filter_grid(weights, 3), scaled[:, 1:-1, 1:-1].permute(1, 2, 0), atol=2e-5)


def test_neighbours_of_rows_of_length_one_are_those_of_the_cosine():
    rng = np.random.default_rng(0)
    rows, queries = rng.standard_normal((40, 6)), rng.standard_normal((5, 6))
    rows, queries = (a / np.linalg.norm(a, axis=1, keepdims=True) for a in (rows, queries))
    np.testing.assert_array_equal(nearest(rows, queries, 7), transfer.nearest(rows, queries, 7).indices)


@pytest.mark.parametrize("name", LAYERS)
def test_layers_give_what_torchvisions_extractor_gives(network, images, name):
    theirs = create_feature_extractor(network, [name])(images)[name]
    torch.testing.assert_close(layer_output(network, name, images), theirs.detach())


def test_saliency_is_what_central_differences_give(network, images):
    found = saliency(network, images, torch.tensor([0, 1, 2]))
    for row, column in ((0, 0), (5, 7), (15, 19)):
        sizes = []
        for channel in range(3):
            step = torch.zeros_like(images)
            step[1, channel, row, column] = 1e-6
            with torch.no_grad():
                difference = network(images + step)[1, 1] - network(images - step)[1, 1]
            sizes.append(abs(difference.item()) / 2e-6)
        assert found[1, row, column].item() == pytest.approx(max(sizes), rel=1e-5)


def test_pixels_times_gradient_is_the_score_of_a_network_without_biases(network, images):
    for parameter in network.parameters():
        if parameter.ndim == 1:
            nn.init.zeros_(parameter)
    leaf = images.clone().requires_grad_()
    score = network(leaf)[:, 2]
    (gradient,) = torch.autograd.grad(score.sum(), leaf)
    torch.testing.assert_close((leaf * gradient).sum(dim=(1, 2, 3)), score)
    torch.testing.assert_close(saliency(network, images, torch.tensor([2, 2, 2])), gradient.abs().amax(dim=1))


def test_with_global_average_pooling_grad_cam_is_the_class_activation_map(network, images):
    network.classifier = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4).double())
    maps = layer_output(network, "features.relu2", images)
    weights = network.classifier[2].weight[3].detach()
    expected = torch.einsum("nkhw,k->nhw", maps, weights).clamp(min=0) / 80
    torch.testing.assert_close(grad_cam(network, "features.relu2", images, torch.tensor([3, 3, 3])), expected)


# Other right answers


def test_answers_in_loops_and_lists_pass(solution):
    def grid(weights, columns, gap=1):
        blank, tiles = np.ones((*weights.shape[2:], 3)), []
        for f in weights:
            span = np.ptp(f)
            tiles.append(np.moveaxis((f - f.min()) / span if span else 0 * f + 0.5, 0, 2))
        rows = []
        for start in range(0, len(tiles), columns):
            row = tiles[start : start + columns]
            row += [blank] * (columns - len(row))
            padded = [np.pad(t, ((0, gap), (0, gap), (0, 0)), constant_values=1) for t in row]
            rows.append(np.concatenate(padded, axis=1))
        return np.concatenate(rows)[:-gap, :-gap].tolist()

    solution["filter_grid"] = grid
    solution["nearest"] = lambda features, queries, k: [
        sorted(range(len(features)), key=lambda i: sum((features[i] - q) ** 2))[:k] for q in queries
    ]
    assert lost(NAME, solution)[0] == set()


def test_an_output_without_a_hook_passes(solution):
    def output(model, name, images):
        part, layer = name.split(".")
        if part == "classifier":
            images = model.features(images)
        for child, module in getattr(model, part).named_children():
            images = module(images)
            if child == layer:
                return images
        raise ValueError(name)

    solution["layer_output"] = output
    assert lost(NAME, solution)[0] == set()


def test_gradients_by_backward_image_by_image_pass(solution):
    def one_by_one(model, images, classes):
        maps = []
        for image, label in zip(images, classes.tolist(), strict=True):
            leaf = nn.Parameter(image[None].clone())
            model(leaf)[0, label].backward()
            maps.append(leaf.grad[0].abs().max(dim=0).values)
        return torch.stack(maps).numpy()

    class Cam:
        """Keeps maps and gradients by two hooks, as many programs do."""

        def __call__(self, model, name, images, classes):
            layer = model.get_submodule(name)
            handle = layer.register_forward_hook(self.keep)
            nn.functional.one_hot(classes, 4).mul(model(images)).sum().backward()
            handle.remove()
            weights = self.maps.grad.mean(axis=(-2, -1))
            return torch.relu(torch.einsum("nk,nkhw->nhw", weights, self.maps))

        def keep(self, _layer, _inputs, out):
            out.retain_grad()
            self.maps = out

    solution["saliency"], solution["grad_cam"] = one_by_one, Cam()
    assert lost(NAME, solution)[0] == set()


def test_results_in_double_precision_pass(solution):
    for name in ("layer_output", "saliency", "grad_cam"):
        right = solution[name]
        solution[name] = lambda model, right=right, **named: right(model, **named).double().numpy()
    assert lost(NAME, solution)[0] == set()


# Half-right answers


def test_a_grid_for_full_rows_only_keeps_its_point(solution):
    right = solution["filter_grid"]

    def grid(weights, columns, gap=1):
        if len(weights) % columns:
            raise ValueError("cannot reshape")
        return right(weights, columns, gap)

    solution["filter_grid"] = grid
    assert lost(NAME, solution)[0] == {"filter_grid.rest"}


def test_a_hook_that_stays_costs_the_point_for_tidiness_alone(solution):
    def output(model, name, images):
        kept = []
        model.get_submodule(name).register_forward_hook(lambda _m, _i, out: kept.append(out))
        model(images)
        return kept[0]

    solution["layer_output"] = output
    assert lost(NAME, solution)[0] == {"layer_output.tidy"}


def test_a_map_stretched_to_1_finds_the_objects(solution):
    right = solution["grad_cam"]

    def stretched(*arguments, **named):
        found = right(*arguments, **named)
        return found / found.amax(dim=(1, 2), keepdim=True)

    solution["grad_cam"] = stretched
    assert lost(NAME, solution)[0] == {"grad_cam.map"}


@pytest.mark.parametrize("wrong", [3.5, "a text", (), {}, np.zeros(3), nn.ReLU()], ids=str)
def test_what_makes_no_sense_is_wrong_and_breaks_nothing(solution, wrong):
    for question in EXERCISE.questions:
        solution[question.function] = lambda *_, **__: wrong
    every = {f"{q.function}.{c.name}" for q in EXERCISE.questions for c in q.checks}
    assert lost(NAME, solution)[0] == every


@pytest.mark.parametrize("wrong", [3, np.zeros(3), nn.ReLU(), {}], ids=str)
def test_a_network_that_was_changed_is_wrong_and_breaks_nothing(solution, wrong):
    solution["small_network"] = lambda: wrong
    asked = {"layer_output", "saliency", "grad_cam"}
    assert {check.split(".")[0] for check in lost(NAME, solution)[0]} == asked

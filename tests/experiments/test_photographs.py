"""The AlexNet paper's figure 4 remade: what the network says of photographs, and its neighbours."""

import dataclasses
import json

import matplotlib.pyplot as plt
import numpy as np
import pytest

from coursekit import data
from coursekit.data import DataError
from coursekit.data.photographs import PHOTOGRAPHS
from coursekit.experiments import photographs
from coursekit.figures.photographs import Bars, draw_labels, draw_neighbours
from coursekit.transfer import images


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def labelled():
    return {each.photograph.name: each for each in photographs.label()}


@pytest.fixture
def committed(root):
    return json.loads((root / "book" / "results" / "photographs.json").read_text(encoding="utf-8"))


def test_cat_and_coffee_are_right_at_the_first_place(labelled):
    assert labelled["cat"].guesses[0].name == "Egyptian cat"
    assert labelled["coffee"].guesses[0].name == "espresso"
    assert labelled["cat"].place == labelled["coffee"].place == 1


def test_what_is_wrong_is_shown_too(labelled):
    assert labelled["rocket"].guesses[0].name == "missile"
    assert labelled["rocket"].place is None
    assert labelled["clock"].place == 3


def test_the_committed_figures_are_what_the_network_says(committed, labelled):
    assert [each["name"] for each in committed["photographs"]] == list(labelled)
    for each in committed["photographs"]:
        found = labelled[each["name"]]
        assert each["place"] == found.place
        assert each["guesses"][0]["label"] == found.guesses[0].name
        assert each["guesses"][0]["probability"] == pytest.approx(found.guesses[0].probability, abs=0.005)


def test_the_committed_neighbours_are_more_often_of_their_images_class_than_by_chance(committed):
    found = committed["neighbours"]["found"]
    assert len(found) == 10
    assert committed["neighbours"]["agreement"] > 0.3  # by chance 0.1
    for each in found:
        assert each["cosines"] == sorted(each["cosines"], reverse=True)


def test_right_labels_are_labels_of_imagenet_and_every_photograph_has_a_licence():
    known = set(images.imagenet_classes())
    for photo in PHOTOGRAPHS:
        assert set(photo.labels) <= known
        assert photo.credit.endswith(("CC0", "CC BY 2.0", "public domain"))
        assert photo.why
        assert photo.load().ndim == 3


def test_a_photograph_that_is_missing_is_named():
    with pytest.raises(
        DataError, match=r"nothing\.png of scikit-image could not be read.*Install scikit-image"
    ):
        dataclasses.replace(PHOTOGRAPHS[0], file="nothing.png").load()


def test_neighbours_are_kept_and_those_of_a_training_image_begin_with_itself(tmp_path):
    small = data.load("cifar10_small")
    first = [int(np.flatnonzero(small.y_train == label)[0]) for label in range(10)]
    split = dataclasses.replace(
        small, x_train=small.x_train[first], y_train=small.y_train[first],
        x_test=small.x_train[first], y_test=small.y_train[first],
    )  # fmt: skip
    said = []
    found = photographs.neighbours(split, tmp_path, said.append)
    assert [each.nearest[0] for each in found] == list(range(10))
    assert len(list(tmp_path.iterdir())) == len(said) == 1
    assert photographs.neighbours(split, tmp_path) == found


def test_right_labels_are_hatched_and_ticked():
    photo = np.zeros((40, 60, 3), np.uint8)
    guesses = [("tabby", 0.6), ("lynx", 0.3)]
    figure = draw_labels([Bars(photo, "cat", "CC0", guesses, ("lynx",))] * 2, columns=2)
    bars = figure.axes[2].patches
    assert [bar.get_width() for bar in bars] == [0.6, 0.3]
    assert [bool(bar.get_hatch()) for bar in bars] == [False, True]
    texts = [text.get_text() for text in figure.axes[2].texts]
    assert texts == ["tabby", "0.60", "\N{CHECK MARK} lynx", "0.30"]
    assert figure.axes[0].images[0].get_array().shape == (40, 40, 3)


def test_neighbours_of_the_querys_class_are_ticked():
    image = np.zeros((4, 4, 3), np.uint8)
    figure = draw_neighbours([[(image, "cat"), (image, "dog"), (image, "cat")]], ("test", "training"))
    assert [ax.get_xlabel() for ax in figure.axes] == ["cat", "dog", "cat \N{CHECK MARK}"]

"""`coursekit.figures.module`: the inside of a module, as its description says it."""

import matplotlib
import matplotlib.pyplot as plt
import pytest

from coursekit import networks
from coursekit.figures import WIDTH, draw_module
from coursekit.networks import Add, Concat, Conv2d, MaxPool2d, ReLU, Sequential, measure, walk
from coursekit.networks.googlenet import INCEPTION, auxiliary_classifier, inception
from coursekit.networks.resnet import basic, bottleneck
from tests.figures.legible import assert_legible

matplotlib.use("Agg")


def modules():
    """Return the different modules of all networks, with what they take."""
    found = []
    for name in networks.names():
        network = networks.get(name)
        shape = network.input_shape
        for child_name, child in network.body.children.items():
            seen = any((child, shape) == (layer, taken) for _, layer, taken in found)
            if isinstance(child, Sequential) and not seen:
                found.append((f"{name}.{child_name}", child, shape))
            shape = measure.output_shape(child, shape)
    return found


MODULES = modules()
NESTED = Sequential(
    fork=Concat(
        left=Concat(a=Conv2d(2, 3, 1), b=Sequential(conv=Conv2d(2, 4, 3, padding=1), relu=ReLU())),
        right=Sequential(add=Add(residual=Conv2d(2, 2, 1), shortcut=Sequential()), relu=ReLU()),
    ),
    pool=MaxPool2d(2),
)


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts if text.get_text()]


@pytest.mark.parametrize("module", MODULES, ids=[name for name, _, _ in MODULES])
def test_every_text_of_every_module_can_be_read(module):
    _, layer, shape = module
    figure = draw_module(layer, shape)
    assert_legible(figure)
    assert figure.get_figwidth() <= WIDTH


@pytest.mark.parametrize("module", MODULES[::3], ids=[name for name, _, _ in MODULES[::3]])
def test_every_convolution_says_its_filters(module):
    _, layer, shape = module
    told = [text for text in texts(draw_module(layer, shape)) if text.endswith(" filters")]
    convolutions = [inner for _, inner in walk(layer) if isinstance(inner, Conv2d)]
    assert sorted(told) == sorted(f"{conv.out_channels} filters" for conv in convolutions)


@pytest.mark.parametrize("module", MODULES[::3], ids=[name for name, _, _ in MODULES[::3]])
def test_what_comes_in_and_what_comes_out_of_every_layer_with_weights_is_told(module):
    _, layer, shape = module
    drawn = texts(draw_module(layer, shape))
    assert "×".join(map(str, shape)) in drawn
    for step in measure.trace(layer, shape)[0]:
        if isinstance(step.layer, Conv2d | MaxPool2d | Concat | Add) and step.output_shape[1:] != (4, 4):
            assert "×".join(map(str, step.output_shape)) in drawn  # 4x4 is flattened in the same box


def test_inception_3a_shows_its_six_widths_in_the_order_of_the_table():
    drawn = texts(draw_module(inception(192, INCEPTION["3a"]), (192, 28, 28)))
    told = [int(text.split()[0]) for text in drawn if text.endswith(" filters")]
    assert told == [64, 96, 128, 16, 32, 32]
    assert drawn[-2:] == ["concat", "256×28×28"]


def test_the_branches_of_a_module_are_named_from_left_to_right():
    figure = draw_module(inception(192, INCEPTION["3a"]), (192, 28, 28))
    names = ["conv_1x1", "conv_3x3", "conv_5x5", "pool_proj"]
    placed = {text.get_text(): text.get_position()[0] for text in figure.axes[0].texts}
    assert sorted(names, key=placed.__getitem__) == names


def test_an_identity_shortcut_is_a_line_without_a_box():
    drawn = texts(draw_module(basic(64, 64, stride=1), (64, 56, 56)))
    assert "identity" in drawn
    assert [text for text in drawn if text.startswith("conv ")] == ["conv 3×3, pad 1"] * 2


def test_a_projection_shortcut_is_a_convolution():
    drawn = texts(draw_module(bottleneck(256, 128, stride=2), (256, 56, 56)))
    assert "identity" not in drawn
    at = drawn.index("shortcut")
    assert drawn[at + 1 : at + 6] == ["conv", "conv 1×1, stride 2", "512 filters", "batch norm", "512×28×28"]


def test_relu_after_the_sum_is_a_box_of_its_own():
    drawn = texts(draw_module(basic(64, 64, stride=1), (64, 56, 56)))
    assert drawn[-5:] == ["+", "64×56×56", "relu", "ReLU", "64×56×56"]


def test_an_auxiliary_classifier_leaves_what_passes_by_unchanged():
    drawn = texts(draw_module(auxiliary_classifier(512), (512, 14, 14)))
    assert "unchanged" in drawn
    assert drawn[-1] == "1000"
    assert not {"+", "concat"} & set(drawn)


def test_what_passes_a_side_path_goes_on_to_the_next_layer():
    body = Sequential(side=auxiliary_classifier(512), conv=Conv2d(512, 8, 1))
    figure = draw_module(body, (512, 14, 14))
    assert_legible(figure)
    drawn = {text.get_text(): text.get_position() for text in figure.axes[0].texts}
    passing = drawn["unchanged"][0]
    ends = [line.get_xydata() for line in figure.axes[0].lines]
    beside = [line for line in ends if line[0, 0] < passing and line[1, 0] == drawn["8 filters"][0]]
    assert len(beside) == 1  # from below "unchanged" to above the convolution
    assert drawn["1000"][1] < beside[0][0, 1] < drawn["8 filters"][1]


def test_branches_within_branches_are_drawn():
    figure = draw_module(NESTED, (2, 8, 8))
    assert_legible(figure)
    assert texts(figure)[-3:] == ["pool", "max 2×2, stride 2", "9×4×4"]


def test_a_layer_that_is_not_made_of_layers_is_refused():
    with pytest.raises(TypeError, match=r"made of layers .* got Conv2d"):
        draw_module(Conv2d(1, 1, 1), (1, 2, 2))


def test_an_input_that_does_not_fit_is_refused_by_the_layer_that_does_not_take_it():
    with pytest.raises(ValueError, match=r"conv.*expected an input of shape \(192, height, width\)"):
        draw_module(inception(192, INCEPTION["3a"]), (3, 28, 28))

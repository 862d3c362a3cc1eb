"""One description, two backends: the same numbers, the same weights, the same training."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import coursekit.numpy_nn as cnp
import coursekit.torch_nn as ct
from coursekit import data, networks
from coursekit.networks import (
    Auxiliary,
    AvgPool2d,
    Conv2d,
    Flatten,
    GlobalAvgPool2d,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    Network,
    ReLU,
    Sequential,
)
from coursekit.networks.googlenet import Widths, auxiliary_classifier, inception
from coursekit.numpy_nn import functional as F
from coursekit.training import LENET5, Recipe, initial_state
from tests.helpers import drawn, own_messages

# LeNet-5 of both kinds runs at once; the networks for ImageNet take seconds each.
LIGHT = ["lenet5", "lenet5_1998"]
NAMES = [pytest.param(name, marks=[] if name in LIGHT else [pytest.mark.slow]) for name in networks.names()]


def images(name, n=3, dtype=np.float32):
    return drawn((n, *networks.get(name).input_shape))[0].astype(dtype)


def narrow_googlenet():
    """GoogLeNet's parts with a few maps each, on small images; without chance, so with no dropout."""
    widths = Widths(2, 3, 4, 1, 2, 2)
    heads = [
        Auxiliary(**{n: part for n, part in auxiliary_classifier(maps).children.items() if n != "drop"})
        for maps in (6, widths.out)
    ]
    return Network(
        name="narrow",
        input_shape=(3, 28, 28),
        body=Sequential(
            conv1=Conv2d(3, 6, kernel_size=7, stride=2, padding=3),
            relu1=ReLU(),
            norm1=LocalResponseNorm(k=1.0),
            auxiliary_0=heads[0],
            inception_a=inception(6, widths),
            auxiliary_a=heads[1],
            pool=MaxPool2d(kernel_size=3, stride=2, ceil_mode=True),
            inception_b=inception(widths.out, widths),
            global_pool=GlobalAvgPool2d(),
            flatten=Flatten(),
            fc=Linear(widths.out, 5),
        ),
        source="Szegedy et al. 2015, narrow",
    )


TRAINED = {
    "lenet5": networks.get("lenet5"),
    "lenet5_1998": networks.get("lenet5_1998"),
    "resnet18": replace(networks.get("resnet18"), input_shape=(3, 64, 64)),
    "narrow googlenet": narrow_googlenet(),
}


@pytest.mark.parametrize("name", NAMES)
def test_scores_agree_to_one_in_ten_thousand(name):
    network = networks.get(name)
    state = initial_state(network, seed=3)
    for array in state:  # running statistics that are not those of the identity
        if "running" in array:
            state[array] = (state[array] + np.random.default_rng(0).random(state[array].shape)).astype("f4")
    x = images(name, 1)
    module = ct.module(network.body).eval()
    ct.load_arrays(module, state)
    with torch.no_grad():
        expected = module(torch.tensor(x)).numpy()
    got = cnp.Model(network, state).forward(x)
    assert np.abs(got - expected).max() <= 1e-4 * np.abs(expected).max()


@pytest.mark.parametrize("name", LIGHT)
def test_the_same_seed_gives_the_same_scores(name):
    x = images(name)
    expected = ct.build(name, seed=3, device="cpu").eval()(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(cnp.build(name, seed=3).forward(x), expected, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_layers_written_out_in_torch_equal_those_of_torch_nn(name):
    x = torch.tensor(images(name, 1))
    with torch.no_grad():
        written_out = ct.build(name, device="cpu", ops=ct.WRITTEN_OUT).eval()(x)
        expected = ct.build(name, device="cpu").eval()(x)
    assert (written_out - expected).abs().max() <= 1e-4 * expected.abs().max()


@pytest.mark.parametrize("name", NAMES)
def test_parameter_counts_of_description_numpy_and_torch_are_equal(name):
    count = networks.get(name).parameter_count
    assert sum(p.size for p in cnp.build(name).parameters().values()) == count
    assert sum(p.numel() for p in ct.build(name, device="cpu").parameters()) == count


@pytest.mark.parametrize("name", TRAINED)
def test_gradients_by_all_parameters_and_by_the_image_are_equal(name):
    network = TRAINED[name]
    state = {k: v.astype(np.float64) for k, v in initial_state(network).items()}
    (x,) = drawn((3, *network.input_shape))
    labels = np.array([1, 0, 2])
    model = cnp.Model(network, state)
    out = model.forward(x, training=True)
    losses = [F.softmax_cross_entropy(scores, labels) for scores in (out, *model.auxiliary)]
    dx = model.backward(losses[0][1], tuple(gradient for _, gradient in losses[1:]))

    module, tensor = ct.module(network.body).double().train(), torch.tensor(x, requires_grad=True)
    ct.load_arrays(module, state)
    torch.manual_seed(0)
    heads = [module(tensor), *ct.auxiliary_outputs(module)]
    expected = sum(torch.nn.functional.cross_entropy(head, torch.tensor(labels)) for head in heads)
    expected.backward()
    assert sum(loss for loss, _ in losses) == pytest.approx(expected.item(), abs=1e-9)
    np.testing.assert_allclose(dx, tensor.grad.numpy(), atol=1e-9)
    gradients = model.gradients()
    assert list(gradients) == list(model.parameters()) == [n for n, _ in module.named_parameters()]
    for parameter, value in module.named_parameters():
        np.testing.assert_allclose(gradients[parameter], value.grad.numpy(), atol=1e-8)
    for buffer, value in ct.to_arrays(module).items():  # the running statistics have moved alike
        np.testing.assert_allclose(model.state_dict()[buffer], value, atol=1e-9)


def test_auxiliary_classifiers_run_in_training_only():
    network = narrow_googlenet()
    model, module = cnp.Model(network, initial_state(network)), ct.module(network.body)
    (x,) = drawn((2, *network.input_shape))
    model.forward(x, training=True)
    module.float().train()(torch.tensor(x).float())
    assert [a.shape for a in model.auxiliary] == [(2, 1000)] * 2
    assert [tuple(a.shape) for a in ct.auxiliary_outputs(module)] == [(2, 1000)] * 2
    model.forward(x)
    module.eval()(torch.tensor(x).float())
    assert model.auxiliary == ct.auxiliary_outputs(module) == []


def test_weights_pass_both_ways():
    model, module = cnp.build("lenet5", seed=1), ct.build("lenet5", seed=2, device="cpu")
    ct.load_arrays(module, model.state_dict())
    other = cnp.build("lenet5", seed=4)
    other.load_state_dict(ct.to_arrays(module))
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(other.state_dict()[name], value)


def test_the_first_fifty_losses_are_equal():
    inputs = data.load("fashion_mnist_small").inputs()
    x, y = inputs.x_train[: 50 * 64], inputs.y_train[: 50 * 64]
    recipe = Recipe(epochs=1, batch_size=64, lr=LENET5.lr, momentum=0.9, weight_decay=5e-4)
    numpy, torch_ = (
        b.fit(m, x, y, recipe, seed=5, progress=False)
        for b, m in ((cnp, cnp.build("lenet5")), (ct, ct.build("lenet5", device="cpu")))
    )
    assert len(numpy.losses) == 50
    np.testing.assert_allclose(numpy.losses, torch_.losses, atol=1e-4)
    assert np.mean(numpy.losses[-10:]) < np.mean(numpy.losses[:10]) - 0.5


@pytest.mark.parametrize("backend", [cnp, ct])
def test_the_same_seed_trains_the_same_network_twice(backend):
    x, y = images("lenet5", 20), np.arange(20) % 10
    recipe = Recipe(epochs=2, batch_size=8, lr=0.1, cuts=(1,), momentum=0.9)
    runs = [
        backend.fit(backend.build("lenet5"), x, y, recipe, seed=1, test=(x, y), progress=False)
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    assert len(runs[0].losses) == 6  # batches of 8, 8 and 4, twice
    assert len(runs[0].test_accuracies) == 2


def test_both_backends_normalise_by_the_plain_sum_that_the_paper_prints():
    """Krizhevsky et al. 2012, sec. 3.3: x / (k + alpha * sum over 5 channels of x^2)^beta, not the mean."""
    layer = LocalResponseNorm(size=5, alpha=0.5, beta=0.75, k=2.0)
    network = Network("lrn", (7, 2, 3), Sequential(norm=layer), "Krizhevsky et al. 2012, sec. 3.3")
    (x,) = drawn((2, 7, 2, 3))
    sums = np.stack([np.square(x[:, max(0, c - 2) : c + 3]).sum(axis=1) for c in range(7)], axis=1)
    expected = x / (2.0 + 0.5 * sums) ** 0.75
    np.testing.assert_allclose(cnp.Model(network, {}).forward(x), expected, atol=1e-12)
    for ops in (None, ct.WRITTEN_OUT):
        got = ct.module(network.body, ops)(torch.tensor(x)).numpy()
        np.testing.assert_allclose(got, expected, atol=1e-12)


def test_your_function_in_our_network():
    calls = []

    def my_forward(x, w, b, **settings):
        calls.append(settings)
        return F.conv2d_forward(x, w, b, **settings)

    model = cnp.build("lenet5", ops={Conv2d: (my_forward, F.conv2d_backward)})
    x = images("lenet5")
    np.testing.assert_array_equal(model.forward(x), cnp.build("lenet5").forward(x))
    model.backward(np.ones((3, 10), np.float32))
    assert [c["padding"] for c in calls] == [2, 0]


def test_training_asks_for_no_gradient_by_the_images_and_gets_the_same_others():
    x, dout = images("lenet5"), np.ones((3, 10), np.float32)
    with_dx, without = cnp.build("lenet5"), cnp.build("lenet5")
    for model in (with_dx, without):
        model.forward(x, training=True)
    assert with_dx.backward(dout).shape == x.shape
    assert without.backward(dout, input_gradient=False) is None
    for name, gradient in with_dx.gradients().items():
        np.testing.assert_array_equal(without.gradients()[name], gradient)


def test_images_of_another_shape_are_refused():
    with own_messages(), pytest.raises(ValueError, match=r"lenet5: x must have shape \(N, 1, 28, 28\)"):
        cnp.build("lenet5").forward(np.zeros((1, 28, 28, 1), np.float32))


def test_backward_without_forward_is_refused():
    with pytest.raises(RuntimeError, match="call forward before backward"):
        cnp.build("lenet5").backward(np.zeros((1, 10)))


def test_a_state_that_does_not_fit_is_refused_and_changes_nothing():
    model = cnp.build("lenet5")
    before = {k: v.copy() for k, v in model.state_dict().items()}
    state = dict(before)
    state["fc9.weight"] = state.pop("fc3.weight")
    with pytest.raises(ValueError, match=r"missing \['fc3.weight'\], unknown \['fc9.weight'\]"):
        model.load_state_dict(state)
    with pytest.raises(ValueError, match=r"fc3.bias must have shape \(10,\)"):
        model.load_state_dict({**before, "fc3.bias": np.zeros(3)})
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


@pytest.mark.parametrize("build", [cnp.build, lambda name, **kw: ct.build(name, device="cpu", **kw)])
def test_an_unknown_layer_type_in_ops_is_refused(build):
    with own_messages(), pytest.raises(ValueError, match="not a layer type"):
        build("lenet5", ops={int: (None, None)})


def test_one_pair_replaces_one_layer_type_only():
    model = ct.build("lenet5", device="cpu", ops={AvgPool2d: ct.functional.avg_pool2d})
    assert type(model.conv1) is torch.nn.Conv2d
    assert type(model.pool1) is not torch.nn.AvgPool2d


@pytest.mark.slow
@pytest.mark.parametrize("backend", [cnp, ct])
def test_lenet5_reaches_85_percent_on_the_embedded_data(backend):
    inputs = data.load("fashion_mnist_small").inputs()
    model = backend.build("lenet5")
    test = inputs.x_test, inputs.y_test
    history = backend.fit(model, inputs.x_train, inputs.y_train, LENET5, test=test, progress=False)
    assert history.test_accuracies[-1] >= 0.85


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", networks.names())
def test_cuda_gives_the_numbers_of_the_cpu(name):
    x = torch.tensor(images(name, 1, dtype=np.float64))
    on_cpu, on_gpu = (ct.build(name, device=d).double().eval() for d in ("cpu", "cuda"))
    with torch.no_grad():
        torch.testing.assert_close(on_gpu(x.cuda()).cpu(), on_cpu(x), atol=1e-9, rtol=1e-9)

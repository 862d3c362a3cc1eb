"""One description, two backends: the same numbers, the same weights, the same training."""

import numpy as np
import pytest
import torch

import coursekit.numpy_nn as cnp
import coursekit.torch_nn as ct
from coursekit import data, networks
from coursekit.networks import AvgPool2d, Conv2d
from coursekit.numpy_nn import functional as F
from coursekit.training import LENET5, Recipe
from tests.helpers import drawn, own_messages

NAMES = networks.names()


def images(name, n=3, dtype=np.float32):
    return drawn((n, *networks.get(name).input_shape))[0].astype(dtype)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_scores(name):
    x = images(name)
    expected = ct.build(name, seed=3, device="cpu").eval()(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(cnp.build(name, seed=3).forward(x), expected, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_layers_written_out_in_torch_equal_those_of_torch_nn(name):
    x = torch.tensor(images(name))
    written_out = ct.build(name, device="cpu", ops=ct.WRITTEN_OUT)
    torch.testing.assert_close(written_out(x), ct.build(name, device="cpu")(x), atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", NAMES)
def test_parameter_counts_of_description_numpy_and_torch_are_equal(name):
    count = networks.get(name).parameter_count
    assert sum(p.size for p in cnp.build(name).state_dict().values()) == count
    assert sum(p.numel() for p in ct.build(name, device="cpu").parameters()) == count


@pytest.mark.parametrize("name", NAMES)
def test_gradients_by_all_parameters_and_by_the_image_are_equal(name):
    x, labels = images(name, dtype=np.float64), np.array([1, 0, 2])
    model = cnp.build(name)
    model.load_state_dict({k: v.astype(np.float64) for k, v in model.state_dict().items()})
    loss, dscores = F.softmax_cross_entropy(model.forward(x, training=True), labels)
    dx = model.backward(dscores)
    module, tensor = ct.build(name, device="cpu").double(), torch.tensor(x, requires_grad=True)
    expected = torch.nn.functional.cross_entropy(module(tensor), torch.tensor(labels))
    expected.backward()
    assert loss == pytest.approx(expected.item(), abs=1e-9)
    np.testing.assert_allclose(dx, tensor.grad.numpy(), atol=1e-9)
    gradients = model.gradients()
    assert list(gradients) == list(model.state_dict()) == [n for n, _ in module.named_parameters()]
    for parameter, value in module.named_parameters():
        np.testing.assert_allclose(gradients[parameter], value.grad.numpy(), atol=1e-9)


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
@pytest.mark.parametrize("name", NAMES)
def test_cuda_gives_the_numbers_of_the_cpu(name):
    x = torch.tensor(images(name, dtype=np.float64))
    on_cpu, on_gpu = (ct.build(name, device=d).double() for d in ("cpu", "cuda"))
    torch.testing.assert_close(on_gpu(x.cuda()).cpu(), on_cpu(x), atol=1e-9, rtol=0)

"""The PyTorch modules have the losses of the NumPy learners, and autograd their gradients."""

import numpy as np
import pytest
import torch

from coursekit.transfer import text
from coursekit.transfer.text import torch_modules
from coursekit.transfer.text.glove import glove_loss_and_gradients
from coursekit.transfer.text.sgns import sgns_loss_and_gradients
from coursekit.transfer.text.subwords import Groups, group_means_backward, group_means_forward
from tests.helpers import drawn

CENTRES = np.array([3, 0, 3, 2])
CONTEXTS = np.array([1, 1, 1, 0])
NEGATIVES = np.array([[0, 2], [2, 2], [0, 0], [3, 1]])
GROUPS = Groups.of([[0, 3, 3], [5], [1, 0], [2, 4, 5, 1]])


def leaves(arrays):
    return [torch.from_numpy(array).requires_grad_() for array in arrays]


def assert_equal(loss, parameters, expected_loss, expected_gradients):
    assert loss.item() == pytest.approx(expected_loss, rel=1e-12)
    for gradient, expected in zip(torch.autograd.grad(loss, parameters), expected_gradients, strict=True):
        np.testing.assert_allclose(gradient.numpy(), expected, rtol=1e-10, atol=1e-12)


def scattered(rows, values, shape):
    total = np.zeros(shape)
    np.add.at(total, rows, values)
    return total


def test_the_sgns_loss_and_its_gradients_are_numpys():
    arrays = drawn((4, 3), (4, 3), (4, 5, 3))
    loss, *gradients = sgns_loss_and_gradients(*arrays)
    tensors = leaves(arrays)
    assert_equal(torch_modules.sgns_loss(*tensors), tensors, loss, gradients)


def test_the_glove_loss_and_its_gradients_are_numpys():
    arrays = drawn((4, 3), (4, 3), (4,), (4,))
    x = np.array([0.5, 20.0, 100.0, 300.0])
    loss, *gradients = glove_loss_and_gradients(*arrays, x, 50, 0.6)
    tensors = leaves(arrays)
    ours = torch_modules.glove_loss(*tensors, torch.from_numpy(x), 50, 0.6)
    assert_equal(ours, tensors, loss, gradients)


def test_skip_gram_adds_up_gradients_of_words_that_come_twice():
    model = torch_modules.SkipGram(4, 3).double()
    torch.nn.init.normal_(model.contexts.weight)
    centres, contexts = (table.weight.detach().numpy() for table in (model.centres, model.contexts))
    loss, dv, du, dn = sgns_loss_and_gradients(centres[CENTRES], contexts[CONTEXTS], contexts[NEGATIVES])
    expected = [
        scattered(CENTRES, dv, (4, 3)),
        scattered(CONTEXTS, du, (4, 3)) + scattered(NEGATIVES, dn, (4, 3)),
    ]
    found = model(*map(torch.from_numpy, (CENTRES, CONTEXTS, NEGATIVES)))
    assert_equal(found, [model.centres.weight, model.contexts.weight], loss, expected)


def test_fasttext_passes_the_gradient_of_a_mean_to_every_row():
    model = torch_modules.FastText(GROUPS, rows=6, dim=3).double()
    torch.nn.init.normal_(model.contexts.weight)
    table, contexts = (part.weight.detach().numpy() for part in (model.centres, model.contexts))
    means = group_means_forward(table, GROUPS)
    loss, dv, du, dn = sgns_loss_and_gradients(means[CENTRES], contexts[CONTEXTS], contexts[NEGATIVES])
    dtable = np.zeros_like(table)
    group_means_backward(dv, GROUPS.choose(CENTRES), dtable)
    dcontexts = scattered(CONTEXTS, du, (4, 3)) + scattered(NEGATIVES, dn, (4, 3))
    found = model(*map(torch.from_numpy, (CENTRES, CONTEXTS, NEGATIVES)))
    assert_equal(found, [model.centres.weight, model.contexts.weight], loss, [dtable, dcontexts])


def test_glove_looks_up_vectors_and_biases_of_word_and_context():
    model = torch_modules.GloVe(4, 3, x_max=10).double()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    x = np.array([1.0, 4.0, 10.0, 50.0])
    w, w_tilde, b, b_tilde = (parameter.detach().numpy() for parameter in model.parameters())
    loss, *gradients = glove_loss_and_gradients(
        w[CENTRES], w_tilde[CONTEXTS], b[CENTRES, 0], b_tilde[CONTEXTS, 0], x, 10
    )
    dw, dw_tilde, db, db_tilde = gradients
    expected = [
        scattered(CENTRES, dw, (4, 3)),
        scattered(CONTEXTS, dw_tilde, (4, 3)),
        scattered(CENTRES, db[:, None], (4, 1)),
        scattered(CONTEXTS, db_tilde[:, None], (4, 1)),
    ]
    found = model(*map(torch.from_numpy, (CENTRES, CONTEXTS, x)))
    assert_equal(found, list(model.parameters()), loss, expected)


def test_a_step_of_the_numpy_learner_is_a_step_of_sgd(corpus):
    learner = text.SkipGram(dim=8, epochs=1).fit(corpus, progress=False)
    model = torch_modules.SkipGram(12, 8)
    with torch.no_grad():
        model.centres.weight.copy_(torch.from_numpy(learner._centres))
        model.contexts.weight.copy_(torch.from_numpy(learner._contexts))
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    loss = model(*map(torch.from_numpy, (CENTRES, CONTEXTS, NEGATIVES)))
    loss.backward()
    optimiser.step()
    before = learner._step(*(rows.astype(np.int32) for rows in (CENTRES, CONTEXTS, NEGATIVES)), 0.1)
    assert loss.item() == pytest.approx(before, rel=1e-5)
    np.testing.assert_allclose(learner._centres, model.centres.weight.detach(), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(learner._contexts, model.contexts.weight.detach(), rtol=1e-4, atol=1e-6)

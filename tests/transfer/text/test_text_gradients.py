"""Losses are those of the papers, and their gradients agree with central differences."""

import numpy as np
import pytest

from coursekit.transfer.text import glove_loss_and_gradients, glove_weight, ngrams, sgns_loss_and_gradients
from coursekit.transfer.text.sgns import add_rows
from coursekit.transfer.text.subwords import Groups, bucket, group_means_backward, group_means_forward
from tests.helpers import central_difference, drawn, own_messages


def test_the_sgns_loss_of_two_pairs_by_hand():
    centre = np.array([[1.0, 0.0], [0.0, 2.0]])
    context = np.array([[2.0, 5.0], [1.0, 1.0]])
    negatives = np.array([[[1.0, 1.0]], [[3.0, -1.0]]])
    loss, *_ = sgns_loss_and_gradients(centre, context, negatives)
    terms = [2, -1, 2, 2]  # u.v and -n.v of the first pair, then of the second
    assert loss == pytest.approx(sum(np.log(1 + np.exp(-t)) for t in terms))


@pytest.mark.parametrize("shape", [(), (4,)], ids=["one pair", "a batch"])
@pytest.mark.parametrize("argument", [0, 1, 2], ids=["centre", "context", "negatives"])
def test_sgns_gradients_agree_with_central_differences(shape, argument):
    arrays = drawn((*shape, 3), (*shape, 3), (*shape, 5, 3))
    gradients = sgns_loss_and_gradients(*arrays)[1:]
    slope = central_difference(
        lambda: np.array(sgns_loss_and_gradients(*arrays)[0]), arrays[argument], np.array(1.0)
    )
    np.testing.assert_allclose(gradients[argument], slope, rtol=1e-6, atol=1e-8)


def test_the_sgns_loss_does_not_overflow():
    loss, *gradients = sgns_loss_and_gradients(
        np.full((1, 1), 1e3), np.full((1, 1), -1e3), np.ones((1, 1, 1))
    )
    assert loss == pytest.approx(1e6 + 1e3)
    assert all(np.isfinite(g).all() for g in gradients)


def test_sgns_shapes_that_do_not_fit_are_named():
    with own_messages(), pytest.raises(ValueError, match=r"\(2, 3\), \(2, 3\), \(2, 5, 4\); expected"):
        sgns_loss_and_gradients(*drawn((2, 3), (2, 3), (2, 5, 4)))


def test_rows_that_come_twice_are_added_twice():
    table, ours, values = *drawn((5, 3), (5, 3)), drawn((6, 3), seed=1)[0]
    rows = np.array([4, 0, 4, 4, 2, 0])
    ours[:] = table
    add_rows(ours, rows, values)
    for row, value in zip(rows, values, strict=True):
        table[row] += value
    np.testing.assert_allclose(ours, table)


def test_the_glove_weight_rises_to_one_at_x_max():
    x = np.array([1.0, 16.0, 100.0, 5000.0])
    np.testing.assert_allclose(glove_weight(x), [0.01**0.75, 0.16**0.75, 1, 1])
    np.testing.assert_allclose(glove_weight(x, x_max=16, alpha=0.5), [0.25, 1, 1, 1])


def test_the_glove_loss_of_a_pair_by_hand():
    w, w_tilde = np.array([[1.0, 2.0]]), np.array([[3.0, -1.0]])
    loss, *_ = glove_loss_and_gradients(w, w_tilde, np.array([0.5]), np.array([0.25]), np.array([10.0]))
    assert loss == pytest.approx(0.1**0.75 * (1 + 0.5 + 0.25 - np.log(10)) ** 2)


@pytest.mark.parametrize("argument", range(4), ids=["w", "w_tilde", "b", "b_tilde"])
def test_glove_gradients_agree_with_central_differences(argument):
    arrays = drawn((4, 3), (4, 3), (4,), (4,))
    x = np.array([0.5, 20.0, 100.0, 300.0])
    gradients = glove_loss_and_gradients(*arrays, x)[1:]
    slope = central_difference(
        lambda: np.array(glove_loss_and_gradients(*arrays, x)[0]), arrays[argument], np.array(1.0)
    )
    np.testing.assert_allclose(gradients[argument], slope, rtol=1e-6, atol=1e-8)


GROUPS = Groups.of([[0, 3, 3], [5], [1, 0], [2, 4, 5, 1]])


def test_group_means_are_means():
    (table,) = drawn((6, 3))
    means = group_means_forward(table, GROUPS.choose(np.array([3, 0, 0])))
    expected = [table[[2, 4, 5, 1]].mean(0), table[[0, 3, 3]].mean(0), table[[0, 3, 3]].mean(0)]
    np.testing.assert_allclose(means, expected)


def test_fasttext_gradients_agree_with_central_differences():
    table, context, negatives = drawn((6, 3), (4, 3), (4, 5, 3))

    def loss():
        return np.array(sgns_loss_and_gradients(group_means_forward(table, GROUPS), context, negatives)[0])

    dcentre = sgns_loss_and_gradients(group_means_forward(table, GROUPS), context, negatives)[1]
    dtable = np.zeros_like(table)
    group_means_backward(dcentre, GROUPS, dtable)
    np.testing.assert_allclose(dtable, central_difference(loss, table, np.array(1.0)), rtol=1e-6, atol=1e-8)


def test_ngrams_have_angles_at_both_ends():
    assert ngrams("cat", 3, 3) == ["<ca", "cat", "at>"]
    assert ngrams("ab") == ["<ab", "ab>"]  # and not <ab> itself
    assert ngrams("a") == []
    assert max(map(len, ngrams("international"))) == 6


def test_the_hash_is_fnv_1a():
    # From the tables of Fowler, Noll & Vo: the 32-bit FNV-1a hashes of "a" and "foobar".
    assert bucket("a", 2**32) == 0xE40C292C
    assert bucket("foobar", 2**32) == 0xBF9CF968
    assert bucket("foobar", 1000) == 0xBF9CF968 % 1000

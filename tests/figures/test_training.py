"""`coursekit.figures.training`: the numbers behind learning curves and confusions."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from coursekit.figures.training import block_means, confusions, draw_confusions, draw_learning_curves
from coursekit.training import History

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def test_block_means_are_the_means_of_consecutive_losses():
    np.testing.assert_allclose(block_means([1, 3, 5, 7], 2), [2, 6])


def test_a_shorter_last_block_has_its_own_mean():
    np.testing.assert_allclose(block_means([1, 3, 8], 2), [2, 8])


def test_the_curves_show_every_test_accuracy_at_its_epoch():
    history = History(losses=[2.0, 1.0, 1.0, 0.5], test_accuracies=[0.4, 0.7])
    _, right = draw_learning_curves({"NumPy": history}, steps_per_epoch=2).axes
    (line,) = right.lines
    np.testing.assert_array_equal(line.get_xdata(), [1, 2])
    np.testing.assert_array_equal(line.get_ydata(), [0.4, 0.7])


def test_the_loss_is_drawn_at_the_end_of_the_part_that_it_is_the_mean_of():
    history = History(losses=[2.0, 1.0, 1.0, 0.5], test_accuracies=[0.4, 0.7])
    left, _ = draw_learning_curves({"NumPy": history}, steps_per_epoch=2, blocks=1).axes
    np.testing.assert_allclose(left.lines[0].get_xdata(), [1, 2])
    np.testing.assert_allclose(left.lines[0].get_ydata(), [1.5, 0.75])


def test_every_run_has_a_name_in_the_legend():
    history = History(losses=[2.0, 1.0], test_accuracies=[0.4])
    _, right = draw_learning_curves({"NumPy": history, "PyTorch": history}, steps_per_epoch=2).axes
    assert [text.get_text() for text in right.get_legend().get_texts()] == ["NumPy", "PyTorch"]


def test_confusions_count_the_right_class_in_the_row_and_the_answer_in_the_column():
    counts = confusions(np.array([0, 0, 0, 1]), np.array([0, 2, 2, 1]), 3)
    np.testing.assert_array_equal(counts, [[1, 0, 2], [0, 1, 0], [0, 0, 0]])


def test_what_is_not_a_class_is_refused():
    with pytest.raises(ValueError, match="classes are 0 to 2, got 0 to 3"):
        confusions(np.array([0]), np.array([3]), 3)


def test_labels_and_predictions_of_different_length_are_refused():
    with pytest.raises(ValueError, match="predictions"):
        confusions(np.array([0, 1]), np.array([0]), 3)


def test_the_drawn_table_holds_every_count_but_the_zeros():
    figure = draw_confusions(np.array([[5, 0], [2, 7]]), ["bag", "coat"])
    drawn = {text.get_position()[::-1]: text.get_text() for text in figure.axes[0].texts}
    assert drawn == {(0, 0): "5", (1, 0): "2", (1, 1): "7"}

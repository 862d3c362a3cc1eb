"""Exercise 14: references against measured slopes and PyTorch; other right answers pass, half-right half."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from coursekit import checks
from coursekit.answers import LocalAnswers
from coursekit.answers.values import TensorArgument
from coursekit.checks.transfer_text import classifier, questions, reference
from coursekit.transfer.text import FastText, NegativeSampler
from coursekit.transfer.text import classify as library
from tests.checks.notebook import read
from tests.checks.notebook import solution as answers_of
from tests.helpers import central_difference, drawn

EXERCISE = checks.get("transfer_text")
QUICK = [q.function for q in EXERCISE.questions if q.function != "train"]
ARRAYS = QUICK[:7]


@pytest.fixture
def solution():
    return answers_of("transfer_text")


def failed(solution, *functions):
    """Return the checks of some questions that the answers fail, as "question.check"."""
    answers = LocalAnswers(solution)
    reports = [EXERCISE.run(function, answers) for function in functions or QUICK]
    return {f"{r.question}.{v.check}" for r in reports for v in r.verdicts if v.points < v.max_points}


def told(solution, function):
    """Return all messages about one question."""
    return " ".join(v.message for v in EXERCISE.run(function, LocalAnswers(solution)).verdicts)


# The references against independent truth


def test_the_checks_are_10_points_and_the_text_2():
    by_hand = [cell.metadata.nbgrader for cell in read("transfer_text").cells if cell.cell_type == "markdown"]
    assert (EXERCISE.points, [m["points"] for m in by_hand if m["grade"]]) == (10, [2])


def test_the_references_negatives_are_as_frequent_as_the_samplers_draws():
    counts, rng = np.array([81, 16, 1, 256]), np.random.default_rng(0)
    draws = NegativeSampler(counts).draw(np.full(50_000, 3, np.int32), 1, rng)
    expected = reference.negative_probabilities(counts.astype(float), 3)
    np.testing.assert_allclose(np.bincount(draws[:, 0], minlength=4) / 50_000, expected, atol=0.01)


@pytest.mark.parametrize("whose", ["reference", "solution"])
def test_gradients_of_skip_gram_are_measured_slopes(solution, whose):
    sgns = getattr(reference, "sgns") if whose == "reference" else solution["sgns"]  # noqa: B009
    arrays = drawn((4,), (4,), (3, 4))
    for array, gradient in zip(arrays, sgns(*arrays)[1:], strict=True):
        slopes = central_difference(lambda: np.array(sgns(*arrays)[0]), array, np.array(1.0))
        np.testing.assert_allclose(gradient, slopes, atol=1e-7)


@pytest.mark.parametrize("whose", ["reference", "solution"])
def test_gradients_of_glove_are_measured_slopes(solution, whose):
    glove = getattr(reference, "glove") if whose == "reference" else solution["glove"]  # noqa: B009
    *arrays, x = *drawn((5, 3), (5, 3), (5,), (5,)), np.array([1.0, 7, 10, 60, 200])
    for array, gradient in zip(arrays, glove(*arrays, x, x_max=10.0)[1:], strict=True):
        slopes = central_difference(lambda: np.array(glove(*arrays, x, x_max=10.0)[0]), array, np.array(1.0))
        np.testing.assert_allclose(gradient, slopes, atol=1e-5)


def test_the_references_step_is_that_of_pytorchs_optimiser():
    words, contexts = (torch.from_numpy(a).requires_grad_() for a in drawn((6, 4), (6, 4)))
    before = words.detach().numpy().copy(), contexts.detach().numpy().copy()
    negatives = np.array([1, 4, 1])
    scores = torch.cat([contexts[[5]], -contexts[negatives]]) @ words[2]
    (-F.logsigmoid(scores).sum()).backward()
    torch.optim.SGD([words, contexts], lr=0.5).step()
    for got, expected in zip(
        reference.sgns_step(*before, 2, 5, negatives, 0.5), (words, contexts), strict=True
    ):
        np.testing.assert_allclose(got, expected.detach().numpy())


def test_the_references_word_vectors_are_those_of_the_librarys_fasttext():
    corpus = [["the", "blackbird", "sings"], ["the", "bird", "sings"]] * 5
    model = FastText(dim=4, min_count=1, buckets=50, epochs=1, subsample=None).fit(corpus, progress=False)
    index = {word: row for row, word in enumerate(model.vectors.words)}
    pieces, own = model._table[:50], model._table[50:]
    for word in ("blackbird", "bird", "blackbirds"):
        np.testing.assert_allclose(reference.word_vector(word, index, own, pieces), model[word], atol=1e-6)


def test_the_references_classifier_is_the_librarys():
    matrix = np.float32(drawn((6, 4))[0])
    theirs = library.TextClassifier(library.WordVectors(list("abcdef"), matrix), ["x", "y", "z"])
    net = reference.TextClassifier(torch.from_numpy(matrix), 3)
    net.head.load_state_dict(theirs.head.state_dict())
    rows = [[int(i) for i in row if i >= 0] for row in questions.WORDS]
    expected = theirs(theirs.encode([["abcdef"[i] for i in row] for row in rows]))
    torch.testing.assert_close(net(torch.from_numpy(questions.WORDS)), expected)


def test_the_examples_by_hand_are_right(solution):
    found = solution["negative_probabilities"](np.array([1.0, 16, 81]), 1)
    np.testing.assert_allclose(found, [1 / 28, 0, 27 / 28])
    loss, *gradients = solution["sgns"](np.zeros(2), np.zeros(2), np.zeros((3, 2)))
    assert loss == pytest.approx(4 * np.log(2))
    assert not any(gradient.any() for gradient in gradients)
    counts = np.array([1.0, 4, 16, 99])
    np.testing.assert_allclose(solution["glove_weight"](counts, 16.0, 0.5), [0.25, 0.5, 1, 1])
    one = np.ones(1)
    pair = np.array([[1.0, 2]]), np.array([[3.0, 0]])
    loss, _, _, db, _ = solution["glove"](*pair, one, 0 * one, one, x_max=1.0)
    assert (loss, db.tolist()) == (16, [8])
    assert solution["ngrams"]("bird", 3, 3) == ["<bi", "bir", "ird", "rd>"]
    assert solution["ngrams"]("an", 3, 6) == ["<an", "an>"]


def test_labels_of_the_glosses_that_are_asked_for_stay_with_the_judge():
    seen, asked = [], []

    class Watched(LocalAnswers):
        def call(self, function, *arguments, **settings):
            seen.extend(a.array for a in arguments if isinstance(a, TensorArgument))
            return super().call(function, *arguments, **settings)

        def do(self, operation, thing, *arguments, **settings):
            asked.extend(arguments)
            return super().do(operation, thing, *arguments, **settings)

    rng = np.random.default_rng(0)
    case = {"order": rng.normal(size=12_800), "asked": rng.normal(size=1600)}
    classifier.judge_accuracy(Watched(EXERCISE.reference()), case)
    vectors, words, labels = seen
    assert len(words) == len(labels) == classifier.TRAINED_ON
    assert [a.shape[0] for a in asked] == [classifier.TESTED_ON]
    assert max(words.max(), asked[0].max()) == len(vectors) - 1
    assert min(words.min(), asked[0].min()) == -1


# Right answers of other shapes


def every(change):
    """Return what makes `change` to one result or to each of several."""
    return lambda value: tuple(map(change, value)) if isinstance(value, tuple) else change(value)


ALTERNATIVES = {
    "float32": every(lambda a: np.asarray(a, np.float32)),
    "memory in another order": every(lambda a: np.array(a, order="F")),
    "rounding": every(lambda a: a + 1e-7),
    "lists": every(lambda a: np.asarray(a).tolist()),
    "tensors": every(torch.as_tensor),
}


@pytest.mark.parametrize("change", ALTERNATIVES.values(), ids=ALTERNATIVES.keys())
@pytest.mark.parametrize("function", [f for f in ARRAYS if f != "ngrams"])
def test_right_arrays_of_other_shapes_pass(solution, function, change):
    right = solution[function]
    solution[function] = lambda **case: change(right(**case))
    assert failed(solution, function) == set()


def test_loops_and_autograd_in_place_of_formulas_pass(solution):
    def sgns(v, u, negatives):
        tensors = [torch.from_numpy(a).requires_grad_() for a in (v, u, negatives)]
        loss = -F.logsigmoid(tensors[1] @ tensors[0])
        for row in tensors[2]:
            loss = loss - F.logsigmoid(-row @ tensors[0])
        return loss, *torch.autograd.grad(loss, tensors)

    def sgns_step(words, contexts, centre, context, negatives, lr):
        _, dv, du, dnegatives = (
            np.asarray(part.detach()) for part in sgns(words[centre], contexts[context], contexts[negatives])
        )
        words[centre] = words[centre] - lr * dv
        contexts[context] = contexts[context] - lr * du
        for row, gradient in zip(negatives, dnegatives, strict=True):
            contexts[row] = contexts[row] - lr * gradient
        return [words, contexts]

    assert failed(solution | {"sgns": sgns, "sgns_step": sgns_step}) == set()


def test_pieces_in_another_order_and_a_tuple_pass(solution):
    def ngrams(word, shortest=3, longest=6):
        marked = "<" + word + ">"
        starts = range(len(marked))
        found = [marked[a:b] for a in starts for b in range(a + shortest, min(a + longest, len(marked)) + 1)]
        return tuple(piece for piece in found[::-1] if piece != marked)

    assert failed(solution | {"ngrams": ngrams}) == set()


class Bag(nn.Module):
    """The classifier by PyTorch's own mean, with a row of zeros for no word."""

    def __init__(self, vectors, classes):
        super().__init__()
        table = torch.cat([torch.zeros(1, vectors.shape[1]), vectors])
        self.bag = nn.EmbeddingBag.from_pretrained(table, mode="mean", padding_idx=0)
        self.head = nn.Linear(vectors.shape[1], classes)

    def forward(self, words):
        return self.head(self.bag(words + 1))


class TextByText(nn.Module):
    """The classifier in a loop over the texts, with a frozen parameter."""

    def __init__(self, vectors, classes):
        super().__init__()
        self.table = nn.Parameter(vectors, requires_grad=False)
        self.head = nn.Linear(vectors.shape[1], classes)

    def forward(self, words):
        means = [self.table[row[row >= 0]].sum(dim=0) / max(1, int((row >= 0).sum())) for row in words]
        return self.head(torch.stack(means))


class NoBuffer(nn.Module):
    """The classifier with vectors that no state lists."""

    def __init__(self, vectors, classes):
        super().__init__()
        self.given, self.head = vectors, nn.Linear(vectors.shape[1], classes)

    def forward(self, words):
        there = (words != -1).float().unsqueeze(2)
        return self.head((self.given[words] * there).sum(1) / there.sum(1).clamp(min=1))


@pytest.mark.parametrize("other", [Bag, TextByText, NoBuffer])
def test_other_classifiers_pass(solution, other):
    assert failed(solution | {"TextClassifier": other}, "TextClassifier") == set()


def test_another_loop_around_another_classifier_reaches_the_accuracy(solution):
    def train(net, words, labels, lr=0.01, epochs=20, batch_size=32):
        optimiser = torch.optim.Adam(net.head.parameters(), lr=lr)
        data = torch.utils.data.TensorDataset(words, labels)
        loader = torch.utils.data.DataLoader(data, batch_size, shuffle=True)
        losses = []
        for _ in range(epochs):
            for x, y in loader:
                net.zero_grad()
                loss = -net(x).log_softmax(dim=1)[torch.arange(len(y)), y].mean()
                loss.backward()
                optimiser.step()
                losses.append(float(loss.detach()))
        return np.array(losses)

    assert failed(solution | {"TextClassifier": Bag, "train": train}, "train") == set()


# Half-right answers


@pytest.mark.parametrize("have", questions.SGNS)
def test_a_gradient_that_is_there_counts_and_none_costs_its_own(solution, have):
    right = solution["sgns"]

    def sgns(v, u, negatives):
        found = dict(zip(questions.SGNS, right(v, u, negatives), strict=True))
        return tuple(found[name] if name == have else None for name in found)

    expected = {f"sgns.{name}" for name in questions.SGNS if name != have}
    assert failed(solution | {"sgns": sgns}, "sgns") == expected


def test_gloves_loss_without_gradients_gets_half_a_point(solution):
    right = solution["glove"]
    solution["glove"] = lambda *given, **named: (right(*given, **named)[0], None, None, None, None)
    assert failed(solution, "glove") == {"glove.vectors", "glove.biases"}


def test_a_step_that_forgets_repeats_loses_them_alone(solution):
    def sgns_step(words, contexts, centre, context, negatives, lr):
        _, dv, du, dnegatives = solution["sgns"](words[centre], contexts[context], contexts[negatives])
        words[centre] -= lr * dv
        contexts[context] -= lr * du
        contexts[negatives] -= lr * dnegatives
        return words, contexts

    assert failed(solution | {"sgns_step": sgns_step}) == {"sgns_step.twice"}


def test_vectors_of_seen_words_alone_get_half(solution):
    right = solution["word_vector"]

    def word_vector(word, index, vectors, pieces):
        index[word]  # a KeyError for an unseen word
        return right(word, index, vectors, pieces)

    solution["word_vector"] = word_vector
    assert failed(solution) == {"word_vector.unseen"}
    assert "KeyError" in told(solution, "word_vector")


def test_an_embedding_that_learns_along_loses_the_freezing_alone(solution):
    class Tuned(TextByText):
        def __init__(self, vectors, classes):
            super().__init__(vectors, classes)
            self.table.requires_grad_(True)

    assert failed(solution | {"TextClassifier": Tuned}, "TextClassifier") == {"TextClassifier.frozen"}


# Answers that are something else altogether


@pytest.mark.parametrize("function", [*QUICK, "train"])
@pytest.mark.parametrize("value", [1.0, "text", (1.0,), np.zeros((3, 2)), {"loss": 1.0}, [], object()])
def test_something_else_is_wrong_and_breaks_no_check(solution, function, value):
    if function == "train":
        solution["TextClassifier"] = lambda vectors, classes: value
    else:
        solution[function] = lambda *_, **__: value
    outcomes = {v.outcome for v in EXERCISE.run(function, LocalAnswers(solution)).verdicts}
    assert outcomes == {checks.Outcome.WRONG}


def test_a_head_of_another_name_is_told(solution):
    class Unnamed(TextByText):
        def __init__(self, vectors, classes):
            super().__init__(vectors, classes)
            self.last, self.head = self.head, None

        def forward(self, words):
            return self.last(words[:, :1].float())

    solution["TextClassifier"] = Unnamed
    assert "needs 'head.weight' of shape (3, 4); its state holds: table, last.weight, last.bias" in told(
        solution, "TextClassifier"
    )

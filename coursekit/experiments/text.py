"""Transfer with text: glosses are told apart by few labelled ones, with and without GloVe's vectors.

The settings were chosen on glosses held out of the training part, for each arm the best of those tried; the
test part was used for the figures alone.
"""

from itertools import chain
from pathlib import Path

from coursekit.experiments.study import Settings, Study

ARMS = ("from scratch", "random frozen", "GloVe frozen", "GloVe tuned")


def study(sizes: tuple[int, ...] = (5, 20, 100, 500), seeds: tuple[int, ...] = (0, 1, 2, 3, 4)) -> Study:
    """Return the study: which of eight kinds of thing a gloss is about, by the mean of its words' vectors.

    Parameters
    ----------
    sizes
        How many labelled glosses there are of each kind, at most 1,600.
    seeds
        Each draws other labelled glosses and other first weights. The 1,600 test glosses are always the same.
    """
    return Study(
        name="text",
        x="labelled glosses a class",
        y="test accuracy",
        arms=ARMS,
        sizes=sizes,
        seeds=seeds,
        settings={
            "data": "wordnet_glosses",
            "vectors": "glove_small",
            "test_per_class": 200,
            "epochs": 20,
            "batch_size": 32,
            "lr": 0.01,
            "vectors_lr": {"from scratch": 0.01, "GloVe tuned": 0.003},
            "scale": {"from scratch": 0.1, "random frozen": 0.7},  # 0.7 is that of GloVe's numbers
        },
        measure=measure,
    )


def measure(settings: Settings, folder: Path, size: int, seed: int) -> dict[str, float]:
    """Return the test accuracy of each arm, trained on the same `size` glosses of each class."""
    from coursekit.data import glosses
    from coursekit.transfer.text import WordVectors, pretrained
    from coursekit.transfer.text.classify import TextClassifier, random_vectors

    train, test = glosses.load().split(settings["test_per_class"])
    few, glove, scale = train.few(size, seed), pretrained(), settings["scale"]
    learnt = set(chain.from_iterable(few.texts))
    met = learnt.union(*test.texts)
    words = [word for word in glove.words if word in met]  # what no text has would only take time
    known = WordVectors(words, glove[words])
    vectors = {
        "from scratch": random_vectors(learnt, glove.dim, scale["from scratch"], seed),
        "random frozen": random_vectors(words, glove.dim, scale["random frozen"], seed),
        "GloVe frozen": known,
        "GloVe tuned": known,
    }
    accuracies = {}
    for arm in ARMS:
        rate = settings["vectors_lr"].get(arm)  # none: frozen
        tuning = {} if rate is None else {"vectors_lr": rate}
        model = TextClassifier(vectors[arm], few.classes, tuned=rate is not None, seed=seed)
        recipe = {key: settings[key] for key in ("epochs", "batch_size", "lr")}
        model.fit(few.texts, few.labels, **recipe, **tuning, progress=False)
        accuracies[arm] = model.accuracy(test.texts, test.labels)
    return accuracies

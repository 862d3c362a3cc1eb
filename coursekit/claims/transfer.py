"""Transfer learning: with images, with text, and when."""

from coursekit import networks
from coursekit.claims.claim import Claim, Finding, percent
from coursekit.claims.counting import layers, parameters, row
from coursekit.claims.imagenet import IMAGES
from coursekit.networks import Conv2d, measure

COCO = 328_000  # images, Lin et al. 2014, abstract


def _head() -> Finding:
    head, total = row("vgg16", "fc8").parameters, parameters("vgg16")
    return Finding(
        f"vgg16: the last layer has {head:,} of {total:,} parameters; {percent(1 - head / total)} are frozen",
        "cited",
        "With C classes in place of 1000 the new layer has "
        f"{row('vgg16', 'fc7').output_shape[0] + 1:,} parameters for each.",
    )


def _more_layers() -> Finding:
    counts = [row("vgg16", name).parameters for name in ("fc8", "fc7", "fc6")]
    trained = [f"{sum(counts[: n + 1]):,}" for n in range(len(counts))]
    return Finding(f"vgg16, trained from fc8, fc7 or fc6 on: {', '.join(trained)} parameters", "cited")


def _rate() -> Finding:
    return Finding(
        f"AlexNet: {1e-2:g} / 10 = {1e-2 / 10:g}",
        "cited",
        "Not from the two papers on the slide: those keep the features as they are.",
    )


def _features() -> Finding:
    sizes = {name: row("alexnet", name).output_shape[0] for name in ("fc6", "fc7")}
    text = ", ".join(f"{name} {n:,}" for name, n in sizes.items())
    return Finding(f"numbers that alexnet gives for an image: {text}", "cited")


def _data_sets() -> Finding:
    return Finding(
        f"{IMAGES:,} / {COCO:,} = {IMAGES / COCO:.1f}",
        "cited",
        f"COCO has {IMAGES / COCO:.1f}x fewer images than ImageNet's 1000 classes, and is labelled for "
        "finding objects, not for naming an image.",
    )


def _models() -> Finding:
    counts = [f"{name} {parameters(name):,}" for name in ("vgg16", "googlenet", "resnet50")]
    return Finding(f"parameters: {', '.join(counts)}", "cited")


def _much_data() -> Finding:
    n = parameters("alexnet")
    return Finding(
        f"alexnet: {n:,} parameters, {n / IMAGES:.0f} for each of {IMAGES:,} images",
        "cited",
        "A rule of thumb: the paper needed augmentation and dropout even so.",
    )


def _same_input() -> Finding:
    shapes = {name: networks.get(name).input_shape for name in ("alexnet", "vgg16", "googlenet", "resnet50")}
    text = ", ".join(f"{name} {'x'.join(map(str, shape))}" for name, shape in shapes.items())
    return Finding(text, "cited", "A photograph fits after scaling; a spectrogram fits too, a sentence not.")


def _low_level() -> Finding:
    conv1 = layers("alexnet", Conv2d)[0]
    n = measure.parameter_count(conv1)
    return Finding(
        f"conv1 of alexnet has {n:,} parameters, {percent(n / parameters('alexnet'), 2)} of all",
        "cited",
        "The deeper the layer, the more it depends on the task.",
    )


CLAIMS = (
    Claim(
        "transfer-head",
        "small data set: freeze the network, reinitialise and train the last layer",
        "features of a network trained on ImageNet, with a simple classifier on top",
        "Donahue et al. 2014",
        _head,
    ),
    Claim(
        "transfer-more-layers",
        "bigger data set: train more layers",
        "transferred features help even after fine-tuning to the target data",
        "Yosinski et al. 2014, abstract",
        _more_layers,
    ),
    Claim(
        "transfer-rate",
        "1/10 of the original learning rate is a good starting point for fine-tuning",
        "0.001, 1/10 of the initial rate of pretraining",
        "Girshick et al. 2014, sec. 2.3",
        _rate,
    ),
    Claim(
        "transfer-features",
        "DeCAF, and off-the-shelf features as an astounding baseline",
        "features of a fully connected layer, with a linear SVM",
        "Donahue et al. 2014; Razavian et al. 2014",
        _features,
    ),
    Claim(
        "transfer-data-sets",
        "pretrained on a large data set such as ImageNet or MS COCO",
        f"COCO: {COCO:,} images",
        "Lin et al. 2014, abstract",
        _data_sets,
    ),
    Claim(
        "transfer-models",
        "Oxford's VGG, Google's Inception, Microsoft's ResNet",
        "published by these groups",
        "Simonyan & Zisserman 2015; Szegedy et al. 2015; He et al. 2016",
        _models,
    ),
    Claim(
        "transfer-embedding",
        "words with similar meanings have similar vectors",
        "similar words tend to be close to each other",
        "Mikolov et al. 2013, arXiv:1301.3781, sec. 1.1",
    ),
    Claim(
        "transfer-word-vectors",
        "Google's word2vec, Stanford's GloVe, fastText",
        "the papers of the three",
        "Mikolov et al. 2013; Pennington et al. 2014; Bojanowski et al. 2017",
    ),
    Claim(
        "transfer-gensim",
        "gensim, in the list of models",
        "a library",
        "Řehůřek & Sojka 2010",
        verdict="holds with a remark",
        remark="gensim trains and loads word2vec and fastText; it is no model of its own.",
    ),
    Claim(
        "transfer-much-data",
        "training CNNs or RNNs needs a lot of data",
        "60 million parameters overfit 1.2 million images without further measures",
        "Krizhevsky et al. 2012, sec. 4",
        _much_data,
    ),
    Claim(
        "transfer-same-input",
        "tasks A and B have the same type of input",
        "task A and B have the same input x",
        "Ng, Structuring Machine Learning Projects (course), Transfer learning",
        _same_input,
    ),
    Claim(
        "transfer-data",
        "much data for task A, little for task B",
        "with a small target data set fine-tuning may overfit, and the features are left frozen",
        "Yosinski et al. 2014, sec. 1",
    ),
    Claim(
        "transfer-low-level",
        "low-level features of task A could help in task B",
        "the features of the first layers are general, those of the last are specific",
        "Yosinski et al. 2014, sec. 1",
        _low_level,
    ),
)

"""AlexNet. Krizhevsky, Sutskever & Hinton 2012, NeurIPS 25."""

from fractions import Fraction

from coursekit import networks
from coursekit.claims.claim import Claim, Finding, about, excess, judge
from coursekit.claims.counting import layers, parameters, row, weighted_layers
from coursekit.networks import Conv2d, Dropout, LocalResponseNorm, ReLU, measure

PAPER = "Krizhevsky et al. 2012"
BATCH = 128  # sec. 5
VIEWS = 2 * 32 * 32  # of one training image, sec. 4.1
TORCHVISION = 61_100_840  # torchvision.models.alexnet, after Krizhevsky 2014, arXiv:1404.5997

# The slide's table: layer, (channels, height, width), and (window, stride, padding) where it gives them.
SLIDE = (
    ("conv1", (96, 55, 55), (11, 4, 0)),
    ("pool1", (96, 27, 27), (3, 2, 0)),
    ("norm1", (96, 27, 27), None),
    ("conv2", (256, 27, 27), (5, 1, 2)),
    ("pool2", (256, 13, 13), (3, 2, 0)),
    ("norm2", (256, 13, 13), None),
    ("conv3", (384, 13, 13), (3, 1, 1)),
    ("conv4", (384, 13, 13), (3, 1, 1)),
    ("conv5", (256, 13, 13), (3, 1, 1)),
    ("pool3", (256, 6, 6), (3, 2, 0)),
    ("fc6", (4096,), None),
    ("fc7", (4096,), None),
    ("fc8", (1000,), None),
)

# Table 2, top-5 error in percent on the validation set, and sec. 6 on the test set.
ONE, FIVE, SEVEN = Fraction("18.2"), Fraction("16.4"), Fraction("15.4")
TEST, RUNNER_UP = Fraction("15.3"), Fraction("26.2")


def _parameters() -> Finding:
    one, two = parameters("alexnet_one_column"), parameters("alexnet")
    return Finding(
        f"one column, as in the slide's table: {one:,}; as published, two columns: {two:,}",
        judge(about(one, 60e6) and about(two, 60e6)),
        f"The two columns save {one - two:,}. torchvision's alexnet is a later paper's network and has "
        f"{TORCHVISION:,}.",
    )


def _input() -> Finding:
    conv1 = layers("alexnet", Conv2d)[0]
    (kernel, _), (stride, _) = networks.pair(conv1.kernel_size), networks.pair(conv1.stride)
    positions = {n: Fraction(n - kernel, stride) + 1 for n in (227, 224)}
    texts = [f"({n} - {kernel})/{stride} + 1 = {float(p):g}" for n, p in positions.items()]
    return Finding(
        "; ".join(texts),
        judge(measure.output_shape(conv1, (3, 227, 227)) == (96, 55, 55) and positions[227] == 55),
        "" if positions[224].denominator == 1 else "The paper's 224 does not fit without padding.",
    )


def _table() -> Finding:
    rows = {row.name: row for row in networks.get("alexnet_one_column").rows()}
    same = sum(_as_claimed(rows[name], shape, window) for name, shape, window in SLIDE)
    published = [row.name for row in networks.get("alexnet").rows()]
    norm_first = published.index("norm1") < published.index("pool1")
    saved = parameters("alexnet_one_column") - parameters("alexnet")
    return Finding(
        f"{same} of {len(SLIDE)} lines as in the summary of alexnet_one_column",
        judge(same == len(SLIDE), qualified=norm_first or saved > 0),
        "The paper normalises before it pools, and its conv2, conv4 and conv5 see half of the maps.",
    )


def _as_claimed(row: networks.Row, shape: tuple[int, ...], window: tuple[int, int, int] | None) -> bool:
    if row.output_shape != shape:
        return False
    return window is None or (row.kernel_size, row.stride, row.padding) == tuple((n, n) for n in window)


def _filters() -> Finding:
    conv1, conv2 = layers("alexnet", Conv2d)[:2]
    maps, depth, height, width = measure.parameter_shapes(conv1)["weight"]
    each = maps // conv2.groups
    return Finding(
        f"{maps} of {height}x{width}x{depth}; conv2 has {conv2.groups} groups, so {each} to a GPU",
        judge((maps, height, width, depth, each) == (96, 11, 11, 3, 48)),
    )


def _neighbours() -> Finding:
    features = row("alexnet", "fc7").output_shape[0]
    return Finding(f"fc7, the last hidden layer, gives {features:,} numbers", "cited")


def _result() -> Finding:
    lead = RUNNER_UP - TEST
    return Finding(
        f"{float(RUNNER_UP)} - {float(TEST)} = {float(lead)} points",
        "cited" if lead > Fraction("10.8") else "does not hold",
        "Computed from the two published figures; the errors themselves cannot be recomputed here.",
    )


def _ensemble() -> Finding:
    total, five = ONE - SEVEN, ONE - FIVE
    return Finding(
        f"seven nets: {float(total):.1f} points less; five nets without other data: {float(five):.1f}",
        judge(five < total, qualified=True),
        f"Mixes two effects. Five of the seven give {float(five):.1f} of the {float(total):.1f} points; the "
        f"other {float(total - five):.1f} come with two nets pretrained on the release of autumn 2011. "
        f"These are errors on the validation set; on the test set the seven have {float(TEST)} %.",
    )


def _relu() -> Finding:
    return Finding(
        f"{len(layers('alexnet', ReLU))} ReLU layers for {weighted_layers('alexnet')} layers with weights",
        "does not hold",
        "Not the first: the paper takes the unit and its name from Nair & Hinton 2010. It showed how much "
        "faster a large convolutional network trains with it.",
    )


def _lrn() -> Finding:
    counts = {
        name: len(layers(name, LocalResponseNorm))
        for name in ("alexnet", "vgg16", "googlenet", "resnet50", "efficientnet_lite0")
    }
    n = layers("alexnet", LocalResponseNorm)[0]
    return Finding(
        f"layers with LRN: {', '.join(f'{name} {count}' for name, count in counts.items())}; "
        f"k = {n.k:g}, n = {n.size}, alpha = {n.alpha:g}, beta = {n.beta:g}",
        judge(counts["alexnet"] > 0 and counts["resnet50"] == counts["efficientnet_lite0"] == 0),
    )


def _augmentation() -> Finding:
    down, across = measure.output_size((256, 256), 224)
    crops = 2 * down * across
    return Finding(
        f"a 224x224 crop has {down}x{across} places in 256x256; with mirror images {crops:,} views",
        judge(crops >= VIEWS, qualified=crops != VIEWS),
        f"The paper's {VIEWS} is 2 x 32 x 32; {excess(crops, VIEWS)} can be cut out.",
    )


def _dropout() -> Finding:
    found = [layer.p for layer in layers("alexnet", Dropout)]
    return Finding(
        f"{len(found)} layers, p = {', '.join(f'{p:g}' for p in found)}", judge(set(found) == {0.5})
    )


def _learning_rate() -> Finding:
    return Finding(
        f"cut three times: {1e-2 / 10**3:g} at the end",
        "cited",
        "By hand, when the error on the validation set stopped falling.",
    )


CLAIMS = (
    Claim(
        "alexnet-parameters", "approx. 60 million parameters", "60 million", f"{PAPER}, abstract", _parameters
    ),
    Claim("alexnet-input", "227x227x3 gives 55x55x96", "224x224x3", f"{PAPER}, sec. 3.5", _input),
    Claim(
        "alexnet-table",
        "the table on the slide, conv1 to fc8",
        "five convolutional and three fully connected layers, on two GPUs",
        f"{PAPER}, sec. 3.5, fig. 2",
        _table,
    ),
    Claim(
        "alexnet-filters",
        "96 filters of 11x11x3 in the first layer, 48 on each GPU",
        "the same",
        f"{PAPER}, fig. 3",
        _filters,
    ),
    Claim(
        "alexnet-neighbours",
        "nearest training images by distance in the last hidden layer (fig. 4)",
        "a 4096-dimensional hidden layer",
        f"{PAPER}, sec. 6.1, fig. 4",
        _neighbours,
    ),
    Claim(
        "alexnet-result",
        "top-5 error 15.3 %, more than 10.8 points below the runner-up (30 September 2012)",
        "15.3 %, against 26.2 % of the second best; gives no date",
        f"{PAPER}, abstract",
        _result,
    ),
    Claim(
        "alexnet-ensemble",
        "ensemble of 7 CNNs: 18.2 % to 15.4 %",
        "one net 18.2 %, five nets 16.4 %, seven nets, two of them pretrained on more data, 15.4 %",
        f"{PAPER}, table 2",
        _ensemble,
    ),
    Claim(
        "alexnet-relu",
        "first use of ReLU",
        "follows Nair & Hinton 2010",
        f"{PAPER}, sec. 3.1; Nair & Hinton 2010",
        _relu,
    ),
    Claim(
        "alexnet-lrn",
        "local response normalisation, not common any more",
        "k = 2, n = 5, alpha = 1e-4, beta = 0.75",
        f"{PAPER}, sec. 3.3",
        _lrn,
    ),
    Claim(
        "alexnet-augmentation",
        "heavy data augmentation",
        f"224x224 crops and mirror images, a factor of {VIEWS}; colour shifts along principal components",
        f"{PAPER}, sec. 4.1",
        _augmentation,
    ),
    Claim(
        "alexnet-dropout",
        "dropout 0.5",
        "0.5, in the first two fully connected layers",
        f"{PAPER}, sec. 4.2",
        _dropout,
    ),
    Claim("alexnet-batch", "batch size 128", str(BATCH), f"{PAPER}, sec. 5"),
    Claim("alexnet-momentum", "SGD with momentum 0.9", "0.9", f"{PAPER}, sec. 5"),
    Claim(
        "alexnet-learning-rate",
        "learning rate 1e-2, reduced by 10 manually",
        "0.01, divided by 10 three times",
        f"{PAPER}, sec. 5",
        _learning_rate,
    ),
    Claim("alexnet-weight-decay", "L2 weight decay 5e-4", "0.0005", f"{PAPER}, sec. 5"),
)

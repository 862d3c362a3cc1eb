"""LeNet-5. LeCun, Bottou, Bengio & Haffner 1998, Proceedings of the IEEE 86(11)."""

from coursekit import networks
from coursekit.claims.claim import Claim, Finding, about, judge
from coursekit.claims.counting import connections, fixed_weights, layers, parameters
from coursekit.networks import (
    RBF,
    AvgPool2d,
    Conv2d,
    Layer,
    Linear,
    ScaledTanh,
    Subsampling,
    TableConv2d,
    Tanh,
    measure,
)

PAPER = "LeCun et al. 1998"


def _parameters() -> Finding:
    body = networks.get("lenet5_1998").body
    parts = [f"{n:,}" for child in body.children.values() if (n := measure.parameter_count(child))]
    old, new = parameters("lenet5_1998"), parameters("lenet5")
    return Finding(
        f"1998: {' + '.join(parts)} = {old:,} trainable, and {fixed_weights('lenet5_1998'):,} fixed weights "
        f"of the output; as on the slides: {new:,}",
        judge(about(old, 60e3) and about(new, 60e3), qualified=old != new),
        f"Two networks: as it is read today it has {new - old:,} parameters more than in 1998.",
    )


def _shared_weights() -> Finding:
    wires, trainable = connections("lenet5_1998"), parameters("lenet5_1998")
    return Finding(
        f"{wires:,} connections, {trainable:,} trainable parameters",
        judge(wires > trainable),
        f"Each parameter serves {wires / trainable:.1f} connections on average.",
    )


def _three_parts() -> Finding:
    kinds = {name: _kinds(name) for name in ("lenet5_1998", "lenet5")}
    pooled = {name: order.count("CONV POOL") for name, order in kinds.items()}
    total = {name: order.count("CONV") for name, order in kinds.items()}
    found = [f"{name}: {pooled[name]} of {total[name]} convolutions are pooled" for name in kinds]
    return Finding(
        "; ".join(found),
        judge(pooled["lenet5"] == total["lenet5"], qualified=pooled["lenet5_1998"] < total["lenet5_1998"]),
        "C5 of 1998 is a convolution without pooling. Its window covers the whole map.",
    )


def _windows() -> Finding:
    convolutions: list[Layer] = []
    for name in ("lenet5", "lenet5_1998"):
        convolutions += [*layers(name, Conv2d), *layers(name, TableConv2d)]
    found = {(w.kernel_size, w.stride) for layer in convolutions if (w := measure.window(layer))}
    text = ", ".join(f"{k[0]}x{k[1]} at stride {s[0]}" for k, s in sorted(found))
    return Finding(f"every convolution of both networks: {text}", judge(found == {((5, 5), (1, 1))}))


def _pooling() -> Finding:
    pools: list[Layer] = [*layers("lenet5", AvgPool2d), *layers("lenet5_1998", Subsampling)]
    windows = {(w.kernel_size, w.stride) for pool in pools if (w := measure.window(pool))}
    trainable = sum(measure.parameter_count(layer) for layer in layers("lenet5_1998", Subsampling))
    text = ", ".join(f"{k[0]}x{k[1]} at stride {s[0]}" for k, s in sorted(windows))
    return Finding(
        f"{text}; 1998: S2 and S4 have {trainable} trainable parameters",
        judge(windows == {((2, 2), (2, 2))}, qualified=trainable > 0),
        "In 1998 the sum of four values was multiplied by a trainable coefficient and a bias was added.",
    )


def _tanh() -> Finding:
    squash = set(layers("lenet5_1998", ScaledTanh))
    plain = len(layers("lenet5", Tanh))
    text = ", ".join(f"{s.amplitude} tanh({s.slope:.4f} x)" for s in squash)
    return Finding(
        f"lenet5: tanh(x), {plain} times; 1998: {text}",
        judge(plain > 0, qualified=squash != {ScaledTanh(1, 1)}),
        "In 1998 the tanh was scaled.",
    )


def _classifier() -> Finding:
    linear = layers("lenet5", Linear)
    widths = " - ".join(str(n) for n in [linear[0].in_features, *(layer.out_features for layer in linear)])
    distances = layers("lenet5_1998", RBF)
    return Finding(
        f"as on the slides: {widths}; 1998: squared distances to {len(distances[0].codes)} fixed codes",
        judge(len(linear) > 1, qualified=bool(distances)),
        "The output of 1998 was not a trained layer.",
    )


def _order() -> Finding:
    found, claimed = _kinds("lenet5"), "CONV POOL CONV POOL FC FC"
    return Finding(
        found.replace(" ", " - "),
        judge(found.startswith(claimed), qualified=found != claimed),
        f"With the output layer there are {found.count('FC')} fully connected layers.",
    )


def _kinds(name: str) -> str:
    """Return the order of a network's layers, such as "CONV POOL FC"."""
    order = []
    for _, layer in networks.walk(networks.get(name).body):
        match layer:
            case Conv2d() | TableConv2d():
                order.append("CONV")
            case AvgPool2d() | Subsampling():
                order.append("POOL")
            case Linear():
                order.append("FC")
    return " ".join(order)


CLAIMS = (
    Claim(
        "lenet-parameters",
        "about 60 k parameters",
        "60,000 trainable free parameters",
        f"{PAPER}, sec. II.B",
        _parameters,
    ),
    Claim(
        "lenet-shared-weights",
        "the units of a feature map have identical weights (fig. 2)",
        "340,908 connections, but only 60,000 trainable free parameters",
        f"{PAPER}, sec. II.B",
        _shared_weights,
    ),
    Claim(
        "lenet-three-parts",
        "every convolutional layer includes convolution, pooling and a non-linear activation",
        "C1, C3 and C5 are convolutional; S2 and S4 subsample",
        f"{PAPER}, sec. II.B",
        _three_parts,
    ),
    Claim(
        "lenet-windows",
        "convolution filters 5x5, stride 1",
        "a 5x5 neighbourhood in the input",
        f"{PAPER}, sec. II.B",
        _windows,
    ),
    Claim(
        "lenet-pooling",
        "average pooling, 2x2, stride 2",
        "four inputs are added, multiplied by a trainable coefficient and added to a trainable bias",
        f"{PAPER}, sec. II.B",
        _pooling,
    ),
    Claim(
        "lenet-tanh",
        "tanh activation",
        "a scaled hyperbolic tangent, A tanh(S a) with A = 1.7159",
        f"{PAPER}, eq. 6",
        _tanh,
    ),
    Claim(
        "lenet-classifier",
        "an MLP is the last classifier",
        "Euclidean radial basis function units, one for each class",
        f"{PAPER}, eq. 7",
        _classifier,
    ),
    Claim(
        "lenet-order",
        "CONV - POOL - CONV - POOL - FC - FC",
        "C1, S2, C3, S4, C5, F6, output",
        f"{PAPER}, fig. 2",
        _order,
    ),
)

"""VGG. Simonyan & Zisserman 2015, ICLR."""

from math import prod

from coursekit import networks
from coursekit.claims import alexnet
from coursekit.claims.claim import Claim, Finding, about, excess, judge
from coursekit.claims.counting import depth, layers, parameters, row
from coursekit.networks import Conv2d, Dropout, Linear, LocalResponseNorm, MaxPool2d, measure

PAPER = "Simonyan & Zisserman 2015"
BATCH = 256  # sec. 3.1
ALL = ("vgg11", "vgg13", "vgg16c", "vgg16", "vgg19")


def _layers() -> Finding:
    convolutions, linear = len(layers("vgg16", Conv2d)), len(layers("vgg16", Linear))
    found = depth("vgg16")
    return Finding(
        f"{convolutions} convolutions + {linear} fully connected layers = {found}; "
        f"vgg19 has {depth('vgg19')}",
        judge(found == 16),
    )


def _deeper() -> Finding:
    depths = [depth(name) for name in ("vgg11", "vgg13", "vgg16", "vgg19")]
    return Finding(
        f"layers with weights: {', '.join(map(str, depths))}",
        "holds with a remark",
        "Up to a point: from 16 to 19 layers the error hardly falls, and He et al. 2016 (fig. 1) show plain "
        "networks that get worse with depth.",
    )


def _training() -> Finding:
    rates = {name: [layer.p for layer in layers(name, Dropout)] for name in ("alexnet", "vgg16")}
    text = "; ".join(f"{name}: {len(p)} of p = {p[0]:g}" for name, p in rates.items())
    return Finding(
        f"dropout layers: {text}",
        judge(rates["alexnet"] == rates["vgg16"], qualified=BATCH != alexnet.BATCH),
        f"The batch is {BATCH / alexnet.BATCH:g} times as large as AlexNet's.",
    )


def _parameters() -> Finding:
    sixteen, nineteen = parameters("vgg16"), parameters("vgg19")
    return Finding(f"VGG-16: {sixteen:,}; VGG-19: {nineteen:,}", judge(about(sixteen, 138e6)))


def _lrn() -> Finding:
    count = sum(len(layers(name, LocalResponseNorm)) for name in ALL)
    return Finding(f"{count} such layers in {', '.join(ALL)}", judge(count == 0))


def _nineteen() -> Finding:
    weights = {name: parameters(name) for name in ("vgg16", "vgg19")}
    maps = {name: _activations(name) for name in weights}
    return Finding(
        f"VGG-19 has {excess(weights['vgg19'], weights['vgg16'])} parameters, and its convolutions make "
        f"maps with {excess(maps['vgg19'], maps['vgg16'])} values",
        judge(weights["vgg19"] > weights["vgg16"] and maps["vgg19"] > maps["vgg16"]),
    )


def _activations(name: str) -> int:
    return sum(prod(row.output_shape) for row in networks.get(name).rows() if row.layer == Conv2d.__name__)


def _windows() -> Finding:
    other = {name: sum(not _same_3x3(layer) for layer in layers(name, Conv2d)) for name in ALL}
    count = {name: len(layers(name, Conv2d)) for name in ("vgg16", "vgg19")}
    exceptions = [f"{name} has {n} with another window" for name, n in other.items() if n]
    return Finding(
        f"all {count['vgg16']} of vgg16 and all {count['vgg19']} of vgg19; {', '.join(exceptions)}",
        judge(other["vgg16"] == other["vgg19"] == 0, qualified=bool(exceptions)),
        "Configuration C has windows of 1x1 too." if exceptions else "",
    )


def _same_3x3(layer: Conv2d) -> bool:
    shape = (layer.in_channels, 8, 8)
    same = measure.output_shape(layer, shape)[1:] == shape[1:]
    return networks.pair(layer.kernel_size) == (3, 3) and networks.pair(layer.stride) == (1, 1) and same


def _pools() -> Finding:
    windows = [w for pool in layers("vgg16", MaxPool2d) if (w := measure.window(pool))]
    found = {(w.kernel_size, w.stride) for w in windows}
    text = ", ".join(f"{k[0]}x{k[1]} at stride {s[0]}" for k, s in found)
    return Finding(f"{len(windows)} in vgg16, {text}", judge(found == {((2, 2), (2, 2))}))


def _fc7() -> Finding:
    return Finding(f"fc7 gives {row('vgg16', 'fc7').output_shape[0]:,} numbers", "cited")


CLAIMS = (
    Claim(
        "vgg-layers",
        "Visual Geometry Group, 16 layers",
        "configuration D: 16 weight layers",
        f"{PAPER}, table 1",
        _layers,
    ),
    Claim(
        "vgg-caffe",
        "plug and play in Caffe",
        "the two best models are released; the code derives from Caffe",
        f"{PAPER}, sec. 1 and 3.3",
    ),
    Claim(
        "vgg-deeper",
        "the deeper, the better",
        "top-5 error 10.4 % with 11 layers, 8.1 % with 16, 8.0 % with 19",
        f"{PAPER}, table 3",
        _deeper,
    ),
    Claim(
        "vgg-contest",
        "ILSVRC 2014: second in classification, first in localisation",
        "first and second place in localisation and classification; 7.3 % top-5 error",
        f"{PAPER}, abstract and table 7",
    ),
    Claim(
        "vgg-training",
        "trained much as Krizhevsky et al. 2012",
        f"batch {BATCH}, momentum 0.9, weight decay 5e-4, dropout 0.5, rate 1e-2 divided by 10 three times",
        f"{PAPER}, sec. 3.1",
        _training,
    ),
    Claim(
        "vgg-parameters", "approx. 138 million parameters", "138 million", f"{PAPER}, table 2", _parameters
    ),
    Claim(
        "vgg-lrn",
        "no local response normalisation",
        "it does not improve the result (A-LRN)",
        f"{PAPER}, sec. 4.1",
        _lrn,
    ),
    Claim(
        "vgg-nineteen",
        "VGG-19 only slightly better than VGG-16, more memory",
        "top-5 error 8.0 % against 8.1 %",
        f"{PAPER}, table 3",
        _nineteen,
    ),
    Claim(
        "vgg-ensembles",
        "use ensembles for best results",
        "top-5 test error: one net 7.0 %, two nets 6.8 %",
        f"{PAPER}, table 7",
    ),
    Claim(
        "vgg-windows",
        "all convolutions 3x3, stride 1, same size",
        "3x3 throughout, 1x1 in C",
        f"{PAPER}, table 1",
        _windows,
    ),
    Claim("vgg-pools", "all max-pooling 2x2, stride 2", "2x2 with stride 2", f"{PAPER}, sec. 2.1", _pools),
    Claim(
        "vgg-fc7",
        "FC7 features generalise well to other tasks",
        "4096 numbers of the last hidden layer, with a linear SVM, on VOC and Caltech",
        f"{PAPER}, appendix B",
        _fc7,
    ),
)

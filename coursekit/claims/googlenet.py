"""GoogLeNet. Szegedy et al. 2015, CVPR, *Going deeper with convolutions*."""

from coursekit import networks
from coursekit.claims.claim import Claim, Finding, about, excess, judge, percent
from coursekit.claims.counting import (
    depth,
    layers,
    longest_way,
    multiply_adds,
    parameters,
    row,
    weighted_layers,
)
from coursekit.networks import Concat, Conv2d, Linear, MaxPool2d, measure

PAPER = "Szegedy et al. 2015"
# Table 1, column "params", in thousands; the first entry is too small for 64 windows of 7x7x3.
TABLE_1 = (2.7, 112, 159, 380, 364, 437, 463, 580, 840, 1072, 1388, 1000)


def _without_classifier() -> int:
    return parameters("googlenet") - row("googlenet", "fc").parameters


def _parameters() -> Finding:
    full, bare, aux = parameters("googlenet"), _without_classifier(), parameters("googlenet_aux")
    return Finding(
        f"{full:,}; without its last linear layer {bare:,}; with both auxiliary classifiers {aux:,}",
        judge(about(full, 5e6) or about(bare, 5e6)),
        f"{excess(full, 5e6)} than the slides say; without the last layer still {excess(bare, 5e6)}.",
    )


def _against_alexnet() -> Finding:
    full, bare = parameters("googlenet"), _without_classifier()
    one, two = parameters("alexnet_one_column"), parameters("alexnet")
    return Finding(
        f"{two / full:.1f}x fewer than alexnet as published, {one / full:.1f}x fewer than in one column",
        judge(about(two / full, 12) or about(one / full, 12)),
        f"Without GoogLeNet's last layer {two / bare:.1f}x and {one / bare:.1f}x. "
        f"60 million / 5 million = {60e6 / 5e6:g}.",
    )


def _against_vgg() -> Finding:
    full, bare, vgg = parameters("googlenet"), _without_classifier(), parameters("vgg16")
    return Finding(
        f"{vgg / full:.1f}x fewer than vgg16",
        judge(about(vgg / full, 27)),
        f"Without GoogLeNet's last layer {vgg / bare:.1f}x. 138 million / 5 million = {138e6 / 5e6:g}.",
    )


def _layers() -> Finding:
    convolutions, linear = len(layers("googlenet", Conv2d)), len(layers("googlenet", Linear))
    modules = _modules()
    inside = sum(longest_way(module) for module in modules)
    stem = sum(row.layer == Conv2d.__name__ for row in _before_modules())
    found = depth("googlenet")
    return Finding(
        f"{stem} + {len(modules)} x {inside // len(modules)} + {linear} = {found} deep; "
        f"in all {convolutions} convolutions and {linear} linear layer",
        judge(found == 22, qualified=weighted_layers("googlenet") != found),
        f"As depth: the branches of a module run side by side, so there are "
        f"{weighted_layers('googlenet')} layers with weights in all.",
    )


def _modules() -> list[Concat]:
    body = networks.get("googlenet").body
    return [layer for layer in body.children.values() if isinstance(layer, Concat)]


def _before_modules() -> list[networks.Row]:
    rows = networks.get("googlenet").rows()
    return rows[: next(i for i, row in enumerate(rows) if row.name.startswith("inception"))]


def _module() -> Finding:
    with_reduction = without = 0
    shape: measure.Shape = networks.get("googlenet").input_shape
    for layer in networks.get("googlenet").body.children.values():
        if isinstance(layer, Concat):
            with_reduction += measure.multiply_adds(layer, shape)
            without += measure.multiply_adds(_without_reductions(layer, shape[0]), shape)
        shape = measure.output_shape(layer, shape)
    return Finding(
        f"the {len(_modules())} modules take {with_reduction:,} multiply-adds; without the 1x1 "
        f"reductions {without:,}, {without / with_reduction:.1f}x as many",
        judge(with_reduction < without),
    )


def _without_reductions(module: Concat, channels: int) -> Concat:
    """Return the module with its 3x3 and 5x5 windows on all maps that come in, fig. 2a."""
    branches: dict[str, networks.Layer] = {}
    for name, branch in module.children.items():
        inside = dict(branch.children) if isinstance(branch, networks.Sequential) else {}
        window = inside["conv"]
        if "reduce" in inside and isinstance(window, Conv2d):
            branches[name] = Conv2d(channels, window.out_channels, window.kernel_size, padding=window.padding)
        else:
            branches[name] = branch
    return Concat(**branches)


def _linear_at_the_end() -> Finding:
    one, trained = len(layers("googlenet", Linear)), len(layers("googlenet_aux", Linear))
    return Finding(
        f"{one} linear layer at the end; {trained} in training, with both auxiliary classifiers",
        judge(one > 0, qualified=one == 1),
        "One layer, not several.",
    )


def _pooling_between() -> Finding:
    counts = [0]
    for _, layer in networks.walk(networks.get("googlenet").body):
        if isinstance(layer, Conv2d):
            counts[-1] += 1
        elif isinstance(layer, MaxPool2d) and layer.stride == 2:  # the modules' own pools keep the size
            counts.append(0)
    return Finding(
        f"{len(counts) - 1} max pools that halve the maps; convolutions before, between and after them: "
        f"{', '.join(map(str, counts))}",
        judge(all(n > 1 for n in counts[1:-1]), qualified=counts[0] == 1),
        f"The first pool follows {counts[0]} convolution." if counts[0] == 1 else "",
    )


def _efficiency() -> Finding:
    names = ("alexnet", "googlenet", "vgg16")
    cost = {name: multiply_adds(name) for name in names}
    text = "; ".join(f"{name}: {depth(name)} deep, {cost[name] / 1e9:.2f} billion" for name in names)
    return Finding(
        f"{text} multiply-adds",
        judge(depth("googlenet") > depth("vgg16") and cost["googlenet"] < cost["vgg16"]),
        f"{cost['vgg16'] / cost['googlenet']:.1f}x less work than VGG-16, "
        f"{cost['googlenet'] / cost['alexnet']:.1f}x as much as AlexNet.",
    )


def _no_fc() -> Finding:
    linear = layers("googlenet", Linear)
    text = ", ".join(
        f"{layer.in_features} to {layer.out_features} with {measure.parameter_count(layer):,} parameters"
        for layer in linear
    )
    share = sum(measure.parameter_count(layer) for layer in linear) / parameters("googlenet")
    return Finding(
        f"{len(linear)} linear layer: {text}",
        judge(not linear),
        f"Not literally: {percent(share)} of the parameters are in it. What is gone are the hidden ones.",
    )


def _global_pool() -> Finding:
    rows = networks.get("googlenet").rows()
    index = next(i for i, row in enumerate(rows) if row.layer == "GlobalAvgPool2d")
    before, after = rows[index - 1].output_shape, rows[index].output_shape
    return Finding(
        f"{'x'.join(map(str, before))} becomes {'x'.join(map(str, after))}, then one linear layer",
        judge(after[1:] == (1, 1) and rows[-1].layer == Linear.__name__),
    )


CLAIMS = (
    Claim(
        "googlenet-contest",
        "winner of classification in ILSVRC 2014, 6.7 % top-5 error",
        "6.67 %, with seven networks and 144 crops of each image",
        f"{PAPER}, sec. 7",
    ),
    Claim("googlenet-layers", "22 layers with weights", "22 layers deep", f"{PAPER}, sec. 5", _layers),
    Claim(
        "googlenet-parameters",
        "only 5 million parameters",
        f"no total; its column of parameters adds up to {sum(TABLE_1) / 1e3:.1f} million",
        f"{PAPER}, table 1",
        _parameters,
    ),
    Claim(
        "googlenet-vs-alexnet",
        "12x fewer parameters than AlexNet",
        "12x fewer parameters",
        f"{PAPER}, sec. 1",
        _against_alexnet,
    ),
    Claim(
        "googlenet-vs-vgg",
        "27x fewer parameters than VGG-16",
        compute=_against_vgg,
    ),
    Claim(
        "googlenet-module",
        "Inception modules, stacked, are efficient",
        "1x1 reductions before the expensive 3x3 and 5x5 convolutions",
        f"{PAPER}, sec. 4, fig. 2",
        _module,
    ),
    Claim(
        "googlenet-linear",
        "linear layers at the end",
        "an additional linear layer after average pooling",
        f"{PAPER}, sec. 5",
        _linear_at_the_end,
    ),
    Claim(
        "googlenet-pooling",
        "max pooling in between, several convolutions between pools",
        "occasional max-pooling layers with stride 2",
        f"{PAPER}, sec. 4",
        _pooling_between,
    ),
    Claim(
        "googlenet-augmentation",
        "great ideas for data augmentation",
        "patches of 8 % to 100 % of the image, aspect ratios of 3/4 to 4/3, photometric distortions",
        f"{PAPER}, sec. 6",
    ),
    Claim(
        "googlenet-efficiency",
        "deeper, with computational efficiency",
        "a budget of 1.5 billion multiply-adds",
        f"{PAPER}, sec. 1",
        _efficiency,
    ),
    Claim(
        "googlenet-no-fc",
        "no FC layers",
        "average pooling in place of fully connected layers; a linear layer of 1000K parameters",
        f"{PAPER}, sec. 5, table 1",
        _no_fc,
    ),
    Claim(
        "googlenet-global-pool",
        "global average pooling after the last convolution, before the final FC layer",
        "average pooling before the classifier",
        f"{PAPER}, sec. 5",
        _global_pool,
    ),
)

"""ResNet. He, Zhang, Ren & Sun 2016, CVPR. The slides name it and give no figures."""

from coursekit.claims.claim import Claim, Finding
from coursekit.claims.counting import depth, parameters

DEPTHS = (18, 34, 50, 101, 152)


def _parameters() -> Finding:
    counts = [f"ResNet-{n} {parameters(f'resnet{n}'):,}" for n in DEPTHS]
    return Finding("; ".join(counts), "reference")


def _depth() -> Finding:
    found = [str(depth(f"resnet{n}")) for n in DEPTHS]
    return Finding(
        f"layers with weights on the longest way: {', '.join(found)}",
        "reference",
        "The number in the name does not count the projections of the shortcuts.",
    )


CLAIMS = (
    Claim(
        "resnet-parameters",
        "the ResNet model of Microsoft; no figure",
        source="He et al. 2016, table 1",
        compute=_parameters,
    ),
    Claim(
        "resnet-depth",
        "the ResNet model of Microsoft; no figure",
        "18, 34, 50, 101 and 152 layers",
        "He et al. 2016, table 1",
        _depth,
    ),
)

"""The ledger of claims, against figures that were computed by hand."""

import json
import re
import subprocess
import sys

import pytest
import torch
import torchvision
from typer.testing import CliRunner

from coursekit import claims, networks
from coursekit.claims import counting
from coursekit.claims.claim import about, excess, judge
from coursekit.claims.imagenet import HUMAN, WINNERS
from coursekit.cli import app
from coursekit.networks import Conv2d, Linear, Sequential

LEDGER = {row.key: row for row in claims.ledger()}

# Verdicts of the claims that were worked out by hand before the code was written.
VERDICTS = {
    "lenet-parameters": "holds with a remark",  # two networks
    "alexnet-parameters": "holds",
    "alexnet-input": "holds",
    "alexnet-result": "cited",
    "alexnet-ensemble": "holds with a remark",  # mixes two effects
    "vgg-parameters": "holds",
    "vgg-contest": "cited",
    "googlenet-parameters": "does not hold",
    "googlenet-vs-alexnet": "does not hold",
    "googlenet-vs-vgg": "does not hold",
    "googlenet-layers": "holds with a remark",  # as depth
    "googlenet-no-fc": "does not hold",
    "googlenet-contest": "cited",
    "resnet-parameters": "reference",
}

# Figures worked out by hand that must stand in a row, in what is computed or in the remark.
FIGURES = {
    "lenet-parameters": ["156 + 12 + 1,516 + 32 + 48,120 + 10,164 = 60,000", "840", "61,706", "1,706"],
    "lenet-shared-weights": ["340,908", "60,000"],
    "lenet-pooling": ["2x2 at stride 2", "44"],
    "lenet-tanh": ["1.7159 tanh(0.6667 x)"],
    "lenet-classifier": ["400 - 120 - 84 - 10"],
    "lenet-order": ["CONV - POOL - CONV - POOL - FC - FC - FC", "3 fully connected"],
    "lenet-three-parts": ["2 of 3", "2 of 2"],
    "imagenet-top5": ["0.5 %"],
    "alexnet-parameters": ["62,378,344", "60,965,224", "61,100,840", "1,413,120"],
    "alexnet-input": ["(227 - 11)/4 + 1 = 55;", "(224 - 11)/4 + 1 = 54.25"],
    "alexnet-table": ["13 of 13"],
    "alexnet-filters": ["96 of 11x11x3", "48 to a GPU"],
    "alexnet-result": ["= 10.9 points"],
    "alexnet-ensemble": ["2.8 points less", "1.8", "the other 1.0"],
    "alexnet-relu": ["7 ReLU layers for 8"],
    "alexnet-lrn": ["alexnet 2, vgg16 0, googlenet 2, resnet50 0"],
    "alexnet-augmentation": ["2,178", "6.3 % more"],
    "vgg-layers": ["13 convolutions + 3 fully connected layers = 16", "vgg19 has 19"],
    "vgg-parameters": ["138,357,544", "143,667,240"],
    "vgg-nineteen": ["3.8 % more parameters"],
    "vgg-windows": ["all 13 of vgg16 and all 16 of vgg19", "vgg16c has 3"],
    "googlenet-layers": ["3 + 9 x 2 + 1 = 22", "57 convolutions and 1 linear", "58 layers"],
    "googlenet-parameters": ["6,998,552", "5,973,552", "13,378,280", "40.0 % more", "19.5 % more"],
    "googlenet-vs-alexnet": ["8.7x", "8.9x"],
    "googlenet-vs-vgg": ["19.8x"],
    "googlenet-no-fc": ["1 linear layer: 1024 to 1000", "1,025,000", "14.6 %"],
    "googlenet-pooling": ["1, 2, 12, 30, 12"],
    "googlenet-global-pool": ["1024x7x7 becomes 1024x1x1"],
    "resnet-parameters": ["11,689,512", "21,797,672", "25,557,032", "44,549,160", "60,192,808"],
    "resnet-depth": ["18, 34, 50, 101, 152"],
    "transfer-head": ["4,097,000", "97.0 %"],
    "transfer-rate": ["0.01 / 10 = 0.001"],
}

# What the slides say, so that no claim of theirs falls out of the ledger.
SLIDES = {
    "lenet": ["5x5", "2x2", "tanh", "MLP", "CONV - POOL", "average pooling"],
    "imagenet": ["1.2 million", "1000 classes", "one of the five"],
    "alexnet": [
        *["15.3 %", "10.8 points", "ReLU", "local response normalisation", "60 million", "augmentation"],
        *["dropout 0.5", "batch size 128", "momentum 0.9", "1e-2", "5e-4", "18.2 % to 15.4 %", "227x227x3"],
    ],
    "vgg": [
        *["16 layers", "Caffe", "deeper", "second in classification, first in localisation", "Krizhevsky"],
        *["138 million", "no local response", "VGG-19", "ensembles", "3x3", "2x2", "FC7"],
    ],
    "googlenet": [
        *["6.7 %", "22 layers", "5 million", "12x", "27x", "Inception", "linear layers", "max pooling"],
        *["augmentation", "efficiency", "no FC", "global average pooling"],
    ],
    "resnet": ["Microsoft"],
    "transfer": [
        *["1/10", "freeze", "more layers", "DeCAF", "MS COCO", "Oxford", "word2vec", "GloVe", "fastText"],
        *[
            "gensim",
            "similar vectors",
            "a lot of data",
            "same type of input",
            "low-level",
            "little for task B",
        ],
    ],
}

# What GoogLeNet would have to be for the slides to be right, or wrong.
FIVE_MILLION = networks.Network(
    "five_million",
    (4000,),
    Sequential(hidden=Linear(4000, 1000, bias=False), fc=Linear(1000, 1000, bias=False)),
    "",
)
NO_LINEAR = networks.Network("no_linear", (3, 8, 8), Sequential(conv=Conv2d(3, 1000, 8)), "")


@pytest.fixture
def swapped(monkeypatch):
    """Let another network stand in for one, to see whether a verdict follows what is computed."""

    def swap(name, stand_in):
        get = networks.get
        other = get(stand_in) if isinstance(stand_in, str) else stand_in
        monkeypatch.setattr(networks, "get", lambda asked: other if asked == name else get(asked))

    return swap


@pytest.mark.parametrize("key", VERDICTS)
def test_the_verdict_is_the_one_reached_by_hand(key):
    assert LEDGER[key].verdict == VERDICTS[key]


@pytest.mark.parametrize("key", FIGURES)
def test_the_figures_are_those_reached_by_hand(key):
    text = f"{LEDGER[key].computed} | {LEDGER[key].remark}"
    assert [figure for figure in FIGURES[key] if figure not in text] == [], text


@pytest.mark.parametrize("subject", SLIDES)
def test_every_claim_of_the_slides_has_a_row(subject):
    text = " | ".join(row.slides_say for row in LEDGER.values() if row.subject == subject)
    assert [claim for claim in SLIDES[subject] if claim not in text] == []


def test_the_subjects_are_those_of_the_module():
    assert claims.subjects() == tuple(SLIDES)


def test_the_ledger_needs_no_arrays():
    code = (
        "import sys; from coursekit import claims; claims.ledger(); "
        "print([m for m in ('torch', 'numpy', 'matplotlib') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_keys_are_unique():
    assert len(LEDGER) == len(claims.CLAIMS)


@pytest.mark.parametrize("row", LEDGER.values(), ids=LEDGER)
def test_a_row_rests_on_a_computation_or_on_a_source(row):
    assert row.source or (row.computed and row.verdict != "cited")
    assert row.source or not row.paper_says


@pytest.mark.parametrize("row", LEDGER.values(), ids=LEDGER)
def test_a_claim_that_does_not_simply_hold_has_a_remark(row):
    if row.verdict in ("does not hold", "holds with a remark"):
        assert row.remark


@pytest.mark.parametrize(
    ("key", "network", "stand_in", "verdict"),
    [
        ("lenet-parameters", "lenet5", "alexnet", "does not hold"),
        ("lenet-parameters", "lenet5", "lenet5_1998", "holds"),
        ("lenet-windows", "lenet5", "vgg11", "does not hold"),
        ("lenet-order", "lenet5", "vgg11", "does not hold"),
        ("alexnet-parameters", "alexnet", "vgg11", "does not hold"),
        ("alexnet-input", "alexnet", "vgg11", "does not hold"),
        ("alexnet-filters", "alexnet", "alexnet_one_column", "does not hold"),
        ("alexnet-lrn", "resnet50", "alexnet", "does not hold"),
        ("alexnet-dropout", "alexnet", "googlenet", "does not hold"),
        ("vgg-layers", "vgg16", "vgg19", "does not hold"),
        ("vgg-parameters", "vgg16", "vgg11", "holds"),  # 4 % away is still "approx."
        ("vgg-parameters", "vgg16", "alexnet", "does not hold"),
        ("vgg-lrn", "vgg13", "alexnet", "does not hold"),
        ("vgg-nineteen", "vgg19", "vgg13", "does not hold"),
        ("vgg-windows", "vgg16", "vgg16c", "does not hold"),
        ("vgg-windows", "vgg16c", "vgg16", "holds"),
        ("vgg-pools", "vgg16", "alexnet", "does not hold"),
        ("googlenet-parameters", "googlenet", FIVE_MILLION, "holds"),
        ("googlenet-vs-alexnet", "googlenet", FIVE_MILLION, "holds"),
        ("googlenet-vs-vgg", "googlenet", FIVE_MILLION, "holds"),
        ("googlenet-no-fc", "googlenet", NO_LINEAR, "holds"),
        ("googlenet-efficiency", "vgg16", "resnet50", "does not hold"),
    ],
)
def test_a_verdict_follows_what_is_computed(swapped, key, network, stand_in, verdict):
    swapped(network, stand_in)
    assert claims.select(key)[0].verdict == verdict


def test_the_alexnet_of_torchvision_has_the_parameters_cited():
    with torch.device("meta"):
        model = torchvision.models.alexnet()
    assert sum(p.numel() for p in model.parameters()) == 61_100_840


def test_connections_are_those_of_the_paper_layer_by_layer():
    # LeCun et al. 1998, sec. II.B: C1, S2, C3, S4, C5; F6 and the output follow from their sizes.
    assert 122_304 + 5_880 + 151_600 + 2_000 + 48_120 + 10_164 + 840 == 340_908
    assert counting.connections("lenet5_1998") == 340_908


def test_fixed_weights_are_ten_bitmaps_of_seven_by_twelve():
    assert counting.fixed_weights("lenet5_1998") == 10 * 7 * 12
    assert counting.fixed_weights("lenet5") == 0


@pytest.mark.parametrize(
    ("name", "depth", "weighted"),
    [("alexnet", 8, 8), ("googlenet", 22, 58), ("googlenet_aux", 22, 64), ("resnet18", 18, 21)],
)
def test_depth_is_the_longest_way_and_leaves_side_branches_out(name, depth, weighted):
    assert counting.depth(name) == depth
    assert counting.weighted_layers(name) == weighted


def test_about_allows_five_percent():
    assert about(105, 100)
    assert about(95, 100)
    assert not about(105.1, 100)
    assert not about(94.9, 100)


def test_excess_says_in_which_direction():
    assert excess(7, 5) == "40.0 % more"
    assert excess(4, 5) == "20.0 % less"


def test_judging():
    assert judge(True) == "holds"
    assert judge(True, qualified=True) == "holds with a remark"
    assert judge(False, qualified=True) == "does not hold"


def test_a_network_selects_the_rows_of_its_family():
    assert claims.select("vgg16") == claims.select("vgg")
    assert {row.subject for row in claims.select("lenet5_1998")} == {"lenet"}


@pytest.mark.parametrize("which", ["nothing", "efficientnet_lite0", "vgg99", ""])
def test_a_name_without_claims_is_refused(which):
    with pytest.raises(ValueError, match=re.escape(f"no claim {which!r}")):
        claims.select(which)


def test_markdown_has_a_line_for_each_row():
    lines = claims.to_markdown().splitlines()
    assert len(lines) == 2 + len(LEDGER)
    assert {line.count(" | ") for line in lines if line.startswith("| ")} == {4}
    assert "61,706" in claims.to_markdown(claims.select("lenet-parameters"))


def test_markdown_escapes_what_would_end_a_cell():
    row = claims.Row("a-b", "a", "x | y", "", "", "1", "holds", "")
    assert r"x \| y" in claims.to_markdown([row])


def run(*arguments):
    return CliRunner().invoke(app, ["claims", *arguments], prog_name="coursekit")


def test_the_command_prints_every_claim():
    result = run()
    assert result.exit_code == 0
    assert [key for key in LEDGER if key not in result.stdout] == []
    assert result.stdout.endswith(f"does not hold: 5; reference: 2; in all: {len(LEDGER)}\n")


def test_the_command_prints_one_claim():
    words = " ".join(run("googlenet-no-fc").stdout.replace("│", " ").split())
    assert "does not hold" in words
    assert "1,025,000" in words
    assert "alexnet" not in words


def test_the_command_fits_a_terminal_of_100_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("FORCE_COLOR", "1")  # what rich takes for a terminal
    text = re.sub(r"\x1b\[[0-9;]*m", "", run().stdout)
    assert max(map(len, text.splitlines())) == 100
    assert [key for key in LEDGER if not re.search(rf"│ {key} +│", text)] == []  # no key is broken


def test_the_command_prints_json():
    rows = json.loads(run("googlenet", "--json").stdout)
    assert {row["subject"] for row in rows} == {"googlenet"}
    assert set(rows[0]) == {
        *("key", "subject", "slides_say", "paper_says", "source", "computed", "verdict", "remark")
    }


def test_the_command_refuses_an_unknown_name_in_one_sentence():
    result = run("lenet6")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("coursekit: there is no claim 'lenet6'; ")
    assert len(result.stderr.splitlines()) == 1


def test_the_help_has_an_example():
    assert "Example: coursekit claims" in run("--help").stdout


def test_the_winners_of_the_contest_have_one_year_each_and_ever_smaller_errors():
    assert [winner.year for winner in WINNERS] == list(range(2010, 2016))
    errors = [winner.top5_error for winner in WINNERS]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < HUMAN.top5_error < errors[-2]


@pytest.mark.parametrize(("name", "key"), [("AlexNet", "alexnet-result"), ("GoogLeNet", "googlenet-contest")])
def test_a_winners_error_is_that_of_the_claim(name, key):
    (error,) = [winner.top5_error for winner in WINNERS if winner.name == name]
    assert f"{error} %" in LEDGER[key].slides_say

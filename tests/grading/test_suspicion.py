import pytest

from coursekit.grading.suspicion import suspicions

CONV2D = "torch.nn.functional.conv2d"
FORBIDDEN = f"names {CONV2D}, which the exercise forbids"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import subprocess", "imports subprocess (other programs)"),
        ("from urllib import request", "imports urllib (the network)"),
        ("import coursekit.checks.conv_forward", "imports coursekit.checks.conv_forward"),
        ("import numpy as np\nnp.allclose = lambda *a: True", "changes numpy.allclose"),
        ("from numpy import linalg\nlinalg.norm = None", "changes numpy.linalg.norm"),
        (
            "import torch.nn.functional as F\ny = F.conv2d(x, w)",
            FORBIDDEN,
        ),
        (
            "from torch.nn.functional import conv2d as c\nc(x, w)",
            FORBIDDEN,
        ),
        ("import torch\ntorch.nn.functional.conv2d(x, w)", FORBIDDEN),
        ("open('/proc/1/environ')", "names '/proc/'"),
        ("().__class__.__base__.__subclasses__()", "uses __subclasses__"),
        ("!cat ../gradebook.db", "runs a program of the system"),
        ("x = (gradebook", "names 'gradebook'"),
    ],
)
def test_what_no_answer_needs_is_seen(source, found):
    assert found in suspicions(source, [CONV2D])


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\nx = np.zeros(3)\nx.shape = (3, 1)\nself.weight = x",
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1])",
        "def f(:",
        "",
        "conv2d(x, w)",
    ],
)
def test_ordinary_code_is_not_suspected(source):
    assert suspicions(source, [CONV2D]) == []


def test_each_thing_is_said_once():
    assert suspicions("import subprocess\nimport subprocess") == ["imports subprocess (other programs)"]

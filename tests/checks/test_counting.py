"""Exercise 4: what is right agrees with PyTorch, for every student; other right answers pass."""

import numpy as np
import pytest
import torch
from torch import nn

from coursekit import checks
from coursekit.answers import LocalAnswers
from coursekit.checks.counting import described, network_of
from coursekit.checks.counting.questions import (
    multiply_adds,
    output_shape,
    parameters,
    receptive_field,
    summary,
)
from tests.checks.notebook import lost, mutated
from tests.checks.notebook import solution as answers_of

EXERCISE = checks.get("counting")
STUDENTS = ["ada", "alan", "barbara", "donald", "edsger", "emmy", "grace", "katherine", "kurt", "s1234567"]


@pytest.fixture
def solution():
    return answers_of("counting")


def module(layer):
    """Return PyTorch's module for a layer, written without the library."""
    match layer["kind"]:
        case "conv":
            return nn.Conv2d(
                layer["in"],
                layer["out"],
                layer["kernel"],
                stride=layer["stride"],
                padding=layer["padding"],
                groups=layer["groups"],
                bias=layer["bias"],
            )
        case "pool":
            return nn.AvgPool2d(layer["kernel"], layer["stride"], layer["padding"])
        case "linear":
            return nn.Linear(layer["in"], layer["out"], bias=layer["bias"])
        case "batch_norm":
            return nn.BatchNorm2d(layer["channels"])
        case "global_pool":
            return nn.AdaptiveAvgPool2d(1)
        case "flatten":
            return nn.Flatten()
        case _:
            return nn.Identity()


def cases(function, student=""):
    question = EXERCISE.question(function)
    return [case for check in question.checks for case in EXERCISE.cases(check, question, student)]


@pytest.mark.parametrize("student", STUDENTS)
def test_shapes_are_pytorchs(student):
    for case in cases("output_shape", student):
        with torch.device("meta"):
            out = module(case["layer"]).eval()(torch.empty(1, *case["shape"]))
        assert output_shape(**case) == tuple(out.shape[1:])


def test_parameters_are_pytorchs():
    for case in cases("parameters"):
        assert parameters(**case) == sum(p.numel() for p in module(case["layer"]).parameters())


def test_multiply_adds_are_half_of_pytorchs_operations():
    from torch.utils.flop_counter import FlopCounterMode

    for case in cases("multiply_adds"):
        with torch.device("meta"), FlopCounterMode(display=False) as counter:
            module({**case["layer"], "bias": False}).eval()(torch.empty(1, *case["shape"]))
        assert multiply_adds(**case) == counter.get_total_flops() // 2


@pytest.mark.parametrize("student", STUDENTS[:3])
def test_the_receptive_field_is_where_the_gradient_is(student):
    for case in cases("receptive_field", student):
        windows = [layer for layer in case["layers"] if layer["kind"] in ("conv", "pool")]
        net = nn.Sequential(*(module({**w, "in": 1, "out": 1, "groups": 1, "bias": False}) for w in windows))
        for name, p in net.double().named_parameters():
            assert "weight" in name
            nn.init.ones_(p)
        side = 2 * receptive_field(**case) + 60
        x = torch.zeros(1, 1, side, side, dtype=torch.float64, requires_grad=True)
        out = net(x)
        middle = out.shape[2] // 2
        out[0, 0, middle, middle].backward()
        rows = x.grad[0, 0].abs().sum(dim=1).nonzero()
        assert receptive_field(**case) == rows.max() - rows.min() + 1


def test_published_counts_are_reached():
    totals = {}
    for name in ("lenet5", "alexnet_one_column", "alexnet", "vgg16"):
        rows = summary(**described(name))
        totals[name] = sum(row[2] for row in rows)
    assert totals == {
        "lenet5": 61_706,
        "alexnet_one_column": 62_378_344,
        "alexnet": 60_965_224,
        "vgg16": 138_357_544,
    }


@pytest.mark.parametrize("student", STUDENTS)
def test_the_network_of_every_student_runs_and_holds_what_is_overlooked(student):
    network = network_of(student)
    with torch.device("meta"):
        net = nn.Sequential(*(module(layer) for layer in network["layers"])).eval()
        out = net(torch.empty(1, *network["shape"]))
    assert summary(**network)[-1][1] == tuple(out.shape[1:])
    convolutions = [layer for layer in network["layers"] if layer["kind"] == "conv"]
    assert network["shape"][1] != network["shape"][2]
    assert any(layer["groups"] > 1 for layer in convolutions)
    assert any(not layer["bias"] for layer in convolutions)


def test_students_have_networks_of_their_own():
    assert len({str(network_of(student)) for student in STUDENTS}) == len(STUDENTS)


@pytest.mark.parametrize("student", STUDENTS[:3])
def test_mutants_die_for_every_student(solution, student):
    for mutant in EXERCISE.mutants:
        right = solution[mutant.function]
        assert lost("counting", mutated(solution, mutant), 0, student)[0] == mutant.loses
        solution[mutant.function] = right


def as_floats(value):
    if isinstance(value, tuple | list):
        return [as_floats(part) for part in value]
    return value if isinstance(value, str) else float(value)


ALTERNATIVES = {
    "lists": lambda right: lambda *a, **k: (lambda v: list(v) if isinstance(v, tuple) else v)(right(*a, **k)),
    "floats": lambda right: lambda *a, **k: as_floats(right(*a, **k)),
    "NumPy": lambda right: (
        lambda *a, **k: (lambda v: v if isinstance(v, list) else np.array(v))(right(*a, **k))
    ),
    "PyTorch": lambda right: (
        lambda *a, **k: (lambda v: v if isinstance(v, list) else torch.tensor(v))(right(*a, **k))
    ),
}


@pytest.mark.parametrize("change", ALTERNATIVES.values(), ids=ALTERNATIVES.keys())
def test_right_answers_of_other_types_pass(solution, change):
    changed = solution | {q.function: change(solution[q.function]) for q in EXERCISE.questions}
    assert lost("counting", changed, 0, "ada")[0] == set()


def test_an_answer_that_builds_the_layer_in_pytorch_passes(solution):
    def by_running(layer, shape):
        with torch.device("meta"):
            return tuple(module(layer).eval()(torch.empty(1, *shape)).shape[1:])

    solution["output_shape"] = by_running
    solution["parameters"] = lambda layer: sum(p.numel() for p in module(layer).parameters())
    assert lost("counting", solution, 0, "ada")[0] == set()


def test_a_receptive_field_from_the_last_layer_back_passes(solution):
    def backwards(layers):
        field = 1
        for layer in reversed([layer for layer in layers if layer["kind"] in ("conv", "pool")]):
            field = (field - 1) * layer["stride"] + layer["kernel"]
        return field

    solution["receptive_field"] = backwards
    assert lost("counting", solution, 0, "ada")[0] == set()


def test_convolutions_alone_get_the_half_of_each_question_that_is_about_them(solution):
    def only(function):
        def answer(layer, **shape):
            if layer["kind"] not in ("conv", "pool"):
                raise KeyError(layer["kind"])
            return function(layer, **shape)

        return answer

    answers = {name: only(solution[name]) for name in ("output_shape", "multiply_adds")}
    failed, messages = lost("counting", solution | answers, 0, "ada")
    assert failed == {"output_shape.others", "multiply_adds.others"}
    assert any("KeyError: 'flatten'" in message for message in messages)


def test_a_field_without_strides_gets_the_point_for_stacks(solution):
    solution["receptive_field"] = lambda layers: 1 + sum(layer.get("kernel", 1) - 1 for layer in layers)
    assert lost("counting", solution)[0] == {"receptive_field.strides", "receptive_field.yours"}


def test_a_table_that_knows_lenet_only_gets_the_point_for_lenet(solution):
    right = solution["summary"]
    solution["summary"] = lambda layers, shape: right(layers, shape) if shape[0] == 1 else []
    assert lost("counting", solution)[0] == {"summary.yours"}


def test_a_count_that_is_wrong_in_its_last_digit_is_wrong(solution):
    right = solution["parameters"]
    solution["parameters"] = lambda layer: right(layer) - (right(layer) > 10**6)
    failed, messages = lost("counting", solution)
    assert "parameters.weights" in failed
    assert any("The result is '37,752,831', expected '37,752,832'." in message for message in messages)


def test_a_message_shows_the_layer_so_that_it_can_be_typed_in(solution):
    solution["output_shape"] = lambda layer, shape: (layer["out"], *shape[1:])
    message = EXERCISE.run("output_shape", LocalAnswers(solution)).verdicts[0].message
    assert "output_shape(layer={'kind': 'conv', 'in': 3, 'out': 96, 'kernel': 11, 'stride': 4," in message
    assert "The result is '(96, 227, 227)', expected '(96, 55, 55)'." in message


def test_what_the_library_has_ready_is_refused(solution):
    from coursekit.checks.counting.layers import to_layer
    from coursekit.networks import measure

    solution["parameters"] = lambda layer: measure.parameter_count(to_layer(layer))
    _, messages = lost("counting", solution)
    assert any("`coursekit.networks.measure.parameter_count` is not to be used" in m for m in messages)

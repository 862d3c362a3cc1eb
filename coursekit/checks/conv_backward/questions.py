"""What the student writes, and the cases. Every gradient has verdicts of its own.

The truth knows nothing of backward passes: it is the slope of the forward pass, measured by central
differences in float64. Only `col2im` and the speed are held against the library.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from coursekit.answers import Answers
from coursekit.checks.compare import difference
from coursekit.checks.exercise import Case, Check, Draw, Observe, Question, Wrong, call_text
from coursekit.checks.parts import part
from coursekit.networks.measure import output_size
from coursekit.numpy_nn import functional as F

SPEED_UP = 5  # how many times faster than the forward loops alone it must be; measured: 100 and more


def central_differences(
    dout: np.ndarray, x: np.ndarray, w: np.ndarray, groups: int = 1, **settings: Any
) -> tuple[np.ndarray, ...]:
    """Return (dx, dw, db), the slopes of sum(dout * conv2d(x, w, b)), measured and not derived."""
    arrays = [np.array(array, np.float64) for array in (x, w, np.zeros(len(w)))]

    def losses(moved: int, h: float) -> np.ndarray:
        """Return the loss once for each element of array number `moved`, with that element moved by h."""
        size = arrays[moved].size
        copies = [np.broadcast_to(array, (size, *array.shape)) for array in arrays]
        copies[moved] = copies[moved] + h * np.eye(size).reshape(copies[moved].shape)
        # All copies at once, side by side in the channels: as groups, they do not see each other.
        side_by_side = copies[0].swapaxes(0, 1).reshape(len(x), -1, *x.shape[2:])
        weights, biases = copies[1].reshape(-1, *w.shape[1:]), copies[2].reshape(-1)
        out, _ = F.conv2d_forward(side_by_side, weights, biases, groups=size * groups, **settings)
        products = out.reshape(len(x), size, *dout.shape[1:]) * dout[:, None]
        return np.asarray(products.sum(axis=(0, 2, 3, 4)))

    # The loss is linear in each array, so that a large step makes no error and rounds the least.
    h = 0.5
    return tuple(
        ((losses(k, h) - losses(k, -h)) / (2 * h)).reshape(array.shape) for k, array in enumerate(arrays)
    )


def case(x: tuple[int, int, int, int], w: tuple[int, int, int, int], **settings: Any) -> Case:
    """Return a case with a random upstream gradient of the output's shape."""
    size = output_size((x[2], x[3]), (w[2], w[3]), settings.get("stride", 1), settings.get("padding", 0))
    return {"dout": Draw(x[0], w[0], *size), "x": Draw(*x), "w": Draw(*w), **settings}


def gradient(function: str, name: str) -> Observe:
    """Return what looks at one of the three gradients that `function` returns."""
    return part(function, name, ("dx", "dw", "db"))


def _seconds(run: Callable[[], object]) -> float:
    start = perf_counter()
    run()
    return perf_counter() - start


def judge_speed(answers: Answers, case: Case) -> None:
    """Raise `Wrong` unless all is right and `SPEED_UP` times faster than the forward pass by loops."""
    call = call_text("conv2d_backward", case)
    got = answers.call("conv2d_backward", **case)
    right = F.conv2d_backward(
        case["dout"], F.conv2d_forward(case["x"], case["w"], np.zeros(len(case["w"])))[1]
    )
    if what := difference(got, right):
        raise Wrong(f"{call}\n{what} It has to be right before it can be fast.")
    # The best of several: a machine that is busy with something else only ever adds time.
    one = min(_seconds(lambda: F.conv2d_loops(case["x"][:1], case["w"])) for _ in range(2))
    loops = len(case["x"]) * one
    ratio = loops / min(_seconds(lambda: answers.call("conv2d_backward", **case)) for _ in range(6))
    if ratio < SPEED_UP:
        raise Wrong(
            f"{call}\nThe gradients are right, but come only {ratio:.1f} times as fast as a forward pass by "
            f"loops over every pixel; at least {SPEED_UP} times is asked for. Are there two matrix products "
            "and one col2im, and no loop over pixels?"
        )


PLAIN = (
    case((1, 1, 4, 4), (2, 1, 3, 3)),
    case((2, 3, 5, 4), (4, 3, 2, 3)),
)
STEPS = (
    case((2, 2, 7, 6), (3, 2, 3, 2), stride=2),
    case((1, 2, 4, 5), (3, 2, 3, 3), padding=(2, 1)),
    case((2, 1, 5, 6), (3, 1, 3, 3), stride=(1, 2), padding=1),
)
BOTH = (PLAIN[1], STEPS[2], case((3, 2, 4, 5), (4, 2, 1, 1)))
GROUPS = (
    case((2, 4, 4, 5), (6, 2, 3, 3), groups=2),
    case((2, 3, 5, 4), (3, 1, 3, 3), stride=2, padding=1, groups=3),
)

LOOPS, FAST, GROUPED = "conv2d_backward_loops", "conv2d_backward", "conv2d_backward_grouped"

QUESTIONS = (
    Question(
        LOOPS,
        central_differences,
        (
            Check("db", "db", 1, PLAIN, gradient(LOOPS, "db")),
            Check("dw", "dw, stride 1, no padding", 2, PLAIN, gradient(LOOPS, "dw")),
            Check("dx", "dx, stride 1, no padding", 2, PLAIN, gradient(LOOPS, "dx")),
            Check("dw_steps", "dw with stride and padding", 1, STEPS, gradient(LOOPS, "dw")),
            Check("dx_steps", "dx with stride and padding", 1, STEPS, gradient(LOOPS, "dx")),
        ),
    ),
    Question(
        "col2im",
        F.col2im,
        (
            Check(
                "apart", "windows side by side", 1,
                (
                    {"cols": Draw(1, 4, 6), "shape": (1, 1, 4, 6), "kernel_size": 2, "stride": 2},
                    {"cols": Draw(2, 12, 4), "shape": (2, 2, 4, 6), "kernel_size": (2, 3), "stride": (2, 3)},
                ),
            ),
            Check(
                "overlap", "windows that overlap", 1,
                (
                    {"cols": Draw(1, 4, 6), "shape": (1, 1, 3, 4), "kernel_size": 2},
                    {"cols": Draw(2, 18, 12), "shape": (2, 3, 5, 5), "kernel_size": (2, 3)},
                ),
            ),
            Check(
                "steps", "with stride and padding", 1,
                (
                    {
                        "cols": Draw(1, 18, 12), "shape": (1, 2, 6, 7),
                        "kernel_size": 3, "stride": 2, "padding": 1,
                    },
                    {
                        "cols": Draw(2, 3, 12), "shape": (2, 1, 5, 4),
                        "kernel_size": (1, 3), "stride": (3, 1), "padding": (0, 2),
                    },
                ),
            ),
        ),
    ),
    Question(
        FAST,
        central_differences,
        (
            Check("db", "db", 1, BOTH, gradient(FAST, "db")),
            Check("dw", "dw, also with stride and padding", 2, BOTH, gradient(FAST, "dw")),
            Check("dx", "dx, also with stride and padding", 2, BOTH, gradient(FAST, "dx")),
            Check(
                "speed", f"at least {SPEED_UP} times as fast as loops", 1,
                (case((4, 3, 16, 16), (8, 3, 5, 5)),),
                judge=judge_speed,
            ),
        ),
    ),
    Question(
        GROUPED,
        central_differences,
        (
            Check("db", "db of every group", 1, GROUPS, gradient(GROUPED, "db")),
            Check("dw", "dw of every group", 1, GROUPS, gradient(GROUPED, "dw")),
            Check("dx", "dx of every group", 2, GROUPS, gradient(GROUPED, "dx")),
        ),
    ),
)  # fmt: skip

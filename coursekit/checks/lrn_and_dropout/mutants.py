"""The wrong answers to exercise 6, each a change to the right function or class, which comes first."""

from typing import Any

import numpy as np

from coursekit.checks.exercise import Mutant


def counted_in_a_circle(right: Any, x: Any, n: int) -> Any:
    """The sums with channels counted in a circle, the last one beside the first."""
    return sum(np.roll(x, shift, axis=1) for shift in range(-(n // 2), n // 2 + 1))


def n_channels_before(right: Any, x: Any, n: int) -> Any:
    """The sums over a channel and the n - 1 before it, not those around it."""
    return sum(np.pad(x, ((0, 0), (i, 0), (0, 0), (0, 0)))[:, : x.shape[1]] for i in range(n))


def n_on_either_side(right: Any, x: Any, n: int) -> Any:
    """The sums over n channels on either side."""
    return right(x, 2 * n + 1)


def last_one_missing(right: Any, x: Any, n: int) -> Any:
    """The sums without the last channel of each window (a slice that ends one too early)."""
    behind = np.pad(x, ((0, 0), (0, n // 2), (0, 0), (0, 0)))[:, n // 2 :]
    return right(x, n) - (behind if n > 1 else 0)


def only_full_windows(right: Any, x: Any, n: int) -> Any:
    """The sums with zero where a window reaches beyond the first or last channel."""
    sums, reach = np.array(right(x, n)), n // 2
    sums[:, :reach] = sums[:, max(0, x.shape[1] - reach) :] = 0
    return sums


def means_not_sums(right: Any, x: Any, n: int) -> Any:
    """The means over n channels, not the sums."""
    return right(x, n) / n


def window_over_rows(right: Any, x: Any, n: int) -> Any:
    """The sums over neighbouring rows, not over channels."""
    return right(x.swapaxes(1, 2), n).swapaxes(1, 2)


def alpha_over_n(right: Any, x: Any, n: int = 5, k: Any = 2.0, alpha: Any = 1e-4, beta: Any = 0.75) -> Any:
    """The normalisation with alpha divided by n, as PyTorch has it; the paper does not divide."""
    return right(x, n, k, alpha / n, beta)


def k_is_one(right: Any, x: Any, n: int = 5, k: Any = 2.0, alpha: Any = 1e-4, beta: Any = 0.75) -> Any:
    """The normalisation with k = 1 and the power of a square root, whatever is asked for."""
    return right(x, n, 1.0, alpha, 0.5)


def power_forgotten(right: Any, x: Any, n: int = 5, k: Any = 2.0, alpha: Any = 1e-4, beta: Any = 0.75) -> Any:
    """The normalisation without the power beta."""
    return right(x, n, k, alpha, 1.0)


def square_of_the_sum(
    right: Any, x: Any, n: int = 5, k: Any = 2.0, alpha: Any = 1e-4, beta: Any = 0.75
) -> Any:
    """The normalisation with the square of the sum, not the sum of the squares."""
    padded = np.pad(x, ((0, 0), (n // 2, n // 2), (0, 0), (0, 0)))
    sums = sum(padded[:, i : i + x.shape[1]] for i in range(n))
    return x / (k + alpha * sums**2) ** beta


def multiplied(right: Any, x: Any, n: int = 5, k: Any = 2.0, alpha: Any = 1e-4, beta: Any = 0.75) -> Any:
    """The normalisation that multiplies by the power where it should divide."""
    return right(x, n, k, alpha, -beta)


def sum_forgotten(right: Any, x: Any, n: int = 5, k: Any = 2.0, alpha: Any = 1e-4, beta: Any = 0.75) -> Any:
    """The normalisation of every channel by itself alone."""
    return right(x, 1, k, alpha, beta)


def divisor(x: Any, n: int, k: float, alpha: float) -> Any:
    """Return k + alpha * sum of squares."""
    padded = np.pad(x**2, ((0, 0), (n // 2, n // 2), (0, 0), (0, 0)))
    return k + alpha * sum(padded[:, i : i + x.shape[1]] for i in range(n))


def divisor_is_constant(
    right: Any, dout: Any, x: Any, n: int = 5, k: Any = 2.0, alpha: Any = 1e-4, beta: Any = 0.75
) -> Any:
    """The gradient as if what is divided by did not depend on x."""
    return dout * divisor(x, n, k, alpha) ** -beta


def own_channel_only(
    right: Any, dout: Any, x: Any, n: int = 5, k: Any = 2.0, alpha: Any = 1e-4, beta: Any = 0.75
) -> Any:
    """The gradient of each channel through its own output alone, without the neighbours that it divides."""
    s = divisor(x, n, k, alpha)
    return dout * s**-beta - 2 * alpha * beta * dout * x**2 * s ** (-beta - 1)


def own_x_twice(
    right: Any, dout: Any, x: Any, n: int = 5, k: Any = 2.0, alpha: Any = 1e-4, beta: Any = 0.75
) -> Any:
    """The gradient with the channel's own x where its neighbour's x belongs."""
    s = divisor(x, n, k, alpha)
    inner = np.pad(dout * s ** (-beta - 1), ((0, 0), (n // 2, n // 2), (0, 0), (0, 0)))
    sums = sum(inner[:, i : i + x.shape[1]] for i in range(n))
    return dout * s**-beta - 2 * alpha * beta * x**2 * sums


def two_forgotten(
    right: Any, dout: Any, x: Any, n: int = 5, k: Any = 2.0, alpha: Any = 1e-4, beta: Any = 0.75
) -> Any:
    """The gradient without the 2 that the square leaves."""
    return (right(dout, x, n, k, alpha, beta) + dout * divisor(x, n, k, alpha) ** -beta) / 2


def same_power_again(
    right: Any, dout: Any, x: Any, n: int = 5, k: Any = 2.0, alpha: Any = 1e-4, beta: Any = 0.75
) -> Any:
    """The gradient with the power -beta in its second term too: a slope's power is lower by one."""
    s = divisor(x, n, k, alpha)
    inner = np.pad(dout * x * s**-beta, ((0, 0), (n // 2, n // 2), (0, 0), (0, 0)))
    sums = sum(inner[:, i : i + x.shape[1]] for i in range(n))
    return dout * s**-beta - 2 * alpha * beta * x * sums


def sign_lost(
    right: Any, dout: Any, x: Any, n: int = 5, k: Any = 2.0, alpha: Any = 1e-4, beta: Any = 0.75
) -> Any:
    """The gradient with a plus before its second term."""
    return 2 * dout * divisor(x, n, k, alpha) ** -beta - right(dout, x, n, k, alpha, beta)


def alpha_over_n_backward(
    right: Any, dout: Any, x: Any, n: int = 5, k: Any = 2.0, alpha: Any = 1e-4, beta: Any = 0.75
) -> Any:
    """The gradient with alpha divided by n, as PyTorch has it; the paper does not divide."""
    return right(dout, x, n, k, alpha / n, beta)


def not_scaled(right: Any, x: Any, p: float, u: Any) -> Any:
    """A dropout that does not scale what it keeps."""
    return right(x, p, u) * (1 - p)


def scaled_by_p(right: Any, x: Any, p: float, u: Any) -> Any:
    """A dropout that divides what it keeps by p, not by 1 - p."""
    return right(x, p, u) * (1 - p) / max(p, 1e-9)


def equal_is_dropped(right: Any, x: Any, p: float, u: Any) -> Any:
    """A dropout that also drops where u equals p: dropped is what is below."""
    return right(x, p, np.where(u == p, -1, u))


def p_is_kept(right: Any, x: Any, p: float, u: Any) -> Any:
    """A dropout that keeps the share p, not 1 - p."""
    return x * (u < p) / (1 - p)


class Changed:
    """A right layer, for mutants to change."""

    def __init__(self, right: Any, p: float, seed: int = 0) -> None:
        self.layer = right(p, seed)
        self.right, self.p, self.seed = right, p, seed
        self.training = True

    def train(self) -> None:
        """Go into training mode."""
        self.training = True
        self.layer.train()

    def eval(self) -> None:
        """Go into evaluation mode."""
        self.training = False
        self.layer.eval()

    def forward(self, x: Any) -> Any:
        """Do what the right layer does."""
        return self.layer.forward(x)

    def backward(self, dout: Any) -> Any:
        """Do what the right layer does."""
        return self.layer.backward(dout)


class _SameEveryTime(Changed):
    def forward(self, x: Any) -> Any:
        if self.training:
            self.layer = self.right(self.p, self.seed)
        return self.layer.forward(x)


class _SameInEveryImage(Changed):
    def forward(self, x: Any) -> Any:
        factors = self.layer.forward(np.ones_like(x))
        self.factors = np.broadcast_to(factors[:1], x.shape)
        return x * self.factors

    def backward(self, dout: Any) -> Any:
        return dout * self.factors


class _OtherInBackward(Changed):
    def backward(self, dout: Any) -> Any:
        return self.layer.forward(dout)


class _PassesAll(Changed):
    def backward(self, dout: Any) -> Any:
        return dout / (1 - self.p) if self.training else dout


class _UnscaledBackward(Changed):
    def backward(self, dout: Any) -> Any:
        return self.layer.backward(dout) * ((1 - self.p) if self.training else 1)


class _AlwaysDrops(Changed):
    def eval(self) -> None:
        pass


class _ScalesInUse(Changed):
    def forward(self, x: Any) -> Any:
        return self.layer.forward(x) * (1 if self.training else 1 - self.p)


class _StaysInUse(Changed):
    def train(self) -> None:
        pass


class _OldMask(Changed):
    def forward(self, x: Any) -> Any:
        return self.layer.forward(x) if self.training else x


def same_every_time(right: Any, p: float, seed: int = 0) -> Any:
    """A layer that begins with its seed in every pass and always drops the same elements."""
    return _SameEveryTime(right, p, seed)


def same_in_every_image(right: Any, p: float, seed: int = 0) -> Any:
    """A layer that draws for one image and drops the same elements in all of a batch."""
    return _SameInEveryImage(right, p, seed)


def begins_in_use(right: Any, p: float, seed: int = 0) -> Any:
    """A layer that does not begin in training mode."""
    layer = right(p, seed)
    layer.eval()
    return layer


def seed_ignored(right: Any, p: float, seed: int = 0) -> Any:
    """A layer that does not use its seed: all layers drop the same elements."""
    return right(p, 0)


def other_elements_backward(right: Any, p: float, seed: int = 0) -> Any:
    """A layer that draws anew in the backward pass."""
    return _OtherInBackward(right, p, seed)


def gradient_for_all(right: Any, p: float, seed: int = 0) -> Any:
    """A layer whose backward pass lets the gradient reach what was dropped."""
    return _PassesAll(right, p, seed)


def gradient_not_scaled(right: Any, p: float, seed: int = 0) -> Any:
    """A layer whose backward pass does not divide by 1 - p."""
    return _UnscaledBackward(right, p, seed)


def drops_in_use(right: Any, p: float, seed: int = 0) -> Any:
    """A layer that drops in evaluation mode too."""
    return _AlwaysDrops(right, p, seed)


def scales_in_use(right: Any, p: float, seed: int = 0) -> Any:
    """A layer that scales in training and in use: the paper's rule and the inverted one at once."""
    return _ScalesInUse(right, p, seed)


def never_back(right: Any, p: float, seed: int = 0) -> Any:
    """A layer that does not drop again when it is back in training mode."""
    return _StaysInUse(right, p, seed)


def old_mask_backward(right: Any, p: float, seed: int = 0) -> Any:
    """A layer that goes back through the mask of its last training pass when it is used."""
    layer = _OldMask(right, p, seed)
    layer.eval = lambda: setattr(layer, "training", False)  # type: ignore[method-assign]
    return layer


SUMS = {"channel_sums.windows", "channel_sums.edges"}
FORWARD = {"lrn_forward.paper", "lrn_forward.constants"}
NEIGHBOURS = {"lrn_backward.neighbours", "lrn_backward.paper"}
BACKWARD = NEIGHBOURS | {"lrn_backward.alone"}
ELEMENTS = {"dropout.elements", "dropout.expectation"}
SCALE = {"Dropout.share", "Dropout.expectation"}
BACK = {"Dropout.dropped", "Dropout.kept"}

# channel_sums is part of both passes, dropout is part of the layer: what is wrong there is wrong here.
MUTANTS = (
    Mutant("channel_sums", counted_in_a_circle, {"channel_sums.edges"} | FORWARD | NEIGHBOURS),
    Mutant("channel_sums", n_channels_before, SUMS | FORWARD | NEIGHBOURS),
    Mutant("channel_sums", n_on_either_side, SUMS | FORWARD | BACKWARD),
    Mutant("channel_sums", last_one_missing, SUMS | FORWARD | NEIGHBOURS),
    Mutant("channel_sums", only_full_windows, {"channel_sums.edges"} | FORWARD | NEIGHBOURS),
    Mutant("channel_sums", means_not_sums, SUMS | FORWARD | NEIGHBOURS),
    Mutant("channel_sums", window_over_rows, SUMS | FORWARD | NEIGHBOURS),
    Mutant("lrn_forward", alpha_over_n, FORWARD),
    Mutant("lrn_forward", k_is_one, FORWARD),
    Mutant("lrn_forward", power_forgotten, FORWARD),
    Mutant("lrn_forward", square_of_the_sum, FORWARD),
    Mutant("lrn_forward", multiplied, FORWARD),
    Mutant("lrn_forward", sum_forgotten, FORWARD),
    Mutant("lrn_backward", divisor_is_constant, BACKWARD),
    Mutant("lrn_backward", own_channel_only, NEIGHBOURS),
    Mutant("lrn_backward", own_x_twice, NEIGHBOURS),
    Mutant("lrn_backward", two_forgotten, BACKWARD),
    Mutant("lrn_backward", same_power_again, BACKWARD),
    Mutant("lrn_backward", sign_lost, BACKWARD),
    Mutant("lrn_backward", alpha_over_n_backward, NEIGHBOURS),
    Mutant("dropout", not_scaled, ELEMENTS | SCALE | {"Dropout.kept"}),
    Mutant("dropout", scaled_by_p, ELEMENTS | SCALE),
    Mutant("dropout", equal_is_dropped, {"dropout.elements"}),
    Mutant("dropout", p_is_kept, ELEMENTS | SCALE),
    Mutant("Dropout", begins_in_use, {"Dropout.share", "Dropout.fresh"} | BACK),
    Mutant("Dropout", same_in_every_image, {"Dropout.fresh"}),
    Mutant("Dropout", same_every_time, {"Dropout.fresh"}),
    Mutant("Dropout", seed_ignored, {"Dropout.fresh"}),
    Mutant("Dropout", other_elements_backward, BACK),
    Mutant("Dropout", gradient_for_all, {"Dropout.dropped"}),
    Mutant("Dropout", gradient_not_scaled, {"Dropout.kept"}),
    Mutant("Dropout", drops_in_use, {"Dropout.eval"}),
    Mutant("Dropout", scales_in_use, {"Dropout.expectation", "Dropout.eval"}),
    Mutant("Dropout", never_back, {"Dropout.eval"}),
    Mutant("Dropout", old_mask_backward, {"Dropout.eval"}),
)

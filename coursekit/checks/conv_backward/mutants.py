"""The wrong gradients. Each is written as a change to the right function, which comes first.

They are mistakes that students and teachers have made in public: `=` for `+=` where windows overlap, a
weight gradient that comes out reversed, a reshape where a transpose is needed first, padding that is not cut
off again.
"""

from typing import Any

import numpy as np

from coursekit.checks.exercise import Mutant
from coursekit.networks import Size2d, pair
from coursekit.networks.measure import output_size

# Of all gradients


def upstream_ignored(right: Any, dout: Any, x: Any, w: Any, **settings: Any) -> Any:
    """The gradient of the sum of all outputs (dout taken as ones)."""
    return right(np.ones_like(dout), x, w, **settings)


def another_order(right: Any, dout: Any, x: Any, w: Any, **settings: Any) -> Any:
    """The gradient of another array: the order asked for is dx, dw, db."""
    dx, dw, db = right(dout, x, w, **settings)
    return dw, dx, db


def averaged_over_images(right: Any, dout: Any, x: Any, w: Any, **settings: Any) -> Any:
    """The gradient averaged over the images: they are to be summed, the loss has done the averaging."""
    dx, dw, db = right(dout, x, w, **settings)
    return dx, dw / len(x), db / len(x)


def stride_ignored(
    right: Any, dout: Any, x: Any, w: Any, stride: Size2d = 1, padding: Size2d = 0, **settings: Any
) -> Any:
    """The gradient with the stride ignored: output (i, j) taken to come from the window at (i, j)."""
    (ph, pw), (height, width) = pair(padding), x.shape[2:]
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    rows, columns = (out + k - 1 for out, k in zip(dout.shape[2:], w.shape[2:], strict=True))
    dx = np.zeros_like(x)
    dx[:, :, :rows, :columns], dw, db = right(dout, x[:, :, :rows, :columns], w, **settings)
    return dx[:, :, ph : ph + height, pw : pw + width], dw, db


def reshaped_across_images(right: Any, dout: Any, x: Any, w: Any, **settings: Any) -> Any:
    """The gradient with maps of dout mixed up between images (a reshape where a transpose comes first)."""
    n, m, height, width = dout.shape
    dx, dw, _ = right(dout.reshape(m, n, height, width).swapaxes(0, 1), x, w, **settings)
    return dx, dw, dout.sum(axis=(0, 2, 3))


def loops_again(right: Any, dout: Any, x: Any, w: Any, **settings: Any) -> Any:
    """The right result by loops over every pixel."""
    dx, dw, db = right(dout, x, w, **settings)
    for _ in range(2):
        for _n, m, _i, _j in np.ndindex(dout.shape):
            dw[m] += w[m] * 0
    return dx, dw, db


def averaged_over_positions(right: Any, dout: Any, x: Any, w: Any, **settings: Any) -> Any:
    """The gradient averaged over the positions of the window: they are to be summed, as the images are."""
    dx, dw, db = right(dout, x, w, **settings)
    positions = dout.shape[2] * dout.shape[3]
    return dx, dw / positions, db / positions


# Of db


def bias_gradient_missing(right: Any, dout: Any, x: Any, w: Any, **settings: Any) -> Any:
    """A gradient of zero for every bias."""
    dx, dw, db = right(dout, x, w, **settings)
    return dx, dw, np.zeros_like(db)


def bias_gradient_for_every_image(right: Any, dout: Any, x: Any, w: Any, **settings: Any) -> Any:
    """The gradient of the biases summed over pixels only, not over images."""
    dx, dw, _ = right(dout, x, w, **settings)
    return dx, dw, dout.sum(axis=(2, 3))


def bias_gradient_a_mean(right: Any, dout: Any, x: Any, w: Any, **settings: Any) -> Any:
    """The mean of dout over images and pixels: the gradient of a bias is the sum."""
    dx, dw, _ = right(dout, x, w, **settings)
    return dx, dw, dout.mean(axis=(0, 2, 3))


# Of dw


def weight_gradient_reversed(right: Any, dout: Any, x: Any, w: Any, **settings: Any) -> Any:
    """The gradient of the filters turned by 180 degrees."""
    dx, dw, db = right(dout, x, w, **settings)
    return dx, dw[:, :, ::-1, ::-1], db


def weight_gradient_of_the_last_image(right: Any, dout: Any, x: Any, w: Any, **settings: Any) -> Any:
    """The gradient of the filters from the last image alone (`=` in place of `+=`)."""
    dx, _, db = right(dout, x, w, **settings)
    return dx, right(dout[-1:], x[-1:], w, **settings)[1], db


# Of dx


def filters_turned(right: Any, dout: Any, x: Any, w: Any, **settings: Any) -> Any:
    """The gradient of the image with the filters turned by 180 degrees."""
    _, dw, db = right(dout, x, w, **settings)
    return right(dout, x, w[:, :, ::-1, ::-1], **settings)[0], dw, db


def image_gradient_overwritten(
    right: Any, dout: Any, x: Any, w: Any, stride: Size2d = 1, padding: Size2d = 0
) -> Any:
    """The gradient of the image from the last window over each pixel alone (`=` in place of `+=`)."""
    _, dw, db = right(dout, x, w, stride=stride, padding=padding)
    (sh, sw), (ph, pw), (kh, kw) = pair(stride), pair(padding), w.shape[2:]
    dx = np.zeros((*x.shape[:2], x.shape[2] + 2 * ph, x.shape[3] + 2 * pw))
    for n, m, i, j in np.ndindex(dout.shape):
        dx[n, :, sh * i : sh * i + kh, sw * j : sw * j + kw] = dout[n, m, i, j] * w[m]
    return dx[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]], dw, db


def padding_kept(right: Any, dout: Any, x: Any, w: Any, padding: Size2d = 0, **settings: Any) -> Any:
    """The gradient of the padded image: the padding is to be cut off again."""
    ph, pw = pair(padding)
    return right(dout, np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw))), w, **settings)


def cut_from_the_corner(right: Any, dout: Any, x: Any, w: Any, padding: Size2d = 0, **settings: Any) -> Any:
    """The gradient of the padded image's upper left part, not of its middle."""
    dx, dw, db = padding_kept(right, dout, x, w, padding, **settings)
    return dx[:, :, : x.shape[2], : x.shape[3]], dw, db


def first_filter_for_all(right: Any, dout: Any, x: Any, w: Any, **settings: Any) -> Any:
    """The gradient of the image with the first filter in the place of every one."""
    _, dw, db = right(dout, x, w, **settings)
    return right(dout, x, np.repeat(w[:1], len(w), axis=0), **settings)[0], dw, db


# Of col2im


def columns_overwritten(
    right: Any, cols: Any, shape: Any, kernel_size: Any, stride: Size2d = 1, padding: Size2d = 0
) -> Any:
    """An image with one of the values where windows overlap, not their sum (`=` in place of `+=`)."""
    (kh, kw), (sh, sw), (ph, pw), (n, c, h, w) = pair(kernel_size), pair(stride), pair(padding), shape
    height, width = output_size((h, w), kernel_size, stride, padding)
    cols = cols.reshape(n, c, kh, kw, height, width)
    x = np.zeros((n, c, h + 2 * ph, w + 2 * pw))
    for u, v in np.ndindex(kh, kw):
        x[:, :, u : u + sh * (height - 1) + 1 : sh, v : v + sw * (width - 1) + 1 : sw] = cols[:, :, u, v]
    return x[:, :, ph : ph + h, pw : pw + w]


def columns_averaged(right: Any, cols: Any, shape: Any, kernel_size: Any, **settings: Any) -> Any:
    """An image with the mean of the values where windows overlap, not their sum."""
    counts = right(np.ones_like(cols), shape, kernel_size, **settings)
    return right(cols, shape, kernel_size, **settings) / np.maximum(counts, 1)


def pixel_by_pixel(right: Any, cols: Any, shape: Any, kernel_size: Any, **settings: Any) -> Any:
    """An image made of columns read pixel by pixel, not channel by channel."""
    n, rows, positions = cols.shape
    mixed = cols.reshape(n, -1, shape[1], positions).swapaxes(1, 2).reshape(n, rows, positions)
    return right(mixed, shape, kernel_size, **settings)


def down_before_across(
    right: Any, cols: Any, shape: Any, kernel_size: Any, stride: Size2d = 1, padding: Size2d = 0
) -> Any:
    """An image made of windows that go down first, then across."""
    height, width = output_size(shape[2:], kernel_size, stride, padding)
    mixed = cols.reshape(*cols.shape[:2], width, height).swapaxes(2, 3).reshape(cols.shape)
    return right(mixed, shape, kernel_size, stride=stride, padding=padding)


def window_turned_over(right: Any, cols: Any, shape: Any, kernel_size: Any, **settings: Any) -> Any:
    """An image made of columns that list a window column by column, not row by row."""
    (kh, kw), (n, rows, positions) = pair(kernel_size), cols.shape
    turned = cols.reshape(n, -1, kw, kh, positions).swapaxes(2, 3).reshape(n, rows, positions)
    return right(turned, shape, kernel_size, **settings)


def columns_with_padding(right: Any, cols: Any, shape: Any, kernel_size: Any, **settings: Any) -> Any:
    """The padded image: the padding is to be cut off again."""
    ph, pw = pair(settings.pop("padding", 0))
    n, c, height, width = shape
    return right(cols, (n, c, height + 2 * ph, width + 2 * pw), kernel_size, **settings)


def columns_from_the_corner(right: Any, cols: Any, shape: Any, kernel_size: Any, **settings: Any) -> Any:
    """The padded image's upper left part, not its middle."""
    return columns_with_padding(right, cols, shape, kernel_size, **settings)[:, :, : shape[2], : shape[3]]


# Of groups


def first_group_only(right: Any, dout: Any, x: Any, w: Any, groups: int = 1, **settings: Any) -> Any:
    """The gradient of the first group, and zero for all others."""
    dout = dout.copy()
    dout[:, len(w) // groups :] = 0
    return right(dout, x, w, groups=groups, **settings)


def first_filters_in_every_group(
    right: Any, dout: Any, x: Any, w: Any, groups: int = 1, **settings: Any
) -> Any:
    """The gradient with the filters of the first group in every group."""
    first = np.concatenate([w[: len(w) // groups]] * groups)
    return right(dout, x, first, groups=groups, **settings)


def groups_interleaved(right: Any, dout: Any, x: Any, w: Any, groups: int = 1, **settings: Any) -> Any:
    """The gradient for groups that take every second (third, ...) channel, not a run of channels."""
    order = np.concatenate([np.arange(g, x.shape[1], groups) for g in range(groups)])
    mixed, dw, db = right(dout, x[:, order], w, groups=groups, **settings)
    dx = np.zeros_like(mixed)
    dx[:, order] = mixed
    return dx, dw, db


def groups_added(right: Any, dout: Any, x: Any, w: Any, groups: int = 1, **settings: Any) -> Any:
    """The gradient of all groups added up, not one behind the other."""
    dx, dw, db = right(dout, x, w, groups=groups, **settings)
    return tuple(sum(np.split(d, groups, axis)) for d, axis in ((dx, 1), (dw, 0), (db, 0)))


def _checks(function: str, *names: str) -> set[str]:
    return {f"{function}.{name}" for name in names}


LOOPS, FAST, GROUPED = "conv2d_backward_loops", "conv2d_backward", "conv2d_backward_grouped"
L_DB, L_DW, L_DX = _checks(LOOPS, "db"), _checks(LOOPS, "dw", "dw_steps"), _checks(LOOPS, "dx", "dx_steps")
F_DB, F_DW, F_DX = (_checks(FAST, name, "speed") for name in ("db", "dw", "dx"))
G_DB, G_DW, G_DX = (_checks(GROUPED, name) for name in ("db", "dw", "dx"))
COL2IM = _checks("col2im", "apart", "overlap", "steps")

# col2im -> conv2d_backward -> conv2d_backward_grouped: what is wrong in one is wrong in those that call it,
# unless their cases happen not to show it. What is to be fast has to be right first.
MUTANTS = (
    Mutant(LOOPS, upstream_ignored, L_DB | L_DW | L_DX),
    Mutant(LOOPS, another_order, L_DW | L_DX),
    Mutant(LOOPS, stride_ignored, _checks(LOOPS, "dw_steps", "dx_steps")),
    Mutant(LOOPS, averaged_over_positions, L_DB | L_DW),
    Mutant(LOOPS, bias_gradient_missing, L_DB),
    Mutant(LOOPS, bias_gradient_for_every_image, L_DB),
    Mutant(LOOPS, weight_gradient_reversed, L_DW),
    Mutant(LOOPS, weight_gradient_of_the_last_image, L_DW),
    Mutant(LOOPS, filters_turned, L_DX),
    Mutant(LOOPS, image_gradient_overwritten, L_DX),
    Mutant(LOOPS, first_filter_for_all, L_DX),
    Mutant(LOOPS, padding_kept, _checks(LOOPS, "dx_steps")),
    Mutant(LOOPS, cut_from_the_corner, _checks(LOOPS, "dx_steps")),
    Mutant("col2im", columns_overwritten, _checks("col2im", "overlap", "steps") | F_DX | G_DX),
    Mutant("col2im", columns_averaged, _checks("col2im", "overlap", "steps") | F_DX | G_DX),
    Mutant("col2im", pixel_by_pixel, COL2IM | F_DX | G_DX),
    Mutant("col2im", down_before_across, COL2IM | F_DX | G_DX),
    Mutant("col2im", window_turned_over, COL2IM | F_DX | G_DX),
    Mutant("col2im", columns_with_padding, _checks("col2im", "steps") | {f"{FAST}.dx"} | G_DX),
    Mutant("col2im", columns_from_the_corner, _checks("col2im", "steps") | {f"{FAST}.dx"} | G_DX),
    Mutant(FAST, reshaped_across_images, F_DW | F_DX | G_DW | G_DX),
    Mutant(FAST, averaged_over_images, F_DB | F_DW | G_DB | G_DW),
    Mutant(FAST, bias_gradient_a_mean, F_DB | G_DB),
    Mutant(FAST, weight_gradient_reversed, F_DW | G_DW),
    Mutant(FAST, filters_turned, F_DX | G_DX),
    Mutant(FAST, loops_again, _checks(FAST, "speed"), told=False),
    Mutant(GROUPED, first_group_only, G_DB | G_DW | G_DX),
    Mutant(GROUPED, first_filters_in_every_group, G_DX),
    Mutant(GROUPED, groups_interleaved, G_DW | G_DX),
    Mutant(GROUPED, groups_added, G_DB | G_DW | G_DX),
    Mutant(GROUPED, bias_gradient_missing, G_DB),
)

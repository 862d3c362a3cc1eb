"""The layers in NumPy: ours, the usual ways to write them, PyTorch's, and the bare matrix product.

Run by `python -m benchmarks.layers`; the threads are those of OMP_NUM_THREADS. PyTorch runs eagerly on NCHW
memory. Ours gets its inputs in its own order in memory, as one layer hands them to the next.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from tqdm import tqdm

from benchmarks import measure
from coursekit.networks.measure import output_size
from coursekit.numpy_nn import fast_conv
from coursekit.numpy_nn import functional as F
from coursekit.numpy_nn.conv import conv2d_filter_gradients

ROUNDS = 5

# name: images, channels, filters, kernel, stride, padding, height = width
SHAPES = {
    "1x1, 256 to 256 at 28x28": (4, 256, 256, 1, 1, 0, 28),
    "3x3, 256 to 256 at 56x56": (1, 256, 256, 3, 1, 1, 56),
    "3x3, 64 to 64 at 224x224": (1, 64, 64, 3, 1, 1, 224),
    "3x3, 64 to 64 at 56x56": (4, 64, 64, 3, 1, 1, 56),
    "3x3, 512 to 512 at 14x14": (4, 512, 512, 3, 1, 1, 14),
    "5x5, 96 to 256 at 27x27": (2, 96, 256, 5, 1, 2, 27),
    "3x3 / 2, 128 to 128 at 56x56": (4, 128, 128, 3, 2, 1, 56),
    "7x7 / 2, 3 to 64 at 224x224": (2, 3, 64, 7, 2, 3, 224),
    "11x11 / 4, 3 to 64 at 224x224": (4, 3, 64, 11, 4, 2, 224),
    "LeNet-5 conv1, 64 images": (64, 1, 6, 5, 1, 2, 28),
    "LeNet-5 conv2, 64 images": (64, 6, 16, 5, 1, 0, 14),
}
NINE = list(SHAPES)[:9]
LOOPS = (1, 3, 4, 3, 1, 1, 8)  # as large as loops may be


def windows(x: np.ndarray, kernel: int, stride: int, padding: int) -> np.ndarray:
    """Return every window as a view: (N, C, Ho, Wo, kh, kw)."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    return sliding_window_view(x, (kernel, kernel), axis=(2, 3))[:, :, ::stride, ::stride]


def by_tensordot(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int, padding: int) -> np.ndarray:
    """Windows as a view, and tensordot over channels and kernel."""
    out = np.tensordot(windows(x, w.shape[2], stride, padding), w, axes=((1, 4, 5), (1, 2, 3)))
    return out.transpose(0, 3, 1, 2) + b[:, None, None]


def by_einsum(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int, padding: int) -> np.ndarray:
    """Windows as a view, and einsum with its best path."""
    view = windows(x, w.shape[2], stride, padding)
    return np.einsum("nchwuv,mcuv->nmhw", view, w, optimize=True) + b[:, None, None]


def by_im2col(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int, padding: int) -> np.ndarray:
    """All windows of the batch as columns of one matrix, and one product."""
    view = windows(x, w.shape[2], stride, padding)
    n, _, height, width = view.shape[:4]
    cols = view.transpose(1, 4, 5, 0, 2, 3).reshape(w[0].size, -1)  # (C*kh*kw, N*Ho*Wo)
    out = (w.reshape(len(w), -1) @ cols).reshape(len(w), n, height, width)
    return out.transpose(1, 0, 2, 3) + b[:, None, None]


def by_indices(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int, padding: int) -> np.ndarray:
    """Columns picked by three arrays of indices, and one product: what numpy-ml and course notes do."""
    n, channels, size = x.shape[:3]
    kernel, out = w.shape[2], output_size((size, size), w.shape[2], stride, padding)[0]
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    c, u, v = (i.reshape(-1, 1) for i in np.indices((channels, kernel, kernel)))
    i, j = (i.reshape(1, -1) for i in np.indices((out, out)))
    cols = x[:, c, u + stride * i, v + stride * j]  # (N, C*kh*kw, Ho*Wo)
    cols = cols.transpose(1, 2, 0).reshape(w[0].size, -1)  # (C*kh*kw, Ho*Wo*N)
    maps = (w.reshape(len(w), -1) @ cols).reshape(len(w), out, out, n)
    return maps.transpose(3, 0, 1, 2) + b[:, None, None]


INDICES, IM2COL = "index arrays + one product", "im2col + one product"
PEERS = {
    "windows + tensordot": by_tensordot,
    "einsum": by_einsum,
    IM2COL: by_im2col,
    INDICES: by_indices,
}


def backward_call(function: Callable[..., torch.Tensor], arrays: list[np.ndarray], asked: list[int]) -> Any:
    """Return two calls of torch: its forward pass, and its backward pass of one that went before."""
    tensors = [torch.tensor(a, requires_grad=i in asked) for i, a in enumerate(arrays)]
    out = function(*tensors)
    dout, wanted = torch.ones_like(out), [tensors[i] for i in asked]

    def forward() -> object:
        with torch.no_grad():
            return function(*tensors)

    return forward, lambda: torch.autograd.grad(out, wanted, dout, retain_graph=True)


def convolution(shape: tuple[int, ...]) -> dict[str, Any]:
    """Time one shape, and return medians in milliseconds and ratios to torch's time."""
    n, channels, filters, kernel, stride, padding, size = shape
    rng = np.random.default_rng(0)
    x, w, b = (
        rng.standard_normal(s).astype(np.float32)
        for s in ((n, channels, size, size), (filters, channels, kernel, kernel), (filters,))
    )
    setting = fast_conv.Setting((stride, stride), (padding, padding), (1, 1), 1)
    how = fast_conv.method(n, w.shape, setting)
    ours_x = fast_conv.laid_out(x, how)
    ours_w = fast_conv.kernels_last(w).transpose(3, 2, 0, 1)
    out, cache = F.conv2d_forward(ours_x, ours_w, b, stride, padding)
    dout = np.ones_like(out)
    first = channels <= 3  # a first layer, whose dx nobody asks for
    forward, backward = backward_call(
        lambda *a: torch.nn.functional.conv2d(*a, stride, padding), [x, w, b], [1, 2] if first else [0, 1, 2]
    )
    height, width = output_size((size, size), kernel, stride, padding)
    left, right = (
        np.ones((n * height * width, w[0].size), np.float32),
        np.ones((w[0].size, filters), np.float32),
    )
    calls: dict[str, Callable[[], object]] = {
        "torch": forward,
        "ours": lambda: F.conv2d_forward(ours_x, ours_w, b, stride, padding),
        "torch backward": backward,
        "ours backward": lambda: (conv2d_filter_gradients if first else F.conv2d_backward)(dout, cache),
        "matrix product": lambda: left @ right,
    }
    calls |= {name: (lambda peer=peer: peer(x, w, b, stride, padding)) for name, peer in PEERS.items()}
    seconds = measure.interleaved(calls, ROUNDS)
    both = {side: np.add(seconds[side], seconds[f"{side} backward"]) for side in ("ours", "torch")}
    return {
        "method": how,
        "milliseconds": {name: measure.milliseconds(s) for name, s in seconds.items()},
        "forward / torch": measure.ratio(seconds, "ours", "torch"),
        "forward + backward / torch": measure.ratio(both, "ours", "torch"),
        "peers / torch": {name: measure.ratio(seconds, name, "torch") for name in (*PEERS, "matrix product")},
        "peers / ours": {name: measure.ratio(seconds, name, "ours") for name in PEERS},
    }


MAPS = (8, 96, 55, 55)  # AlexNet's first maps, eight images
OTHERS: dict[str, tuple[str, Callable[..., torch.Tensor], tuple[Any, ...]]] = {
    "max pooling 3x3 / 2": ("max_pool2d", lambda x: torch.nn.functional.max_pool2d(x, 3, 2), (3, 2)),
    "max pooling 2x2 / 2": ("max_pool2d", lambda x: torch.nn.functional.max_pool2d(x, 2), (2,)),
    "LRN": (
        "local_response_norm",
        lambda x: torch.nn.functional.local_response_norm(x, 5),
        (5, 1e-4, 0.75, 1.0),
    ),
    "dropout": ("dropout", torch.nn.functional.dropout, (0.5,)),
    "batch norm": ("batch_norm", lambda x: torch.nn.functional.batch_norm(x, None, None, training=True), ()),
    "average pooling 2x2 / 2": ("avg_pool2d", lambda x: torch.nn.functional.avg_pool2d(x, 2), (2,)),
    "ReLU": ("relu", torch.relu, ()),
    "tanh": ("tanh", torch.tanh, ()),
}


def other(name: str) -> dict[str, Any]:
    """Time one layer without a kernel to learn."""
    ours, by_torch, settings = OTHERS[name]
    x = np.random.default_rng(0).standard_normal(MAPS).astype(np.float32)
    ours_x = fast_conv.laid_out(x, "blocked")
    if ours == "batch_norm":
        zeros, ones = np.zeros(MAPS[1], np.float32), np.ones(MAPS[1], np.float32)
        settings = (ones, zeros, zeros.copy(), ones.copy())
    f, g = getattr(F, f"{ours}_forward"), getattr(F, f"{ours}_backward")
    out, cache = f(ours_x, *settings)
    dout = np.ones_like(out)
    forward, backward = backward_call(by_torch, [x], [0])
    seconds = measure.interleaved(
        {
            "torch": forward,
            "ours": lambda: f(ours_x, *settings),
            "torch backward": backward,
            "ours backward": lambda: g(dout, cache),
        },
        ROUNDS,
    )
    both = {side: np.add(seconds[side], seconds[f"{side} backward"]) for side in ("ours", "torch")}
    return {
        "milliseconds": {name: measure.milliseconds(s) for name, s in seconds.items()},
        "forward / torch": measure.ratio(seconds, "ours", "torch"),
        "forward + backward / torch": measure.ratio(both, "ours", "torch"),
    }


def loops() -> float:
    """Return how many times as long as torch the definition's loops take, on a tiny image."""
    n, channels, filters, kernel, stride, padding, size = LOOPS
    rng = np.random.default_rng(0)
    x, w = rng.random((n, channels, size, size)), rng.random((filters, channels, kernel, kernel))
    tensors = torch.tensor(x), torch.tensor(w)
    calls = {
        "loops": lambda: F.conv2d_loops(x, w, None, stride, padding),
        "torch": lambda: torch.nn.functional.conv2d(*tensors, None, stride, padding),
    }
    return measure.ratio(measure.interleaved(calls, ROUNDS), "loops", "torch")[1]


def main() -> None:
    """Measure, write the JSON and the picture, print two tables in Markdown."""
    results: dict[str, Any] = {"machine": measure.machine(), "loops / torch": loops()}
    results["convolutions"] = {name: convolution(shape) for name, shape in tqdm(SHAPES.items())}
    results["other layers"] = {name: other(name) for name in tqdm(OTHERS)}
    rows = results["convolutions"]
    print(f"| convolution | method | forward | both | peers' best | {IM2COL} | {INDICES} | product alone |")
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    for name, row in rows.items():
        peers = {peer: quartiles[1] for peer, quartiles in row["peers / torch"].items()}
        product = peers.pop("matrix product")
        print(
            f"| {name} | {row['method']} | {row['forward / torch'][1]:.2f} "
            f"| {row['forward + backward / torch'][1]:.2f} | {min(peers.values()):.1f} "
            f"| {peers[IM2COL]:.1f} | {peers[INDICES]:.1f} | {product:.2f} |"
        )
    best = [min(q[1] for q in rows[name]["peers / ours"].values()) for name in NINE]
    results["nine shapes"] = {
        key: round(measure.geometric_mean([rows[name][key][1] for name in NINE]), 3)
        for key in ("forward / torch", "forward + backward / torch")
    } | {"peers' best / ours": round(measure.geometric_mean(best), 3)}
    for peer in (IM2COL, INDICES):
        ratios = [rows[name]["peers / ours"][peer][1] for name in NINE]
        results["nine shapes"][f"{peer} / ours"] = round(measure.geometric_mean(ratios), 3)
    print(f"\ngeometric means over the first nine: {results['nine shapes']}\n")
    print("| layer | forward | forward + backward |\n|---|--:|--:|")
    for name, row in results["other layers"].items():
        print(f"| {name} | {row['forward / torch'][1]:.2f} | {row['forward + backward / torch'][1]:.2f} |")
    path = measure.save("layers", results)
    dots = {
        name: {"ours": row["forward / torch"][1]} | {k: q[1] for k, q in row["peers / torch"].items()}
        for name, row in rows.items()
    }
    measure.picture(path.with_suffix(".png"), dots, "forward time as a multiple of PyTorch's")


if __name__ == "__main__":
    main()

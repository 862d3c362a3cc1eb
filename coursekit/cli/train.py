"""The command `coursekit train`."""

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from coursekit.cli.library import AsJson, Net, described
from coursekit.cli.say import MISUSED, fail

IMAGENET = "imagenet"


def train(
    net: Net,
    backend: Annotated[Literal["numpy", "torch"], typer.Option(help="Which library computes.")],
    data: Annotated[
        str, typer.Option(help="The data set's name; imagenet for folders of photographs.")
    ] = "fashion_mnist_small",
    folder: Annotated[
        Path | None,
        typer.Option(help="Where the files of a full data set lie; for imagenet, train/ and val/."),
    ] = None,
    download: Annotated[
        bool, typer.Option("--download", help="Let torchvision fetch a full data set.")
    ] = False,
    epochs: Annotated[int | None, typer.Option(help="How often every image is seen.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images in one step.")] = None,
    lr: Annotated[float | None, typer.Option(help="The learning rate.")] = None,
    momentum: Annotated[float | None, typer.Option(help="What is kept of the last step.")] = None,
    weight_decay: Annotated[float | None, typer.Option(help="The factor of the L2 penalty.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Fixes the parameters and the order of images.")] = 0,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, mps; for torch only.")] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="For imagenet: the file to keep and take up the training in.")
    ] = None,
    every: Annotated[int, typer.Option(min=1, help="For imagenet: steps between checkpoints.")] = 1000,
    ten_crop: Annotated[bool, typer.Option("--ten-crop", help="For imagenet: test on ten crops.")] = False,
    workers: Annotated[
        int | None, typer.Option(min=0, help="For imagenet: processes that read images; else one a core.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train a network and print its test accuracy after each epoch. What is left out is as in chapter 5.

    With --data imagenet, in PyTorch, it is as in the AlexNet paper, and torchrun -m starts it on many GPUs.

    Example: coursekit train lenet5 --backend numpy
    """
    network = described(net)
    options = {
        "epochs": epochs,
        "batch_size": batch_size,
        "lr": lr,
        "momentum": momentum,
        "weight_decay": weight_decay,
    }
    changes = {name: value for name, value in options.items() if value is not None}
    if data == IMAGENET:
        if backend != "torch" or folder is None:
            fail("--data imagenet needs --backend torch and --folder", MISUSED)
        settings = {"path": checkpoint, "every": every, "ten_crop": ten_crop, "workers": workers}
        return _train_on_photographs(net, folder, device, changes, as_json, seed=seed, **settings)
    if checkpoint is not None or ten_crop:
        fail("--checkpoint and --ten-crop are for --data imagenet", MISUSED)
    if backend == "numpy" and device is not None:
        fail("--device is for --backend torch; NumPy computes on the CPU", MISUSED)
    from coursekit import data as datasets
    from coursekit.training import LENET5

    if data not in datasets.names():
        fail(f"there is no data set {data!r}; there are: {', '.join([*datasets.names(), IMAGENET])}", MISUSED)
    try:
        recipe = dataclasses.replace(LENET5, **changes)  # type: ignore[arg-type]
    except ValueError as error:
        fail(str(error), MISUSED)
    inputs = datasets.load(data, folder, download).inputs()
    if inputs.x_train.shape[1:] != network.input_shape:
        fail(f"{net} takes images of {network.input_shape}, {data} has {inputs.x_train.shape[1:]}", MISUSED)
    fit, model = _built(backend, net, seed, device)
    history = fit(
        model, inputs.x_train, inputs.y_train, recipe, seed=seed, test=(inputs.x_test, inputs.y_test)
    )
    if as_json:
        run = {"network": net, "backend": backend, "data": data, "seed": seed}
        print(
            json.dumps({**run, "recipe": dataclasses.asdict(recipe), **dataclasses.asdict(history)}, indent=2)
        )
        return
    for epoch, accuracy in enumerate(history.test_accuracies, start=1):
        print(f"epoch {epoch}: test accuracy {accuracy:.4f}")


def _train_on_photographs(
    net: str, folder: Path, device: str | None, changes: dict[str, Any], as_json: bool, **settings: Any
) -> None:
    """Train as in the AlexNet paper, in each process that `torchrun` started; the first one prints."""
    from coursekit.data import DataError
    from coursekit.experiments import imagenet
    from coursekit.torch_nn.distributed import team

    try:
        recipe = dataclasses.replace(imagenet.ALEXNET, **changes)
        with team(device) as processes:
            curve = imagenet.train(net, folder, processes, recipe, **settings)
            leads = processes.leads
    except DataError:
        raise
    except ValueError as error:
        fail(str(error), MISUSED)
    if not leads:
        return
    if as_json:
        run = {"network": net, "data": IMAGENET, "seed": settings["seed"]}
        print(
            json.dumps({**run, "recipe": dataclasses.asdict(recipe), **dataclasses.asdict(curve)}, indent=2)
        )
        return
    for epoch, (lr, top1, top5) in enumerate(zip(curve.lrs, curve.top1, curve.top5, strict=True), start=1):
        print(f"epoch {epoch}: learning rate {lr:g}, top-1 accuracy {top1:.4f}, top-5 accuracy {top5:.4f}")


def _built(backend: str, net: str, seed: int, device: str | None) -> tuple[Any, Any]:
    """Return the backend's `fit` and the network built in it."""
    if backend == "numpy":
        import coursekit.numpy_nn as cnp

        return cnp.fit, cnp.build(net, seed=seed)
    import coursekit.torch_nn as ct

    try:
        return ct.fit, ct.build(net, seed=seed, device=device)
    except (RuntimeError, AssertionError) as error:  # how torch says that there is no such device
        fail(f"--device {device} cannot be used: {str(error).splitlines()[0]}", MISUSED)

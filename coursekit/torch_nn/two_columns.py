"""AlexNet as it was built: two half networks on two devices.

Krizhevsky et al. 2012, sec. 3.5 and fig. 2. Each column has half of the maps of every layer. conv2, conv4
and conv5 see their own column only; conv3 and the fully connected layers see both, so there the columns
exchange what they have. The same numbers come from one network with `groups=2`.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from coursekit import networks
from coursekit.networks import Conv2d, Linear, settings
from coursekit.training import initial_state

HALO = 2  # how many channels of its neighbour a channel at the border needs: size // 2


class TwoColumnAlexNet(nn.Module):
    """AlexNet on two devices.

    Parameters
    ----------
    devices
        Where the two columns live. The same device twice is allowed: then nothing has to travel.
    seed
        Draws the parameters, the same as `build("alexnet", seed)` has.
    """

    def __init__(
        self, devices: tuple[torch.device | str, torch.device | str] = ("cpu", "cpu"), seed: int = 0
    ) -> None:
        super().__init__()
        self.devices = tuple(torch.device(device) for device in devices)
        self.columns = [self._column().to(device) for device in self.devices]
        self.first, self.second = self.columns  # by which PyTorch knows their parameters
        self.fc8 = nn.Linear(4096, 1000).to(self.devices[0])
        layers = networks.get("alexnet").body.children
        self.norm = nn.LocalResponseNorm(**settings(layers["norm1"]))
        state = initial_state(networks.get("alexnet"), seed)
        self.load_halves({name: torch.as_tensor(array) for name, array in state.items()})

    @staticmethod
    def _column() -> nn.ModuleDict:
        """Return the layers of one column: half of the outputs of every layer but the last."""
        column = nn.ModuleDict()
        for name, layer in networks.get("alexnet").body.children.items():
            if isinstance(layer, Conv2d):
                half = layer.out_channels // 2
                column[name] = nn.Conv2d(
                    layer.in_channels // layer.groups, half, layer.kernel_size, layer.stride, layer.padding
                )
            elif isinstance(layer, Linear) and name != "fc8":
                column[name] = nn.Linear(layer.in_features, layer.out_features // 2)
        return column

    def load_halves(self, state: Mapping[str, Tensor]) -> None:
        """Take over the parameters of the network with groups: the first half of each, and the second."""
        for name, value in state.items():
            layer, _, parameter = name.rpartition(".")
            if layer == "fc8":
                self.fc8.get_parameter(parameter).data.copy_(value)
                continue
            for column, half in zip(self.columns, value.chunk(2), strict=True):
                column[layer].get_parameter(parameter).data.copy_(half)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores (N, 1000), on the first device, for images (N, 3, 227, 227)."""
        maps = [x.to(device) for device in self.devices]
        maps = self._pool(self._norm(self._each("conv1", maps)))
        maps = self._pool(self._norm(self._each("conv2", maps)))  # sees its own column
        maps = self._each("conv3", self._exchange(maps))  # sees both
        maps = self._each("conv4", maps)
        maps = self._pool(self._each("conv5", maps))
        features = [m.flatten(1) for m in maps]
        for name in ("fc6", "fc7"):
            features = self._each(name, self._exchange(features))
            features = [functional.dropout(f, 0.5, self.training) for f in features]
        return self.fc8(self._exchange(features)[0])  # type: ignore[no-any-return]

    def _each(self, name: str, maps: list[Tensor]) -> list[Tensor]:
        return [torch.relu(column[name](m)) for column, m in zip(self.columns, maps, strict=True)]

    def _exchange(self, maps: list[Tensor]) -> list[Tensor]:
        """Return on each device the channels of both columns."""
        return [torch.cat([m.to(device) for m in maps], dim=1) for device in self.devices]

    def _norm(self, maps: list[Tensor]) -> list[Tensor]:
        """Normalise across the border: each column needs the nearest channels of the other."""
        first, second = maps
        behind = torch.cat([first, second[:, :HALO].to(first.device)], dim=1)
        before = torch.cat([first[:, -HALO:].to(second.device), second], dim=1)
        return [self.norm(behind)[:, : first.shape[1]], self.norm(before)[:, HALO:]]

    @staticmethod
    def _pool(maps: list[Tensor]) -> list[Tensor]:
        return [functional.max_pool2d(m, kernel_size=3, stride=2) for m in maps]

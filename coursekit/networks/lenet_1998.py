"""LeNet-5 as it was published: connection table, trainable subsampling, scaled tanh, distances to bitmaps.

LeCun, Bottou, Bengio & Haffner 1998, *Gradient-based learning applied to document recognition*,
Proceedings of the IEEE 86(11), sec. II.B, fig. 2, table I and eqs. 6 to 9.

| paper  | what                                 | trainable parameters       |
|--------|--------------------------------------|----------------------------|
| C1     | 6 windows of 5x5                     | 6 * 26 = 156               |
| S2     | sum of 2x2, coefficient and bias     | 6 * 2 = 12                 |
| C3     | windows of 5x5 where table I says so | 60 * 25 + 16 = 1,516       |
| S4     | sum of 2x2, coefficient and bias     | 16 * 2 = 32                |
| C5     | 120 windows of 5x5 on all maps       | 120 * (16 * 25 + 1) = 48,120 |
| F6     | fully connected                      | 84 * 121 = 10,164          |
| output | squared distance to 10 fixed bitmaps | none (840 fixed weights)   |
"""

from coursekit.networks.layers import (
    RBF,
    Conv2d,
    Flatten,
    Linear,
    ScaledTanh,
    Sequential,
    Subsampling,
    TableConv2d,
)
from coursekit.networks.network import Network

# Table I: for each of C3's 16 maps, the maps of S2 that it sees. Six maps see three neighbours, six see
# four neighbours, three see four with a gap, the last sees all.
C3 = (
    *(tuple(sorted((i + j) % 6 for j in range(3))) for i in range(6)),
    *(tuple(sorted((i + j) % 6 for j in range(4))) for i in range(6)),
    (0, 1, 3, 4),
    (1, 2, 4, 5),
    (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),
)

# Digits as 7x12 bitmaps, for the ten units of the output layer. The paper shows its own in fig. 3; these
# are drawn anew in the same size.
DIGITS = """
.......  .......  .......  .......  .......  .......  .......  .......  .......  .......
..###..  ...#...  ..###..  ..###..  ....##.  .#####.  ...##..  .#####.  ..###..  ..###..
.##.##.  ..##...  .#...#.  .#...#.  ...###.  .#.....  ..#....  .....#.  .#...#.  .#...#.
.#...#.  .###...  .....#.  .....#.  ..##.#.  .#.....  .#.....  .....#.  .#...#.  .#...#.
.#...#.  ...#...  .....#.  .....#.  ..#..#.  .#.....  .#.....  ....#..  .#...#.  .#...#.
.#...#.  ...#...  ....##.  ..###..  .##..#.  .####..  .####..  ....#..  ..###..  ..####.
.#...#.  ...#...  ...##..  .....#.  .#...#.  .....#.  .#...#.  ...#...  .#...#.  .....#.
.#...#.  ...#...  ..##...  .....#.  .######  .....#.  .#...#.  ...#...  .#...#.  .....#.
.#...#.  ...#...  .##....  .....#.  .....#.  .....#.  .#...#.  ..#....  .#...#.  .....#.
.##.##.  ...#...  .#.....  .#...#.  .....#.  .#...#.  .#...#.  ..#....  .#...#.  ....#..
..###..  ..###..  .#####.  ..###..  .....#.  ..###..  ..###..  ..#....  ..###..  ..##...
.......  .......  .......  .......  .......  .......  .......  .......  .......  .......
"""


def codes() -> tuple[tuple[int, ...], ...]:
    """Return the ten bitmaps as lines of 84 numbers, row by row: +1 for ink, -1 for paper."""
    rows = [line.split() for line in DIGITS.strip().splitlines()]  # 12 rows of 10 pieces of 7 pixels
    return tuple(
        tuple(1 if pixel == "#" else -1 for row in rows for pixel in row[digit]) for digit in range(10)
    )


def lenet5_1998() -> Network:
    """Return LeNet-5 of 1998: 60,000 trainable parameters."""
    return Network(
        name="lenet5_1998",
        input_shape=(1, 32, 32),
        body=Sequential(
            c1=Conv2d(1, 6, kernel_size=5),
            squash1=ScaledTanh(),
            s2=Subsampling(6, kernel_size=2),
            squash2=ScaledTanh(),
            c3=TableConv2d(6, C3, kernel_size=5),
            squash3=ScaledTanh(),
            s4=Subsampling(16, kernel_size=2),
            squash4=ScaledTanh(),
            c5=Conv2d(16, 120, kernel_size=5),
            squash5=ScaledTanh(),
            flatten=Flatten(),
            f6=Linear(120, 84),
            squash6=ScaledTanh(),
            output=RBF(codes()),
        ),
        source="LeCun et al. 1998, sec. II.B",
        differences=(
            "The ten bitmaps are drawn anew in the size of fig. 3, which shows all printable characters.",
            "Each window of C3 has its own weights and each map one bias, as the count of 1,516 implies.",
        ),
    )

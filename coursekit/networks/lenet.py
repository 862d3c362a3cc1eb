"""LeNet-5.

LeCun, Bottou, Bengio & Haffner 1998, *Gradient-based learning applied to document recognition*,
Proceedings of the IEEE 86(11), sec. II.B and fig. 2.

| paper | here  | what              | output for one image |
|-------|-------|-------------------|----------------------|
| C1    | conv1 | 6 windows of 5x5  | 6 x 28 x 28          |
| S2    | pool1 | mean of 2x2       | 6 x 14 x 14          |
| C3    | conv2 | 16 windows of 5x5 | 16 x 10 x 10         |
| S4    | pool2 | mean of 2x2       | 16 x 5 x 5           |
| C5    | fc1   | fully connected   | 120                  |
| F6    | fc2   | fully connected   | 84                   |
|       | fc3   | one score a class | 10                   |
"""

from coursekit.networks.layers import AvgPool2d, Conv2d, Flatten, Linear, Sequential, Tanh
from coursekit.networks.network import Network


def lenet5() -> Network:
    """Return LeNet-5 as it is read today: conv 5x5, average pool 2x2, tanh, a linear classifier."""
    return Network(
        name="lenet5",
        input_shape=(1, 28, 28),
        body=Sequential(
            conv1=Conv2d(1, 6, kernel_size=5, padding=2),
            tanh1=Tanh(),
            pool1=AvgPool2d(kernel_size=2, stride=2),
            conv2=Conv2d(6, 16, kernel_size=5),
            tanh2=Tanh(),
            pool2=AvgPool2d(kernel_size=2, stride=2),
            flatten=Flatten(),
            fc1=Linear(16 * 5 * 5, 120),
            tanh3=Tanh(),
            fc2=Linear(120, 84),
            tanh4=Tanh(),
            fc3=Linear(84, 10),
        ),
        source="LeCun et al. 1998, sec. II.B",
        differences=(
            "Images of 28x28 padded by 2 in conv1; the paper centres digits in images of 32x32.",
            "conv2 sees all six maps; the paper's C3 sees those that its Table I lists.",
            "Pooling is the plain mean; the paper's S2 and S4 add the four inputs, multiply the sum by a "
            "trainable coefficient, add a trainable bias and squash the result.",
            "tanh(x) after each convolution; the paper squashes by 1.7159 tanh(2x/3).",
            "A linear layer and softmax cross-entropy; the paper's output is a distance to fixed bitmaps.",
        ),
    )

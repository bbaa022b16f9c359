"""The network of edge-cnn: what trains (convolution, batch norm, ReLU) and the same with the batch norms folded."""

import torch
from torch import nn
from torch.nn import functional

# ---------------------------------------------------------------------------------------------------------- knobs
SIDE = 96
CROP = 16 / 17  # share of the side of a picture that the service shows it, 96 of 102 pixels: trainings see crops too
STEM = 16  # 3 x 3, stride 2
# Residual blocks of two full 3 x 3 convolutions: (output channels, stride). On a CPU they train two to three times as many
# multiply-adds per second as blocks with depthwise convolutions, and WebAssembly runs them as well.
BLOCKS = [(32, 2), (64, 2), (64, 1), (128, 2), (128, 1), (192, 2), (192, 1)]
FEATURES = 768
# -----------------------------------------------------------------------------------------------------------------


class Convolution(nn.Module):
    """Convolution, batch norm and, where asked for, ReLU; padded as TensorFlow's SAME does."""

    def __init__(self, inputs, outputs, kernel, stride=1, relu=True):
        super().__init__()
        self.stride, self.relu = stride, relu
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        nn.init.kaiming_normal_(self.conv.weight, mode="fan_out")

    def forward(self, x):
        kernel = self.conv.kernel_size[0]
        # At a stride of 2 and an even size, SAME puts the odd row of zeros after the image, not before it.
        before = (kernel - self.stride) // 2 if x.shape[2] % self.stride == 0 else kernel // 2
        after = kernel - self.stride - before if x.shape[2] % self.stride == 0 else kernel // 2
        if before == after:
            x = functional.conv2d(x, self.conv.weight, None, self.stride, before)
        else:
            x = functional.conv2d(functional.pad(x, [before, after] * 2), self.conv.weight, None, self.stride, 0)
        x = self.norm(x)
        return functional.relu(x, inplace=True) if self.relu else x

    def folded(self):
        """(kernel [out, in, k, k], bias [out]) with the batch norm in them."""
        scale = self.norm.weight / torch.sqrt(self.norm.running_var + self.norm.eps)
        return self.conv.weight * scale[:, None, None, None], self.norm.bias - self.norm.running_mean * scale


class Residual(nn.Module):
    """Two convolutions; the sum with the input has no activation, so that all information flows on."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.residual = stride == 1 and inputs == outputs
        self.first = Convolution(inputs, outputs, 3, stride)
        self.second = Convolution(outputs, outputs, 3, relu=False)
        if self.residual:
            nn.init.zeros_(self.second.norm.weight)  # a block starts as the identity: short trainings get further

    def forward(self, x):
        y = self.second(self.first(x))
        return x + y if self.residual else y


class EdgeCnn(nn.Module):
    """images [n, 3, side, side] in [-1, 1] -> (logits [n, classes], features [n, FEATURES])."""

    def __init__(self, classes):
        super().__init__()
        self.stem = Convolution(3, STEM, 3, 2)
        blocks, channels = [], STEM
        for outputs, stride in BLOCKS:
            blocks.append(Residual(channels, outputs, stride))
            channels = outputs
        self.blocks = nn.Sequential(*blocks)
        self.last = Convolution(channels, FEATURES, 1)
        self.head = nn.Linear(FEATURES, classes)
        nn.init.normal_(self.head.weight, 0, 0.01)
        nn.init.zeros_(self.head.bias)

    def forward(self, images, dropout=0.0):
        features = self.last(self.blocks(self.stem(images))).mean((2, 3))
        return self.head(functional.dropout(features, dropout, self.training)), features


def count_multiply_adds(model, side=SIDE):
    """Multiply-adds of one image: each weight of a convolution works once per output position."""
    total, size = model.head.weight.numel(), side
    for module in model.modules():
        if isinstance(module, Convolution):
            size = -(-size // module.stride)
            total += module.conv.weight.numel() * size * size
    return total

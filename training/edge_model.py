"""The network of edge-cnn: what trains (convolution, batch norm, ReLU) and the same with the batch norms folded."""

import torch
from torch import nn
from torch.nn import functional

# ---------------------------------------------------------------------------------------------------------- knobs
SIDE = 96
STEM = 16
FUSED = (64, 32)  # hidden and output channels of the first block, one full 3x3 convolution with stride 2
# Inverted residual blocks: (output channels, hidden channels, kernel, stride), from 24 x 24 at an input of 96.
BLOCKS = [
    (32, 96, 3, 1),
    (80, 128, 3, 2), (80, 240, 3, 1), (80, 240, 3, 1),
    (160, 320, 5, 2), (160, 480, 5, 1), (160, 480, 5, 1),
    (256, 640, 5, 2), (256, 768, 3, 1), (256, 768, 3, 1),
]
FEATURES = 768
# -----------------------------------------------------------------------------------------------------------------


class Convolution(nn.Module):
    """Convolution, batch norm and, where asked for, ReLU; padded as TensorFlow's SAME does."""

    def __init__(self, inputs, outputs, kernel, stride=1, groups=1, relu=True):
        super().__init__()
        self.stride, self.groups, self.relu = stride, groups, relu
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        nn.init.kaiming_normal_(self.conv.weight, mode="fan_out" if groups == 1 else "fan_in")

    def forward(self, x):
        kernel = self.conv.kernel_size[0]
        # At a stride of 2 and an even size, SAME puts the odd row of zeros after the image, not before it.
        before = (kernel - self.stride) // 2 if x.shape[2] % self.stride == 0 else kernel // 2
        after = kernel - self.stride - before if x.shape[2] % self.stride == 0 else kernel // 2
        if before == after:
            x = functional.conv2d(x, self.conv.weight, None, self.stride, before, 1, self.groups)
        else:
            x = functional.conv2d(functional.pad(x, [before, after] * 2), self.conv.weight, None, self.stride, 0, 1, self.groups)
        x = self.norm(x)
        return functional.relu(x, inplace=True) if self.relu else x

    def folded(self):
        """(kernel [out, in / groups, k, k], bias [out]) with the batch norm in them."""
        scale = self.norm.weight / torch.sqrt(self.norm.running_var + self.norm.eps)
        return self.conv.weight * scale[:, None, None, None], self.norm.bias - self.norm.running_mean * scale


class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, hidden, kernel, stride):
        super().__init__()
        self.residual = stride == 1 and inputs == outputs
        self.expand = Convolution(inputs, hidden, 1)
        self.depthwise = Convolution(hidden, hidden, kernel, stride, groups=hidden)
        self.project = Convolution(hidden, outputs, 1, relu=False)
        if self.residual:
            nn.init.zeros_(self.project.norm.weight)  # a block starts as the identity: short trainings get further

    def forward(self, x):
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.residual else y


class EdgeCnn(nn.Module):
    """images [n, 3, side, side] in [-1, 1] -> (logits [n, classes], features [n, FEATURES])."""

    def __init__(self, classes):
        super().__init__()
        self.stem = Convolution(3, STEM, 3, 2)
        self.fused = Convolution(STEM, FUSED[0], 3, 2)
        self.fused_project = Convolution(FUSED[0], FUSED[1], 1, relu=False)
        blocks, channels = [], FUSED[1]
        for outputs, hidden, kernel, stride in BLOCKS:
            blocks.append(InvertedResidual(channels, outputs, hidden, kernel, stride))
            channels = outputs
        self.blocks = nn.Sequential(*blocks)
        self.last = Convolution(channels, FEATURES, 1)
        self.head = nn.Linear(FEATURES, classes)
        nn.init.normal_(self.head.weight, 0, 0.01)
        nn.init.zeros_(self.head.bias)

    def forward(self, images, dropout=0.0):
        x = self.fused_project(self.fused(self.stem(images)))
        features = self.last(self.blocks(x)).mean((2, 3))
        return self.head(functional.dropout(features, dropout, self.training)), features


def count_multiply_adds(model, side=SIDE):
    """Multiply-adds of one image: each weight of a convolution works once per output position."""
    total, size = model.head.weight.numel(), side
    for module in model.modules():
        if isinstance(module, Convolution):
            size = -(-size // module.stride)
            total += module.conv.weight.numel() * size * size
    return total

"""The network of image-autoencoder, and how its error is measured."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

# ---------------------------------------------------------------------------------------------------------- knobs
CODE = 128
SIDE = 64
ENCODER = [24, 48, 96, 128]  # channels after each convolution with stride 2
DECODER = [128, 64, 32, 24]  # channels at 4 x 4, 8 x 8, 16 x 16 and 32 x 32
# -----------------------------------------------------------------------------------------------------------------

HALF = SIDE // 2


def halving(convolution, x):
    """Stride 2 with TensorFlow's SAME padding: the row of zeros stands after the image."""
    return functional.relu(convolution(functional.pad(x, [0, 1, 0, 1])))


class Encoder(nn.Module):
    """[n, 3, 64, 64] in [0, 1] -> [n, CODE], each number with a standard deviation of about 1."""

    def __init__(self):
        super().__init__()
        channels = [3, *ENCODER]
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, 2) for a, b in zip(channels, channels[1:]))
        self.linear = nn.Linear(HALF * HALF * 3, CODE)
        self.bend = nn.Linear(4 * 4 * ENCODER[-1], CODE)
        nn.init.zeros_(self.bend.weight)
        nn.init.zeros_(self.bend.bias)

    def forward(self, x):
        straight = halved(x)
        for convolution in self.convolutions:
            x = halving(convolution, x)
        return self.linear(straight) + self.bend(x.permute(0, 2, 3, 1).flatten(1))


class Decoder(nn.Module):
    """[n, CODE] -> [n, 3, 64, 64], not clipped to [0, 1]."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(CODE, SIDE * SIDE * 3)
        self.bend = nn.Linear(CODE, 4 * 4 * DECODER[0])
        self.convolutions = nn.ModuleList(nn.Conv2d(a, 4 * b, 3, padding=1) for a, b in zip(DECODER, DECODER[1:]))
        self.last = nn.Conv2d(DECODER[-1], 4 * 3, 3, padding=1)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, code):
        x = functional.relu(self.bend(code)).view(-1, 4, 4, DECODER[0]).permute(0, 3, 1, 2)
        for convolution in self.convolutions:
            x = functional.pixel_shuffle(functional.relu(convolution(x)), 2)
        straight = self.linear(code).view(-1, SIDE, SIDE, 3).permute(0, 3, 1, 2)
        return functional.pixel_shuffle(self.last(x), 2) + straight


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = Encoder(), Decoder()
        # He's initialisation keeps the variance through the layers; PyTorch's default would let the bent path fade out.
        for module in [*self.encoder.convolutions, *self.decoder.convolutions, self.decoder.bend]:
            nn.init.kaiming_normal_(module.weight)
            nn.init.zeros_(module.bias)

    def forward(self, x):
        return self.decoder(self.encoder(x))

    def start_linear(self, mean, components, deviation, images):
        """Encoder: PCA of the halved picture, each number scaled to a deviation of one. Decoder: its least squares."""
        with torch.no_grad():
            self.encoder.linear.weight.copy_(components / deviation[:, None])
            self.encoder.linear.bias.copy_(-(components @ mean) / deviation)
            total, product = torch.zeros(SIDE * SIDE * 3), torch.zeros(SIDE * SIDE * 3, CODE)
            for begin in range(0, len(images), 2000):
                x = pixels(images[begin : begin + 2000])
                rows = x.permute(0, 2, 3, 1).flatten(1)
                total += rows.sum(0)
                product += rows.t() @ self.encoder.linear(halved(x))
            # The numbers are uncorrelated, with mean zero and deviation one: the products are the solution.
            self.decoder.linear.weight.copy_(product / len(images))
            self.decoder.linear.bias.copy_(total / len(images))


def halved(x):
    """[n, 3, 64, 64] -> [n, 3072]: the picture at half size, rows of (y, x, colour)."""
    return functional.avg_pool2d(x, 2).permute(0, 2, 3, 1).flatten(1)


def pixels(images, device="cpu"):
    """uint8 [n, 64, 64, 3] -> [n, 3, 64, 64] in [0, 1], channels last in memory."""
    x = torch.from_numpy(np.ascontiguousarray(images)).to(device).permute(0, 3, 1, 2).float() / 255
    return x.contiguous(memory_format=torch.channels_last)


def quantize_code(code, low, high):
    """What 128 bytes keep of a code: 8 bits between the 0.1 and 99.9 percentile of each number."""
    steps = ((code - low) / (high - low) * 255).round().clamp(0, 255)
    return steps / 255 * (high - low) + low


@torch.no_grad()
def evaluate(model, images, limits=None):
    """Mean squared error per value, outputs clipped to [0, 1]; with limits, the code goes through 128 bytes."""
    model.eval()
    total, device = 0.0, next(model.parameters()).device
    for begin in range(0, len(images), 500):
        x = pixels(images[begin : begin + 500], device)
        code = model.encoder(x)
        output = model.decoder(quantize_code(code, *limits) if limits else code)
        total += (output.clamp(0, 1) - x).square().sum().item()
    return total / (len(images) * SIDE * SIDE * 3)


@torch.no_grad()
def code_limits(model, images):
    codes = torch.cat([model.encoder(pixels(images[begin : begin + 500])) for begin in range(0, len(images), 500)])
    return codes.quantile(0.001, 0), codes.quantile(0.999, 0)

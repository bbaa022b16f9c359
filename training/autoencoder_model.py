"""The network of image-autoencoder, and how its error is measured."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

# ---------------------------------------------------------------------------------------------------------- knobs
CODE = 128
SIDE = 64
ENCODER = [32, 64, 128]  # channels after each convolution with stride 2, at 16 x 16, 8 x 8 and 4 x 4
DECODER = [64, 32]  # channels at 8 x 8 and at 16 x 16
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

    def forward(self, x):
        small = functional.avg_pool2d(x, 2)
        x = small
        for convolution in self.convolutions:
            x = halving(convolution, x)
        return self.linear(rows_of(small)) + self.bend(rows_of(x))


class Decoder(nn.Module):
    """[n, CODE] -> [n, 3, 64, 64], not clipped to [0, 1].

    The linear path draws the picture at 32 x 32 and enlarges it; the convolutions look at that drawing, in patches of 4 x 4,
    and add what a linear path cannot: sharper edges. They see no position, so each picture teaches them 64 times."""

    def __init__(self):
        super().__init__()
        wide, narrow = DECODER
        self.linear = nn.Linear(CODE, HALF * HALF * 3)
        self.enlarge = nn.Conv2d(3, 4 * 3, 3, padding=1)
        self.patch = nn.Conv2d(3, wide, 4, 4)
        self.first = nn.Conv2d(wide, wide, 3, padding=1)
        self.second = nn.Conv2d(wide, wide, 3, padding=1)
        self.spread = nn.Conv2d(wide, 4 * narrow, 3, padding=1)
        self.third = nn.Conv2d(narrow, narrow, 3, padding=1)
        self.last = nn.Conv2d(narrow, 16 * 3, 3, padding=1)

    def forward(self, code):
        drawing = pictures_of(self.linear(code), HALF)
        x = functional.relu(self.patch(drawing))
        x = functional.relu(self.second(functional.relu(self.first(x))) + x)
        x = functional.pixel_shuffle(functional.relu(self.spread(x)), 2)
        x = functional.relu(self.third(x) + x)
        return functional.pixel_shuffle(self.last(x), 4) + functional.pixel_shuffle(self.enlarge(drawing), 2)


class Model(nn.Module):
    """Encoder and decoder. The convolutions start with He's initialisation, their contributions at zero."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = Encoder(), Decoder()
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)
                nn.init.zeros_(module.bias)
        for module in (self.encoder.bend, self.decoder.last):
            nn.init.zeros_(module.weight)
            nn.init.zeros_(module.bias)
        # Patches of the drawing vary by about a quarter around 0.45: bring them to mean zero and deviation one.
        patch = self.decoder.patch
        with torch.no_grad():
            patch.weight.mul_(4)
            patch.bias.copy_(-0.45 * patch.weight.sum((1, 2, 3)))

    def forward(self, x):
        return self.decoder(self.encoder(x))

    @torch.no_grad()
    def start_linear(self, mean, components, deviation, images):
        """PCA of the halved picture, each number scaled to a deviation of one, and the best enlargement by two."""
        self.encoder.linear.weight.copy_(components / deviation[:, None])
        self.encoder.linear.bias.copy_(-(components @ mean) / deviation)
        self.decoder.linear.weight.copy_(components.t() * deviation)
        self.decoder.linear.bias.copy_(mean)
        x = pixels(images[:: len(images) // 1000])
        small = pictures_of(self.decoder.linear(self.encoder.linear(halved(x))), HALF)
        windows = functional.unfold(small, 3, padding=1).transpose(1, 2).flatten(0, 1)
        windows = torch.cat([windows, torch.ones(len(windows), 1)], 1)
        four = functional.pixel_unshuffle(x, 2).permute(0, 2, 3, 1).flatten(0, 2)
        solution = torch.linalg.solve(windows.t() @ windows, windows.t() @ four)
        self.decoder.enlarge.weight.copy_(solution[:-1].t().reshape(12, 3, 3, 3))
        self.decoder.enlarge.bias.copy_(solution[-1])


def rows_of(x):
    """[n, channels, side, side] -> [n, side * side * channels]: rows of (y, x, channel)."""
    return x.permute(0, 2, 3, 1).flatten(1)


def pictures_of(rows, side):
    """[n, side * side * channels] -> [n, channels, side, side], channels last in memory."""
    return rows.view(len(rows), side, side, -1).permute(0, 3, 1, 2)


def halved(x):
    """[n, 3, 64, 64] -> [n, 3072]: the picture at half size, rows of (y, x, colour)."""
    return rows_of(functional.avg_pool2d(x, 2))


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

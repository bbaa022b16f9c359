"""Batches of augmented pictures for edge-cnn and its teacher, made on the GPU where there is one."""

import math

import numpy as np
import torch
from torch.nn import functional

from common import DEVICE, GPU

# ---------------------------------------------------------------------------------------------------------- knobs
ASPECT_MAX = 4 / 3  # of a crop
SHARPNESS_MAX = 2.0  # 0 is blurred, 1 as it is, 2 as much sharper: sharp pictures are of every class, not of some
# -----------------------------------------------------------------------------------------------------------------


class DeviceImages:
    """The training images, all of them on the GPU where there is one; on a CPU they stay mapped from the files."""

    def __init__(self, images):
        self.images = images
        self.labels = torch.from_numpy(images.labels).to(DEVICE)
        self.parts = [torch.from_numpy(np.array(part)).to(DEVICE) for part in images.parts] if GPU else images.parts

    def groups(self, rows):
        """[(positions in the batch, pixels [n, side, side, 3] uint8)], one for each size of image."""
        sources = np.searchsorted(self.images.starts, rows, "right") - 1
        for source in np.unique(sources):
            where = np.flatnonzero(sources == source)
            local = rows[where] - self.images.starts[source]
            if GPU:
                yield where, self.parts[source][torch.from_numpy(local).to(DEVICE)]
            else:
                yield where, torch.from_numpy(self.parts[source][local])


def random_regions(count, area_min):
    """Regions [n, 2, 3] for crop(), of random area, aspect and place."""
    area = torch.empty(count, device=DEVICE).uniform_(area_min, 1)
    aspect = torch.exp(torch.empty(count, device=DEVICE).uniform_(-1, 1) * math.log(ASPECT_MAX))
    width, height = (area * aspect).sqrt().clamp(max=1), (area / aspect).sqrt().clamp(max=1)
    regions = torch.zeros(count, 2, 3, device=DEVICE)
    regions[:, 0, 0], regions[:, 1, 1] = width, height
    regions[:, 0, 2] = torch.empty(count, device=DEVICE).uniform_(-1, 1) * (1 - width)
    regions[:, 1, 2] = torch.empty(count, device=DEVICE).uniform_(-1, 1) * (1 - height)
    return regions


def mirror_half(regions):
    """Half of the regions, by chance, turned left to right."""
    sign = (torch.rand(len(regions), device=regions.device) < 0.5).float().mul(2).sub(1)
    return torch.cat([regions[:, :, :1] * sign[:, None, None], regions[:, :, 1:]], 2)


def crop(pixels, theta, side):
    """The region of each picture that `theta` [n, 2, 3] maps [-1, 1] x [-1, 1] onto: [n, h, w, 3] uint8 -> [n, 3, side, side]
    in [0, 1], bilinear: for regions that are no larger than the result."""
    x = pixels.permute(0, 3, 1, 2).float() / 255
    grid = functional.affine_grid(theta, [len(x), 3, side, side], align_corners=False)
    return functional.grid_sample(x, grid, "bilinear", "border", align_corners=False)


def random_color(x, color):
    """Brightness, contrast and saturation of each picture, then [0, 1] -> [-1, 1]."""
    def factor():
        return 1 + color * torch.empty(len(x), 1, 1, 1, device=x.device).uniform_(-1, 1)

    x = x * factor()
    gray = x.mean(1, keepdim=True)
    x = torch.lerp(gray, x, factor())
    x = torch.lerp(gray.mean((2, 3), keepdim=True), x, factor())
    return x.clamp(0, 1) * 2 - 1


def random_sharpness(x):
    """Blurs or sharpens each picture by chance."""
    # A mean of 3 x 3 by its rows and columns: three times as fast as avg_pool2d on a CPU.
    rows = functional.pad(x, [1, 1, 1, 1], mode="replicate")
    columns = rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]
    blurred = (columns[..., :-2] + columns[..., 1:-1] + columns[..., 2:]) / 9
    factor = torch.empty(len(x), 1, 1, 1, device=x.device).uniform_(0, SHARPNESS_MAX)
    return torch.lerp(blurred, x, factor).clamp(0, 1)


def load_regions(data, rows, regions, side):
    """The regions [n, 2, 3] of the pictures: [n, 3, side, side] in [0, 1]."""
    result = torch.empty(len(rows), 3, side, side, device=DEVICE)
    for where, pixels in data.groups(rows):
        where = torch.from_numpy(where).to(DEVICE)
        result[where] = crop(pixels, regions[where], side)
    return result


def load_batch(data, rows, regions, side, color):
    """The regions [n, 2, 3] of the pictures, augmented: [n, 3, side, side] in [-1, 1], channels last."""
    x = random_sharpness(load_regions(data, rows, regions, side))
    return random_color(x, color).contiguous(memory_format=torch.channels_last)

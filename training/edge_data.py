"""The images and classes of edge-cnn: Tiny-ImageNet (its test pictures too, which have no labels),
imagenette's training part and the ImageNet samples."""

import json

import numpy as np
import torch

import image_data


def class_list():
    """WordNet identifiers of the classes, sorted: those of Tiny-ImageNet and the ten of imagenette."""
    tiny = json.loads((image_data.CACHE / "tiny_train.json").read_text())
    imagenette = json.loads((image_data.CACHE / "imagenette_train.json").read_text())
    return sorted(set(tiny) | set(imagenette))


def class_names():
    """Readable names in the order of class_list(): the first word that WordNet gives."""
    words = json.loads((image_data.CACHE / "words.json").read_text())
    return [words[identifier].split(",")[0] for identifier in class_list()]


class ImageSet:
    """Several arrays of images in a row. labels: class index, or -1 where the image is of no class of edge-cnn."""

    def __init__(self, names):
        position = {identifier: index for index, identifier in enumerate(class_list())}
        self.parts, labels = [], []
        for name in names:
            images, identifiers = image_data.load_images(name)
            self.parts.append(images)
            labels += [position.get(identifier, -1) for identifier in identifiers]
        self.labels = np.array(labels)
        self.starts = np.cumsum([0] + [len(part) for part in self.parts])

    def __len__(self):
        return int(self.starts[-1])

    def rows(self, indices, side=64):
        """[n, side', side', 3] uint8; where the rows come from images of several sizes all are brought to `side`."""
        sources = np.searchsorted(self.starts, indices, "right") - 1
        chunks = {source: self.parts[source][indices[sources == source] - self.starts[source]] for source in set(sources)}
        if len(chunks) == 1:
            return torch.from_numpy(next(iter(chunks.values())))
        result = torch.empty(len(indices), side, side, 3, dtype=torch.uint8)
        for source, pixels in chunks.items():
            x = torch.from_numpy(pixels).permute(0, 3, 1, 2).float()
            if x.shape[2] != side:
                x = torch.nn.functional.interpolate(x, size=(side, side), mode="area")
            result[torch.from_numpy(sources == source)] = x.permute(0, 2, 3, 1).round().to(torch.uint8)
        return result


def load_labelled_set():
    return ImageSet(["tiny_train", "imagenette_train"])


def load_training_set():
    return ImageSet(["tiny_train", "imagenette_train", "imagenet_sample", "tiny_test"])


def load_validation_set():
    return ImageSet(["tiny_val"])

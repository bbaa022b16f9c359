"""Reads the public image repositories into uint8 arrays that the training scripts map into memory.

Sources, each a git clone (bare or with a work tree):
  tiny-imagenet   https://github.com/rangeetpan/IMagenet                101,000 + 10,100 images, 64 x 64, 202 classes;
                                                                        10,000 test images without labels
  imagenette      https://github.com/thunderInfy/imagenette             9,469 training images, 10 classes (val unused)
  imagenet-sample https://github.com/EliSchwartz/imagenet-sample-images 1,000 images, one per ImageNet class

    python3 image_data.py --tiny-imagenet PATH --imagenette PATH --imagenet-sample PATH

writes under cache/images: NAME.npy [n, side, side, 3] uint8 RGB, and NAME.json with the WordNet identifier of
each row, null where it is not known.
The order of the rows is the order of the sorted paths, so two runs give the same files.
"""

import argparse
import io
import json
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image

# ---------------------------------------------------------------------------------------------------------- knobs
CACHE = Path(__file__).resolve().parent.parent / "cache" / "images"
TINY_SIDE = 64  # the size of the Tiny-ImageNet files
# imagenette and the ImageNet samples: shorter side resized to this, centre square kept. As small as Tiny-ImageNet's: at 128,
# sharp pictures were those of imagenette's classes, and the network took sharpness itself for a class.
PHOTO_SIDE = 64
PHOTO_QUALITY = 75  # and compressed as JPEG like them, or the network takes the missing traces of that for a class
# -----------------------------------------------------------------------------------------------------------------

TINY_ROOT = "tiny-imagenet-200"


def list_blobs(repository, prefix):
    """Sorted (path, object id) pairs of the JPEG files under a path of the newest commit."""
    command = ["git", "-C", repository, "ls-tree", "-r", "HEAD"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    pairs = [(line.split("\t", 1)[1], line.split()[2]) for line in lines]
    return sorted(pair for pair in pairs if pair[0].startswith(prefix) and pair[0].endswith(".JPEG"))


def read_blobs(repository, identifiers):
    """Yields the bytes of each object, through one git process."""
    process = subprocess.Popen(
        ["git", "-C", repository, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    for identifier in identifiers:
        process.stdin.write(f"{identifier}\n".encode())
        process.stdin.flush()
        size = int(process.stdout.readline().split()[2])
        content = process.stdout.read(size)
        process.stdout.read(1)
        yield content
    process.stdin.close()
    process.wait()


def read_text(repository, path):
    command = ["git", "-C", repository, "show", f"HEAD:{path}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def decode(content, side):
    """One picture as [side, side, 3] uint8: shorter side resized, centre square kept."""
    image = Image.open(io.BytesIO(content))
    if image.size != (side, side):
        # A quarter of the size is enough for the box filter and saves most of the decoding of large photos.
        image.draft("RGB", (2 * side, 2 * side))
        image = image.convert("RGB")
        width, height = image.size
        short = min(width, height)
        left, top = (width - short) / 2, (height - short) / 2
        image = image.resize((side, side), Image.BICUBIC, box=(left, top, left + short, top + short))
        packed = io.BytesIO()
        image.convert("RGB").save(packed, "JPEG", quality=PHOTO_QUALITY)
        image = Image.open(packed)
    return np.asarray(image.convert("RGB"))


def write_array(name, repository, entries, side):
    """Decodes (object id, WordNet identifier) entries into cache/images/NAME.npy and NAME.json."""
    CACHE.mkdir(parents=True, exist_ok=True)
    shape = (len(entries), side, side, 3)
    array = np.lib.format.open_memmap(CACHE / f"{name}.npy", mode="w+", dtype=np.uint8, shape=shape)
    for row, content in enumerate(read_blobs(repository, [entry[0] for entry in entries])):
        array[row] = decode(content, side)
    array.flush()
    (CACHE / f"{name}.json").write_text(json.dumps([entry[1] for entry in entries]))
    print(f"{name}: {shape}", flush=True)


def prepare_tiny_imagenet(repository):
    train = list_blobs(repository, f"{TINY_ROOT}/train/")
    write_array("tiny_train", repository, [(blob, path.split("/")[2]) for path, blob in train], TINY_SIDE)
    annotations = read_text(repository, f"{TINY_ROOT}/val/val_annotations.txt").splitlines()
    synset_of = {line.split("\t")[0]: line.split("\t")[1] for line in annotations}
    val = list_blobs(repository, f"{TINY_ROOT}/val/images/")
    write_array("tiny_val", repository, [(blob, synset_of[path.split("/")[-1]]) for path, blob in val], TINY_SIDE)
    test = list_blobs(repository, f"{TINY_ROOT}/test/images/")
    write_array("tiny_test", repository, [(blob, None) for _, blob in test], TINY_SIDE)
    words = dict(line.split("\t", 1) for line in read_text(repository, f"{TINY_ROOT}/words.txt").splitlines())
    (CACHE / "words.json").write_text(json.dumps(words))


def prepare_imagenette(repository):
    train = list_blobs(repository, "train/")
    write_array("imagenette_train", repository, [(blob, path.split("/")[1]) for path, blob in train], PHOTO_SIDE)


def prepare_imagenet_sample(repository):
    photos = list_blobs(repository, "n")
    write_array("imagenet_sample", repository, [(blob, path.split("_")[0]) for path, blob in photos], PHOTO_SIDE)


def load_images(name):
    """(array [n, side, side, 3] uint8 mapped from the file, list of n WordNet identifiers)."""
    images = np.load(CACHE / f"{name}.npy", mmap_mode="r")
    return images, json.loads((CACHE / f"{name}.json").read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiny-imagenet")
    parser.add_argument("--imagenette")
    parser.add_argument("--imagenet-sample")
    options = parser.parse_args()
    if options.tiny_imagenet:
        prepare_tiny_imagenet(options.tiny_imagenet)
    if options.imagenette:
        prepare_imagenette(options.imagenette)
    if options.imagenet_sample:
        prepare_imagenet_sample(options.imagenet_sample)


if __name__ == "__main__":
    main()

"""Packs the training images into files small enough to be sent to a machine with a GPU, and unpacks them there.

    python3 pack_tiny_imagenet.py pack            cache/images -> cache/packs/pack_N.npz, each below PACK_BYTES_MAX
    python3 pack_tiny_imagenet.py unpack FOLDER   FOLDER/pack_*.npz -> cache/images

The pictures are recompressed as WebP, those of the validation part at a higher quality. A model that was trained on them is
measured on the original files all the same: `edge_cnn.py --export-only` with its checkpoint, where they lie.
"""

import argparse
import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

import image_data

# ---------------------------------------------------------------------------------------------------------- knobs
PACK_BYTES_MAX = 56 * 2**20
QUALITY = {"tiny_train": 78, "tiny_val": 90, "imagenette_train": 72, "imagenet_sample": 72, "tiny_test": 78}
METHOD = 4  # effort of the WebP encoder, 0 to 6
# -----------------------------------------------------------------------------------------------------------------

PACKS = image_data.CACHE.parent / "packs"


def encode(pixels, quality):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", quality=quality, method=METHOD)
    return buffer.getvalue()


def decode(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def encoded_images():
    """(array name, row, bytes) of every image."""
    for name, quality in QUALITY.items():
        images, _ = image_data.load_images(name)
        with ThreadPoolExecutor(2) as pool:
            for begin in range(0, len(images), 2000):
                block = images[begin : begin + 2000]
                for row, content in enumerate(pool.map(lambda pixels: encode(pixels, quality), block)):
                    yield name, begin + row, content


def write_pack(number, entries, sides):
    """entries: [(array name, row, bytes)]. The first pack carries the labels and the words."""
    names = sorted(QUALITY)
    arrays = {
        "source": np.array([names.index(name) for name, _, _ in entries], np.uint8),
        "row": np.array([row for _, row, _ in entries], np.int32),
        "size": np.array([len(content) for _, _, content in entries], np.int32),
        "blob": np.frombuffer(b"".join(content for _, _, content in entries), np.uint8),
    }
    if number == 0:
        arrays["text"] = np.frombuffer(json.dumps(describe(sides)).encode(), np.uint8)
    np.savez(PACKS / f"pack_{number}.npz", **arrays)
    print(f"pack {number}: {len(entries)} images, {arrays['blob'].size / 2**20:.1f} MiB", flush=True)


def describe(sides):
    """Labels, words of the classes alone, and the shape of each array."""
    labels = {name: image_data.load_images(name)[1] for name in QUALITY}
    known = {identifier for column in labels.values() for identifier in column}
    words = json.loads((image_data.CACHE / "words.json").read_text())
    return {"labels": labels, "sides": sides, "words": {key: words[key] for key in sorted(known) if key in words}}


def pack():
    PACKS.mkdir(parents=True, exist_ok=True)
    sides = {name: int(image_data.load_images(name)[0].shape[1]) for name in QUALITY}
    entries, total, number = [], 4 * 2**20, 0  # room for the labels in the first pack
    for entry in encoded_images():
        if total + len(entry[2]) + 9 > PACK_BYTES_MAX:
            write_pack(number, entries, sides)
            entries, total, number = [], 0, number + 1
        entries.append(entry)
        total += len(entry[2]) + 9
    write_pack(number, entries, sides)


def unpack(folder):
    image_data.CACHE.mkdir(parents=True, exist_ok=True)
    text = json.loads(np.load(folder / "pack_0.npz")["text"].tobytes())
    (image_data.CACHE / "words.json").write_text(json.dumps(text["words"]))
    arrays = []
    for name in sorted(QUALITY):
        (image_data.CACHE / f"{name}.json").write_text(json.dumps(text["labels"][name]))
        side = text["sides"][name]
        shape = (len(text["labels"][name]), side, side, 3)
        path = image_data.CACHE / f"{name}.npy"
        arrays.append(np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape))
    for path in sorted(folder.glob("pack_*.npz")):
        part = np.load(path)
        source, row, size, blob = (part[key] for key in ("source", "row", "size", "blob"))
        start = np.concatenate([[0], np.cumsum(size[:-1])])

        def place(entry):
            content = blob[start[entry] : start[entry] + size[entry]].tobytes()
            arrays[source[entry]][row[entry]] = decode(content)

        with ThreadPoolExecutor() as pool:
            list(pool.map(place, range(len(size))))
        print(f"{path.name}: {len(size)} images", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["pack", "unpack"])
    parser.add_argument("folder", nargs="?", type=Path, default=PACKS)
    options = parser.parse_args()
    if options.action == "pack":
        pack()
    else:
        unpack(options.folder)


if __name__ == "__main__":
    main()

"""Weights of TensorFlow.js models, to bytes and back.

They are stored as float32, float16 or uint8 (`value = q * scale + min`, one pair per tensor).
"""

import json

import numpy as np

STORED = {"float32": np.float32, "float16": np.float16, "uint8": np.uint8, "int32": np.int32}


def quantize(array, kind):
    """(bytes, manifest entry for the quantisation or None, float32 array after dequantisation)."""
    array = np.ascontiguousarray(array, dtype=np.float32)
    if kind == "float32":
        return array.tobytes(), None, array
    if kind == "float16":
        half = array.astype(np.float16)
        return half.tobytes(), {"dtype": "float16", "original_dtype": "float32"}, half.astype(np.float32)
    if kind != "uint8":
        raise ValueError(f"Cannot quantise weights as kind must be float32, float16 or uint8: current value is {kind}")
    low, high = float(array.min()), float(array.max())
    # Zero must be exact: a pruned or padded weight stays zero.
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / 255 or 1.0
    low = round(low / scale) * scale
    steps = np.clip(np.round((array - low) / scale), 0, 255).astype(np.uint8)
    entry = {"dtype": "uint8", "min": low, "scale": scale, "original_dtype": "float32"}
    # The reader computes q * scale + min in double precision and rounds once to float32.
    return steps.tobytes(), entry, (steps.astype(np.float64) * scale + low).astype(np.float32)


def pack_weights(weights, kind_of):
    """weights: {name: array}. Returns (manifest entries, bytes, {name: dequantised array})."""
    entries, parts, dequantised = [], [], {}
    for name, array in weights.items():
        array = np.asarray(array)
        if array.dtype == np.int32:
            entries.append({"name": name, "shape": list(array.shape), "dtype": "int32"})
            parts.append(array.tobytes())
            continue
        content, quantization, dequantised[name] = quantize(array, kind_of(name, array))
        entry = {"name": name, "shape": list(array.shape), "dtype": "float32"}
        if quantization:
            entry["quantization"] = quantization
        entries.append(entry)
        parts.append(content)
    return entries, b"".join(parts), dequantised


def default_kinds(kind):
    """Small tensors (biases) stay float32 where the rest is uint8: they cost nothing and matter."""
    return lambda name, array: "float32" if kind == "uint8" and array.ndim < 2 else kind


def read_weights(folder):
    """(weights {name: float32 or int32 array} as a reader gets them, userDefinedMetadata) of the model in a folder."""
    model = json.loads((folder / "model.json").read_text())
    content, weights, begin = (folder / "weights.bin").read_bytes(), {}, 0
    for entry in model["weightsManifest"][0]["weights"]:
        quantization = entry.get("quantization", {})
        kind, count = STORED[quantization.get("dtype", entry["dtype"])], int(np.prod(entry["shape"]))
        array = np.frombuffer(content, kind, count, begin)
        begin += array.nbytes
        if kind == np.uint8:
            array = array.astype(np.float64) * quantization["scale"] + quantization["min"]
        weights[entry["name"]] = array.astype(entry["dtype"]).reshape(entry["shape"])
    if begin != len(content):
        raise ValueError(f"Cannot read {folder} as weights.bin must have {begin} bytes: current value is {len(content)}")
    return weights, model.get("userDefinedMetadata", {})

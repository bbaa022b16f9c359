"""What every training script does the same way: seed, command line, checkpoint, log."""

import argparse
import json
import random
import time
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
# The image models train on a GPU where there is one.
GPU = torch.cuda.is_available()
DEVICE = "cuda" if GPU else "cpu"
# bfloat16 where the processor multiplies it: 1.1 to 2.4 times as fast on a CPU.
BFLOAT16 = GPU or (Path("/proc/cpuinfo").exists() and "avx512_bf16" in Path("/proc/cpuinfo").read_text())
# Checkpoints, decoded images and logs: never committed.
CACHE = HERE.parent / "cache"
# What ships: models, and golden outputs for the tests.
WEIGHTS = HERE.parent / "weights"
GOLDEN = HERE.parent / "tests" / "golden"
# The folder beside the repository that holds the public data sets.
SHARED = HERE.parent.parent / "shared"


def parse_arguments(description, epochs):
    """--epochs, --resume, --export-only, --threads and the folders; more arguments are added by the caller's parser."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=epochs)
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--export-only", action="store_true", help="export and evaluate the last checkpoint")
    parser.add_argument("--threads", type=int, default=2, help="threads on a CPU")
    parser.add_argument("--shared", type=Path, default=SHARED, help="the folder that holds data/")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--golden", type=Path, default=GOLDEN)
    return parser


def seed_everything(seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def save_checkpoint(name, epoch, model, optimizer, **rest):
    """Writes beside the old checkpoint and renames, so that a stopped run leaves a whole file."""
    CACHE.mkdir(parents=True, exist_ok=True)
    path = CACHE / f"{name}.checkpoint.pt"
    state = {"epoch": epoch, "model": model.state_dict(), "optimizer": optimizer.state_dict(), **rest}
    torch.save(state, path.with_suffix(".partial"))
    path.with_suffix(".partial").rename(path)


def load_checkpoint(name, model, optimizer=None):
    """Loads the weights (and the optimizer's state); returns the whole checkpoint."""
    state = torch.load(CACHE / f"{name}.checkpoint.pt", map_location="cpu")
    model.load_state_dict(state["model"])
    if optimizer is not None:
        optimizer.load_state_dict(state["optimizer"])
    return state


class EpochLog:
    """One JSON line per epoch in cache/NAME.log.jsonl, and the same on the terminal."""

    def __init__(self, name, resume):
        CACHE.mkdir(parents=True, exist_ok=True)
        self.path = CACHE / f"{name}.log.jsonl"
        self.started = time.time()
        if not resume:
            self.path.write_text("")

    def write(self, **values):
        values["seconds"] = round(time.time() - self.started, 1)
        line = json.dumps({key: round(v, 5) if isinstance(v, float) else v for key, v in values.items()})
        with self.path.open("a") as file:
            file.write(line + "\n")
        print(line, flush=True)


def write_golden(folder, name, note, tolerance, cases):
    """cases: [{"input": ..., "output": ...}]; numbers are rounded to 7 significant digits to keep the file small."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {"model": name, "framework": f"pytorch {torch.__version__}", "note": note, "tolerance": tolerance}
    content["cases"] = [{key: round_floats(value) for key, value in case.items()} for case in cases]
    (folder / f"{name}.json").write_text(json.dumps(content) + "\n")


def round_floats(value):
    if isinstance(value, (torch.Tensor, np.ndarray)):
        value = value.tolist()
    if isinstance(value, list):
        return [round_floats(item) for item in value]
    return float(f"{value:.7g}") if isinstance(value, float) else value

"""Fits scikit-learn's LogisticRegression on command.

usage: fit_sklearn.py FEATURES ROWS LENGTH CLASSES
FEATURES is float32 little endian [rows, length]; sample i has class i mod CLASSES. Each line on
standard input names a type, float32 or float64; each answer is a line of JSON.
"""

import json
import sys
import time

import numpy as np
from sklearn.linear_model import LogisticRegression

path, rows, length, classes = sys.argv[1], *map(int, sys.argv[2:])
features = np.fromfile(path, dtype="<f4").reshape(rows, length)
targets = np.arange(rows) % classes
typed = {name: np.ascontiguousarray(features.astype(name)) for name in ["float32", "float64"]}
for line in sys.stdin:
    model = LogisticRegression(C=1, tol=1e-4, max_iter=1000)
    wall, processor = time.perf_counter(), time.process_time()
    model.fit(typed[line.strip()], targets)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    answer = {
        "wallMs": 1000 * wall,
        "processorMs": 1000 * processor,
        "iterations": int(model.n_iter_[0]),
        "weights": model.coef_.T.ravel().tolist(),
        "bias": model.intercept_.tolist(),
    }
    print(json.dumps(answer), flush=True)

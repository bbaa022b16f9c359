"""Writes training.json: softmax regression fitted, and predictions evaluated, by scikit-learn.

Run with: python3 tests/golden/make_training_golden.py (scikit-learn 1.2.1)
"""

import json
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss
from sklearn.metrics import precision_recall_fscore_support, roc_auc_score

L2 = 0.05


def make_samples(random):
    """60 samples of three overlapping and unequal classes, on features of unequal scales."""
    classes = np.repeat([0, 1, 2], [30, 20, 10])
    means = np.array([[0, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, -1]])
    features = means[classes] + random.normal(size=(60, 4))
    features = features * [1, 10, 0.1, 1] + [0, 5, 10, 0]
    order = random.permutation(60)
    return features[order].astype(np.float32).round(3), classes[order]


def fit(features, classes, class_weight):
    """The optimum of mean loss + l2 / 2 * |weights|^2, in the scale of the raw features."""
    mean, deviation = features.mean(0), features.std(0)
    weights = np.ones(len(classes))
    if class_weight == "balanced":
        weights = (len(classes) / 3 / np.bincount(classes))[classes]
    model = LogisticRegression(
        C=1 / (L2 * weights.sum()), class_weight=class_weight, tol=1e-10, max_iter=10_000
    )
    model.fit((features - mean) / deviation, classes)
    probabilities = model.predict_proba((features - mean) / deviation)
    loss = log_loss(classes, probabilities, sample_weight=weights)
    return {
        "loss": loss,
        "objective": loss + L2 / 2 * (model.coef_**2).sum(),
        "weights": (model.coef_ / deviation).T.ravel().tolist(),
        "bias": (model.intercept_ - (model.coef_ / deviation) @ mean).tolist(),
    }


def calibration_error(classes, probabilities):
    """Fifteen bins of equal width over the confidence (Guo et al. 2017)."""
    confidence = probabilities.max(1)
    hits = probabilities.argmax(1) == classes
    bins = np.ceil(confidence * 15)
    return sum(
        abs(hits[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).mean()
        for b in np.unique(bins)
    )


def evaluate(random):
    """Scores of 40 random predictions; class 3 is never predicted."""
    classes = random.integers(0, 4, 40)
    logits = random.normal(size=(40, 4)) + 2 * np.eye(4)[classes]
    logits[:, 3] -= 20
    logits = logits.astype(np.float32).round(3)
    exponentials = np.exp(logits.astype(np.float64))
    probabilities = exponentials / exponentials.sum(1, keepdims=True)
    predicted = probabilities.argmax(1)
    scores = precision_recall_fscore_support(classes, predicted, labels=range(4), zero_division=0)
    return {
        "classes": classes.tolist(),
        "logits": logits.ravel().tolist(),
        "accuracy": accuracy_score(classes, predicted),
        "loss": log_loss(classes, probabilities, labels=range(4)),
        "calibrationError": calibration_error(classes, probabilities),
        "precision": scores[0].tolist(),
        "recall": scores[1].tolist(),
        "f1": scores[2].tolist(),
        "support": scores[3].tolist(),
        "confusion": confusion_matrix(classes, predicted, labels=range(4)).tolist(),
    }


def detect(random):
    """Scores of known and unknown samples, with ties."""
    known = random.normal(size=50).round(1)
    unknown = (random.normal(size=30) + 1.5).round(1)
    truth = np.repeat([0, 1], [50, 30])
    scores = np.concatenate([known, unknown])
    return {"known": known.tolist(), "unknown": unknown.tolist(), "auroc": roc_auc_score(truth, scores)}


random = np.random.default_rng(4)
features, classes = make_samples(random)
golden = {
    "l2": L2,
    "features": [round(float(value), 3) for value in features.ravel()],
    "classes": classes.tolist(),
    "fits": {name: fit(features, classes, None if name == "none" else name) for name in ["none", "balanced"]},
    "evaluation": evaluate(random),
    "detection": detect(random),
}
path = Path(__file__).with_name("training.json")
path.write_text(json.dumps(golden) + "\n")

"""Linear support vector machines over character n-grams: the usual strong baseline that names-lstm is compared with."""

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from names_data import END, START

# ---------------------------------------------------------------------------------------------------------- knobs
ORDER = 5  # n-grams of one to so many characters
# -----------------------------------------------------------------------------------------------------------------


def classify_by_svm(train, test):
    """The label of each test line; tf-idf with log counts, one machine per language, balanced by the sizes of the classes."""
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, ORDER), min_df=2, sublinear_tf=True)
    known = vectorizer.fit_transform([START + line.name + END for line in train])
    machine = LinearSVC(class_weight="balanced").fit(known, np.array([line.label for line in train]))
    return machine.predict(vectorizer.transform([START + line.name + END for line in test]))

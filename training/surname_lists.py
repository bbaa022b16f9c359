"""Reads public lists of family names: real names for names-lstm to learn from, beside the lists that it is measured on.

Sources, each a git clone (bare or with a work tree):
  name-databases  https://github.com/smashew/NameDatabases  text files, a name on each line
  faker           https://github.com/joke2k/faker           Python, names for made-up persons
  faker-js        https://github.com/faker-js/faker         TypeScript, the same

    python3 surname_lists.py --name-databases PATH --faker PATH --faker-js PATH

writes cache/surnames.json: {language: [folded names in alphabetical order]}. NameDatabases holds the very lists that
names-lstm is measured on and more: whoever trains passes the names that must not be seen to load_surnames().
"""

import argparse
import ast
import json
import re
import subprocess

import common
from names_data import fold

# ---------------------------------------------------------------------------------------------------------- knobs
# Which file of a source is of which language.
NAME_DATABASES = {
    "cz": "Czech", "de": "German", "es": "Spanish", "fr": "French", "gk": "Greek", "ie": "Irish", "it": "Italian",
    "kr": "Korean", "ne": "Dutch", "pl": "Polish", "pt": "Portuguese", "ru": "Russian", "uk": "English", "cn": "Chinese",
}
FAKER = {
    "cs_CZ": "Czech", "de_DE": "German", "en_GB": "English", "en_IE": "Irish", "es_ES": "Spanish", "fr_FR": "French",
    "it_IT": "Italian", "nl_NL": "Dutch", "pl_PL": "Polish", "pt_BR": "Portuguese", "pt_PT": "Portuguese",
}
FAKER_JS = {
    "cs_CZ": "Czech", "de": "German", "es": "Spanish", "es_MX": "Spanish", "fr": "French", "it": "Italian", "nl": "Dutch",
    "nl_BE": "Dutch", "pl": "Polish", "pt_BR": "Portuguese", "pt_PT": "Portuguese", "vi": "Vietnamese",
}
LENGTH_MAX = 20
# -----------------------------------------------------------------------------------------------------------------

PATH = common.CACHE / "surnames.json"


def read_file(repository, path):
    """The text of a file in the newest commit."""
    command = ["git", "-C", repository, "show", f"HEAD:{path}"]
    return subprocess.run(command, check=True, capture_output=True).stdout.decode("utf-8", "replace")


def read_lines(text):
    return text.splitlines()


def read_python_names(text):
    """The literals that variables with "last_names" in their name are set to: tuples, or mappings from a name to its weight."""
    names = []
    for node in ast.walk(ast.parse(text)):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if not isinstance(target, ast.Name) or "last_names" not in target.id:
            continue
        literal = node.value.args[0] if isinstance(node.value, ast.Call) else node.value
        if isinstance(literal, (ast.Tuple, ast.List)):
            names += [entry[0] if isinstance(entry, tuple) else entry for entry in ast.literal_eval(literal)]
    return names


def read_quoted_names(text):
    """The string literals of a TypeScript file that holds nothing else."""
    return [(single or double).replace("\\'", "'") for single, double in re.findall(r"'((?:[^'\\]|\\.)*)'|\"([^\"]*)\"", text)]


def collect(options):
    """{language: set of folded names}."""
    surnames = {language: set() for language in sorted({*NAME_DATABASES.values(), *FAKER.values(), *FAKER_JS.values()})}

    def add(files, repository, path, read):
        for key, language in files.items():
            folded = {fold(name) for name in read(read_file(repository, path.format(key)))}
            surnames[language] |= {name for name in folded if 0 < len(name) <= LENGTH_MAX}

    add(NAME_DATABASES, options.name_databases, "NamesDatabases/surnames/{}.txt", read_lines)
    add(FAKER, options.faker, "faker/providers/person/{}/__init__.py", read_python_names)
    add(FAKER_JS, options.faker_js, "src/locales/{}/person/last_name.ts", read_quoted_names)
    return surnames


def load_surnames(labels, alphabet, hidden):
    """[sorted names] of each label, of the characters of `alphabet` only and without the names that must not be seen."""
    surnames = json.loads(PATH.read_text())
    return [
        [name for name in surnames.get(label, []) if set(name) <= alphabet and name not in hidden] for label in labels
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for source in ("name-databases", "faker", "faker-js"):
        parser.add_argument(f"--{source}", required=True, help="a git clone")
    surnames = collect(parser.parse_args())
    common.CACHE.mkdir(parents=True, exist_ok=True)
    PATH.write_text(json.dumps({language: sorted(names) for language, names in surnames.items()}, ensure_ascii=False))
    print({language: len(names) for language, names in surnames.items()})


if __name__ == "__main__":
    main()

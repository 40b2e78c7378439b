"""Documents that lie on both sides of the filters' thresholds, for filters.sh to compare verdicts on.

Pieces of some 3,000 characters of the given texts, as they are and with seeded edits: repeated lines and phrases, other
ends of lines, bullets, citation marks, odd white space, letters beyond ASCII. Standard library alone.

    python3 docs/benchmarks/filters_documents.py --edits 10 FILE... > edited.jsonl

Files are text, or JSON lines with `text` where their names end in .jsonl, .json or .json.gz. Prints JSON lines.
"""

import argparse
import gzip
import json
import random
import sys

PIECE_CHARACTERS = 3000
ENDS = ["", ".", "?", "!", '"', "'", ",", ":", "...", "…", ".”", ".)", '."', "....", " .", ' . "', "?!", ". [1]", ".[edit]"]
SPACES = ["\u00a0", "\u3000", "\t", "\r", "\v", "\f", "\x1c", "\x1f", "\x85", "\u2028", "\u2029", "\u200b", "  "]
BULLETS = ["•", "- ", "* ", "– ", "#"]
MARKS = ["[12]", " [3]", "[]", "[edit] ", " [citation needed]", "[a]", "[١]"]
PHRASES = ["lorem ipsum", "Lorem\u00a0Ipsum", "JavaScript", "{", "Terms of Use", "privacy policy", "use cookies"]
WORDS = ["é", "e\u0301", "Ünder", "Ελλάς", "Москва", "हिन्दी।", "日本。", "𝒜b", "😀", "١٢", "#", "#tag", "...", "…", "-", "a", "i"]
WORDS += ["U.S.-based", "e.g.", "No.5", "Yes.No", "(so.)", '"Go."', "Mr.", "1984.", "7", "42", "T'h'e", "A.B.C.", "x.“Y", "ǅa"]
STOP_WORDS = {"the", "be", "to", "of", "and", "that", "have", "with"}


def texts(file):
    if file.endswith((".jsonl", ".json", ".json.gz")):
        with (gzip.open if file.endswith(".gz") else open)(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)["text"]
    else:
        with open(file, encoding="utf-8", newline="") as text:
            yield text.read()


def pieces(text):
    piece = ""
    for line in text.split("\n"):
        piece += line + "\n"
        if len(piece) >= PIECE_CHARACTERS:
            yield piece
            piece = ""
    if piece.strip():
        yield piece


def lines_changed(chance, change):
    """An edit that changes a share of the lines."""
    def edit(text):
        share = chance.random()
        return "\n".join(change(line) if line.strip() and chance.random() < share else line
                         for line in text.split("\n"))
    return edit


def words_changed(chance, change):
    """An edit that changes a share of the words, mostly a small one."""
    def edit(text):
        share = chance.random() ** 2
        return "\n".join(" ".join(change(word) if word and chance.random() < share else word
                                  for word in line.split(" ")) for line in text.split("\n"))
    return edit


def edits(chance):
    def repeated(text):
        """A run of words again and again."""
        words = text.split(" ")
        n = chance.randint(1, 12)
        at = chance.randrange(len(words))
        for _ in range(chance.randint(1, max(1, len(words) // (3 * n)))):
            place = chance.randrange(len(words) + 1)
            words[place:place] = words[at:at + n]
        return " ".join(words)

    def paragraphs_again(text):
        parts = text.split("\n")
        start = chance.randrange(len(parts))
        again = parts[start:start + chance.randint(1, 5)]
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(parts) + 1)
            parts[place:place] = ["", *again, ""]
        return "\n".join(parts)

    def sentences_as_lines(text):
        return text.replace(". ", ".\n" * chance.randint(1, 3))

    def start_of(text):
        return " ".join(text.split(" ")[:chance.choice([0, 5, 20, 49, 50, 51, 60, 120])])

    return [
        repeated,
        paragraphs_again,
        sentences_as_lines,
        start_of,
        lines_changed(chance, lambda line: line + "\n" + line),
        lines_changed(chance, lambda line: line.rstrip(" .") + chance.choice(ENDS)),
        lines_changed(chance, lambda line: chance.choice(BULLETS) + line),
        lines_changed(chance, lambda line: line + "\n" * chance.randint(1, 9)),
        lines_changed(chance, lambda line: chance.choice(SPACES) + line + chance.choice(SPACES)),
        lines_changed(chance, lambda line: chance.choice(MARKS) + line + chance.choice(MARKS)),
        words_changed(chance, lambda word: word + chance.choice(MARKS)),
        words_changed(chance, lambda word: word + " " + chance.choice(WORDS)),
        words_changed(chance, lambda word: chance.choice(WORDS)),
        words_changed(chance, lambda word: word + chance.choice(SPACES)),
        words_changed(chance, lambda word: word + "\n"),
        words_changed(chance, lambda word: "#" + word),
        words_changed(chance, lambda word: word + chance.choice([". ", ".", "? ", "...", ".\" ", ".' "])),
        words_changed(chance, lambda word: word.upper()),
        words_changed(chance, lambda word: word * chance.randint(2, 6)),
        words_changed(chance, lambda word: word[:1]),
        words_changed(chance, lambda word: "" if word.lower() in STOP_WORDS else word),
        lambda text: " ".join("" if word.lower() in STOP_WORDS else word for word in text.split(" ")),
        lambda text: text.replace(" ", " " + chance.choice(PHRASES) + " ", chance.randint(1, 2)),
        lambda text: text.replace(" ", " " + "x" * chance.randint(990, 1010) + " ", 1),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--edits", type=int, default=0, help="edited copies of each piece; 0 unless given")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("files", nargs="+")
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    choices = edits(chance)
    for file in arguments.files:
        for text in texts(file):
            for piece in pieces(text):
                copies = [piece]
                for _ in range(arguments.edits):
                    copy = piece
                    for edit in chance.sample(choices, chance.randint(1, 3)):
                        copy = edit(copy)
                    copies.append(copy)
                for copy in copies:
                    json.dump({"text": copy}, sys.stdout)
                    print()


if __name__ == "__main__":
    main()

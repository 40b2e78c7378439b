"""The rules of Gopher, C4 and FineWeb in Python, to hold PolySpark's document filters against.

Written from the papers and from what the Javadoc of io.polyspark.prep.filter says of words, lines and thresholds, with
strings, sets and regular expressions as datatrove has them. Standard library alone.

    python3 docs/benchmarks/filters_peer.py DOCUMENTS.jsonl > verdicts.tsv
    python3 docs/benchmarks/filters_peer.py DOCUMENTS.jsonl --against verdicts-of-java.tsv

Reads JSON lines with `text`. Prints a line for each document: what each filter says of it by itself, then what the four
say one after the other, each `kept` or the rule that removes it, with the CRC-32 of the text where c4 may have changed it;
and at the end the rate of the four, the best of three passes, in MB of UTF-8 per second of this process' time on a core. With
--against it prints instead what differs and how many documents do not, and ends with exit code 1 if one does.
"""

import argparse
import json
import re
import sys
import time
import unicodedata
import zlib
from collections import Counter

# Unicode's property White_Space. str.split() takes U+001C to U+001F for white space, too.
WHITE = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
SPLIT_DIFFERS = re.compile("[\x1c-\x1f]")
WORD = re.compile(f"[^{WHITE}]+")

PUNCTUATION = (".", "?", "!", '"', "'")
STOP_WORDS = {"the", "be", "to", "of", "and", "that", "have", "with"}
CITATION = re.compile(r"\[\d*\]|\[edit\]|\[citation needed\]", re.ASCII)
POLICY = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
TOP_NGRAMS = ((2, 0.20), (3, 0.18), (4, 0.16))
DUPLICATE_NGRAMS = ((5, 0.15), (6, 0.14), (7, 0.13), (8, 0.12), (9, 0.11), (10, 0.10))
KEPT = "kept"
MOST_LISTED = 20


def share(part, whole):
    return part / whole if whole else 0.0


def split_words(text):
    return WORD.findall(text) if SPLIT_DIFFERS.search(text) else text.split()


class Text:
    """A text with its words, lines and paragraphs, each found once."""

    def __init__(self, text):
        self.text = text
        self.words = split_words(text)
        self.lines = []
        self.paragraphs = []
        paragraph = []
        for line in text.split("\n"):
            line = line.strip(WHITE)
            if line:
                self.lines.append(line)
                paragraph.append(line)
            elif paragraph:
                self.paragraphs.append("\n".join(paragraph))
                paragraph = []
        if paragraph:
            self.paragraphs.append("\n".join(paragraph))


def duplicates(items):
    """How many items stood there before, and the characters of those."""
    seen = set()
    count = characters = 0
    for item in items:
        if item in seen:
            count += 1
            characters += len(item)
        else:
            seen.add(item)
    return count, characters


def ngrams(words, n):
    return zip(*(words[i:] for i in range(n)))


def top_ngram_characters(words, n):
    counts = Counter(ngrams(words, n))
    if not counts:
        return 0
    ngram, count = max(counts.items(), key=lambda item: item[1])
    return count * len(" ".join(ngram)) if count > 1 else 0


def duplicate_ngram_characters(words, n):
    seen = set()
    characters = at = 0
    while at <= len(words) - n:
        ngram = tuple(words[at:at + n])
        if ngram in seen:
            characters += sum(map(len, ngram))
            at += n
        else:
            seen.add(ngram)
            at += 1
    return characters


def gopher_repetition(text):
    """Rae et al., arXiv 2112.11446, table A1."""
    characters = len(text.text)
    for items, name in ((text.paragraphs, "paragraph"), (text.lines, "line")):
        count, repeated = duplicates(items)
        if share(count, len(items)) > 0.3:
            return f"max_duplicate_{name}s"
        if share(repeated, characters) > 0.2:
            return f"max_duplicate_{name}_characters"
    for n, limit in TOP_NGRAMS:
        if share(top_ngram_characters(text.words, n), characters) > limit:
            return f"top_ngrams.{n}"
    for n, limit in DUPLICATE_NGRAMS:
        if share(duplicate_ngram_characters(text.words, n), characters) > limit:
            return f"duplicate_ngrams.{n}"
    return KEPT


def bare(word):
    if word.isascii():
        return "".join(filter(str.isalnum, word)).lower()
    return "".join(c for c in word if unicodedata.category(c)[0] in "LM" or c.isdecimal()).lower()


def gopher_quality(text):
    """Rae et al., arXiv 2112.11446, section A.1.1."""
    words = len(text.words)
    if words < 50:
        return "min_words"
    if words > 100_000:
        return "max_words"
    mean = sum(map(len, text.words)) / words
    if mean < 3:
        return "min_mean_word_length"
    if mean > 10:
        return "max_mean_word_length"
    if text.text.count("#") / words > 0.1:
        return "max_hashes_per_word"
    if (text.text.count("...") + text.text.count("…")) / words > 0.1:
        return "max_ellipses_per_word"
    lines = len(text.lines)
    if share(sum(line.startswith(("•", "-", "*")) for line in text.lines), lines) > 0.9:
        return "max_bullet_lines"
    if share(sum(line.endswith(("...", "…")) for line in text.lines), lines) > 0.3:
        return "max_ellipsis_lines"
    if sum(any(map(str.isalpha, word)) for word in text.words) / words < 0.8:
        return "min_alphabetic_words"
    if len(STOP_WORDS.intersection(map(bare, text.words))) < 2:
        return "min_stop_words"
    return KEPT


def sentence_end():
    """The JDK's rules for sentences (SentenceBreakRules of its BreakIteratorRules), as one expression.

    A dot and two blanks end a sentence whatever follows: so do the JDK's tables, though not its rules.
    """
    kinds = {}
    for code in range(0x10000):
        kinds.setdefault(unicodedata.category(chr(code)), []).append(chr(code))

    def members(*names):
        return "".join(re.escape(c) for name in names for c in kinds[name])

    letter = members("Lu", "Ll", "Lt", "Lm", "Lo")
    not_lower = members("Lu", "Lt", "Lm", "Lo")
    space = "\t\r\f\n\u2028" + members("Zs")
    start = members("Ps", "Pi") + "\"'"
    end = members("Pe", "Pf") + "\"'"
    term = "!?\u3002\uff01\uff1f"
    period = ".\uff0e"
    others = f"[^{letter}{space}{end}{members('Nd', 'Nl', 'No')}{term}{period},\u2029]"
    ignored = re.compile(f"[{members('Mn', 'Me', 'Cf')}]+")
    return ignored, re.compile(
        f"[{term}][{term}{period}{end}]*[{space}]*\u2029?|[\u0964\u0965][{space}]*|\u2029"
        f"|[{period}][{period}{end}]*(?:[{space}]{{2,}}|[{space}](?=[{not_lower}])|[{space}]*(?=(?:[{start}]|{others})+[{letter}]))")


IGNORED, SENTENCE_END = sentence_end()


def sentences(line):
    """Those with a letter or a digit in them."""
    line = line if line.isascii() else IGNORED.sub("", line)
    ends = [match.end() for match in SENTENCE_END.finditer(line)]
    return sum(any(map(str.isalnum, line[start:end])) for start, end in zip([0, *ends], [*ends, len(line)]))


def c4(text):
    """Raffel et al., arXiv 1910.10683, section 2.2, in the order of c4_utils.py. Returns the rule and what is left."""
    count = 0
    left = []
    for line in text.lines:
        if any(len(word) > 1000 for word in split_words(line)):
            continue
        line = CITATION.sub("", line)
        if not line.endswith(PUNCTUATION) or line.endswith("..."):
            continue
        if len(split_words(line)) < 5:
            continue
        lower = line.lower()
        if "lorem ipsum" in lower:
            return "remove_lorem_ipsum", text
        if "javascript" in lower:
            continue
        if "{" in line:
            return "remove_curly_brackets", text
        if any(phrase in lower for phrase in POLICY):
            continue
        line = line.strip(WHITE)
        count += sentences(line)
        left.append(line)
    if count < 3:
        return "min_sentences", text
    joined = "\n".join(left)
    return KEPT, text if joined == text.text else Text(joined)


def fineweb(text):
    """Penedo et al., arXiv 2406.17557, section 3.6."""
    lines = len(text.lines)
    if share(sum(line.endswith(PUNCTUATION) for line in text.lines), lines) <= 0.12:
        return "min_punctuated_lines"
    if share(sum(len(line) < 30 for line in text.lines), lines) >= 0.67:
        return "max_short_lines"
    newlines = text.text.count("\n")
    if share(duplicates(text.lines)[1], len(text.text) - newlines) >= 0.1:
        return "max_duplicate_line_characters"
    if share(newlines, len(text.words)) > 0.3:
        return "max_newlines_per_word"
    return KEPT


def four(text):
    """All of them in their order, each on what the one before has left."""
    for name, rules in (("gopher_repetition", gopher_repetition), ("gopher_quality", gopher_quality)):
        rule = rules(text)
        if rule != KEPT:
            return f"{name}.{rule}", text
    rule, text = c4(text)
    if rule != KEPT:
        return f"c4.{rule}", text
    rule = fineweb(text)
    return (KEPT if rule == KEPT else f"fineweb.{rule}"), text


def with_sum(verdict, text):
    return f"{verdict} {zlib.crc32(text.text.encode()):08x}" if verdict == KEPT else verdict


def verdicts(document):
    text = Text(document)
    return [gopher_repetition(text), gopher_quality(text), with_sum(*c4(text)), fineweb(text), with_sum(*four(text))]


def rate(documents):
    size = sum(len(document.encode()) for document in documents)
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        for document in documents:
            four(Text(document))
        best = min(best, time.process_time() - start)
    return size / best / 1e6


def compare(ours, theirs, documents):
    """Prints what differs, the first of it one by one; whether nothing does."""
    filters = ("gopher_repetition", "gopher_quality", "c4", "fineweb", "the four")
    rules = set()
    same = different = 0
    for number, (our, their) in enumerate(zip(ours, theirs)):
        rules.update(f"{name}.{verdict}" for name, verdict in zip(filters[:4], our) if not verdict.startswith(KEPT))
        same += our == their
        for name, our_verdict, their_verdict in zip(filters, our, their):
            different += our_verdict != their_verdict
            if our_verdict != their_verdict and different <= MOST_LISTED:
                start = documents[number][:60]
                print(f"document {number}, {name}: Python {our_verdict}, Java {their_verdict}: {start!r}")
    print(f"{same} of {len(ours)} documents have the same verdicts in both; {len(rules)} rules removed some: "
          + ", ".join(sorted(rules)))
    return same == len(ours) == len(theirs)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("documents", help="JSON lines with text")
    parser.add_argument("--against", help="verdicts of FilterSpeed, to compare instead of printing")
    arguments = parser.parse_args()
    with open(arguments.documents, encoding="utf-8") as file:
        documents = [json.loads(line)["text"] for line in file]
    found = [verdicts(document) for document in documents]
    same = True
    if arguments.against:
        with open(arguments.against, encoding="utf-8") as file:
            same = compare(found, [line.rstrip("\n").split("\t") for line in file], documents)
    else:
        for row in found:
            print("\t".join(row))
    print(f"{'the four in Python':20} {rate(documents):7.3f} MB/s")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())

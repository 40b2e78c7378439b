"""MinHash signatures in Python with NumPy, to hold PolySpark's against.

Once with the functions that the Javadoc of Shingles and MinHash in io.polyspark.prep.deduplicate specifies, which must
give the same signatures bit by bit; and once as datatrove computes them: the first 8 bytes of the SHA-1 of each run of 5
words, times a plus b modulo 2^61 - 1, the least over all runs.

    python3 docs/benchmarks/minhash_peer.py DIRECTORY

DIRECTORY is what MinHashReport writes: documents.jsonl with `text`, of which 2 i and 2 i + 1 are a pair, and
signatures.bin. A rate is the median of three passes, in MB of UTF-8 per second of this process' time on a core, from
normalised text on. Prints Markdown; ends with exit code 1 where a signature differs.
"""

import hashlib
import json
import pathlib
import statistics
import sys
import time
import unicodedata

import numpy as np

RUN = 5
HASHES = 14 * 8
SEED = 1
MERSENNE_PRIME = np.uint64(2**61 - 1)
MASK = 2**64 - 1
LETTER_BASE = 0x9E3779B97F4A7C15
WORD_BASE = 0xD6E8FEB86659FD93
GOLDEN_GAMMA = 0x9E3779B97F4A7C15


def mix(values):
    """Stafford's variant 13, on arrays of uint64."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


class Powers:
    """The powers of an odd base modulo 2^64 and of its inverse, as many as are asked for."""

    def __init__(self, base):
        self.base = base
        self.tables = np.empty((2, 0), np.uint64)

    def upto(self, count):
        if self.tables.shape[1] < count:
            table = []
            for factor in (self.base, pow(self.base, -1, 2**64)):
                power = 1
                row = []
                for _ in range(2 * count):
                    row.append(power)
                    power = power * factor & MASK
                table.append(row)
            self.tables = np.array(table, np.uint64)
        return self.tables


LETTER_POWERS = Powers(LETTER_BASE)
WORD_POWERS = Powers(WORD_BASE)


def polynomials(values, starts, ends, powers):
    """v[s] base^(e-s-1) + ... + v[e-1] for each s and e, from one running sum of v[i] base^-i."""
    power, inverse = powers.upto(len(values) + 1)
    sums = np.zeros(len(values) + 1, np.uint64)
    np.cumsum(values * inverse[:len(values)], out=sums[1:])
    return (sums[ends] - sums[starts]) * power[ends - 1]


def shingles(text):
    units = np.frombuffer(text.encode("utf-16-le"), "<u2").astype(np.uint64)
    spaces = np.flatnonzero(units == ord(" "))
    starts = np.concatenate(([0], spaces + 1))
    ends = np.concatenate((spaces, [len(units)]))
    power, _ = LETTER_POWERS.upto(len(units) + 1)
    words = mix(polynomials(units, starts, ends, LETTER_POWERS) + power[ends - starts])
    run = min(RUN, len(words))
    first = np.arange(len(words) - run + 1)
    return mix(polynomials(words, first, first + run, WORD_POWERS))


def functions():
    """SplitMix64 from the seed: 112 factors, made odd, then 112 addends."""
    states = [(SEED + (i + 1) * GOLDEN_GAMMA) & MASK for i in range(2 * HASHES)]
    numbers = mix(np.array(states, np.uint64))
    return numbers[:HASHES] | np.uint64(1), numbers[HASHES:]


FACTORS, ADDENDS = functions()


def signature(text):
    hashes = shingles(text)[:, None] * FACTORS + ADDENDS
    return hashes.view(np.int64).min(axis=0)


RANDOM = np.random.RandomState(SEED)
A = RANDOM.randint(1, MERSENNE_PRIME, size=HASHES, dtype=np.uint64)
B = RANDOM.randint(0, MERSENNE_PRIME, size=HASHES, dtype=np.uint64)


def runs(text):
    words = text.split(" ")
    run = min(RUN, len(words))
    return [" ".join(words[i:i + run]) for i in range(len(words) - run + 1)]


def datatrove_signature(text):
    digests = (hashlib.sha1(run.encode()).digest() for run in runs(text))
    hashes = np.fromiter((int.from_bytes(digest[:8], "little") for digest in digests), np.uint64)
    return ((hashes[:, None] * A + B) % MERSENNE_PRIME).min(axis=0)


def rate(function, texts, megabytes):
    rates = []
    for _ in range(3):
        start = time.process_time()
        for text in texts:
            function(text)
        rates.append(megabytes / (time.process_time() - start))
    return statistics.median(rates)


def jaccard(first, second):
    first, second = set(runs(first)), set(runs(second))
    return len(first & second) / len(first | second)


def errors(signatures, exact):
    """The root of the mean squared difference between the share of equal hashes and the similarity."""
    estimates = (signatures[0::2] == signatures[1::2]).mean(axis=1)
    return np.sqrt(np.mean((estimates - exact) ** 2))


def main():
    directory = pathlib.Path(sys.argv[1])
    with open(directory / "documents.jsonl", encoding="utf-8") as file:
        given = [json.loads(line)["text"] for line in file]
    texts = [" ".join(unicodedata.normalize("NFC", text).split()) for text in given]
    megabytes = sum(len(text.encode()) for text in given) / 1e6
    java = np.fromfile(directory / "signatures.bin", "<i8").reshape(-1, HASHES)
    ours = np.array([signature(text) for text in texts])
    theirs = np.array([datatrove_signature(text) for text in texts])
    same = int((ours == java).all(axis=1).sum())

    print("| in Python with NumPy | MB/s per core |\n| --- | --- |")
    print(f"| the same functions | {rate(signature, texts, megabytes):.2f} |")
    print(f"| SHA-1, modulo 2^61 - 1 | {rate(datatrove_signature, texts, megabytes):.2f} |")
    print(f"\n{same} of {len(java)} signatures are the same bit by bit.")
    exact = np.array([jaccard(*pair) for pair in zip(texts[0::2], texts[1::2])])
    expected = np.sqrt(np.mean(exact * (1 - exact) / HASHES))
    print(f"Root mean squared error of the estimated similarity of {len(exact)} pairs: {errors(java, exact):.4f}, "
          f"by SHA-1 {errors(theirs, exact):.4f}, expected {expected:.4f}.")
    return 0 if same == len(java) == len(ours) else 1


if __name__ == "__main__":
    sys.exit(main())

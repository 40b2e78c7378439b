#!/usr/bin/env bash
# Holds the encoder in Java against the tokenizers library on one thread, in MB/s, and the ids against
# each other: docs/benchmarks/tokenize.sh TOKENIZER FILE...
#
#   docs/benchmarks/tokenize.sh tokenizer.json wikitext-2/test.txt
#
# TOKENIZER is a byte-level BPE. The two take ROUNDS turns (9 unless it says otherwise) over the text of
# each file, paragraph by paragraph, and the medians of the processor's time count. Prints Markdown.
set -euo pipefail

# shellcheck source=submit/lib/environment.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../submit/lib/environment.sh"

(($# >= 2)) || fail "Give a tokenizer.json and the text to encode: docs/benchmarks/tokenize.sh TOKENIZER FILE..."
files=()
for file in "$@"; do
  [[ -r $file ]] || fail "$file cannot be read: give a tokenizer.json and text files."
  files+=("$(readlink -f "$file")")
done

require_jdk
require_maven
cd "$POLYSPARK_ROOT"
classpath=$POLYSPARK_ROOT/model/target/benchmark-classpath
mvn -B -q -pl model test-compile dependency:build-classpath -Dmdep.outputFile="$classpath" >&2 ||
  fail "The build failed: see above."
note "$(sed -n '/^model name/{s/.*: //p;q}' /proc/cpuinfo)"
RAYON_NUM_THREADS=1 exec java -Xmx1g -XX:+UseSerialGC \
  -cp "model/target/test-classes:model/target/classes:$(< "$classpath")" \
  io.polyspark.model.benchmark.EncoderSpeed "${ROUNDS:-9}" "${files[@]}"

#!/usr/bin/env bash
# Builds, checks and measures what computes on a card, in under ten minutes of the card's time.
#
#   docs/benchmarks/card.sh                        all of it here, where Maven and a card are
#   docs/benchmarks/card.sh --pack DIR             builds, and lays all that a bare machine needs into DIR
#   docs/benchmarks/card.sh --pack DIR --parts     the same in parts of at most PART_MIB (60) MiB each
#   docs/benchmarks/card.sh DIR [STEP...]          there: all steps, or some; CARD_SECONDS limits all, 570
#   docs/benchmarks/card.sh --emulated [STEP...]   a dry run at tiny sizes on the tests' emulated card
#
# The bare machine needs Linux on x86-64, NVIDIA's driver, CUDA 13's libcudart, libnvrtc and libcublas (those
# of PyTorch's packages will do) and python3; PyTorch 2 for the peer, compute-sanitizer for the sanitizer. With
# --first only the first part is made: no ND4J (each kernel against float64) and no Spark. Results are in
# DIR/results; the steps are in card_steps.sh.
set -euo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

if [[ $# -gt 0 && $1 != -* ]]; then
  exec bash "$here/card_steps.sh" "$@"
fi

# shellcheck source=submit/lib/environment.sh
source "$here/../../submit/lib/environment.sh"

GOLDEN=${GOLDEN:-$POLYSPARK_ROOT/../shared/golden}
PART_MIB=${PART_MIB:-60}

# Of the model's dependencies those that the checks and measurements without ND4J use.
FIRST='/(com/fasterxml|org/yaml|org/slf4j|org/apache/logging/log4j/log4j-(api|core|slf4j2)|org/bytedeco/(javacpp|cuda)|org/junit|org/opentest4j|org/assertj|net/bytebuddy)'
# Of the others those that ND4J does not use.
NOT_ORACLE='/(org/apache/hadoop|ai/djl|org/openjdk|net/java/dev)/'
MODULES=java.base,java.desktop,java.instrument,java.logging,java.management,java.naming,java.sql,java.xml,jdk.unsupported,jdk.incubator.vector

# java_image MODULES INTO: a Java of its own, without a JDK's debugging symbols and documents.
java_image() {
  rm -rf "$2"
  "$JAVA_HOME/bin/jlink" --add-modules "$1" --output "$2" \
    --compress=2 --no-header-files --no-man-pages --strip-java-debug-attributes
}

# Java, the model's classes and their tests, and what these need; the golden cases; the benchmarks' files.
pack_first() {
  local into=$1 classpath=$1/classpath jar
  note "Building"
  (cd "$POLYSPARK_ROOT" && mvn -B -q -pl model test-compile dependency:build-classpath \
    -Dmdep.outputFile="$classpath") >&2 || fail "The build failed: see above."
  rm -rf "${into:?}"/{lib,golden,benchmarks}
  mkdir -p "$into"/{lib,golden,benchmarks}
  while IFS= read -r jar; do
    cp -L "$jar" "$into/lib"
  done < <(tr : '\n' < "$classpath" | grep -E "$FIRST")
  "$JAVA_HOME/bin/jar" --create --file "$into/lib/model.jar" -C "$POLYSPARK_ROOT/model/target/classes" .
  "$JAVA_HOME/bin/jar" --create --file "$into/lib/model-tests.jar" -C "$POLYSPARK_ROOT/model/target/test-classes" .
  java_image "$MODULES" "$into/jre"
  [[ -d $GOLDEN ]] || fail "There are no golden cases at $GOLDEN: set GOLDEN to their directory."
  cp -r "$GOLDEN/." "$into/golden"
  cp "$here"/card*.{sh,py} "$here/pytorch_step.py" "$POLYSPARK_ROOT/conf/log4j2.properties" "$into/benchmarks"
}

# What else the tests need that hold kernels against ND4J in float64, and their names.
pack_oracle() {
  local into=$1 jar
  rm -rf "$into/oracle"
  mkdir -p "$into/oracle"
  while IFS= read -r jar; do
    cp -L "$jar" "$into/oracle"
  done < <(tr : '\n' < "$into/classpath" | grep -vE "$FIRST" | grep -vE "$NOT_ORACLE")
  # Those that run on the card under test; others are of the emulated one.
  (cd "$POLYSPARK_ROOT/model/src/test/java" && grep -rlE 'CardUnderTest\.require|CardAndOracle|SessionUnderTest' --include='*Test.java' .) |
    grep -v GoldenCasesOnACardTest | sed 's#^\./##; s#\.java$##; s#/#.#g' | sort > "$into/oracle/tests"
}

# The jar that is submitted, a JDK, as submit/polyspark asks for one, Spark, and a small corpus.
pack_spark() {
  local into=$1
  require_build
  java_image ALL-MODULE-PATH "$into/jdk"
  rm -rf "$into/tree" "$into/data"
  mkdir -p "$into/tree/target/spark"
  cp "$POLYSPARK_JAR" "$into/tree/target"
  cp -r "$POLYSPARK_ROOT"/{submit,conf} "$into/tree"
  cp -rL "$POLYSPARK_ROOT/target/spark/jars" "$into/tree/target/spark"
  "$POLYSPARK_ROOT/submit/polyspark" prep --synthetic 200K --seed 1 --validation-fraction 0.1 \
    --output "$into/data" >&2
}

# in_parts DIR GROUP FILE...: the files as DIR/GROUP.part-NN, and how many there are in DIR/GROUP.count.
in_parts() {
  local into=$1 group=$2
  shift 2
  rm -f "$into/$group".part-*
  tar -cz -C "$into" "$@" | split -b "${PART_MIB}M" -d - "$into/$group.part-"
  find "$into" -maxdepth 1 -name "$group.part-*" | wc -l > "$into/$group.count"
  (cd "$into" && rm -r "$@")
}

pack() {
  local into=$1 parts=$2 first_only=$3
  require_jdk
  require_maven
  mkdir -p "$into"
  into=$(readlink -f "$into")
  pack_first "$into"
  if [[ -z $first_only ]]; then
    pack_oracle "$into"
    pack_spark "$into"
  fi
  if [[ -n $parts ]]; then
    in_parts "$into" first jre lib golden
    if [[ -z $first_only ]]; then
      in_parts "$into" nd4j oracle
      in_parts "$into" spark jdk tree data
    fi
  fi
  note "Packed:"
  du -sh "$into"/* >&2
}

# The libraries of the emulated card, in the place of NVIDIA's.
emulate() {
  local emulator=$1/emulator
  sh "$POLYSPARK_ROOT/model/src/test/emulator/build.sh" "$emulator" >&2
  export LD_LIBRARY_PATH=$emulator PATH=$emulator:$PATH CARD_TINY=1
}

into=$POLYSPARK_ROOT/target/card
parts='' first_only='' emulated='' steps=()
while (($# > 0)); do
  case $1 in
    --pack)
      into=${2:-}
      [[ -n $into && $into != -* ]] || fail "--pack needs a directory."
      packing=1
      shift
      ;;
    --parts) parts=1 ;;
    --first) first_only=1 ;;
    --emulated) emulated=1 ;;
    -h | --help)
      sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"
      exit
      ;;
    -*) fail "card.sh does not take the option $1: see card.sh --help." ;;
    *) steps+=("$1") ;;
  esac
  shift
done

if [[ -n $emulated ]]; then
  into=$POLYSPARK_ROOT/target/card-emulated
  pack "$into" '' 1
  emulate "$into"
elif [[ -n ${packing:-} ]]; then
  pack "$into" "$parts" "$first_only"
  exit
else
  pack "$into" '' "$first_only"
fi
exec bash "$into/benchmarks/card_steps.sh" "$into" "${steps[@]}"

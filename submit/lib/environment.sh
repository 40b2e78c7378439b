# Shared by the scripts in submit/: finds the repository, a JDK 17 and Maven, and builds the jar.
# shellcheck shell=bash

# The JVM reads arguments and file names by the locale; those of containers know ASCII alone.
case $(locale charmap 2> /dev/null) in
  UTF-8) ;;
  *) export LC_ALL=C.UTF-8 ;;
esac

# The repository, whatever directory the user is in.
POLYSPARK_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# One sentence on the standard error stream, red on a terminal; exit code 2: the user can mend it.
fail() {
  if [[ -t 2 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
    printf '\033[31m%s\033[0m\n' "$*" >&2
  else
    printf '%s\n' "$*" >&2
  fi
  exit 2
}

# note TEXT: what is happening, for people.
note() {
  printf '%s\n' "$*" >&2
}

# Whether a directory is a JDK of version 17, the one that the versions of Spark and DL4J here share.
is_jdk17() {
  [[ -x $1/bin/javac && -x $1/bin/java ]] || return 1
  local version
  version=$("$1/bin/javac" -version 2>&1) || return 1
  [[ $version == "javac 17"* ]]
}

# Prints the home of a JDK 17 on this machine: JAVA_HOME, javac on the PATH, or the usual places.
find_jdk() {
  local candidate javac
  local candidates=()
  if [[ -n ${JAVA_HOME:-} ]]; then
    candidates+=("$JAVA_HOME")
  fi
  if javac=$(command -v javac); then
    candidates+=("$(dirname "$(dirname "$(readlink -f "$javac")")")")
  fi
  candidates+=(/usr/lib/jvm/*17* /opt/*jdk*17* /Library/Java/JavaVirtualMachines/*17*/Contents/Home)
  for candidate in "${candidates[@]}"; do
    if is_jdk17 "$candidate"; then
      printf '%s\n' "$candidate"
      return 0
    fi
  done
  return 1
}

# may_install: whether packages can be installed here without asking anybody.
may_install() {
  [[ $(id -u) == 0 ]] && command -v apt-get > /dev/null
}

# see_to WHAT PACKAGE: installs a Debian package, or says how.
see_to() {
  local what=$1 package=$2
  if may_install; then
    note "$what is missing; installing $package"
    {
      apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$package"
    } >&2 || fail "$what is missing and apt-get could not install $package: install it and run this again."
  elif command -v apt-get > /dev/null; then
    fail "$what is missing; run: sudo apt-get update && sudo apt-get install -y $package"
  else
    fail "$what is missing: install it with your system's package manager and run this again."
  fi
}

# Sets JAVA_HOME to a JDK 17, and puts it first on the PATH.
require_jdk() {
  local home
  if ! home=$(find_jdk); then
    see_to "A JDK 17" openjdk-17-jdk-headless
    home=$(find_jdk) || fail "A JDK 17 was installed but is not found: set JAVA_HOME to it."
  fi
  export JAVA_HOME=$home PATH=$home/bin:$PATH
}

require_maven() {
  command -v mvn > /dev/null || see_to Maven maven
}

# Sets POLYSPARK_JAR to the jar to submit for POLYSPARK_BACKEND, or returns 1 where there is none.
find_jar() {
  local jar backend
  for jar in "$POLYSPARK_ROOT"/target/polyspark-*.jar; do
    case $jar in
      *-cuda.jar) backend=cuda ;;
      *) backend=cpu ;;
    esac
    if [[ -f $jar && $backend == "$POLYSPARK_BACKEND" ]]; then
      POLYSPARK_JAR=$jar
      return 0
    fi
  done
  return 1
}

# Whether the jar is there and nothing that it is made of is newer.
is_built() {
  local newer
  find_jar && [[ -d $POLYSPARK_ROOT/target/spark/jars ]] || return 1
  newer=$(find "$POLYSPARK_ROOT/pom.xml" "$POLYSPARK_ROOT/conf/model" \
    "$POLYSPARK_ROOT"/{model,data-prep,spark-jobs}/{pom.xml,src/main} \
    -type f -newer "$POLYSPARK_JAR" -print -quit 2> /dev/null)
  [[ -z $newer ]]
}

# Sets POLYSPARK_BACKEND to what computes: cpu, where the user says nothing, or cuda.
require_backend() {
  export POLYSPARK_BACKEND=${POLYSPARK_BACKEND:-cpu}
  case $POLYSPARK_BACKEND in
    cpu | cuda) ;;
    *) fail "POLYSPARK_BACKEND is '$POLYSPARK_BACKEND', but must be cpu or cuda." ;;
  esac
}

# Builds the jar where it is missing or older than its sources, unless POLYSPARK_JAR names one.
# POLYSPARK_JAR is set afterwards.
require_build() {
  require_backend
  require_jdk
  if [[ -n ${POLYSPARK_JAR:-} ]]; then
    [[ -f $POLYSPARK_JAR ]] ||
      fail "POLYSPARK_JAR is $POLYSPARK_JAR, but there is no such file: set it right, or unset it to build the jar."
    return
  fi
  if is_built; then
    return
  fi
  require_maven
  note "Building PolySpark (the first time, Maven fetches its libraries)"
  # Some Mavens end with a control code whatever they are told.
  (cd "$POLYSPARK_ROOT" && mvn -B -q "-P$POLYSPARK_BACKEND" -DskipTests package 2>&1) |
    sed $'s/\033\\[[0-9;]*m//g' >&2 || fail "The build failed: see above."
  find_jar || fail "The build left no jar in $POLYSPARK_ROOT/target."
  touch "$POLYSPARK_JAR"
}

# Sets SPARK_HOME to the Spark that Maven brought: a folder with jars/ is all that its launcher needs.
use_maven_spark() {
  export SPARK_HOME=$POLYSPARK_ROOT/target/spark
  # conf/ has the settings of the log, which Spark writes to before our jar is loaded.
  export SPARK_CONF_DIR=${SPARK_CONF_DIR:-$POLYSPARK_ROOT/conf}
}

# spark_class CLASS ARGUMENT...: sets SPARK_COMMAND to the command that runs a class of Spark, as its
# own bin/spark-class does. The launcher prints what it has to say, then NUL and a new line, then the
# words of the command, each ended by NUL; after them we put its exit code.
spark_class() {
  local words=() word code
  export SPARK_SCALA_VERSION=${SPARK_SCALA_VERSION:-2.12}
  while IFS= read -r -d '' word; do
    words+=("$word")
  done < <(
    "$JAVA_HOME/bin/java" -Xmx128m -cp "$SPARK_HOME/jars/*" org.apache.spark.launcher.Main "$@"
    printf '%d\0' $?
  )
  code=${words[-1]}
  if [[ $code != 0 ]]; then
    printf '%s' "${words[@]:0:${#words[@]}-1}" >&2
    exit "$code"
  fi
  printf '%s' "${words[0]}" >&2
  SPARK_COMMAND=("${words[@]:1:${#words[@]}-2}")
  SPARK_COMMAND[0]=${SPARK_COMMAND[0]#$'\n'}
}

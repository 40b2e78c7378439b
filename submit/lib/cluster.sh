# Shared by submit/cluster/start and stop: what they know of the processes of a local cluster.
# shellcheck shell=bash

# Process ids, logs and the executors' working directories.
CLUSTER=${POLYSPARK_CLUSTER_DIR:-$POLYSPARK_ROOT/target/cluster}
# The directory is ours where this file, with the master's address, is in it.
# shellcheck disable=SC2034
ADDRESS_FILE=$CLUSTER/master-address
# In the command line of every process, so that no number of a process is taken for another's.
MARK=-Dpolyspark.cluster=$CLUSTER

# is_alive NAME: whether the process of that name that start has left runs.
is_alive() {
  local pid
  pid=$(cat "$CLUSTER/$1.pid" 2> /dev/null) && [[ -r /proc/$pid/cmdline ]] &&
    tr '\0' '\n' < "/proc/$pid/cmdline" 2> /dev/null | grep -qxF -e "$MARK"
}

# The names of all processes that start has left, the workers first.
processes() {
  local file
  for file in "$CLUSTER"/worker-*.pid "$CLUSTER"/master.pid; do
    if [[ -f $file ]]; then
      file=${file##*/}
      printf '%s\n' "${file%.pid}"
    fi
  done
}

# Those that run.
alive() {
  local name
  for name in $(processes); do
    if is_alive "$name"; then
      printf '%s\n' "$name"
    fi
  done
}

# is_gone PID: whether nothing is left of a process, its ports included.
is_gone() {
  local state
  state=$(sed -n 's/^State:[[:space:]]*//p' "/proc/$1/status" 2> /dev/null) || return 0
  [[ -z $state || $state == Z* ]]
}

# end_all: ends every process of the cluster, and returns when they and their executors are gone.
end_all() {
  local name pid turn
  for name in $(alive); do
    pid=$(< "$CLUSTER/$name.pid")
    # A worker ends its executors.
    kill "$pid" 2> /dev/null || true
    for ((turn = 0; turn < 100; turn++)); do
      is_gone "$pid" && break
      sleep 0.1
    done
    if ! is_gone "$pid"; then
      kill -9 "$pid" 2> /dev/null || true
    fi
  done
  rm -f "$CLUSTER"/worker-*.pid "$CLUSTER/master.pid"
}

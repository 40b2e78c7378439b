# Shared by the benchmarks whose peers are in Python.
# shellcheck shell=bash

# find_python MODULE: prints an interpreter that has it; a python3 from elsewhere may hide the system's.
find_python() {
  local candidate
  local candidates=(python3 /usr/bin/python3)
  if [[ -n ${PYTHON:-} ]]; then
    candidates=("$PYTHON")
  fi
  for candidate in "${candidates[@]}"; do
    if "$candidate" -c "import $1" 2> /dev/null; then
      printf '%s\n' "$candidate"
      return 0
    fi
  done
  return 1
}

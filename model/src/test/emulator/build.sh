#!/bin/sh
# Builds the emulator's libraries, under the names of NVIDIA's, into the directory given. Each file is complete when it
# appears there: it is built beside and renamed.
set -eu

sources=$(dirname "$(readlink -f "$0")")
mkdir -p "$1"
target=$(readlink -f "$1")
work=$(mktemp -d "$target/build-XXXXXX")
trap 'rm -rf "$work"' EXIT

# library NAME ARGUMENTS...: the bindings ask for symbols of a version named like the library, but for the driver's.
library() {
  name=$1
  shift
  echo "$name { global: *; };" > "$work/version"
  g++ -std=c++17 -O3 -march=native -fPIC -fvisibility=hidden -Wall -Wextra -shared -Wl,-soname,"$name" \
    -Wl,--version-script="$work/version" -L"$work" "$@" -o "$work/$name"
}

cd "$sources"
g++ -std=c++17 -O2 -fPIC -fvisibility=hidden -Wall -Wextra -shared -Wl,-soname,libcuda.so.1 \
  driver_*.cpp execution.cpp fault.cpp fiber.cpp kernel_calls.cpp -ldl -o "$work/libcuda.so.1"
library libcudart.so.13 -x c++ /dev/null
library libnvrtc.so.13 nvrtc.cpp -ldl
library libcublasLt.so.13 cublaslt*.cpp -l:libcuda.so.1
library libcublas.so.13 cublas.cpp -l:libcublasLt.so.13 -Wl,-rpath-link,"$work"

cp kernel_interface.h cuda_emulation*.h shared_memory.ld "$work"
cp nvidia-smi "$work" && chmod +x "$work/nvidia-smi"
rm -f "$work/version"
rm -rf "$target/cache"
mv -f "$work"/* "$target"

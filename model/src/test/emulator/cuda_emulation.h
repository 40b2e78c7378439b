// CUDA C++ as far as the project's kernels use it, for g++: included before every kernel source. The instructions that
// kernels reach through common.cuh (matrix products of warps, asynchronous copies) are in cuda_emulation_matrix.h.
#pragma once

#include "kernel_interface.h"

// By this common.cuh leaves out what it writes in PTX.
#define CUDA_EMULATION 1

// How the compiler of the emulator finds kernels, and the bounds of their launches, in the preprocessed source.
#define __global__ __attribute__((__externally_visible__, __visibility__("default")))
// (The leading zero makes g++ read what follows as expressions.)
#define __launch_bounds__(...) __attribute__((emulated_launch_bounds(0, __VA_ARGS__)))
#define __device__
#define __host__
#define __constant__
#define __grid_constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __align__(bytes) __attribute__((aligned(bytes)))
// Unlike nvcc, g++ takes the keyword in no place but the first of a declaration.
#define alignas(bytes) __align__(bytes)
// One block runs at a time. shared_memory.ld gathers what is declared so.
#define __shared__ static
#define DYNAMIC_SHARED(type, name) type* name = reinterpret_cast<type*>(emulated_dynamic_shared())

#define threadIdx (emulated_thread->index)
#define blockIdx emulated_block_index
#define blockDim emulated_block_size
#define gridDim emulated_grid_size
#define warpSize 32

#define INFINITY __builtin_inff()
#define NAN __builtin_nanf("")

typedef __SIZE_TYPE__ size_t;

#define EMULATED_VECTORS(name, scalar, pair_bytes, quad_bytes)                            \
  struct alignas(pair_bytes) name##2 { scalar x, y; };                                    \
  struct name##3 { scalar x, y, z; };                                                     \
  struct alignas(quad_bytes) name##4 { scalar x, y, z, w; };                              \
  inline name##2 make_##name##2(scalar x, scalar y) { return {x, y}; }                    \
  inline name##3 make_##name##3(scalar x, scalar y, scalar z) { return {x, y, z}; }       \
  inline name##4 make_##name##4(scalar x, scalar y, scalar z, scalar w) { return {x, y, z, w}; }

EMULATED_VECTORS(char, signed char, 2, 4)
EMULATED_VECTORS(uchar, unsigned char, 2, 4)
EMULATED_VECTORS(short, short, 4, 8)
EMULATED_VECTORS(ushort, unsigned short, 4, 8)
EMULATED_VECTORS(int, int, 8, 16)
EMULATED_VECTORS(float, float, 8, 16)
EMULATED_VECTORS(double, double, 16, 16)
EMULATED_VECTORS(longlong, long long, 16, 16)
EMULATED_VECTORS(ulonglong, unsigned long long, 16, 16)
#undef EMULATED_VECTORS

struct alignas(8) uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint3 make_uint3(unsigned x, unsigned y, unsigned z) { return {x, y, z}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

struct dim3 {
  unsigned x = 1, y = 1, z = 1;
};

#include "cuda_emulation_math.h"
#include "cuda_emulation_threads.h"
#include "cuda_emulation_matrix.h"

// What makes a kernel callable with the driver's array of pointers to its arguments.
namespace emulation {

template <typename T>
struct Plain { using type = T; };
template <typename T>
struct Plain<const T> { using type = T; };

template <int... I>
struct Numbers {};

template <typename... Parameters, int... I>
void call(void (*kernel)(Parameters...), [[maybe_unused]] void** arguments, Numbers<I...>) {
  kernel(*static_cast<typename Plain<Parameters>::type*>(arguments[I])...);
}

template <typename... Parameters>
void call(void (*kernel)(Parameters...), void** arguments) {
  call(kernel, arguments, Numbers<__integer_pack(sizeof...(Parameters))...>{});
}

// The sizes of a kernel's arguments, which end with a zero.
template <typename Kernel>
struct Sizes;
template <typename... Parameters>
struct Sizes<void (*)(Parameters...)> {
  static constexpr unsigned values[] = {sizeof(Parameters)..., 0};
};

constexpr unsigned largest_block() { return 1024; }
template <typename... Others>
constexpr unsigned largest_block(int, unsigned threads, Others...) { return threads; }

}  // namespace emulation

// Rotary positions (arXiv 2104.09864, rotate-half) in place: the pair (i, i + d/2) of each head of
// a row at position t is turned by t * theta^(-2i/d), whose cosines and sines a table holds. A
// block per row; a thread has neighbouring pairs of several heads, and loads their angles once.
#include "common.cuh"

constexpr int THREADS = 256;

template <typename T, int WIDTH>
__device__ __forceinline__ void turn(
    T* x, const float* table, float direction, int heads, int half, int lanes) {
  for (int i = threadIdx.x % lanes * WIDTH; i < half; i += lanes * WIDTH) {
    float cosines[WIDTH];
    float sines[WIDTH];
    load_pack<WIDTH>(table + i).unpack(cosines);
    load_pack<WIDTH>(table + half + i).unpack(sines);
    for (int head = threadIdx.x / lanes; head < heads; head += blockDim.x / lanes) {
      T* first = x + 2 * head * half + i;
      T* second = first + half;
      float a[WIDTH];
      float b[WIDTH];
      const Pack<T, WIDTH> packed_a = load_pack<WIDTH>(first);
      const Pack<T, WIDTH> packed_b = load_pack<WIDTH>(second);
      packed_a.unpack(a);
      packed_b.unpack(b);
#pragma unroll
      for (int e = 0; e < WIDTH; e++) {
        const float sine = direction * sines[e];
        const float turned = fmaf(a[e], cosines[e], -b[e] * sine);
        b[e] = fmaf(b[e], cosines[e], a[e] * sine);
        a[e] = turned;
      }
      store_pack(first, a);
      store_pack(second, b);
    }
  }
}

template <typename T>
__device__ __forceinline__ void turn_row(
    T* x, const float* table, float direction, int first, int positions, int heads, int half,
    int lanes) {
  constexpr int WIDTH = 16 / sizeof(T);
  x += static_cast<long long>(blockIdx.x) * heads * half * 2;
  table += static_cast<long long>((first + blockIdx.x) % positions) * half * 2;
  if (half % WIDTH == 0 && is_aligned<WIDTH>(x)) {
    turn<T, WIDTH>(x, table, direction, heads, half, lanes);
  } else {
    turn<T, 1>(x, table, direction, heads, half, lanes);
  }
}

// x [rows, heads * 2 half], row i at position (first + i) mod positions; table [positions, 2 half]:
// cosines, then sines; direction 1, or -1 for the turn back; `lanes` threads of a block to a head.
#define ROTARY(suffix, T)                                                                          \
  extern "C" __global__ void __launch_bounds__(THREADS) rotary_##suffix(                           \
      T* x, const float* table, float direction, int first, int positions, int heads, int half,    \
      int lanes) {                                                                                 \
    turn_row(x, table, direction, first, positions, heads, half, lanes);                           \
  }

ROTARY(f32, float)
ROTARY(bf16, bf16)

// What all kernels share: the two types of elements, reductions of a fixed order, and shared memory.
// Compiled by NVRTC, hence without a header of anybody else's; element types and conversions are
// spelled out for the same reason.
#pragma once

// Rounds to the nearest bfloat16, ties to even; keeps infinities, and makes any NaN a quiet one.
struct bf16 {
  unsigned short bits;
};

__device__ __forceinline__ float to_float(float x) { return x; }

__device__ __forceinline__ float to_float(bf16 x) {
  return __uint_as_float(static_cast<unsigned>(x.bits) << 16);
}

__device__ __forceinline__ unsigned short round_to_bf16(float x) {
  const unsigned bits = __float_as_uint(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    return 0x7fff;
  }
  return static_cast<unsigned short>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

template <typename T>
__device__ __forceinline__ T from_float(float x);

template <>
__device__ __forceinline__ float from_float<float>(float x) {
  return x;
}

template <>
__device__ __forceinline__ bf16 from_float<bf16>(float x) {
  return bf16{round_to_bf16(x)};
}

// Two bfloat16 in a register, the first in the lower half.
__device__ __forceinline__ unsigned pack_bf16(float low, float high) {
#if !defined(CUDA_EMULATION) && __CUDA_ARCH__ >= 800
  unsigned packed;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  return packed;
#else
  return static_cast<unsigned>(round_to_bf16(low)) |
         static_cast<unsigned>(round_to_bf16(high)) << 16;
#endif
}

// Four neighbours at an address that is a multiple of four elements: one access of 16 or 8 bytes.
__device__ __forceinline__ float4 load4(const float* from) {
  return *reinterpret_cast<const float4*>(from);
}

__device__ __forceinline__ float4 load4(const bf16* from) {
  const uint2 packed = *reinterpret_cast<const uint2*>(from);
  return make_float4(
      __uint_as_float(packed.x << 16),
      __uint_as_float(packed.x & 0xffff0000u),
      __uint_as_float(packed.y << 16),
      __uint_as_float(packed.y & 0xffff0000u));
}

__device__ __forceinline__ void store4(float* to, float4 x) {
  *reinterpret_cast<float4*>(to) = x;
}

__device__ __forceinline__ void store4(bf16* to, float4 x) {
  *reinterpret_cast<uint2*>(to) = make_uint2(pack_bf16(x.x, x.y), pack_bf16(x.z, x.w));
}

// WIDTH neighbours in the form that memory has, read and written by one access; the address is a
// multiple of their size. Kept packed, eight bfloat16 take four registers.
template <typename T, int WIDTH>
struct Pack;

template <int WIDTH>
struct alignas(4 * WIDTH) Pack<float, WIDTH> {
  float elements[WIDTH];

  __device__ __forceinline__ void unpack(float (&x)[WIDTH]) const {
#pragma unroll
    for (int i = 0; i < WIDTH; i++) {
      x[i] = elements[i];
    }
  }

  __device__ __forceinline__ void pack(const float (&x)[WIDTH]) {
#pragma unroll
    for (int i = 0; i < WIDTH; i++) {
      elements[i] = x[i];
    }
  }
};

template <int WIDTH>
struct alignas(2 * WIDTH) Pack<bf16, WIDTH> {
  unsigned pairs[WIDTH / 2];

  __device__ __forceinline__ void unpack(float (&x)[WIDTH]) const {
#pragma unroll
    for (int i = 0; i < WIDTH / 2; i++) {
      x[2 * i] = __uint_as_float(pairs[i] << 16);
      x[2 * i + 1] = __uint_as_float(pairs[i] & 0xffff0000u);
    }
  }

  __device__ __forceinline__ void pack(const float (&x)[WIDTH]) {
#pragma unroll
    for (int i = 0; i < WIDTH / 2; i++) {
      pairs[i] = pack_bf16(x[2 * i], x[2 * i + 1]);
    }
  }
};

template <>
struct Pack<bf16, 1> {
  bf16 element;

  __device__ __forceinline__ void unpack(float (&x)[1]) const { x[0] = to_float(element); }

  __device__ __forceinline__ void pack(const float (&x)[1]) { element = from_float<bf16>(x[0]); }
};

template <int WIDTH, typename T>
__device__ __forceinline__ Pack<T, WIDTH> load_pack(const T* from) {
  return *reinterpret_cast<const Pack<T, WIDTH>*>(from);
}

// As load_pack, or zeros; nothing is read then.
template <int WIDTH, typename T>
__device__ __forceinline__ Pack<T, WIDTH> load_pack_or_zeros(const T* from, bool valid) {
  return valid ? load_pack<WIDTH>(from) : Pack<T, WIDTH>{};
}

template <int WIDTH, typename T>
__device__ __forceinline__ void store_pack(T* to, const float (&x)[WIDTH]) {
  Pack<T, WIDTH> packed;
  packed.pack(x);
  *reinterpret_cast<Pack<T, WIDTH>*>(to) = packed;
}

// Whether WIDTH elements from an address on are one access.
template <int WIDTH, typename T>
__device__ __forceinline__ bool is_aligned(const T* at) {
  return reinterpret_cast<size_t>(at) % (WIDTH * sizeof(T)) == 0;
}

// The elements of a tensor whose type the launch gives; all threads take the same branch by it.
struct Elements {
  void* at;
  int type;  // 0: float32, 1: bfloat16

  __device__ __forceinline__ float* floats() const { return static_cast<float*>(at); }
  __device__ __forceinline__ bf16* halves() const { return static_cast<bf16*>(at); }

  __device__ __forceinline__ bool aligned() const {
    return type == 0 ? is_aligned<4>(floats()) : is_aligned<4>(halves());
  }

  __device__ __forceinline__ Elements from(long long i) const {
    return Elements{static_cast<char*>(at) + i * (type == 0 ? 4 : 2), type};
  }

  __device__ __forceinline__ float get(int i) const {
    return type == 0 ? floats()[i] : to_float(halves()[i]);
  }

  __device__ __forceinline__ void set(int i, float x) const {
    if (type == 0) {
      floats()[i] = x;
    } else {
      halves()[i] = from_float<bf16>(x);
    }
  }

  __device__ __forceinline__ float4 get4(int i) const {
    return type == 0 ? load4(floats() + i) : load4(halves() + i);
  }

  __device__ __forceinline__ void set4(int i, float4 x) const {
    if (type == 0) {
      store4(floats() + i, x);
    } else {
      store4(halves() + i, x);
    }
  }
};

// Keeps a NaN.
__device__ __forceinline__ float positive_part(float x) { return x < 0 ? 0 : x; }

constexpr int WARP = 32;
constexpr unsigned ALL_LANES = 0xffffffffu;

// The sum over a warp, in every lane; a butterfly, hence the same tree each time.
__device__ __forceinline__ float warp_sum(float x) {
#pragma unroll
  for (int distance = WARP / 2; distance > 0; distance /= 2) {
    x += __shfl_xor_sync(ALL_LANES, x, distance);
  }
  return x;
}

__device__ __forceinline__ float warp_max(float x) {
#pragma unroll
  for (int distance = WARP / 2; distance > 0; distance /= 2) {
    x = fmaxf(x, __shfl_xor_sync(ALL_LANES, x, distance));
  }
  return x;
}

// Sums of COUNT numbers over a block, in every thread: warps first, then their sums in the order of
// the warps. All threads call it; the block is whole warps.
template <int COUNT>
__device__ __forceinline__ void block_sums(float (&x)[COUNT]) {
  __shared__ float of_warp[WARP][COUNT];
  const int lane = threadIdx.x % WARP;
  const int warp = threadIdx.x / WARP;
#pragma unroll
  for (int i = 0; i < COUNT; i++) {
    x[i] = warp_sum(x[i]);
  }
  __syncthreads();
  if (lane == 0) {
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
      of_warp[warp][i] = x[i];
    }
  }
  __syncthreads();
  const int warps = blockDim.x / WARP;
#pragma unroll
  for (int i = 0; i < COUNT; i++) {
    float sum = 0;
    for (int w = 0; w < warps; w++) {
      sum += of_warp[w][i];
    }
    x[i] = sum;
  }
}

__device__ __forceinline__ float block_sum(float x) {
  float sums[1] = {x};
  block_sums(sums);
  return sums[0];
}

__device__ __forceinline__ float block_max(float x) {
  __shared__ float of_warp[WARP];
  x = warp_max(x);
  __syncthreads();
  if (threadIdx.x % WARP == 0) {
    of_warp[threadIdx.x / WARP] = x;
  }
  __syncthreads();
  float greatest = of_warp[0];
  for (int w = 1; w < static_cast<int>(blockDim.x) / WARP; w++) {
    greatest = fmaxf(greatest, of_warp[w]);
  }
  return greatest;
}

// Under CUDA_EMULATION the tests' header has it.
#ifndef CUDA_EMULATION

// Shared memory whose size the launch gives.
#define DYNAMIC_SHARED(type, name) extern __shared__ __align__(16) type name[]

#endif

// AdamW on a stretch of parameters, and the sum of the gradients' squares that clipping needs. Both
// read and write each number once.
#include "common.cuh"

constexpr int THREADS = 256;

constexpr float LEAST_NORMAL = 1.175494351e-38f;

// The numbers of a step as float32, after what they share was computed in float64.
struct Step {
  float gradient_scale;
  float parameter_scale;
  float beta1;
  float gradient_share;
  float beta2;
  float square_share;
  float size;
  float inverse_root_correction;
  float eps;

  // p = parameter_scale p - rate m' / (sqrt(v') + eps), where size = rate / correction1.
  __device__ __forceinline__ void take(float& p, float g, float& m, float& v) const {
    g *= gradient_scale;
    m = m * beta1 + g * gradient_share;
    v = v * beta2 + g * g * square_share;
    // To two units in the last place, without the slow paths of exact roots and quotients.
    const float root = v * rsqrtf(fmaxf(v, LEAST_NORMAL));
    p = p * parameter_scale - __fdividef(m * size, root * inverse_root_correction + eps);
  }
};

__device__ __forceinline__ unsigned long long address_of(const void* pointer) {
  return reinterpret_cast<unsigned long long>(pointer);
}

// One element, the copy in bfloat16 where there is one.
__device__ __forceinline__ void step_one(
    const Step& step, long long at, float* p, const float* g, float* m, float* v, bf16* copy) {
  step.take(p[at], g[at], m[at], v[at]);
  if (copy != nullptr) {
    copy[at] = from_float<bf16>(p[at]);
  }
}

__device__ __forceinline__ void step_four(
    const Step& step, long long at, float* p, const float* g, float* m, float* v, bf16* copy) {
  float4 p4 = load4(p + at);
  const float4 g4 = load4(g + at);
  float4 m4 = load4(m + at);
  float4 v4 = load4(v + at);
  step.take(p4.x, g4.x, m4.x, v4.x);
  step.take(p4.y, g4.y, m4.y, v4.y);
  step.take(p4.z, g4.z, m4.z, v4.z);
  step.take(p4.w, g4.w, m4.w, v4.w);
  store4(p + at, p4);
  store4(m + at, m4);
  store4(v + at, v4);
  if (copy != nullptr) {
    store4(copy + at, p4);
  }
}

// A thread for four neighbours, and one more for the elements before the first address that is a
// multiple of 16 bytes and those after the last: a stretch begins anywhere. Where the vectors lie
// differently, a thread takes its four one by one.
extern "C" __global__ void __launch_bounds__(THREADS, 4) adam_w(
    float* p,
    const float* g,
    float* m,
    float* v,
    bf16* copy,
    long long count,
    float gradient_scale,
    float parameter_scale,
    float beta1,
    float gradient_share,
    float beta2,
    float square_share,
    float size,
    float inverse_root_correction,
    float eps) {
  const Step step = {gradient_scale, parameter_scale, beta1, gradient_share, beta2, square_share,
                     size, inverse_root_correction, eps};
  const bool alike = ((address_of(p) ^ address_of(g)) | (address_of(p) ^ address_of(m))
                      | (address_of(p) ^ address_of(v))) % 16 == 0
                     && (copy == nullptr || (address_of(p) ^ 2 * address_of(copy)) % 16 == 0);
  const int before_quad = (4 - static_cast<int>(address_of(p) / 4 % 4)) % 4;
  const long long head = alike && before_quad < count ? before_quad : 0;
  const long long quads = (count - head) / 4;
  const long long thread = static_cast<long long>(blockIdx.x) * THREADS + threadIdx.x;
  if (thread < quads) {
    const long long at = head + 4 * thread;
    if (alike) {
      step_four(step, at, p, g, m, v, copy);
    } else {
      for (int i = 0; i < 4; i++) {
        step_one(step, at + i, p, g, m, v, copy);
      }
    }
  } else if (thread == quads) {
    for (long long at = 0; at < head; at++) {
      step_one(step, at, p, g, m, v, copy);
    }
    for (long long at = head + 4 * quads; at < count; at++) {
      step_one(step, at, p, g, m, v, copy);
    }
  }
}

__device__ __forceinline__ double block_sum_double(double x) {
  __shared__ double of_warp[WARP];
#pragma unroll
  for (int distance = WARP / 2; distance > 0; distance /= 2) {
    x += __shfl_xor_sync(ALL_LANES, x, distance);
  }
  if (threadIdx.x % WARP == 0) {
    of_warp[threadIdx.x / WARP] = x;
  }
  __syncthreads();
  double sum = 0;
  for (int warp = 0; warp < static_cast<int>(blockDim.x) / WARP; warp++) {
    sum += of_warp[warp];
  }
  return sum;
}

constexpr int QUADS = 4;
constexpr int BATCHES = 4;
constexpr int BLOCK_ELEMENTS = THREADS * QUADS * BATCHES * 4;

__device__ __forceinline__ float squares_of(float4 x) {
  return (x.x * x.x + x.y * x.y) + (x.z * x.z + x.w * x.w);
}

// Of a thread of a block that has all its elements.
__device__ __forceinline__ double squares_of_full_block(const float* x) {
  double sum = 0;
  for (int batch = 0; batch < BATCHES; batch++) {
    float4 loaded[QUADS];
#pragma unroll
    for (int i = 0; i < QUADS; i++) {
      loaded[i] = load4(x + 4 * (THREADS * (QUADS * batch + i) + threadIdx.x));
    }
#pragma unroll
    for (int i = 0; i < QUADS; i++) {
      sum += squares_of(loaded[i]);
    }
  }
  return sum;
}

// The sum of the squares of a block's elements, of four neighbours in float32 and from there in
// float64; which those are does not depend on the card. A stretch begins anywhere: the first block
// takes also the elements before the first address that is a multiple of 16 bytes.
extern "C" __global__ void __launch_bounds__(THREADS, 4)
    squares(const float* x, long long count, double* of_block) {
  const int before_quad = (4 - static_cast<int>(address_of(x) / 4 % 4)) % 4;
  const long long head = before_quad < count ? before_quad : count;
  const long long begin = head + static_cast<long long>(blockIdx.x) * BLOCK_ELEMENTS;
  double sum = 0;
  if (begin + BLOCK_ELEMENTS <= count) {
    sum = squares_of_full_block(x + begin);
  } else {
    for (long long at = begin + threadIdx.x; at < count; at += THREADS) {
      sum += x[at] * x[at];
    }
  }
  if (blockIdx.x == 0 && threadIdx.x < head) {
    sum += x[threadIdx.x] * x[threadIdx.x];
  }
  sum = block_sum_double(sum);
  if (threadIdx.x == 0) {
    of_block[blockIdx.x] = sum;
  }
}

constexpr int SUM_THREADS = 1024;

// The sum of a list, by one block, as two float32 that add up to it.
extern "C" __global__ void __launch_bounds__(SUM_THREADS)
    sum_in_two(const double* of_block, long long count, float* high_and_low) {
  double sum = 0;
  for (long long at = threadIdx.x; at < count; at += SUM_THREADS) {
    sum += of_block[at];
  }
  sum = block_sum_double(sum);
  if (threadIdx.x == 0) {
    high_and_low[0] = static_cast<float>(sum);
    high_and_low[1] = static_cast<float>(sum - high_and_low[0]);
  }
}

// Activations of single elements: one read of each input and one write of each output, in accesses
// of 16 bytes. Tensors are lists of n elements here; at addresses that are not aligned, as views of
// rows of an odd width may be, elements go one by one.
#include "common.cuh"

constexpr int THREADS = 256;
constexpr int PACKS = 2;

template <typename T>
constexpr int CHUNK = THREADS * PACKS * 16 / sizeof(T);

// Where some tensors' elements of one chunk begin.
template <int COUNT, typename T>
struct Tensors {
  T* at[COUNT];

  __device__ __forceinline__ Tensors from(long long begin) const {
    Tensors later = *this;
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
      later.at[i] += begin;
    }
    return later;
  }

  template <int WIDTH>
  __device__ __forceinline__ bool aligned() const {
    bool all = true;
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
      all = all && is_aligned<WIDTH>(at[i]);
    }
    return all;
  }
};

// f of one place: the inputs' elements, of which it makes the outputs'.
template <typename T, int INPUTS, int OUTPUTS, typename Function>
__device__ __forceinline__ void apply_one(
    const Tensors<INPUTS, const T>& in, const Tensors<OUTPUTS, T>& out, int i, Function f) {
  float x[INPUTS];
  float y[OUTPUTS];
#pragma unroll
  for (int k = 0; k < INPUTS; k++) {
    x[k] = to_float(in.at[k][i]);
  }
  f(x, y);
#pragma unroll
  for (int k = 0; k < OUTPUTS; k++) {
    out.at[k][i] = from_float<T>(y[k]);
  }
}

// f of the elements that packed ones hold, from element i on.
template <int WIDTH, typename T, int INPUTS, int OUTPUTS, typename Function>
__device__ __forceinline__ void apply_packed(
    const Pack<T, WIDTH> (&in)[INPUTS], const Tensors<OUTPUTS, T>& out, int i, Function f) {
  float x[INPUTS][WIDTH];
  float y[OUTPUTS][WIDTH];
#pragma unroll
  for (int k = 0; k < INPUTS; k++) {
    in[k].unpack(x[k]);
  }
#pragma unroll
  for (int e = 0; e < WIDTH; e++) {
    float of_place[INPUTS];
    float result[OUTPUTS];
#pragma unroll
    for (int k = 0; k < INPUTS; k++) {
      of_place[k] = x[k][e];
    }
    f(of_place, result);
#pragma unroll
    for (int k = 0; k < OUTPUTS; k++) {
      y[k][e] = result[k];
    }
  }
#pragma unroll
  for (int k = 0; k < OUTPUTS; k++) {
    store_pack(out.at[k] + i, y[k]);
  }
}

// f of a chunk of all places. A thread loads all that it works on before it stores.
template <typename T, int INPUTS, int OUTPUTS, typename Function>
__device__ __forceinline__ void apply(
    const Tensors<INPUTS, const T>& all_in, const Tensors<OUTPUTS, T>& all_out, long long chunk,
    long long n, Function f) {
  constexpr int WIDTH = 16 / sizeof(T);
  const long long begin = chunk * CHUNK<T>;
  const int count = n - begin < CHUNK<T> ? static_cast<int>(n - begin) : CHUNK<T>;
  const auto in = all_in.from(begin);
  const auto out = all_out.from(begin);
  int packed = 0;
  if (in.template aligned<WIDTH>() && out.template aligned<WIDTH>()) {
    packed = count / WIDTH * WIDTH;
    Pack<T, WIDTH> x[PACKS][INPUTS];
#pragma unroll
    for (int p = 0; p < PACKS; p++) {
      const int i = (threadIdx.x + p * THREADS) * WIDTH;
#pragma unroll
      for (int k = 0; k < INPUTS; k++) {
        x[p][k] = load_pack_or_zeros<WIDTH>(in.at[k] + i, i < packed);
      }
    }
#pragma unroll
    for (int p = 0; p < PACKS; p++) {
      const int i = (threadIdx.x + p * THREADS) * WIDTH;
      if (i < packed) {
        apply_packed(x[p], out, i, f);
      }
    }
  }
#pragma unroll 1
  for (int i = packed + threadIdx.x; i < count; i += THREADS) {
    apply_one(in, out, i, f);
  }
}

template <typename T, typename Function>
__device__ __forceinline__ void value(const T* x, T* y, long long n, Function f) {
  apply(Tensors<1, const T>{x}, Tensors<1, T>{y}, blockIdx.x, n,
        [&](const float (&in)[1], float (&out)[1]) { out[0] = f(in[0]); });
}

template <typename T, typename Function>
__device__ __forceinline__ void gradient(
    const T* x, const T* dY, T* dX, long long n, Function slope) {
  apply(Tensors<2, const T>{x, dY}, Tensors<1, T>{dX}, blockIdx.x, n,
        [&](const float (&in)[2], float (&out)[1]) { out[0] = in[1] * slope(in[0]); });
}

// Phi(x), the normal distribution function.
__device__ __forceinline__ float normal_distribution(float x) {
  return fmaf(0.5f, erff(x * 0.70710678f), 0.5f);
}

// Phi(x) + x phi(x), phi the normal density.
__device__ __forceinline__ float gelu_slope(float x) {
  return fmaf(x * 0.39894228f, expf(-0.5f * x * x), normal_distribution(x));
}

// The fast division makes zero of divisors above 2^126, and is right to.
__device__ __forceinline__ float logistic(float x) { return __fdividef(1, 1 + expf(-x)); }

// dX, and what the coefficients' gradients are the sums of: dY relu(x)^p.
template <typename T>
__device__ __forceinline__ void poly_relu_gradient(
    const T* x, const float* weight, const float* bias, const T* dY, T* dX, float* shares,
    long long n) {
  const float direct3 = 3 * weight[0];
  const float direct2 = 2 * weight[1];
  const float direct1 = weight[2];
  float sums[4] = {};
  const long long chunks = (n + CHUNK<T> - 1) / CHUNK<T>;
  for (long long chunk = blockIdx.x; chunk < chunks; chunk += gridDim.x) {
    apply(Tensors<2, const T>{x, dY}, Tensors<1, T>{dX}, chunk, n,
          [&](const float (&in)[2], float (&out)[1]) {
            const float u = positive_part(in[0]);
            const float first = in[1] * u;
            const float second = first * u;
            sums[0] = fmaf(second, u, sums[0]);
            sums[1] += second;
            sums[2] += first;
            sums[3] += in[1];
            const float slope = fmaf(fmaf(direct3, u, direct2), u, direct1);
            out[0] = in[0] > 0 ? in[1] * slope : 0;
          });
  }
  block_sums(sums);
  if (threadIdx.x == 0) {
    store4(shares + 4 * blockIdx.x, make_float4(sums[0], sums[1], sums[2], sums[3]));
  }
}

// Of gate and up.
__device__ __forceinline__ void swiglu(const float (&in)[2], float (&out)[1]) {
  out[0] = in[0] * logistic(in[0]) * in[1];
}

// With s = sigmoid(gate): dUp = dY gate s, dGate = dY up (s + gate s (1 - s)).
__device__ __forceinline__ void swiglu_slopes(const float (&in)[3], float (&out)[2]) {
  const float s = logistic(in[0]);
  const float silu = in[0] * s;
  out[0] = in[2] * in[1] * fmaf(silu, 1 - s, s);
  out[1] = in[2] * silu;
}

#define ACTIVATIONS(suffix, T)                                                                     \
  extern "C" __global__ void __launch_bounds__(THREADS) relu_##suffix(                             \
      const T* x, T* y, long long n) {                                                             \
    value(x, y, n, positive_part);                                                                 \
  }                                                                                                \
  extern "C" __global__ void __launch_bounds__(THREADS) relu_gradient_##suffix(                    \
      const T* x, const T* dY, T* dX, long long n) {                                               \
    gradient(x, dY, dX, n, [](float u) { return u > 0 ? 1.0f : 0.0f; });                           \
  }                                                                                                \
  extern "C" __global__ void __launch_bounds__(THREADS) gelu_##suffix(                             \
      const T* x, T* y, long long n) {                                                             \
    value(x, y, n, [](float u) { return u * normal_distribution(u); });                            \
  }                                                                                                \
  extern "C" __global__ void __launch_bounds__(THREADS) gelu_gradient_##suffix(                    \
      const T* x, const T* dY, T* dX, long long n) {                                               \
    gradient(x, dY, dX, n, gelu_slope);                                                            \
  }                                                                                                \
  extern "C" __global__ void __launch_bounds__(THREADS) poly_relu_##suffix(                        \
      const T* x, const float* weight, const float* bias, T* y, long long n) {                     \
    const float a3 = weight[0], a2 = weight[1], a1 = weight[2], a0 = bias[0];                      \
    value(x, y, n, [=](float v) {                                                                  \
      const float u = positive_part(v);                                                            \
      return fmaf(fmaf(fmaf(a3, u, a2), u, a1), u, a0);                                            \
    });                                                                                            \
  }                                                                                                \
  extern "C" __global__ void __launch_bounds__(THREADS) poly_relu_gradient_##suffix(               \
      const T* x, const float* weight, const float* bias, const T* dY, T* dX, float* shares,       \
      long long n) {                                                                               \
    poly_relu_gradient(x, weight, bias, dY, dX, shares, n);                                        \
  }                                                                                                \
  extern "C" __global__ void __launch_bounds__(THREADS) swiglu_##suffix(                           \
      const T* gate, const T* up, T* y, long long n) {                                             \
    apply(Tensors<2, const T>{gate, up}, Tensors<1, T>{y}, blockIdx.x, n,                          \
          swiglu);                                                                                 \
  }                                                                                                \
  extern "C" __global__ void __launch_bounds__(THREADS) swiglu_gradient_##suffix(                  \
      const T* gate, const T* up, const T* dY, T* dGate, T* dUp, long long n) {                    \
    apply(Tensors<3, const T>{gate, up, dY}, Tensors<2, T>{dGate, dUp}, blockIdx.x, n,             \
          swiglu_slopes);                                                                          \
  }

ACTIVATIONS(f32, float)
ACTIVATIONS(bf16, bf16)

constexpr int SHARES_THREADS = 1024;

// Adds blocks' shares [blocks, 4] of the coefficients' gradients to them: each thread those of
// every SHARES_THREADS-th block in their order, then the threads. One block.
extern "C" __global__ void __launch_bounds__(SHARES_THREADS) coefficient_gradients(
    const float* shares, int blocks, float* dWeight, float* dBias) {
  float sums[4] = {};
#pragma unroll 4
  for (int block = threadIdx.x; block < blocks; block += SHARES_THREADS) {
    const float4 share = load4(shares + 4 * block);
    sums[0] += share.x;
    sums[1] += share.y;
    sums[2] += share.z;
    sums[3] += share.w;
  }
  block_sums(sums);
  if (threadIdx.x == 0) {
    dWeight[0] += sums[0];
    dWeight[1] += sums[1];
    dWeight[2] += sums[2];
    dBias[0] += sums[3];
  }
}

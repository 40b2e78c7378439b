// PolyNorm (arXiv 2411.03884, equation 7) of rows of F elements, forward and backward:
//   y  = a0 + sum over p = 1..3 of a_p r_p x^p,          r_p = 1 / sqrt(mean(x^2p) + eps)
//   dX = sum over p of a_p r_p p x^(p-1) dY - (p / F) a_p r_p^3 S_p x^(2p-1),  S_p = sum(dY x^p)
//   da_p = sum over rows of r_p S_p,                     da_0 = sum of dY
//
// A row is read once: its block keeps it packed in registers over the sums. What to expect of
// [16384, 8256] in bfloat16 on a card of 3.35 TB/s and 132 multiprocessors, with 288 threads of up
// to four accesses of 16 bytes for each of x and dY:
//   forward   541 MB, 162 us at the card's nominal rate; 11 instructions an element, 50 us
//   backward  812 MB, 242 us;                            18 instructions an element, 85 us
// Both wait for memory alone as long as about 20 kB are under way for each multiprocessor (3.35
// TB/s for 0.8 us). A block asks for 16.5 kB (forward) or 33 kB (backward) at a time, and registers
// leave room for four or three blocks, so that some load while others sum and store.
#include "common.cuh"

constexpr int PACKS = 4;
constexpr int WIDE_THREADS = 512;

// What launches promise of their blocks, for the sake of registers: 72 of them leave room for three
// blocks of 288 threads. Compilers for cards after Hopper pair registers and would spill then; 112
// leave room for two.
#if __CUDA_ARCH__ >= 1000
constexpr int BF16_THREADS = 576;
constexpr int BF16_BLOCKS = 1;
#else
constexpr int BF16_THREADS = 448;
constexpr int BF16_BLOCKS = 2;
#endif
constexpr int F32_THREADS = 576;
constexpr int F32_BLOCKS = 1;

constexpr float EPS = 1e-6f;

// a0 + a1 x + a2 x^2 + a3 x^3, highest power first in memory.
struct Coefficients {
  float a0, a1, a2, a3;

  __device__ __forceinline__ Coefficients(const float* weight, const float* bias)
      : a0(bias[0]), a1(weight[2]), a2(weight[1]), a3(weight[0]) {}
};

// The sums of x^2, x^4, x^6.
template <int WIDTH>
__device__ __forceinline__ void add_even_powers(const float (&x)[WIDTH], float (&sums)[3]) {
#pragma unroll
  for (int i = 0; i < WIDTH; i++) {
    const float square = x[i] * x[i];
    const float fourth = square * square;
    sums[0] += square;
    sums[1] += fourth;
    sums[2] = fmaf(fourth, square, sums[2]);
  }
}

// Turns the block's shares of the sums into r_1 to r_3, which one thread keeps for the gradient.
__device__ __forceinline__ void inverse_rms(
    float (&sums)[3], int columns, long long row, float* r1, float* r2, float* r3) {
  block_sums(sums);
  const float share = 1.0f / columns;
#pragma unroll
  for (int p = 0; p < 3; p++) {
    sums[p] = rsqrtf(fmaf(sums[p], share, EPS));
  }
  if (threadIdx.x == 0) {
    r1[row] = sums[0];
    r2[row] = sums[1];
    r3[row] = sums[2];
  }
}

template <int WIDTH>
__device__ __forceinline__ void evaluate(
    const Coefficients& a, const float (&r)[3], float (&x)[WIDTH]) {
  const float linear = a.a1 * r[0];
  const float quadratic = a.a2 * r[1];
  const float cubic = a.a3 * r[2];
#pragma unroll
  for (int i = 0; i < WIDTH; i++) {
    x[i] = fmaf(fmaf(fmaf(cubic, x[i], quadratic), x[i], linear), x[i], a.a0);
  }
}

template <typename T>
__device__ __forceinline__ void forward(
    const T* x, const float* weight, const float* bias, float* r1, float* r2, float* r3, T* y,
    int columns) {
  constexpr int WIDTH = 16 / sizeof(T);
  const long long row = blockIdx.x;
  x += row * columns;
  y += row * columns;
  Pack<T, WIDTH> kept[PACKS];
#pragma unroll
  for (int p = 0; p < PACKS; p++) {
    const int column = (threadIdx.x + p * blockDim.x) * WIDTH;
    kept[p] = load_pack_or_zeros<WIDTH>(x + column, column < columns);
  }
  const Coefficients a(weight, bias);
  float r[3] = {};
#pragma unroll
  for (int p = 0; p < PACKS; p++) {
    float values[WIDTH];
    kept[p].unpack(values);
    add_even_powers(values, r);
  }
  inverse_rms(r, columns, row, r1, r2, r3);
#pragma unroll
  for (int p = 0; p < PACKS; p++) {
    const int column = (threadIdx.x + p * blockDim.x) * WIDTH;
    if (column < columns) {
      float values[WIDTH];
      kept[p].unpack(values);
      evaluate(a, r, values);
      store_pack(y + column, values);
    }
  }
}

// Reads the row twice; for rows that registers do not hold, or at any address with WIDTH 1.
template <typename T, int WIDTH>
__device__ __forceinline__ void forward_wide(
    const T* x, const float* weight, const float* bias, float* r1, float* r2, float* r3, T* y,
    int columns) {
  const long long row = blockIdx.x;
  x += row * columns;
  y += row * columns;
  const Coefficients a(weight, bias);
  float r[3] = {};
#pragma unroll 4
  for (int column = threadIdx.x * WIDTH; column < columns; column += WIDE_THREADS * WIDTH) {
    float values[WIDTH];
    load_pack<WIDTH>(x + column).unpack(values);
    add_even_powers(values, r);
  }
  inverse_rms(r, columns, row, r1, r2, r3);
  for (int column = threadIdx.x * WIDTH; column < columns; column += WIDE_THREADS * WIDTH) {
    float values[WIDTH];
    load_pack<WIDTH>(x + column).unpack(values);
    evaluate(a, r, values);
    store_pack(y + column, values);
  }
}

// The sums of dY, dY x, dY x^2, dY x^3.
template <int WIDTH>
__device__ __forceinline__ void add_moments(
    const float (&x)[WIDTH], const float (&dY)[WIDTH], float (&sums)[4]) {
#pragma unroll
  for (int i = 0; i < WIDTH; i++) {
    const float square = x[i] * x[i];
    const float first = dY[i] * x[i];
    sums[0] += dY[i];
    sums[1] += first;
    sums[2] = fmaf(dY[i], square, sums[2]);
    sums[3] = fmaf(first, square, sums[3]);
  }
}

// What multiplies the powers of x in a row's gradient: of x^(p-1) dY, as if the norms were
// constants, and of x^(2p-1), through the norms.
struct Slopes {
  float direct1, direct2, direct3;
  float through1, through2, through3;

  __device__ __forceinline__ Slopes(
      const Coefficients& a, const float (&r)[3], const float (&sums)[4], float share)
      : direct1(a.a1 * r[0]),
        direct2(2 * a.a2 * r[1]),
        direct3(3 * a.a3 * r[2]),
        through1(-direct1 * r[0] * r[0] * (sums[1] * share)),
        through2(-direct2 * r[1] * r[1] * (sums[2] * share)),
        through3(-direct3 * r[2] * r[2] * (sums[3] * share)) {}

  // Leaves dX in dY's place.
  template <int WIDTH>
  __device__ __forceinline__ void apply(const float (&x)[WIDTH], float (&dY)[WIDTH]) const {
#pragma unroll
    for (int i = 0; i < WIDTH; i++) {
      const float square = x[i] * x[i];
      const float direct = fmaf(fmaf(direct3, x[i], direct2), x[i], direct1);
      const float through = fmaf(fmaf(through3, square, through2), square, through1);
      dY[i] = fmaf(dY[i], direct, through * x[i]);
    }
  }
};

// A block's share of the coefficients' gradients, a3 first as in memory; every thread has the sums.
struct Shares {
  float4 sum = make_float4(0, 0, 0, 0);

  __device__ __forceinline__ void add(const float (&r)[3], const float (&sums)[4]) {
    sum.x = fmaf(r[2], sums[3], sum.x);
    sum.y = fmaf(r[1], sums[2], sum.y);
    sum.z = fmaf(r[0], sums[1], sum.z);
    sum.w += sums[0];
  }
};

template <typename T>
__device__ __forceinline__ void backward(
    const T* x, const float* weight, const float* bias, const float* r1, const float* r2,
    const float* r3, const T* dY, T* dX, float* shares, long long rows, int columns) {
  constexpr int WIDTH = 16 / sizeof(T);
  const Coefficients a(weight, bias);
  const float share = 1.0f / columns;
  Shares of_block;
  for (long long row = blockIdx.x; row < rows; row += gridDim.x) {
    const long long begin = row * columns;
    Pack<T, WIDTH> kept[PACKS];
    Pack<T, WIDTH> gradient[PACKS];
#pragma unroll
    for (int p = 0; p < PACKS; p++) {
      const int column = (threadIdx.x + p * blockDim.x) * WIDTH;
      kept[p] = load_pack_or_zeros<WIDTH>(x + begin + column, column < columns);
      gradient[p] = load_pack_or_zeros<WIDTH>(dY + begin + column, column < columns);
    }
    const float r[3] = {r1[row], r2[row], r3[row]};
    float sums[4] = {};
#pragma unroll
    for (int p = 0; p < PACKS; p++) {
      float values[WIDTH];
      float gradients[WIDTH];
      kept[p].unpack(values);
      gradient[p].unpack(gradients);
      add_moments(values, gradients, sums);
    }
    block_sums(sums);
    of_block.add(r, sums);
    const Slopes slopes(a, r, sums, share);
#pragma unroll
    for (int p = 0; p < PACKS; p++) {
      const int column = (threadIdx.x + p * blockDim.x) * WIDTH;
      if (column < columns) {
        float values[WIDTH];
        float gradients[WIDTH];
        kept[p].unpack(values);
        gradient[p].unpack(gradients);
        slopes.apply(values, gradients);
        store_pack(dX + begin + column, gradients);
      }
    }
  }
  if (threadIdx.x == 0) {
    store4(shares + 4 * blockIdx.x, of_block.sum);
  }
}

template <typename T, int WIDTH>
__device__ __forceinline__ void backward_wide(
    const T* x, const float* weight, const float* bias, const float* r1, const float* r2,
    const float* r3, const T* dY, T* dX, float* shares, long long rows, int columns) {
  const Coefficients a(weight, bias);
  const float share = 1.0f / columns;
  Shares of_block;
  for (long long row = blockIdx.x; row < rows; row += gridDim.x) {
    const long long begin = row * columns;
    const float r[3] = {r1[row], r2[row], r3[row]};
    float values[WIDTH];
    float gradients[WIDTH];
    float sums[4] = {};
#pragma unroll 2
    for (int column = threadIdx.x * WIDTH; column < columns; column += WIDE_THREADS * WIDTH) {
      load_pack<WIDTH>(x + begin + column).unpack(values);
      load_pack<WIDTH>(dY + begin + column).unpack(gradients);
      add_moments(values, gradients, sums);
    }
    block_sums(sums);
    of_block.add(r, sums);
    const Slopes slopes(a, r, sums, share);
    for (int column = threadIdx.x * WIDTH; column < columns; column += WIDE_THREADS * WIDTH) {
      load_pack<WIDTH>(x + begin + column).unpack(values);
      load_pack<WIDTH>(dY + begin + column).unpack(gradients);
      slopes.apply(values, gradients);
      store_pack(dX + begin + column, gradients);
    }
  }
  if (threadIdx.x == 0) {
    store4(shares + 4 * blockIdx.x, of_block.sum);
  }
}

// forward: r1, r2, r3 [rows, 1], a block per row. backward: shares [blocks, 4], overwritten. Those
// that keep a row want it aligned to 16 bytes and no wider than PACKS accesses of each thread; the
// wide ones are launched with WIDE_THREADS.
#define POLY_NORM(suffix, T, threads, blocks)                                                      \
  extern "C" __global__ void __launch_bounds__(threads, blocks) poly_norm_##suffix(                \
      const T* x, const float* weight, const float* bias, float* r1, float* r2, float* r3, T* y,   \
      int columns) {                                                                               \
    forward(x, weight, bias, r1, r2, r3, y, columns);                                              \
  }                                                                                                \
  extern "C" __global__ void __launch_bounds__(WIDE_THREADS) poly_norm_wide_##suffix(              \
      const T* x, const float* weight, const float* bias, float* r1, float* r2, float* r3, T* y,   \
      int columns) {                                                                               \
    constexpr int WIDTH = 16 / sizeof(T);                                                          \
    if (columns % WIDTH == 0 && is_aligned<WIDTH>(x) && is_aligned<WIDTH>(y)) {                    \
      forward_wide<T, WIDTH>(x, weight, bias, r1, r2, r3, y, columns);                             \
    } else {                                                                                       \
      forward_wide<T, 1>(x, weight, bias, r1, r2, r3, y, columns);                                 \
    }                                                                                              \
  }                                                                                                \
  extern "C" __global__ void __launch_bounds__(threads, blocks) poly_norm_gradient_##suffix(       \
      const T* x, const float* weight, const float* bias, const float* r1, const float* r2,        \
      const float* r3, const T* dY, T* dX, float* shares, long long rows, int columns) {           \
    backward(x, weight, bias, r1, r2, r3, dY, dX, shares, rows, columns);                          \
  }                                                                                                \
  extern "C" __global__ void __launch_bounds__(WIDE_THREADS) poly_norm_gradient_wide_##suffix(     \
      const T* x, const float* weight, const float* bias, const float* r1, const float* r2,        \
      const float* r3, const T* dY, T* dX, float* shares, long long rows, int columns) {           \
    constexpr int WIDTH = 16 / sizeof(T);                                                          \
    if (columns % WIDTH == 0 && is_aligned<WIDTH>(x) && is_aligned<WIDTH>(dY) &&                   \
        is_aligned<WIDTH>(dX)) {                                                                   \
      backward_wide<T, WIDTH>(                                                                     \
          x, weight, bias, r1, r2, r3, dY, dX, shares, rows, columns);                             \
    } else {                                                                                       \
      backward_wide<T, 1>(x, weight, bias, r1, r2, r3, dY, dX, shares, rows, columns);             \
    }                                                                                              \
  }

POLY_NORM(f32, float, F32_THREADS, F32_BLOCKS)
POLY_NORM(bf16, bf16, BF16_THREADS, BF16_BLOCKS)

// The products of grouped.cu by float32 arithmetic, for float32 and for widths or addresses that the
// copies of the matrix units' kernels do not take. A block computes 64 x 64 of a result in steps of
// 16, a thread 4 x 4 of it: eight reads of shared memory, two of 16 bytes, for 16 products, about
// half of the card's float32 rate.
#include "tiles.cuh"

namespace {

constexpr int THREADS = 256;
constexpr int TILE = 64;
constexpr int STEP = 16;
constexpr int OF_THREAD = 4;
// Rows of a tile in shared memory, [STEP, TILE], begin in different banks and at 16 bytes.
constexpr int PITCH = TILE + 4;

// A factor with a row for each number of the sum, or a column; extent: how many beyond from there
// are in the other direction.
template <typename T>
struct Factor {
  const T* from;
  int pitch;
  int extent;
};

enum Layout { SUMMED_ALONG_ROWS, SUMMED_ALONG_COLUMNS };

// tile[k, i] = factor's number at k of the sum, neighbours in memory by neighbouring threads.
template <Layout LAYOUT, typename T>
__device__ __forceinline__ void read_step(
    float* tile, const Factor<T>& factor, int begin, int end) {
#pragma unroll
  for (int i = 0; i < TILE * STEP / THREADS; i++) {
    const int number = i * THREADS + static_cast<int>(threadIdx.x);
    const int k = LAYOUT == SUMMED_ALONG_ROWS ? number % STEP : number / TILE;
    const int at = LAYOUT == SUMMED_ALONG_ROWS ? number / STEP : number % TILE;
    const long long from = LAYOUT == SUMMED_ALONG_ROWS
        ? static_cast<long long>(at) * factor.pitch + begin + k
        : static_cast<long long>(begin + k) * factor.pitch + at;
    tile[k * PITCH + at] =
        begin + k < end && at < factor.extent ? to_float(factor.from[from]) : 0;
  }
}

// to[a.extent, b.extent], at most a tile, (+)= a b^T, summed over count.
template <Layout A, Layout B, typename T, typename R>
__device__ __forceinline__ void multiply(
    const Factor<T>& a, const Factor<T>& b, int count, R* to, int pitch, bool add) {
  __shared__ __align__(16) float a_tile[STEP * PITCH];
  __shared__ __align__(16) float b_tile[STEP * PITCH];
  const int row = static_cast<int>(threadIdx.x) / (TILE / OF_THREAD) * OF_THREAD;
  const int column = static_cast<int>(threadIdx.x) % (TILE / OF_THREAD) * OF_THREAD;
  float sums[OF_THREAD][OF_THREAD] = {};
  for (int begin = 0; begin < count; begin += STEP) {
    __syncthreads();
    read_step<A>(a_tile, a, begin, count);
    read_step<B>(b_tile, b, begin, count);
    __syncthreads();
#pragma unroll
    for (int k = 0; k < STEP; k++) {
      const float4 x = load4(a_tile + k * PITCH + row);
      const float4 y = load4(b_tile + k * PITCH + column);
      const float xs[OF_THREAD] = {x.x, x.y, x.z, x.w};
      const float ys[OF_THREAD] = {y.x, y.y, y.z, y.w};
#pragma unroll
      for (int i = 0; i < OF_THREAD; i++) {
#pragma unroll
        for (int j = 0; j < OF_THREAD; j++) {
          sums[i][j] = fmaf(xs[i], ys[j], sums[i][j]);
        }
      }
    }
  }
#pragma unroll
  for (int i = 0; i < OF_THREAD; i++) {
#pragma unroll
    for (int j = 0; j < OF_THREAD; j++) {
      if (row + i < a.extent && column + j < b.extent) {
        R* const at = to + static_cast<long long>(row + i) * pitch + column + j;
        *at = from_float<R>(add ? to_float(*at) + sums[i][j] : sums[i][j]);
      }
    }
  }
}

// As in grouped.cu.
template <Layout WEIGHT, typename T, typename R>
__device__ __forceinline__ void multiply_slots(
    const T* x,
    const T* const* weights,
    const int* begins,
    R* y,
    int experts,
    int width,
    int count,
    int add) {
  const int column_tiles = (width + TILE - 1) / TILE;
  const ExpertTile place =
      expert_tile<TILE>(begins, experts, static_cast<int>(blockIdx.x / column_tiles));
  if (place.expert < 0) {
    return;
  }
  const int column = static_cast<int>(blockIdx.x % column_tiles) * TILE;
  const T* const weight = weights[place.expert];
  const Factor<T> a = {
      x + static_cast<long long>(place.begin) * count, count, place.end - place.begin};
  const Factor<T> b = {
      WEIGHT == SUMMED_ALONG_ROWS ? weight + static_cast<long long>(column) * count
                                  : weight + column,
      WEIGHT == SUMMED_ALONG_ROWS ? count : width,
      width - column};
  multiply<SUMMED_ALONG_ROWS, WEIGHT>(
      a, b, count, y + static_cast<long long>(place.begin) * width + column, width, add != 0);
}

template <typename T>
__device__ __forceinline__ void weight_gradient(
    const T* d_y, const T* x, const int* begins, float* const* d_weights, int in, int out) {
  const int column_tiles = (in + TILE - 1) / TILE;
  const int tiles = (out + TILE - 1) / TILE * column_tiles;
  const int expert = static_cast<int>(blockIdx.x / tiles);
  const int tile = static_cast<int>(blockIdx.x % tiles);
  const int row = tile / column_tiles * TILE;
  const int column = tile % column_tiles * TILE;
  const int begin = begins[expert];
  const int end = begins[expert + 1];
  if (begin == end) {
    return;
  }
  const Factor<T> a = {d_y + static_cast<long long>(begin) * out + row, out, out - row};
  const Factor<T> b = {x + static_cast<long long>(begin) * in + column, in, in - column};
  multiply<SUMMED_ALONG_COLUMNS, SUMMED_ALONG_COLUMNS>(
      a,
      b,
      end - begin,
      d_weights[expert] + static_cast<long long>(row) * in + column,
      in,
      true);
}

}  // namespace

// Arguments as those of the kernels of grouped.cu. Blocks: (ceil(S / 64) + E) * ceil(columns / 64).
#define GROUPED_LINEAR(T, OF_T, R, OF_R)                                                         \
  extern "C" __global__ void __launch_bounds__(THREADS) grouped_linear_##OF_T##_##OF_R(          \
      const T* x, const T* const* weights, const int* begins, R* y, int experts, int in,         \
      int out, int add) {                                                                        \
    multiply_slots<SUMMED_ALONG_ROWS>(x, weights, begins, y, experts, out, in, add);             \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(THREADS) grouped_input_gradient_##OF_T##_##OF_R(  \
      const T* d_y, const T* const* weights, const int* begins, R* d_x, int experts, int in,     \
      int out, int add) {                                                                        \
    multiply_slots<SUMMED_ALONG_COLUMNS>(d_y, weights, begins, d_x, experts, in, out, add);      \
  }

GROUPED_LINEAR(float, f32, float, f32)
GROUPED_LINEAR(bf16, bf16, bf16, bf16)
GROUPED_LINEAR(bf16, bf16, float, f32)

// Blocks: E * ceil(out / 64) * ceil(in / 64).
#define GROUPED_WEIGHT_GRADIENT(T, OF_T)                                                         \
  extern "C" __global__ void __launch_bounds__(THREADS, 1) grouped_weight_gradient_##OF_T(       \
      const T* d_y, const T* x, const int* begins, float* const* d_weights, int in, int out) {   \
    weight_gradient(d_y, x, begins, d_weights, in, out);                                         \
  }

GROUPED_WEIGHT_GRADIENT(float, f32)
GROUPED_WEIGHT_GRADIENT(bf16, bf16)

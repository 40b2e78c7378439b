// Products of each expert's rows with its own weight on the matrix units, in bfloat16, or in float32
// of which these read the upper 19 bits (TF32). Letters: S slots sorted by expert, E experts, begins
// [E + 1] the first slot of each and S, on the card, so that the host need not wait for the routing.
//
// A block computes 128 x 256 of a result by eight warps of 64 x 64, over steps of 64 bytes that
// arrive in four stages. Such a warp reads 4 KB of shared memory for 32 products of 16 x 8 x 16, as
// many clocks of the one as of the other on Hopper; such a block reads 24 KB from L2 for 2 million
// operations, 85 per byte, so that L2's 5.5 TB/s allow 470 TFLOP/s where 128 x 128 would stop at
// 350. Expected of mma.sync on H100 in bfloat16: 350 to 450 TFLOP/s for experts with a thousand rows
// and more; the last tile of an expert is partly empty, a loss of 64 rows each on average. TF32 has
// half the products per instruction and per byte: half of that.
#include "tiles.cuh"

namespace {

constexpr int THREADS = 256;
constexpr int TILE_M = 128;
constexpr int TILE_N = 256;
constexpr int STAGES = 4;
// Of a step of the sum for one row or column, in elements of 16 bits, of which float32 has two.
constexpr int STEP = 32;
constexpr int A_SIZE = TILE_M * STEP;
constexpr int B_SIZE = TILE_N * STEP;
constexpr int STAGE_SIZE = A_SIZE + B_SIZE;
// Of a warp, in fragments of 16 and of 8.
constexpr int M_TILES = 4;
constexpr int N_TILES = 8;

// Whether a factor lies in memory with what is summed over along its rows, or along its columns.
enum Layout { SUMMED_ALONG_ROWS, SUMMED_ALONG_COLUMNS };

template <typename T>
struct Factor {
  const T* from;
  int pitch;
  // What is there beyond from: the other direction's extent; the summed one's is the same for both.
  int extent;
};

// Elements of 16 bits in one of T.
template <typename T>
constexpr int PARTS = sizeof(T) / sizeof(bf16);

// Starts the copy of a step of the sum for EXTENT rows or columns of a factor.
template <Layout LAYOUT, int EXTENT, typename T>
__device__ __forceinline__ void copy_step(
    bf16* tile, const Factor<T>& factor, int begin, int end) {
  constexpr int PART = PARTS<T>;
  const int pitch = factor.pitch * PART;
  if (LAYOUT == SUMMED_ALONG_ROWS) {
    copy_tile<EXTENT, STEP, THREADS>(
        tile,
        reinterpret_cast<const bf16*>(factor.from + begin),
        pitch,
        factor.extent,
        (end - begin) * PART);
  } else {
    copy_tile<STEP / PART, EXTENT * PART, THREADS>(
        tile,
        reinterpret_cast<const bf16*>(
            factor.from + static_cast<long long>(begin) * factor.pitch),
        pitch,
        end - begin,
        factor.extent * PART);
  }
}

__device__ __forceinline__ void multiply_fragments(
    bf16, float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  mma_bf16(d, a, b);
}

__device__ __forceinline__ void multiply_fragments(
    float, float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  mma_tf32(d, a, b);
}

// Fragments of a transposed tile by ldmatrix, which transposes elements of 16 bits alone.
template <int EXTENT>
__device__ __forceinline__ void load_a_by_columns(
    bf16, unsigned (&a)[4], const bf16* tile, int k, int row) {
  load_a_transposed<EXTENT>(a, tile, k, row);
}

template <int EXTENT>
__device__ __forceinline__ void load_b_by_columns(
    bf16, unsigned (&b)[2][2], const bf16* tile, int k, int column) {
  load_b_transposed<EXTENT>(b, tile, k, column);
}

template <int EXTENT>
__device__ __forceinline__ unsigned float_bits(const bf16* tile, int k, int column) {
  const int even = 2 * column;
  return *reinterpret_cast<const unsigned*>(
      tile + tile_at<2 * EXTENT>(k, even) + even % 8);
}

// And of float32 one by one.
template <int EXTENT>
__device__ __forceinline__ void load_a_by_columns(
    float, unsigned (&a)[4], const bf16* tile, int k, int row) {
  const int lane = threadIdx.x % WARP;
#pragma unroll
  for (int i = 0; i < 4; i++) {
    a[i] = float_bits<EXTENT>(tile, k + lane % 4 + i / 2 * 4, row + lane / 4 + i % 2 * 8);
  }
}

template <int EXTENT>
__device__ __forceinline__ void load_b_by_columns(
    float, unsigned (&b)[2][2], const bf16* tile, int k, int column) {
  const int lane = threadIdx.x % WARP;
#pragma unroll
  for (int i = 0; i < 4; i++) {
    b[i / 2][i % 2] =
        float_bits<EXTENT>(tile, k + lane % 4 + i % 2 * 4, column + lane / 4 + i / 2 * 8);
  }
}

// sums += a b^T of a warp's 64 x 64 for one step.
template <Layout A, Layout B, typename T>
__device__ __forceinline__ void add_step(
    T type,
    float (&sums)[M_TILES][N_TILES][4],
    const bf16* a_tile,
    const bf16* b_tile,
    int row,
    int column) {
#pragma unroll
  for (int k = 0; k < STEP; k += 16) {
    unsigned a[M_TILES][4];
    unsigned b[N_TILES / 2][2][2];
#pragma unroll
    for (int m = 0; m < M_TILES; m++) {
      if (A == SUMMED_ALONG_ROWS) {
        load_a<STEP>(a[m], a_tile, row + 16 * m, k);
      } else {
        load_a_by_columns<TILE_M>(type, a[m], a_tile, k / PARTS<T>, row + 16 * m);
      }
    }
#pragma unroll
    for (int n = 0; n < N_TILES / 2; n++) {
      if (B == SUMMED_ALONG_ROWS) {
        load_b<STEP>(b[n], b_tile, column + 16 * n, k);
      } else {
        load_b_by_columns<TILE_N>(type, b[n], b_tile, k / PARTS<T>, column + 16 * n);
      }
    }
#pragma unroll
    for (int n = 0; n < N_TILES; n++) {
#pragma unroll
      for (int m = 0; m < M_TILES; m++) {
        multiply_fragments(type, sums[m][n], a[m], b[n / 2][n % 2]);
      }
    }
  }
}

// One by one: a gradient may begin anywhere in a flat vector.
__device__ __forceinline__ void write_pair(float* to, float x, float y, bool add) {
  to[0] = add ? to[0] + x : x;
  to[1] = add ? to[1] + y : y;
}

__device__ __forceinline__ void write_pair(bf16* to, float x, float y, bool add) {
  unsigned* const pair = reinterpret_cast<unsigned*>(to);
  const unsigned old = add ? *pair : 0;
  *pair = pack_bf16(
      __uint_as_float(old << 16) + x, __uint_as_float(old & 0xffff0000u) + y);
}

// to[a.extent, b.extent], at most a tile, (+)= a b^T, summed over count.
template <Layout A, Layout B, typename T, typename R>
__device__ __forceinline__ void multiply(
    const Factor<T>& a, const Factor<T>& b, int count, R* to, int pitch, bool add) {
  constexpr int OF_STEP = STEP / PARTS<T>;
  DYNAMIC_SHARED(bf16, stages);
  const auto copy_stage = [&](int step) {
    bf16* const stage = stages + step % STAGES * STAGE_SIZE;
    if (step * OF_STEP < count) {
      copy_step<A, TILE_M>(stage, a, step * OF_STEP, count);
      copy_step<B, TILE_N>(stage + A_SIZE, b, step * OF_STEP, count);
    }
    copy_async_commit();
  };
  for (int step = 0; step < STAGES - 1; step++) {
    copy_stage(step);
  }

  const int warp = threadIdx.x / WARP;
  const int row = warp / 4 * 64;
  const int column = warp % 4 * 64;
  float sums[M_TILES][N_TILES][4] = {};
  for (int step = 0; step * OF_STEP < count; step++) {
    copy_async_wait<STAGES - 2>();
    // All have come here, hence nobody reads the stage before any more.
    __syncthreads();
    copy_stage(step + STAGES - 1);
    const bf16* const stage = stages + step % STAGES * STAGE_SIZE;
    add_step<A, B>(T(), sums, stage, stage + A_SIZE, row, column);
  }

  const int lane = threadIdx.x % WARP;
#pragma unroll
  for (int m = 0; m < M_TILES; m++) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const int at = row + 16 * m + lane / 4 + 8 * half;
      if (at < a.extent) {
#pragma unroll
        for (int n = 0; n < N_TILES; n++) {
          const int along = column + 8 * n + lane % 4 * 2;
          if (along < b.extent) {
            write_pair(
                to + static_cast<long long>(at) * pitch + along,
                sums[m][n][2 * half],
                sums[m][n][2 * half + 1],
                add);
          }
        }
      }
    }
  }
}

// One block's tile of a result with a row per slot, of which an expert's weight makes width columns
// out of the count of x: by its rows, or by its columns for the gradient of the input.
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
  const int column_tiles = (width + TILE_N - 1) / TILE_N;
  const ExpertTile place =
      expert_tile<TILE_M>(begins, experts, static_cast<int>(blockIdx.x / column_tiles));
  if (place.expert < 0) {
    return;
  }
  const int column = static_cast<int>(blockIdx.x % column_tiles) * TILE_N;
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
  const int column_tiles = (in + TILE_N - 1) / TILE_N;
  const int tiles = (out + TILE_M - 1) / TILE_M * column_tiles;
  const int expert = static_cast<int>(blockIdx.x / tiles);
  const int tile = static_cast<int>(blockIdx.x % tiles);
  const int row = tile / column_tiles * TILE_M;
  const int column = tile % column_tiles * TILE_N;
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

// y[S, out] (+)= x[S, in] weight^T, with an expert's [out, in] for its rows. Rows of factors are
// multiples of 16 bytes, and so are addresses. Blocks: (ceil(S / 128) + E) * ceil(out / 256), of
// which those beyond the experts' tiles have nothing to do; dynamic shared memory for four stages of
// 384 * 64 bytes.
//
// dX[S, in] (+)= dY[S, out] weight; else as above, columns being those of dX.
#define GROUPED_LINEAR(T, OF_T, R, OF_R)                                                         \
  extern "C" __global__ void __launch_bounds__(THREADS, 1) grouped_linear_##OF_T##_##OF_R(       \
      const T* x, const T* const* weights, const int* begins, R* y, int experts, int in,         \
      int out, int add) {                                                                        \
    multiply_slots<SUMMED_ALONG_ROWS>(x, weights, begins, y, experts, out, in, add);             \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(THREADS, 1)                                       \
      grouped_input_gradient_##OF_T##_##OF_R(                                                    \
          const T* d_y, const T* const* weights, const int* begins, R* d_x, int experts,         \
          int in, int out, int add) {                                                            \
    multiply_slots<SUMMED_ALONG_COLUMNS>(d_y, weights, begins, d_x, experts, in, out, add);      \
  }

GROUPED_LINEAR(bf16, bf16, bf16, bf16)
GROUPED_LINEAR(bf16, bf16, float, f32)
GROUPED_LINEAR(float, f32, float, f32)

// dWeight[out, in] += dY[S, out]^T x[S, in] over each expert's rows. A block for each expert's tiles,
// E * ceil(out / 128) * ceil(in / 256), which sums over all rows of the expert, in their order.
#define GROUPED_WEIGHT_GRADIENT(T, OF_T)                                                         \
  extern "C" __global__ void __launch_bounds__(THREADS, 1) grouped_weight_gradient_##OF_T(       \
      const T* d_y, const T* x, const int* begins, float* const* d_weights, int in, int out) {   \
    weight_gradient(d_y, x, begins, d_weights, in, out);                                         \
  }

GROUPED_WEIGHT_GRADIENT(bf16, bf16)
GROUPED_WEIGHT_GRADIENT(float, f32)

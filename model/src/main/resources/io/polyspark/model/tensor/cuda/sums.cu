// Sums over rows, and over all elements: blocks leave partial sums, and a second kernel adds them
// up in their order.
#include "common.cuh"

constexpr int THREADS = 256;
constexpr int WARPS = THREADS / WARP;
constexpr int QUADS = 4;
constexpr int CHUNK = THREADS * QUADS * 4;

// The sum of a double of each thread, in thread 0: a tree over the block's threads.
__device__ __forceinline__ double sum_of_threads(double x) {
  __shared__ double sums[THREADS];
  sums[threadIdx.x] = x;
  for (int distance = THREADS / 2; distance > 0; distance /= 2) {
    __syncthreads();
    if (threadIdx.x < distance) {
      sums[threadIdx.x] += sums[threadIdx.x + distance];
    }
  }
  // Others would read it beside thread 0's last write.
  return threadIdx.x == 0 ? sums[0] : 0;
}

// partials[block] = sum over the block's chunks of a (or a * b), in double from 16 elements on.
template <bool PRODUCTS>
__device__ __forceinline__ void sum_chunks(
    Elements all_a, Elements all_b, double* partials, long long n) {
  const bool packed = all_a.aligned() && (!PRODUCTS || all_b.aligned());
  double sum = 0;
  for (long long begin = static_cast<long long>(blockIdx.x) * CHUNK; begin < n;
       begin += static_cast<long long>(gridDim.x) * CHUNK) {
    const int count = n - begin < CHUNK ? static_cast<int>(n - begin) : CHUNK;
    const Elements a = all_a.from(begin);
    const Elements b = all_b.from(begin);
    if (packed && count == CHUNK) {
      float of_thread = 0;
#pragma unroll
      for (int q = 0; q < QUADS; q++) {
        const int i = (threadIdx.x + q * THREADS) * 4;
        const float4 x = a.get4(i);
        const float4 y = PRODUCTS ? b.get4(i) : make_float4(1, 1, 1, 1);
        of_thread += fmaf(x.x, y.x, fmaf(x.y, y.y, fmaf(x.z, y.z, x.w * y.w)));
      }
      sum += of_thread;
    } else {
      for (int i = threadIdx.x; i < count; i += THREADS) {
        sum += a.get(i) * (PRODUCTS ? b.get(i) : 1);
      }
    }
  }
  sum = sum_of_threads(sum);
  if (threadIdx.x == 0) {
    partials[blockIdx.x] = sum;
  }
}

extern "C" __global__ void __launch_bounds__(THREADS) sum_partials(
    void* a, int aType, double* partials, long long n) {
  sum_chunks<false>(Elements{a, aType}, Elements{a, aType}, partials, n);
}

extern "C" __global__ void __launch_bounds__(THREADS) dot_partials(
    void* a, int aType, void* b, int bType, double* partials, long long n) {
  sum_chunks<true>(Elements{a, aType}, Elements{b, bType}, partials, n);
}

// The sum as two floats, of which the second is what the first leaves out. One block.
extern "C" __global__ void __launch_bounds__(THREADS) add_partials(
    const double* partials, int count, float* parts) {
  double sum = 0;
  for (int i = threadIdx.x; i < count; i += THREADS) {
    sum += partials[i];
  }
  sum = sum_of_threads(sum);
  if (threadIdx.x == 0) {
    parts[0] = static_cast<float>(sum);
    parts[1] = static_cast<float>(sum - parts[0]);
  }
}

// partials[chunk][j] = sum over the chunk's rows of a[i][j]. Blocks: (tiles of 128 columns,
// chunks); a lane has four columns, a warp every WARPS-th row.
extern "C" __global__ void __launch_bounds__(THREADS) column_partials(
    void* a, int aType, float* partials, long long rows, int columns, int chunkRows) {
  __shared__ float of_warp[WARPS][WARP][4];
  const int lane = threadIdx.x % WARP;
  const int warp = threadIdx.x / WARP;
  const int column = (blockIdx.x * WARP + lane) * 4;
  const long long begin = static_cast<long long>(blockIdx.y) * chunkRows;
  const int count = rows - begin < chunkRows ? static_cast<int>(rows - begin) : chunkRows;
  const Elements chunk = Elements{a, aType}.from(begin * columns);
  float sums[4] = {};
  if (columns % 4 != 0 || !chunk.aligned()) {
    for (int row = warp; row < count; row += WARPS) {
      const Elements x = chunk.from(static_cast<long long>(row) * columns);
      for (int i = 0; i < 4 && column + i < columns; i++) {
        sums[i] += x.get(column + i);
      }
    }
  } else if (column < columns) {
#pragma unroll 4
    for (int row = warp; row < count; row += WARPS) {
      const float4 x = chunk.from(static_cast<long long>(row) * columns).get4(column);
      sums[0] += x.x;
      sums[1] += x.y;
      sums[2] += x.z;
      sums[3] += x.w;
    }
  }
  for (int i = 0; i < 4; i++) {
    of_warp[warp][lane][i] = sums[i];
  }
  __syncthreads();
  for (int i = 0; warp == 0 && i < 4 && column + i < columns; i++) {
    float sum = 0;
    for (int w = 0; w < WARPS; w++) {
      sum += of_warp[w][lane][i];
    }
    partials[static_cast<long long>(blockIdx.y) * columns + column + i] = sum;
  }
}

constexpr int MANY_WARPS = 32;

// into[j] (+)= sum over i of partials[i][j], [count, columns]: a lane has a column, a warp every
// MANY_WARPS-th row. A block for each 32 columns.
extern "C" __global__ void __launch_bounds__(MANY_WARPS * WARP) add_partial_rows(
    const float* partials, int count, int columns, void* into, int intoType, int add) {
  __shared__ float of_warp[MANY_WARPS][WARP];
  const int lane = threadIdx.x % WARP;
  const int warp = threadIdx.x / WARP;
  const int column = blockIdx.x * WARP + lane;
  float sum = 0;
  if (column < columns) {
#pragma unroll 8
    for (int row = warp; row < count; row += MANY_WARPS) {
      sum += partials[static_cast<long long>(row) * columns + column];
    }
  }
  of_warp[warp][lane] = sum;
  __syncthreads();
  if (warp > 0 || column >= columns) {
    return;
  }
  const Elements out{into, intoType};
  sum = add != 0 ? out.get(column) : 0;
  for (int w = 0; w < MANY_WARPS; w++) {
    sum += of_warp[w][lane];
  }
  out.set(column, sum);
}

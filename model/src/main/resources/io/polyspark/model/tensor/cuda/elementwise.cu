// Arithmetic element by element, and sums over columns, of tensors of any mix of types. Accesses
// are of four elements, several of which are under way in each thread; at addresses or widths that
// are no multiples of four elements, single elements take their place.
#include "common.cuh"

constexpr int THREADS = 256;
constexpr int WARPS = THREADS / WARP;
constexpr int QUADS = 4;

template <typename Function>
__device__ __forceinline__ float4 map4(float4 a, Function f) {
  return make_float4(f(a.x), f(a.y), f(a.z), f(a.w));
}

template <typename Function>
__device__ __forceinline__ float4 map4(float4 a, float4 b, Function f) {
  return make_float4(f(a.x, b.x), f(a.y, b.y), f(a.z, b.z), f(a.w, b.w));
}

constexpr int CHUNK = THREADS * QUADS * 4;

// out = f(a) over n elements, a block for each CHUNK of them. out may be a: a thread loads all that
// it stores before.
template <typename Function>
__device__ __forceinline__ void map(Elements a, Elements out, long long n, Function f) {
  const long long begin = static_cast<long long>(blockIdx.x) * CHUNK;
  const int count = n - begin < CHUNK ? static_cast<int>(n - begin) : CHUNK;
  a = a.from(begin);
  out = out.from(begin);
  int packed = 0;
  if (a.aligned() && out.aligned()) {
    packed = count / 4 * 4;
    float4 x[QUADS];
#pragma unroll
    for (int q = 0; q < QUADS; q++) {
      const int i = (threadIdx.x + q * THREADS) * 4;
      x[q] = i < packed ? a.get4(i) : float4{};
    }
#pragma unroll
    for (int q = 0; q < QUADS; q++) {
      const int i = (threadIdx.x + q * THREADS) * 4;
      if (i < packed) {
        out.set4(i, map4(x[q], f));
      }
    }
  }
#pragma unroll 1
  for (int i = packed + threadIdx.x; i < count; i += THREADS) {
    out.set(i, f(a.get(i)));
  }
}

// out = f(a, b), likewise.
template <typename Function>
__device__ __forceinline__ void map(Elements a, Elements b, Elements out, long long n, Function f) {
  const long long begin = static_cast<long long>(blockIdx.x) * CHUNK;
  const int count = n - begin < CHUNK ? static_cast<int>(n - begin) : CHUNK;
  a = a.from(begin);
  b = b.from(begin);
  out = out.from(begin);
  int packed = 0;
  if (a.aligned() && b.aligned() && out.aligned()) {
    packed = count / 4 * 4;
    float4 x[QUADS];
    float4 y[QUADS];
#pragma unroll
    for (int q = 0; q < QUADS; q++) {
      const int i = (threadIdx.x + q * THREADS) * 4;
      x[q] = i < packed ? a.get4(i) : float4{};
      y[q] = i < packed ? b.get4(i) : float4{};
    }
#pragma unroll
    for (int q = 0; q < QUADS; q++) {
      const int i = (threadIdx.x + q * THREADS) * 4;
      if (i < packed) {
        out.set4(i, map4(x[q], y[q], f));
      }
    }
  }
#pragma unroll 1
  for (int i = packed + threadIdx.x; i < count; i += THREADS) {
    out.set(i, f(a.get(i), b.get(i)));
  }
}

// out[i][j] = f(a[i][j], b's number of the row or of the column). As many rows in a block as its
// threads make up at `lanes` to each, a power of two.
template <bool PER_COLUMN, typename Function>
__device__ __forceinline__ void map_rows(
    Elements a, Elements b, Elements out, long long rows, int columns, int lanes, Function f) {
  const long long row =
      static_cast<long long>(blockIdx.x) * (THREADS / lanes) + threadIdx.x / lanes;
  if (row >= rows) {
    return;
  }
  const int lane = threadIdx.x % lanes;
  const float of_row = PER_COLUMN ? 0 : b.from(row).get(0);
  const bool packed = columns % 4 == 0 && a.aligned() && out.aligned() && b.aligned();
  a = a.from(row * columns);
  out = out.from(row * columns);
  if (!packed) {
    for (int j = lane; j < columns; j += lanes) {
      out.set(j, f(a.get(j), PER_COLUMN ? b.get(j) : of_row));
    }
    return;
  }
  for (int first = lane * 4; first < columns; first += lanes * QUADS * 4) {
    float4 x[QUADS];
    float4 y[QUADS];
#pragma unroll
    for (int q = 0; q < QUADS; q++) {
      const int j = first + q * lanes * 4;
      x[q] = j < columns ? a.get4(j) : float4{};
      y[q] = PER_COLUMN && j < columns ? b.get4(j) : make_float4(of_row, of_row, of_row, of_row);
    }
#pragma unroll
    for (int q = 0; q < QUADS; q++) {
      const int j = first + q * lanes * 4;
      if (j < columns) {
        out.set4(j, map4(x[q], y[q], f));
      }
    }
  }
}

// perRow[row] = sum over columns j of one(j), by the calling warp; four(j) is the sum of four.
template <typename One, typename Four>
__device__ __forceinline__ void reduce_rows(
    Elements perRow, long long row, int columns, bool packed, One one, Four four) {
  const int lane = threadIdx.x % WARP;
  float sum = 0;
  if (packed) {
#pragma unroll 4
    for (int j = lane * 4; j < columns; j += WARP * 4) {
      sum += four(j);
    }
  } else {
    for (int j = lane; j < columns; j += WARP) {
      sum += one(j);
    }
  }
  sum = warp_sum(sum);
  if (lane == 0) {
    perRow.from(row).set(0, sum);
  }
}

__device__ __forceinline__ float sum4(float4 x) { return (x.x + x.y) + (x.z + x.w); }

__device__ __forceinline__ float dot4(float4 x, float4 y) {
  return fmaf(x.x, y.x, fmaf(x.y, y.y, fmaf(x.z, y.z, x.w * y.w)));
}

#define KERNEL extern "C" __global__ void __launch_bounds__(THREADS)

// Parameters and gradients are rounded by it in every step. With types that the compiler knows no
// branch by them stands between a thread's loads, which are all under way at once.
KERNEL copy(void* a, int aType, void* out, int outType, long long n) {
  const auto same = [](float x) { return x; };
  if (aType == 0 && outType == 1) {
    map(Elements{a, 0}, Elements{out, 1}, n, same);
  } else if (aType == 0) {
    map(Elements{a, 0}, Elements{out, 0}, n, same);
  } else {
    map(Elements{a, 1}, Elements{out, outType}, n, same);
  }
}

KERNEL fill(void* out, int type, float value, long long n) {
  // What is there before is not used, hence not read.
  map(Elements{out, type}, Elements{out, type}, n, [=](float) { return value; });
}

KERNEL multiply(
    void* a, int aType, void* b, int bType, void* out, int outType, long long n) {
  map(Elements{a, aType}, Elements{b, bType}, Elements{out, outType}, n,
      [](float x, float y) { return x * y; });
}

KERNEL add_scaled(void* a, int aType, float factor, void* into, int intoType, long long n) {
  const Elements sum{into, intoType};
  map(Elements{a, aType}, sum, sum, n, [=](float x, float y) { return fmaf(factor, x, y); });
}

KERNEL scale_and_shift(
    void* a, int aType, float factor, float summand, void* out, int outType, long long n) {
  map(Elements{a, aType}, Elements{out, outType}, n,
      [=](float x) { return fmaf(factor, x, summand); });
}

KERNEL inverse_square_root(
    void* a, int aType, float factor, float eps, void* out, int outType, long long n) {
  map(Elements{a, aType}, Elements{out, outType}, n,
      [=](float x) { return rsqrtf(fmaf(factor, x, eps)); });
}

KERNEL relu(void* a, int aType, void* out, int outType, long long n) {
  map(Elements{a, aType}, Elements{out, outType}, n, positive_part);
}

KERNEL positive(void* a, int aType, void* out, int outType, long long n) {
  map(Elements{a, aType}, Elements{out, outType}, n, [](float x) { return x > 0 ? 1.0f : 0.0f; });
}

KERNEL sigmoid(void* a, int aType, void* out, int outType, long long n) {
  map(Elements{a, aType}, Elements{out, outType}, n, [](float x) { return 1 / (1 + expf(-x)); });
}

KERNEL exponential(void* a, int aType, void* out, int outType, long long n) {
  map(Elements{a, aType}, Elements{out, outType}, n, [](float x) { return expf(x); });
}

KERNEL error_function(void* a, int aType, void* out, int outType, long long n) {
  map(Elements{a, aType}, Elements{out, outType}, n, [](float x) { return erff(x); });
}

// As copy: the rows of experts in bfloat16, scaled by their shares.
KERNEL scale_rows(
    void* a, int aType, void* perRow, int perRowType, void* out, int outType, long long rows,
    int columns, int lanes) {
  const auto product = [](float x, float y) { return x * y; };
  if (aType == 1 && perRowType == 0 && outType == 1) {
    map_rows<false>(
        Elements{a, 1}, Elements{perRow, 0}, Elements{out, 1}, rows, columns, lanes, product);
  } else {
    map_rows<false>(
        Elements{a, aType}, Elements{perRow, perRowType}, Elements{out, outType}, rows, columns,
        lanes, product);
  }
}

KERNEL shift_rows(
    void* perRow, int perRowType, void* into, int intoType, long long rows, int columns,
    int lanes) {
  const Elements sum{into, intoType};
  map_rows<false>(
      sum, Elements{perRow, perRowType}, sum, rows, columns, lanes,
      [](float x, float y) { return x + y; });
}

KERNEL scale_columns(
    void* a, int aType, void* perColumn, int perColumnType, void* out, int outType,
    long long rows, int columns, int lanes) {
  map_rows<true>(
      Elements{a, aType}, Elements{perColumn, perColumnType}, Elements{out, outType}, rows, columns,
      lanes, [](float x, float y) { return x * y; });
}

KERNEL sum_over_columns(
    void* a, int aType, void* perRow, int perRowType, long long rows, int columns) {
  const long long row = static_cast<long long>(blockIdx.x) * WARPS + threadIdx.x / WARP;
  if (row >= rows) {
    return;
  }
  const Elements x = Elements{a, aType}.from(row * columns);
  reduce_rows(
      Elements{perRow, perRowType}, row, columns, columns % 4 == 0 && x.aligned(),
      [&](int j) { return x.get(j); }, [&](int j) { return sum4(x.get4(j)); });
}

KERNEL row_dots(
    void* a, int aType, void* b, int bType, void* perRow, int perRowType, long long rows,
    int columns) {
  const long long row = static_cast<long long>(blockIdx.x) * WARPS + threadIdx.x / WARP;
  if (row >= rows) {
    return;
  }
  const Elements x = Elements{a, aType}.from(row * columns);
  const Elements y = Elements{b, bType}.from(row * columns);
  reduce_rows(
      Elements{perRow, perRowType}, row, columns,
      columns % 4 == 0 && x.aligned() && y.aligned(),
      [&](int j) { return x.get(j) * y.get(j); },
      [&](int j) { return dot4(x.get4(j), y.get4(j)); });
}

// Rows of a table by id: taken, added, and brought back from their experts. What moves is counted in
// units: four elements where rows and their addresses allow it, else one. 2^lane_bits neighbouring
// threads go along a row.
#include "common.cuh"

constexpr int THREADS = 256;

// A unit that is copied as it is, of as many bytes as Word has.
template <typename Word>
struct Copied {
  using From = Word;
  using To = Word;
  using Value = Word;
  static __device__ __forceinline__ Value load(const From* row, int unit) { return row[unit]; }
  static __device__ __forceinline__ void store(To* row, int unit, Value x) { row[unit] = x; }
};

// Four neighbours that are computed with.
template <typename A, typename B>
struct Quad {
  using From = A;
  using To = B;
  using Value = float4;
  template <typename T>
  static __device__ __forceinline__ Value load(const T* row, int unit) {
    return load4(row + 4 * unit);
  }
  static __device__ __forceinline__ void store(To* row, int unit, Value x) {
    store4(row + 4 * unit, x);
  }
  static __device__ __forceinline__ Value zero() { return make_float4(0, 0, 0, 0); }
  static __device__ __forceinline__ Value sum(Value a, Value b) {
    return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w);
  }
};

// One element that is computed with.
template <typename A, typename B>
struct Single {
  using From = A;
  using To = B;
  using Value = float;
  template <typename T>
  static __device__ __forceinline__ Value load(const T* row, int unit) {
    return to_float(row[unit]);
  }
  static __device__ __forceinline__ void store(To* row, int unit, Value x) {
    row[unit] = from_float<To>(x);
  }
  static __device__ __forceinline__ Value zero() { return 0; }
  static __device__ __forceinline__ Value sum(Value a, Value b) { return a + b; }
};

constexpr int GATHERED_ROWS = 4;

// out[i] = table[ids[i]]; a thread has loads of four rows under way. Columns are of From and To.
template <typename Unit>
__device__ __forceinline__ void gather(
    const typename Unit::From* table,
    const int* ids,
    typename Unit::To* out,
    int rows,
    int columns,
    int units,
    int lane_bits) {
  const int lanes = 1 << lane_bits;
  const int groups = THREADS >> lane_bits;
  const long long first = static_cast<long long>(blockIdx.x) * groups * GATHERED_ROWS
                          + (threadIdx.x >> lane_bits);
  const typename Unit::From* from[GATHERED_ROWS];
#pragma unroll
  for (int i = 0; i < GATHERED_ROWS; i++) {
    const long long row = first + i * groups;
    from[i] = table + static_cast<long long>(ids[row < rows ? row : rows - 1]) * columns;
  }
  for (int unit = threadIdx.x & (lanes - 1); unit < units; unit += lanes) {
    typename Unit::Value x[GATHERED_ROWS];
#pragma unroll
    for (int i = 0; i < GATHERED_ROWS; i++) {
      x[i] = Unit::load(from[i], unit);
    }
#pragma unroll
    for (int i = 0; i < GATHERED_ROWS; i++) {
      const long long row = first + i * groups;
      if (row < rows) {
        Unit::store(out + row * columns, unit, x[i]);
      }
    }
  }
}

#define COPIED_ROWS(name, Word)                                                                 \
  extern "C" __global__ void __launch_bounds__(THREADS, 4) name(                                   \
      const Word* table, const int* ids, Word* out, int rows, int units, int lane_bits) {       \
    gather<Copied<Word>>(table, ids, out, rows, units, units, lane_bits);                       \
  }

// Where both are of one type; by the bytes of a unit, which divide those of a row.
COPIED_ROWS(copy_rows_16, uint4)
COPIED_ROWS(copy_rows_4, unsigned)
COPIED_ROWS(copy_rows_2, unsigned short)

#define GATHERED(name, From, To)                                                                \
  extern "C" __global__ void __launch_bounds__(THREADS, 4) name(                                   \
      const From* table, const int* ids, To* out, int rows, int columns, int units,             \
      int lane_bits) {                                                                          \
    if (units < columns) {                                                                      \
      gather<Quad<From, To>>(table, ids, out, rows, columns, units, lane_bits);                 \
    } else {                                                                                    \
      gather<Single<From, To>>(table, ids, out, rows, columns, units, lane_bits);               \
    }                                                                                           \
  }

GATHERED(gather_rows_f32_bf16, float, bf16)
GATHERED(gather_rows_bf16_f32, bf16, float)

constexpr int COMBINED_SLOTS = 4;

// into[row] += the sum over ranks of x[slot of the row at this rank], in the order of the ranks.
template <typename Unit>
__device__ __forceinline__ void combine(
    const typename Unit::From* x,
    const int* slots,
    typename Unit::To* into,
    int rows,
    int columns,
    int units,
    int per_row,
    int lane_bits) {
  const int lanes = 1 << lane_bits;
  const long long row = static_cast<long long>(blockIdx.x) * (THREADS >> lane_bits)
                        + (threadIdx.x >> lane_bits);
  if (row >= rows) {
    return;
  }
  slots += row * per_row;
  into += row * columns;
  for (int unit = threadIdx.x & (lanes - 1); unit < units; unit += lanes) {
    const typename Unit::Value before = Unit::load(into, unit);
    typename Unit::Value sum = Unit::zero();
    int rank = 0;
    for (; rank + COMBINED_SLOTS <= per_row; rank += COMBINED_SLOTS) {
      typename Unit::Value loaded[COMBINED_SLOTS];
#pragma unroll
      for (int i = 0; i < COMBINED_SLOTS; i++) {
        loaded[i] = Unit::load(x + static_cast<long long>(slots[rank + i]) * columns, unit);
      }
#pragma unroll
      for (int i = 0; i < COMBINED_SLOTS; i++) {
        sum = Unit::sum(sum, loaded[i]);
      }
    }
    for (; rank < per_row; rank++) {
      sum = Unit::sum(sum, Unit::load(x + static_cast<long long>(slots[rank]) * columns, unit));
    }
    Unit::store(into, unit, Unit::sum(before, sum));
  }
}

// Adds the rows at the first COUNT of these positions, whose loads are all under way before the first
// is added.
template <typename Unit, int COUNT>
__device__ __forceinline__ typename Unit::Value add_rows(
    typename Unit::Value sum,
    const typename Unit::From* rows,
    const int* positions,
    int columns,
    int unit) {
  typename Unit::Value loaded[COUNT];
#pragma unroll
  for (int i = 0; i < COUNT; i++) {
    loaded[i] = Unit::load(rows + static_cast<long long>(positions[i]) * columns, unit);
  }
#pragma unroll
  for (int i = 0; i < COUNT; i++) {
    sum = Unit::sum(sum, loaded[i]);
  }
  return sum;
}

constexpr int ADDED_ROWS = 8;

// How many of the next ids belong to the run.
__device__ __forceinline__ int next_in_run(const int* sorted_ids, int first, int count, int id) {
  int equal = 0;
#pragma unroll
  for (int i = 0; i < ADDED_ROWS; i++) {
    const int at = first + i < count ? first + i : count - 1;
    equal += (first + i < count) & (sorted_ids[at] == id);
  }
  return equal;
}

// table[id] += the rows of one run of equal ids, in the order of their positions. A block where no
// run begins has nothing to do.
template <typename Unit>
__device__ __forceinline__ void add_run(
    const typename Unit::From* rows,
    const int* sorted_ids,
    const int* positions,
    int count,
    int columns,
    int units,
    typename Unit::To* table) {
  int at = blockIdx.x;
  const int id = sorted_ids[at];
  const int unit = blockIdx.y * blockDim.x + threadIdx.x;
  if (unit >= units || (at > 0 && sorted_ids[at - 1] == id)) {
    return;
  }
  table += static_cast<long long>(id) * columns;
  typename Unit::Value sum = Unit::load(table, unit);
  int left = next_in_run(sorted_ids, at, count, id);
  while (left == ADDED_ROWS) {
    sum = add_rows<Unit, ADDED_ROWS>(sum, rows, positions + at, columns, unit);
    at += ADDED_ROWS;
    left = next_in_run(sorted_ids, at, count, id);
  }
  for (; left >= 2; left -= 2, at += 2) {
    sum = add_rows<Unit, 2>(sum, rows, positions + at, columns, unit);
  }
  if (left == 1) {
    sum = add_rows<Unit, 1>(sum, rows, positions + at, columns, unit);
  }
  Unit::store(table, unit, sum);
}

#define ADDED(suffix, From, To)                                                                 \
  extern "C" __global__ void __launch_bounds__(THREADS, 4) combine_##suffix(                       \
      const From* x, const int* slots, To* into, int rows, int columns, int units, int per_row, \
      int lane_bits) {                                                                          \
    if (units < columns) {                                                                      \
      combine<Quad<From, To>>(x, slots, into, rows, columns, units, per_row, lane_bits);        \
    } else {                                                                                    \
      combine<Single<From, To>>(x, slots, into, rows, columns, units, per_row, lane_bits);      \
    }                                                                                           \
  }                                                                                             \
  extern "C" __global__ void __launch_bounds__(THREADS, 4) add_runs_##suffix(                      \
      const From* rows, const int* sorted_ids, const int* positions, int count, int columns,    \
      int units, To* table) {                                                                   \
    if (units < columns) {                                                                      \
      add_run<Quad<From, To>>(rows, sorted_ids, positions, count, columns, units, table);       \
    } else {                                                                                    \
      add_run<Single<From, To>>(rows, sorted_ids, positions, count, columns, units, table);     \
    }                                                                                           \
  }

ADDED(f32_f32, float, float)
ADDED(f32_bf16, float, bf16)
ADDED(bf16_f32, bf16, float)
ADDED(bf16_bf16, bf16, bf16)

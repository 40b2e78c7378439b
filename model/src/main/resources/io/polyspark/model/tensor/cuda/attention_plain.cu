// Causal attention and its gradient by float32 arithmetic, for float32 and for heads that the matrix
// units do not take. The algorithm is that of attention.cu and attention_gradient.cu, on tiles of
// TILE queries and TILE keys in shared memory. Eight threads share a row; each has TILE / 8 of its
// scores, and every eighth of its columns. Two reads of shared memory go with one product, or four
// with ten: about an eighth of the card's float32 rate.
#include "tiles.cuh"

namespace {

constexpr int OF_ROW = 8;
// Columns are worked on in groups; tiles are as many wide, and zero beyond the head.
constexpr int GROUP = 32;
constexpr float LN_2 = 0.6931471805599453f;

// What all kernels here are told, and where their block and thread stand.
template <int TILE>
struct Place {
  int row;
  int lane;
  // Of the tiles in shared memory; rows begin in different banks.
  int width;
  int pitch;

  __device__ explicit Place(int head_size) {
    row = static_cast<int>(threadIdx.x) / OF_ROW;
    lane = static_cast<int>(threadIdx.x) % OF_ROW;
    width = (head_size + GROUP - 1) / GROUP * GROUP;
    pitch = width + 1;
  }

  __device__ int tile_size() const { return TILE * pitch; }
};

__device__ __forceinline__ float row_max(float x) {
#pragma unroll
  for (int distance = OF_ROW / 2; distance > 0; distance /= 2) {
    x = fmaxf(x, __shfl_xor_sync(ALL_LANES, x, distance));
  }
  return x;
}

__device__ __forceinline__ float row_sum(float x) {
#pragma unroll
  for (int distance = OF_ROW / 2; distance > 0; distance /= 2) {
    x += __shfl_xor_sync(ALL_LANES, x, distance);
  }
  return x;
}

template <typename T, int TILE>
__device__ __forceinline__ void read_tile(
    const Place<TILE>& place, float* tile, const T* from, int pitch, int rows, int columns) {
  for (int column = place.lane; column < place.width; column += OF_ROW) {
    tile[place.row * place.pitch + column] = place.row < rows && column < columns
        ? to_float(from[static_cast<long long>(place.row) * pitch + column])
        : 0;
  }
}

template <typename T, int TILE>
__device__ __forceinline__ void write_row(
    const Place<TILE>& place,
    const float* tile,
    float factor,
    T* to,
    int pitch,
    int rows,
    int columns) {
  if (place.row < rows) {
    for (int column = place.lane; column < columns; column += OF_ROW) {
      to[static_cast<long long>(place.row) * pitch + column] =
          from_float<T>(tile[place.row * place.pitch + column] * factor);
    }
  }
}

template <int TILE>
__device__ __forceinline__ void clear(const Place<TILE>& place, float* tile) {
  for (int column = place.lane; column < place.width; column += OF_ROW) {
    tile[place.row * place.pitch + column] = 0;
  }
}

// Products of this thread's row of one tile with rows lane, lane + 8, ... of another.
template <int TILE>
__device__ __forceinline__ void multiply_rows(
    const Place<TILE>& place, const float* a, const float* b, float (&d)[TILE / OF_ROW]) {
#pragma unroll
  for (int j = 0; j < TILE / OF_ROW; j++) {
    d[j] = 0;
  }
  for (int column = 0; column < place.width; column++) {
    const float x = a[place.row * place.pitch + column];
#pragma unroll
    for (int j = 0; j < TILE / OF_ROW; j++) {
      d[j] = fmaf(x, b[(place.lane + OF_ROW * j) * place.pitch + column], d[j]);
    }
  }
}

// sums = factor * sums + factors b in this thread's row; factors [TILE, TILE + 1].
template <int TILE>
__device__ __forceinline__ void add_product(
    const Place<TILE>& place, float* sums, float factor, const float* factors, const float* b) {
  for (int column = place.lane; column < place.width; column += GROUP) {
    float sum[GROUP / OF_ROW];
#pragma unroll
    for (int i = 0; i < GROUP / OF_ROW; i++) {
      sum[i] = sums[place.row * place.pitch + column + OF_ROW * i] * factor;
    }
    for (int k = 0; k < TILE; k++) {
      const float x = factors[place.row * (TILE + 1) + k];
#pragma unroll
      for (int i = 0; i < GROUP / OF_ROW; i++) {
        sum[i] = fmaf(x, b[k * place.pitch + column + OF_ROW * i], sum[i]);
      }
    }
#pragma unroll
    for (int i = 0; i < GROUP / OF_ROW; i++) {
      sums[place.row * place.pitch + column + OF_ROW * i] = sum[i];
    }
  }
}

template <typename T, int TILE>
__device__ __forceinline__ void attend(
    const T* q,
    const T* k,
    const T* v,
    T* out,
    float* log_sums,
    int queries,
    int first,
    int streams,
    int heads,
    int group,
    int head_size,
    float scale,
    int section) {
  DYNAMIC_SHARED(float, q_tile);
  const Place<TILE> place(head_size);
  float* const k_tile = q_tile + place.tile_size();
  float* const v_tile = k_tile + place.tile_size();
  float* const sums = v_tile + place.tile_size();
  float* const p_tile = sums + place.tile_size();

  const HeadTile block = head_tile((queries + TILE - 1) / TILE, streams, section);
  const int row0 = ((queries - 1) / TILE - block.tile) * TILE;
  const int rows = min(TILE, queries - row0);
  const int sequence = block.stream / heads;
  const int head = block.stream % heads;
  const int keys = first + queries;
  const int pitch = heads * head_size;
  const int key_pitch = heads / group * head_size;
  const long long from =
      (static_cast<long long>(sequence) * queries + row0) * pitch + head * head_size;
  const long long key_from =
      static_cast<long long>(sequence) * keys * key_pitch + head / group * head_size;
  const int position = first + row0 + place.row;

  read_tile(place, q_tile, q + from, pitch, rows, head_size);
  clear(place, sums);
  float greatest = -infinity();
  float sum = 0;
  for (int first_key = 0; first_key < first + row0 + rows; first_key += TILE) {
    __syncthreads();
    const long long at = key_from + static_cast<long long>(first_key) * key_pitch;
    read_tile(place, k_tile, k + at, key_pitch, keys - first_key, head_size);
    read_tile(place, v_tile, v + at, key_pitch, keys - first_key, head_size);
    __syncthreads();

    float scores[TILE / OF_ROW];
    multiply_rows(place, q_tile, k_tile, scores);
    float new_greatest = greatest;
#pragma unroll
    for (int j = 0; j < TILE / OF_ROW; j++) {
      const int key = first_key + place.lane + OF_ROW * j;
      scores[j] = key > position ? -infinity() : scores[j];
      new_greatest = fmaxf(new_greatest, scores[j]);
    }
    // Key 0 is the first of every row, hence this is finite from the first tile on.
    new_greatest = row_max(new_greatest);
    const float correction = exp2f((greatest - new_greatest) * scale);
    greatest = new_greatest;
    sum *= correction;
#pragma unroll
    for (int j = 0; j < TILE / OF_ROW; j++) {
      const float p = exp2f((scores[j] - greatest) * scale);
      sum += p;
      p_tile[place.row * (TILE + 1) + place.lane + OF_ROW * j] = p;
    }
    __syncwarp();
    add_product(place, sums, correction, p_tile, v_tile);
  }

  sum = row_sum(sum);
  if (log_sums != nullptr && place.lane == 0 && place.row < rows) {
    log_sums[static_cast<long long>(block.stream) * queries + row0 + place.row] =
        fmaf(greatest, scale, log2f(sum));
  }
  write_row(place, sums, 1 / sum, out + from, pitch, rows, head_size);
}

template <typename T, int TILE>
__device__ __forceinline__ void key_gradient(
    const T* q,
    const T* k,
    const T* v,
    const T* d_out,
    const float* log_sums,
    const float* delta,
    T* d_k,
    T* d_v,
    int positions,
    int streams,
    int heads,
    int group,
    int head_size,
    float scale,
    int section) {
  DYNAMIC_SHARED(float, k_tile);
  const Place<TILE> place(head_size);
  float* const v_tile = k_tile + place.tile_size();
  float* const q_tile = v_tile + place.tile_size();
  float* const d_out_tile = q_tile + place.tile_size();
  float* const d_k_sums = d_out_tile + place.tile_size();
  float* const d_v_sums = d_k_sums + place.tile_size();
  float* const p_tile = d_v_sums + place.tile_size();
  float* const d_s_tile = p_tile + TILE * (TILE + 1);

  const HeadTile block = head_tile((positions + TILE - 1) / TILE, streams, section);
  const int key_heads = heads / group;
  const int sequence = block.stream / key_heads;
  const int key_head = block.stream % key_heads;
  const int first_key = block.tile * TILE;
  const int keys = min(TILE, positions - first_key);
  const int pitch = heads * head_size;
  const int key_pitch = key_heads * head_size;
  const long long key_from =
      (static_cast<long long>(sequence) * positions + first_key) * key_pitch
      + key_head * head_size;

  read_tile(place, k_tile, k + key_from, key_pitch, keys, head_size);
  read_tile(place, v_tile, v + key_from, key_pitch, keys, head_size);
  clear(place, d_k_sums);
  clear(place, d_v_sums);
  for (int head = key_head * group; head < (key_head + 1) * group; head++) {
    const long long of_head = (static_cast<long long>(sequence) * heads + head) * positions;
    for (int query0 = first_key; query0 < positions; query0 += TILE) {
      __syncthreads();
      const long long from =
          (static_cast<long long>(sequence) * positions + query0) * pitch + head * head_size;
      read_tile(place, q_tile, q + from, pitch, positions - query0, head_size);
      read_tile(place, d_out_tile, d_out + from, pitch, positions - query0, head_size);
      __syncthreads();

      float scores[TILE / OF_ROW];
      float d_p[TILE / OF_ROW];
      multiply_rows(place, k_tile, q_tile, scores);
      multiply_rows(place, v_tile, d_out_tile, d_p);
#pragma unroll
      for (int j = 0; j < TILE / OF_ROW; j++) {
        const int at = place.lane + OF_ROW * j;
        const int query = query0 + at;
        const bool seen = query < positions && first_key + place.row <= query;
        const float p = seen ? exp2f(fmaf(scores[j], scale, -log_sums[of_head + query])) : 0;
        p_tile[place.row * (TILE + 1) + at] = p;
        d_s_tile[place.row * (TILE + 1) + at] = seen ? p * (d_p[j] - delta[of_head + query]) : 0;
      }
      __syncwarp();
      add_product(place, d_v_sums, 1, p_tile, d_out_tile);
      add_product(place, d_k_sums, 1, d_s_tile, q_tile);
    }
  }
  write_row(place, d_k_sums, scale * LN_2, d_k + key_from, key_pitch, keys, head_size);
  write_row(place, d_v_sums, 1, d_v + key_from, key_pitch, keys, head_size);
}

template <typename T, int TILE>
__device__ __forceinline__ void query_gradient(
    const T* q,
    const T* k,
    const T* v,
    const T* d_out,
    const float* log_sums,
    const float* delta,
    T* d_q,
    int positions,
    int streams,
    int heads,
    int group,
    int head_size,
    float scale,
    int section) {
  DYNAMIC_SHARED(float, q_tile);
  const Place<TILE> place(head_size);
  float* const d_out_tile = q_tile + place.tile_size();
  float* const k_tile = d_out_tile + place.tile_size();
  float* const v_tile = k_tile + place.tile_size();
  float* const sums = v_tile + place.tile_size();
  float* const d_s_tile = sums + place.tile_size();

  const HeadTile block = head_tile((positions + TILE - 1) / TILE, streams, section);
  const int row0 = ((positions - 1) / TILE - block.tile) * TILE;
  const int rows = min(TILE, positions - row0);
  const int sequence = block.stream / heads;
  const int head = block.stream % heads;
  const int pitch = heads * head_size;
  const int key_pitch = heads / group * head_size;
  const long long from =
      (static_cast<long long>(sequence) * positions + row0) * pitch + head * head_size;
  const long long key_from =
      static_cast<long long>(sequence) * positions * key_pitch + head / group * head_size;
  const long long number = static_cast<long long>(block.stream) * positions + row0 + place.row;
  const float log_sum = place.row < rows ? log_sums[number] : infinity();
  const float of_delta = place.row < rows ? delta[number] : 0;

  read_tile(place, q_tile, q + from, pitch, rows, head_size);
  read_tile(place, d_out_tile, d_out + from, pitch, rows, head_size);
  clear(place, sums);
  for (int first_key = 0; first_key < row0 + rows; first_key += TILE) {
    __syncthreads();
    const long long at = key_from + static_cast<long long>(first_key) * key_pitch;
    read_tile(place, k_tile, k + at, key_pitch, positions - first_key, head_size);
    read_tile(place, v_tile, v + at, key_pitch, positions - first_key, head_size);
    __syncthreads();

    float scores[TILE / OF_ROW];
    float d_p[TILE / OF_ROW];
    multiply_rows(place, q_tile, k_tile, scores);
    multiply_rows(place, d_out_tile, v_tile, d_p);
#pragma unroll
    for (int j = 0; j < TILE / OF_ROW; j++) {
      const int key = place.lane + OF_ROW * j;
      const float p = exp2f(fmaf(scores[j], scale, -log_sum));
      d_s_tile[place.row * (TILE + 1) + key] =
          first_key + key <= row0 + place.row ? p * (d_p[j] - of_delta) : 0;
    }
    __syncwarp();
    add_product(place, sums, 1, d_s_tile, k_tile);
  }
  write_row(place, sums, scale * LN_2, d_q + from, pitch, rows, head_size);
}

// A warp for each head of a row.
template <typename T>
__device__ __forceinline__ void sum_delta(
    const T* out,
    const T* d_out,
    float* delta,
    long long rows_and_heads,
    int positions,
    int heads,
    int head_size) {
  const long long place =
      static_cast<long long>(blockIdx.x) * (blockDim.x / WARP) + threadIdx.x / WARP;
  if (place >= rows_and_heads) {
    return;
  }
  float sum = 0;
  for (int i = threadIdx.x % WARP; i < head_size; i += WARP) {
    const long long at = place * head_size + i;
    sum = fmaf(to_float(out[at]), to_float(d_out[at]), sum);
  }
  sum = warp_sum(sum);
  if (threadIdx.x % WARP == 0) {
    const long long row = place / heads;
    const long long sequence = row / positions;
    delta[(sequence * heads + place % heads) * positions + row % positions] = sum;
  }
}

}  // namespace

// Arguments as those of the kernels of attention.cu and attention_gradient.cu. Blocks of 8 TILE
// threads, one for each of streams and TILE rows; dynamic float32 for tiles of TILE rows of d rounded
// up to 32, and 1: four and one of [TILE, TILE + 1]; six and two; five and one.
#define ATTENTION(TILE, T, SUFFIX)                                                               \
  extern "C" __global__ void __launch_bounds__(OF_ROW * TILE, 1) attention_##TILE##_##SUFFIX(    \
      const T* q, const T* k, const T* v, T* out, float* log_sums, int queries, int first,       \
      int streams, int heads, int group, int head_size, float scale, int section) {              \
    attend<T, TILE>(                                                                             \
        q, k, v, out, log_sums, queries, first, streams, heads, group, head_size, scale,         \
        section);                                                                                \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(OF_ROW * TILE, 1)                                 \
      attention_key_gradient_##TILE##_##SUFFIX(                                                  \
          const T* q, const T* k, const T* v, const T* d_out, const float* log_sums,             \
          const float* delta, T* d_k, T* d_v, int positions, int streams, int heads, int group,  \
          int head_size, float scale, int section) {                                             \
    key_gradient<T, TILE>(                                                                       \
        q, k, v, d_out, log_sums, delta, d_k, d_v, positions, streams, heads, group, head_size,  \
        scale, section);                                                                         \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(OF_ROW * TILE, 1)                                 \
      attention_query_gradient_##TILE##_##SUFFIX(                                                \
          const T* q, const T* k, const T* v, const T* d_out, const float* log_sums,             \
          const float* delta, T* d_q, int positions, int streams, int heads, int group,          \
          int head_size, float scale, int section) {                                             \
    query_gradient<T, TILE>(                                                                     \
        q, k, v, d_out, log_sums, delta, d_q, positions, streams, heads, group, head_size,       \
        scale, section);                                                                         \
  }

#define ATTENTION_OF(T, SUFFIX)                                                                  \
  ATTENTION(8, T, SUFFIX)                                                                        \
  ATTENTION(16, T, SUFFIX)                                                                       \
  ATTENTION(32, T, SUFFIX)                                                                       \
  extern "C" __global__ void __launch_bounds__(256) attention_delta_##SUFFIX(                    \
      const T* out, const T* d_out, float* delta, long long rows_and_heads, int positions,       \
      int heads, int head_size) {                                                                \
    sum_delta(out, d_out, delta, rows_and_heads, positions, heads, head_size);                   \
  }

ATTENTION_OF(float, f32)
ATTENTION_OF(bf16, bf16)

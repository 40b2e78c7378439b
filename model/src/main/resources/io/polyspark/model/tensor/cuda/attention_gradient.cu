// The gradient of attention.cu, with its letters: FlashAttention-2's, in three kernels without
// atomics. With P the softmax, computed again from the kept sums, and delta the rows' sums of
// dOut out:
//   dV = P^T dOut,  dS = P (dOut v^T - delta),  dK = scale dS^T q,  dQ = scale dS k.
// One kernel walks over queries for a tile of keys, and sums over the query heads that share them;
// another walks over keys for a tile of queries. Seven products in all where one pass has five: for
// its sums over keys in a fixed order, that pass would write and read T / 128 partial dQ in float32,
// which takes longer than two products once T is in the thousands.
//
// For dK and dV scores are computed transposed, so that results are the next product's factor where
// they are. Expected on H100 at d = 128, T = 4096: 250 to 300 TFLOP/s in these products; reads of
// shared memory, 40 KB per 16 keys and 32 queries, are the limit.
#include "tiles.cuh"

namespace {

constexpr int WARPS = 4;
constexpr int THREADS = WARPS * WARP;
constexpr int KEYS_OF_BLOCK = WARPS * 16;
constexpr float LN_2 = 0.6931471805599453f;

__device__ __forceinline__ float dot_of_pairs(unsigned x, unsigned y) {
  return fmaf(
      __uint_as_float(x << 16),
      __uint_as_float(y << 16),
      __uint_as_float(x & 0xffff0000u) * __uint_as_float(y & 0xffff0000u));
}

// What one block of the kernel for dK and dV does; results' columns from OUT * blockIdx.y on.
template <int D, int OUT, int QUERIES>
__device__ __forceinline__ void key_gradient(
    const bf16* q,
    const bf16* k,
    const bf16* v,
    const bf16* d_out,
    const float* log_sums,
    const float* delta,
    bf16* d_k,
    bf16* d_v,
    int positions,
    int streams,
    int heads,
    int group,
    int head_size,
    float scale,
    int section) {
  DYNAMIC_SHARED(bf16, k_tile);
  bf16* const v_tile = k_tile + KEYS_OF_BLOCK * D;
  bf16* const q_tiles = v_tile + KEYS_OF_BLOCK * D;
  bf16* const d_out_tiles = q_tiles + 2 * QUERIES * D;
  // Of each stage, the sums of the softmax and then delta.
  float* const rows_tiles = reinterpret_cast<float*>(d_out_tiles + 2 * QUERIES * D);

  const int tiles = (positions + KEYS_OF_BLOCK - 1) / KEYS_OF_BLOCK;
  // The first keys have the most queries.
  const HeadTile place = head_tile(tiles, streams, section);
  const int key_heads = heads / group;
  const int sequence = place.stream / key_heads;
  const int key_head = place.stream % key_heads;
  const int first_key = place.tile * KEYS_OF_BLOCK;
  const int keys = min(KEYS_OF_BLOCK, positions - first_key);
  const int pitch = heads * head_size;
  const int key_pitch = key_heads * head_size;
  const long long key_from =
      (static_cast<long long>(sequence) * positions + first_key) * key_pitch
      + key_head * head_size;

  const int row = threadIdx.x / WARP * 16;
  const int lane = threadIdx.x % WARP;
  const int column = OUT * static_cast<int>(blockIdx.y);
  const int first_tile = first_key / QUERIES;
  const int query_tiles = (positions + QUERIES - 1) / QUERIES;

  const auto copy_queries = [&](int stage, int member, int tile) {
    const int head = key_head * group + member;
    const int first_query = tile * QUERIES;
    const long long from =
        (static_cast<long long>(sequence) * positions + first_query) * pitch + head * head_size;
    copy_tile<QUERIES, D, THREADS>(
        q_tiles + stage * QUERIES * D, q + from, pitch, positions - first_query, head_size);
    copy_tile<QUERIES, D, THREADS>(
        d_out_tiles + stage * QUERIES * D, d_out + from, pitch, positions - first_query, head_size);
    copy_async_commit();
  };
  // This thread's number of those per row. Where there is no query, P is 0.
  const auto number_of_row = [&](int member, int tile) {
    const int query = tile * QUERIES + static_cast<int>(threadIdx.x) % QUERIES;
    const bool is_delta = threadIdx.x >= QUERIES;
    const long long at =
        (static_cast<long long>(sequence) * heads + key_head * group + member) * positions + query;
    return query >= positions ? (is_delta ? 0 : infinity()) : is_delta ? delta[at] : log_sums[at];
  };

  float d_k_sums[1][OUT / 8][4] = {};
  float d_v_sums[1][OUT / 8][4] = {};
  copy_tile<KEYS_OF_BLOCK, D, THREADS>(k_tile, k + key_from, key_pitch, keys, head_size);
  copy_tile<KEYS_OF_BLOCK, D, THREADS>(v_tile, v + key_from, key_pitch, keys, head_size);
  copy_queries(0, 0, first_tile);
  if (threadIdx.x < 2 * QUERIES) {
    rows_tiles[threadIdx.x] = number_of_row(0, first_tile);
  }
  int stage = 0;
  int member = 0;
  int tile = first_tile;
  while (member < group) {
    copy_async_wait<0>();
    // All have come here, hence nobody reads the other stage any more.
    __syncthreads();
    const bool last_of_head = tile + 1 == query_tiles;
    const int next_member = last_of_head ? member + 1 : member;
    const int next_tile = last_of_head ? first_tile : tile + 1;
    float next_number = 0;
    if (next_member < group) {
      copy_queries(1 - stage, next_member, next_tile);
      if (threadIdx.x < 2 * QUERIES) {
        next_number = number_of_row(next_member, next_tile);
      }
    }

    const int query0 = tile * QUERIES;
    const int key0 = first_key + row;
    if (query0 + QUERIES > key0) {
      const bf16* const q_tile = q_tiles + stage * QUERIES * D;
      const bf16* const d_out_tile = d_out_tiles + stage * QUERIES * D;
      const float* const of_rows = rows_tiles + stage * 2 * QUERIES;
      float p[1][QUERIES / 8][4];
      float d_s[1][QUERIES / 8][4];
      multiply_rows<D, 1, QUERIES>(p, k_tile, row, q_tile);
      multiply_rows<D, 1, QUERIES>(d_s, v_tile, row, d_out_tile);
#pragma unroll
      for (int n = 0; n < QUERIES / 8; n++) {
        const int at = 8 * n + lane % 4 * 2;
        const float2 log_sum = *reinterpret_cast<const float2*>(of_rows + at);
        const float2 of_delta = *reinterpret_cast<const float2*>(of_rows + QUERIES + at);
#pragma unroll
        for (int i = 0; i < 4; i++) {
          const bool hidden = key0 + lane / 4 + i / 2 * 8 > query0 + at + i % 2;
          const float power =
              power_of_two(fmaf(p[0][n][i], scale, -(i % 2 == 0 ? log_sum.x : log_sum.y)));
          p[0][n][i] = hidden ? 0 : power;
          d_s[0][n][i] = p[0][n][i] * (d_s[0][n][i] - (i % 2 == 0 ? of_delta.x : of_delta.y));
        }
      }
      add_product<D, OUT, 1, QUERIES>(d_v_sums, p, d_out_tile, column);
      add_product<D, OUT, 1, QUERIES>(d_k_sums, d_s, q_tile, column);
    }

    stage = 1 - stage;
    if (threadIdx.x < 2 * QUERIES) {
      rows_tiles[stage * 2 * QUERIES + threadIdx.x] = next_number;
    }
    member = next_member;
    tile = next_tile;
  }

  // A warp's rows of the keys' and values' tiles are read by no other warp.
  __syncwarp();
#pragma unroll
  for (int n = 0; n < OUT / 8; n++) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const int at = row + lane / 4 + 8 * half;
      const int to = 8 * n + lane % 4 * 2;
      const float* const of_k = d_k_sums[0][n] + 2 * half;
      const float* const of_v = d_v_sums[0][n] + 2 * half;
      store_pair<D>(k_tile, at, to, of_k[0] * (scale * LN_2), of_k[1] * (scale * LN_2));
      store_pair<D>(v_tile, at, to, of_v[0], of_v[1]);
    }
  }
  __syncwarp();
  const long long to = key_from + static_cast<long long>(row) * key_pitch + column;
  const int columns = min(OUT, head_size - column);
  write_tile<16, D>(k_tile, row, d_k + to, key_pitch, keys - row, columns);
  write_tile<16, D>(v_tile, row, d_v + to, key_pitch, keys - row, columns);
}

// What one block of the kernel for dQ does.
template <int D, int M_TILES, int KEYS>
__device__ __forceinline__ void query_gradient(
    const bf16* q,
    const bf16* k,
    const bf16* v,
    const bf16* d_out,
    const float* log_sums,
    const float* delta,
    bf16* d_q,
    int positions,
    int streams,
    int heads,
    int group,
    int head_size,
    float scale,
    int section) {
  constexpr int ROWS_OF_WARP = 16 * M_TILES;
  constexpr int ROWS = WARPS * ROWS_OF_WARP;
  DYNAMIC_SHARED(bf16, q_tile);
  bf16* const d_out_tile = q_tile + ROWS * D;
  bf16* const k_tiles = d_out_tile + ROWS * D;
  bf16* const v_tiles = k_tiles + 2 * KEYS * D;

  const HeadTile place = head_tile((positions + ROWS - 1) / ROWS, streams, section);
  // The last queries have the most keys: they go first.
  const int row0 = ((positions - 1) / ROWS - place.tile) * ROWS;
  const int rows = min(ROWS, positions - row0);
  const int sequence = place.stream / heads;
  const int head = place.stream % heads;
  const int pitch = heads * head_size;
  const int key_pitch = heads / group * head_size;
  const long long from =
      (static_cast<long long>(sequence) * positions + row0) * pitch + head * head_size;
  const long long key_from =
      static_cast<long long>(sequence) * positions * key_pitch + head / group * head_size;
  const int key_tiles = (row0 + rows - 1) / KEYS + 1;
  const int row = threadIdx.x / WARP * ROWS_OF_WARP;
  const int lane = threadIdx.x % WARP;
  const int position = row0 + row;

  const auto copy_keys = [&](int tile) {
    const long long at = key_from + static_cast<long long>(tile) * KEYS * key_pitch;
    const int stage = tile % 2 * KEYS * D;
    const int keys = positions - tile * KEYS;
    copy_tile<KEYS, D, THREADS>(k_tiles + stage, k + at, key_pitch, keys, head_size);
    copy_tile<KEYS, D, THREADS>(v_tiles + stage, v + at, key_pitch, keys, head_size);
    copy_async_commit();
  };
  copy_tile<ROWS, D, THREADS>(q_tile, q + from, pitch, rows, head_size);
  copy_tile<ROWS, D, THREADS>(d_out_tile, d_out + from, pitch, rows, head_size);
  copy_keys(0);

  float log_sum[M_TILES][2];
  float of_delta[M_TILES][2];
#pragma unroll
  for (int m = 0; m < M_TILES; m++) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const int at = row + 16 * m + lane / 4 + 8 * half;
      const long long number = static_cast<long long>(place.stream) * positions + row0 + at;
      log_sum[m][half] = at < rows ? log_sums[number] : infinity();
      of_delta[m][half] = at < rows ? delta[number] : 0;
    }
  }

  float sums[M_TILES][D / 8][4] = {};
  for (int tile = 0; tile < key_tiles; tile++) {
    copy_async_wait<0>();
    // All have come here, hence nobody reads the other stage any more.
    __syncthreads();
    if (tile + 1 < key_tiles) {
      copy_keys(tile + 1);
    }
    const int first_key = tile * KEYS;
    if (first_key < position + ROWS_OF_WARP) {
      const int stage = tile % 2 * KEYS * D;
      float p[M_TILES][KEYS / 8][4];
      float d_s[M_TILES][KEYS / 8][4];
      multiply_rows<D, M_TILES, KEYS>(p, q_tile, row, k_tiles + stage);
      multiply_rows<D, M_TILES, KEYS>(d_s, d_out_tile, row, v_tiles + stage);
#pragma unroll
      for (int m = 0; m < M_TILES; m++) {
#pragma unroll
        for (int n = 0; n < KEYS / 8; n++) {
#pragma unroll
          for (int i = 0; i < 4; i++) {
            const bool hidden = first_key + 8 * n + lane % 4 * 2 + i % 2
                > position + 16 * m + lane / 4 + i / 2 * 8;
            const float power =
                power_of_two(fmaf(p[m][n][i], scale, -log_sum[m][i / 2]));
            d_s[m][n][i] = hidden ? 0 : power * (d_s[m][n][i] - of_delta[m][i / 2]);
          }
        }
      }
      add_product<D, D, M_TILES, KEYS>(sums, d_s, k_tiles + stage, 0);
    }
  }

  // A warp's rows of the queries' tile are read by no other warp.
  __syncwarp();
#pragma unroll
  for (int m = 0; m < M_TILES; m++) {
#pragma unroll
    for (int n = 0; n < D / 8; n++) {
#pragma unroll
      for (int half = 0; half < 2; half++) {
        store_pair<D>(
            q_tile,
            row + 16 * m + lane / 4 + 8 * half,
            8 * n + lane % 4 * 2,
            sums[m][n][2 * half] * (scale * LN_2),
            sums[m][n][2 * half + 1] * (scale * LN_2));
      }
    }
  }
  __syncwarp();
  write_tile<ROWS_OF_WARP, D>(
      q_tile,
      row,
      d_q + from + static_cast<long long>(row) * pitch,
      pitch,
      rows - row,
      head_size);
}

}  // namespace

// delta[B * H, T] = row sums of dOut out, [B * T, H * d], per head: one read of both. lanes: a power
// of two, at least d / 8, each of which takes 16 bytes of a head; rows_and_heads: B * T * H.
extern "C" __global__ void __launch_bounds__(256) attention_delta_bf16(
    const bf16* out,
    const bf16* d_out,
    float* delta,
    long long rows_and_heads,
    int positions,
    int heads,
    int head_size,
    int lanes) {
  const int lane = threadIdx.x % lanes;
  const long long place =
      static_cast<long long>(blockIdx.x) * (blockDim.x / lanes) + threadIdx.x / lanes;
  float sum = 0;
  if (place < rows_and_heads && lane < head_size / 8) {
    const long long at = place * head_size + 8 * lane;
    const uint4 x = *reinterpret_cast<const uint4*>(out + at);
    const uint4 y = *reinterpret_cast<const uint4*>(d_out + at);
    sum = dot_of_pairs(x.x, y.x) + dot_of_pairs(x.y, y.y) + dot_of_pairs(x.z, y.z)
        + dot_of_pairs(x.w, y.w);
  }
  for (int distance = lanes / 2; distance > 0; distance /= 2) {
    sum += __shfl_xor_sync(ALL_LANES, sum, distance);
  }
  if (place < rows_and_heads && lane == 0) {
    const long long row = place / heads;
    const long long sequence = row / positions;
    delta[(sequence * heads + place % heads) * positions + row % positions] = sum;
  }
}

// dK, dV [B * T, H / group * d], overwritten. Arguments as for attention_bf16, streams: B * H / group.
// A block for each of streams * ceil(T / 64), times SPLITS in y; dynamic shared memory for
// 2 * 64 + 4 * QUERIES rows of D and 4 * QUERIES float32.
#define KEY_GRADIENT(D, SPLITS, QUERIES)                                                         \
  extern "C" __global__ void __launch_bounds__(THREADS) attention_key_gradient_##D##_bf16(       \
      const bf16* q, const bf16* k, const bf16* v, const bf16* d_out, const float* log_sums,     \
      const float* delta, bf16* d_k, bf16* d_v, int positions, int streams, int heads,           \
      int group, int head_size, float scale, int section) {                                      \
    key_gradient<D, D / SPLITS, QUERIES>(                                                        \
        q, k, v, d_out, log_sums, delta, d_k, d_v, positions, streams, heads, group, head_size,  \
        scale, section);                                                                         \
  }

KEY_GRADIENT(16, 1, 64)
KEY_GRADIENT(32, 1, 64)
KEY_GRADIENT(64, 1, 64)
KEY_GRADIENT(128, 1, 32)
KEY_GRADIENT(256, 2, 16)

// dQ [B * T, H * d], overwritten. streams: B * H. A block for each of streams * ceil(T / rows), rows
// being 128, or 64 for 256; dynamic shared memory for 2 * rows + 4 * KEYS rows of D.
#define QUERY_GRADIENT(D, M_TILES, KEYS)                                                         \
  extern "C" __global__ void __launch_bounds__(THREADS) attention_query_gradient_##D##_bf16(     \
      const bf16* q, const bf16* k, const bf16* v, const bf16* d_out, const float* log_sums,     \
      const float* delta, bf16* d_q, int positions, int streams, int heads, int group,           \
      int head_size, float scale, int section) {                                                 \
    query_gradient<D, M_TILES, KEYS>(                                                            \
        q, k, v, d_out, log_sums, delta, d_q, positions, streams, heads, group, head_size,       \
        scale, section);                                                                         \
  }

QUERY_GRADIENT(16, 2, 64)
QUERY_GRADIENT(32, 2, 64)
QUERY_GRADIENT(64, 2, 32)
QUERY_GRADIENT(128, 2, 32)
QUERY_GRADIENT(256, 1, 16)

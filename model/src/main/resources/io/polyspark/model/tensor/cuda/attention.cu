// Causal attention of bfloat16 on the matrix units: FlashAttention-2 (arXiv 2205.14135,
// 2307.08691). Letters: B sequences, T positions, H heads, d head size, D the same rounded up to a
// power of two, beyond which tiles are zero.
//
// A block keeps 128 queries of one head (64 where D is 256) and walks over tiles of keys up to the
// diagonal, the next of which arrives meanwhile; scores live in registers, [T, T] nowhere. A warp
// has 32 queries, so that a fragment of keys or values read from shared memory serves two products:
// at 16 these reads, 128 bytes per clock, would be the limit on Hopper.
//
// Arithmetic: 4 d products and sums per query and key, half of the pairs skipped; a block reads 4 d
// bytes per key for 128 queries, 128 operations per byte, far above what L2 gives. Expected of
// mma.sync on H100 at d = 128, T = 4096: 350 to 420 TFLOP/s (its own limit lies near 620).
#include "tiles.cuh"

namespace {

constexpr int WARPS = 4;
constexpr int THREADS = WARPS * WARP;

// One thread's part of 16 * M_TILES rows of the softmax: rows lane / 4 and 8 below, per 16.
template <int M_TILES>
struct Softmax {
  float greatest[M_TILES][2];
  float sum[M_TILES][2];
};

// Over what a quad of lanes holds together: a row of a fragment.
__device__ __forceinline__ float quad_max(float x) {
  x = fmaxf(x, __shfl_xor_sync(ALL_LANES, x, 1));
  return fmaxf(x, __shfl_xor_sync(ALL_LANES, x, 2));
}

__device__ __forceinline__ float quad_sum(float x) {
  x += __shfl_xor_sync(ALL_LANES, x, 1);
  return x + __shfl_xor_sync(ALL_LANES, x, 2);
}

// Hides keys behind the diagonal; position: that of the warp's first row.
template <int M_TILES, int KEYS>
__device__ __forceinline__ void mask(
    float (&scores)[M_TILES][KEYS / 8][4], int position, int first_key) {
  const int lane = threadIdx.x % WARP;
#pragma unroll
  for (int m = 0; m < M_TILES; m++) {
#pragma unroll
    for (int n = 0; n < KEYS / 8; n++) {
#pragma unroll
      for (int i = 0; i < 4; i++) {
        const int query = position + 16 * m + lane / 4 + i / 2 * 8;
        const int key = first_key + 8 * n + lane % 4 * 2 + i % 2;
        scores[m][n][i] = key > query ? -infinity() : scores[m][n][i];
      }
    }
  }
}

// Turns scores into exp(scale * (score - greatest)), and scales what was summed with a lower
// greatest. Key 0 is the first of every row, hence greatest is finite after the first tile. scale:
// times log2(e).
template <int D, int M_TILES, int KEYS>
__device__ __forceinline__ void exponentiate(
    float (&scores)[M_TILES][KEYS / 8][4],
    float (&sums)[M_TILES][D / 8][4],
    Softmax<M_TILES>& softmax,
    float scale) {
  float correction[M_TILES][2];
  bool corrected = false;
#pragma unroll
  for (int m = 0; m < M_TILES; m++) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      float greatest = softmax.greatest[m][half];
#pragma unroll
      for (int n = 0; n < KEYS / 8; n++) {
        greatest = fmaxf(
            greatest, fmaxf(scores[m][n][2 * half], scores[m][n][2 * half + 1]));
      }
      greatest = quad_max(greatest);
      correction[m][half] = power_of_two((softmax.greatest[m][half] - greatest) * scale);
      corrected = corrected || greatest != softmax.greatest[m][half];
      softmax.greatest[m][half] = greatest;
      float sum = softmax.sum[m][half] * correction[m][half];
#pragma unroll
      for (int n = 0; n < KEYS / 8; n++) {
#pragma unroll
        for (int i = 2 * half; i < 2 * half + 2; i++) {
          scores[m][n][i] = power_of_two(fmaf(scores[m][n][i], scale, -greatest * scale));
          sum += scores[m][n][i];
        }
      }
      softmax.sum[m][half] = sum;
    }
  }
  // After a few tiles the greatest score seldom grows.
  if (__any_sync(ALL_LANES, corrected)) {
#pragma unroll
    for (int m = 0; m < M_TILES; m++) {
#pragma unroll
      for (int n = 0; n < D / 8; n++) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
          sums[m][n][i] *= correction[m][i / 2];
        }
      }
    }
  }
}

// Divides by the sums of the softmax and leaves the rows in a tile; log_sums may be null.
template <int D, int M_TILES>
__device__ __forceinline__ void finish(
    const float (&sums)[M_TILES][D / 8][4],
    const Softmax<M_TILES>& softmax,
    float scale,
    bf16* tile,
    int row,
    float* log_sums,
    int rows) {
  const int lane = threadIdx.x % WARP;
#pragma unroll
  for (int m = 0; m < M_TILES; m++) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const float sum = quad_sum(softmax.sum[m][half]);
      const int at = row + 16 * m + lane / 4 + 8 * half;
      if (log_sums != nullptr && lane % 4 == 0 && at < rows) {
        log_sums[at] = fmaf(softmax.greatest[m][half], scale, log2f(sum));
      }
      const float factor = 1 / sum;
#pragma unroll
      for (int n = 0; n < D / 8; n++) {
        store_pair<D>(
            tile,
            at,
            8 * n + lane % 4 * 2,
            sums[m][n][2 * half] * factor,
            sums[m][n][2 * half + 1] * factor);
      }
    }
  }
}

// One block: a tile of queries of one head. See attention_bf16 below.
template <int D, int M_TILES, int KEYS>
__device__ __forceinline__ void attend(
    const bf16* q,
    const bf16* k,
    const bf16* v,
    bf16* out,
    float* log_sums,
    int queries,
    int first,
    int streams,
    int heads,
    int group,
    int head_size,
    float scale,
    int section) {
  constexpr int ROWS_OF_WARP = 16 * M_TILES;
  constexpr int ROWS = WARPS * ROWS_OF_WARP;
  DYNAMIC_SHARED(bf16, q_tile);
  bf16* const k_tiles = q_tile + ROWS * D;
  bf16* const v_tiles = k_tiles + 2 * KEYS * D;

  const HeadTile place = head_tile((queries + ROWS - 1) / ROWS, streams, section);
  // The last tile has the most keys: it goes first.
  const int row0 = ((queries - 1) / ROWS - place.tile) * ROWS;
  const int sequence = place.stream / heads;
  const int head = place.stream % heads;
  const int keys = first + queries;
  const int rows = min(ROWS, queries - row0);
  const int pitch = heads * head_size;
  const int key_pitch = heads / group * head_size;
  const long long from = (static_cast<long long>(sequence) * queries + row0) * pitch
      + head * head_size;
  const long long key_from = static_cast<long long>(sequence) * keys * key_pitch
      + head / group * head_size;
  const int key_tiles = (first + row0 + rows - 1) / KEYS + 1;

  const int row = threadIdx.x / WARP * ROWS_OF_WARP;
  const int position = first + row0 + row;
  float sums[M_TILES][D / 8][4] = {};
  Softmax<M_TILES> softmax;
#pragma unroll
  for (int m = 0; m < M_TILES; m++) {
    softmax.greatest[m][0] = softmax.greatest[m][1] = -infinity();
    softmax.sum[m][0] = softmax.sum[m][1] = 0;
  }

  const auto copy_keys = [&](int tile) {
    const long long at = key_from + static_cast<long long>(tile) * KEYS * key_pitch;
    const int stage = tile % 2 * KEYS * D;
    copy_tile<KEYS, D, THREADS>(k_tiles + stage, k + at, key_pitch, keys - tile * KEYS, head_size);
    copy_tile<KEYS, D, THREADS>(v_tiles + stage, v + at, key_pitch, keys - tile * KEYS, head_size);
  };
  copy_tile<ROWS, D, THREADS>(q_tile, q + from, pitch, rows, head_size);
  copy_keys(0);
  copy_async_commit();
  for (int tile = 0; tile < key_tiles; tile++) {
    copy_async_wait<0>();
    // All have come here, hence nobody reads the other stage any more.
    __syncthreads();
    if (tile + 1 < key_tiles) {
      copy_keys(tile + 1);
      copy_async_commit();
    }
    const int first_key = tile * KEYS;
    if (first_key < position + ROWS_OF_WARP) {
      const int stage = tile % 2 * KEYS * D;
      float scores[M_TILES][KEYS / 8][4];
      multiply_rows<D, M_TILES, KEYS>(scores, q_tile, row, k_tiles + stage);
      if (first_key + KEYS > position + 1) {
        mask<M_TILES, KEYS>(scores, position, first_key);
      }
      exponentiate<D, M_TILES, KEYS>(scores, sums, softmax, scale);
      add_product<D, D, M_TILES, KEYS>(sums, scores, v_tiles + stage, 0);
    }
  }

  // A warp's rows of the queries' tile are read by no other warp.
  __syncwarp();
  finish<D, M_TILES>(
      sums,
      softmax,
      scale,
      q_tile,
      row,
      log_sums == nullptr ? nullptr
                          : log_sums + static_cast<long long>(place.stream) * queries + row0,
      rows);
  __syncwarp();
  write_tile<ROWS_OF_WARP, D>(
      q_tile, row, out + from + row * pitch, pitch, rows - row, head_size);
}

}  // namespace

// out = softmax(scale q k^T + mask) v of every sequence and head.
// q, out: [B * queries, H * d]; k, v: [B * (first + queries), H / group * d]; query i is at
// position first + i. log_sums: [B * H, queries] or null, log2 of the sums of exp. streams: B * H.
// scale: log2(e) / sqrt(d). section: the heads worked on together, whose keys and values fit L2.
// A block for each of streams * ceil(queries / rows); dynamic shared memory for rows + 2 * 64 rows
// of D, rows being 128, or 64 for 256.
#define ATTENTION(D, M_TILES, KEYS)                                                                  \
  extern "C" __global__ void __launch_bounds__(THREADS) attention_##D##_bf16(                    \
      const bf16* q, const bf16* k, const bf16* v, bf16* out, float* log_sums, int queries,      \
      int first, int streams, int heads, int group, int head_size, float scale, int section) {   \
    attend<D, M_TILES, KEYS>(                                                                    \
        q, k, v, out, log_sums, queries, first, streams, heads, group, head_size, scale,         \
        section);                                                                                \
  }

ATTENTION(16, 2, 64)
ATTENTION(32, 2, 64)
ATTENTION(64, 2, 64)
ATTENTION(128, 2, 32)
ATTENTION(256, 1, 32)

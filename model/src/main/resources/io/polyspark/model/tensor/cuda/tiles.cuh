// Tiles of matrices in shared memory and what warps multiply of them, and which tile is a block's.
#pragma once

#include "instructions.cuh"

// Tiles of bfloat16 in shared memory, [ROWS, COLUMNS], COLUMNS a power of two of at least 16. The
// pieces of 16 bytes of a row are permuted so that a piece of eight successive rows lies in all 32
// banks: neither copies nor ldmatrix meet a conflict. Where an element lies whose column is a
// multiple of 8:
template <int COLUMNS>
__device__ __forceinline__ int tile_at(int row, int column) {
  constexpr int PIECES = COLUMNS / 8 < 8 ? COLUMNS / 8 : 8;
  return row * COLUMNS + ((column / 8) ^ (row / (8 / PIECES) % PIECES)) * 8;
}

// Starts the copy of a tile by all threads of a block; what lies beyond the given rows and columns,
// a multiple of 8, becomes zero. pitch: elements between rows, a multiple of 8.
template <int ROWS, int COLUMNS, int THREADS>
__device__ __forceinline__ void copy_tile(
    bf16* tile, const bf16* from, int pitch, int rows, int columns) {
  constexpr int PIECES = COLUMNS / 8;
  constexpr int ROWS_AT_ONCE = THREADS / PIECES;
  static_assert(THREADS % PIECES == 0, "a thread copies from one column");
  const int first = static_cast<int>(threadIdx.x) / PIECES;
  const int column = static_cast<int>(threadIdx.x) % PIECES * 8;
  const int valid_rows = column < columns ? rows : 0;
  from += first * pitch + column;
#pragma unroll
  for (int step = 0; step < ROWS; step += ROWS_AT_ONCE) {
    const int row = step + first;
    if (ROWS % ROWS_AT_ONCE == 0 || row < ROWS) {
      // Where nothing is valid nothing is read, whatever the address.
      copy_async_16_or_zero(tile + tile_at<COLUMNS>(row, column), from, row < valid_rows);
    }
    from += ROWS_AT_ONCE * pitch;
  }
}

// Where a lane's row of an ldmatrix lies: the piece at (row, column) of the 16 x 16 elements whose
// first is at (first_row, first_column), multiples of 16. What depends on the lane is the same for
// all fragments of a tile, and the rest mostly known when this is compiled.
template <int COLUMNS>
__device__ __forceinline__ const bf16* fragment_row(
    const bf16* tile, int first_row, int first_column, int row, int column) {
  return tile + first_row * COLUMNS + row * COLUMNS
      + ((tile_at<COLUMNS>(row, column) - row * COLUMNS) ^ first_column);
}

// The fragment a[16, 16] of mma_bf16 whose first element is (row, column) of a tile.
template <int COLUMNS>
__device__ __forceinline__ void load_a(unsigned (&a)[4], const bf16* tile, int row, int column) {
  const int lane = threadIdx.x % WARP;
  ldmatrix_x4(a, fragment_row<COLUMNS>(tile, row, column, lane % 16, lane / 16 * 8));
}

// As load_a from a tile that holds the transposed matrix, by (column, row) of a.
template <int COLUMNS>
__device__ __forceinline__ void load_a_transposed(
    unsigned (&a)[4], const bf16* tile, int column, int row) {
  const int lane = threadIdx.x % WARP;
  ldmatrix_x4_trans(
      a,
      fragment_row<COLUMNS>(tile, column, row, lane % 8 + lane / 16 * 8, lane / 8 % 2 * 8));
}

__device__ __forceinline__ void pair_of_b(unsigned (&b)[2][2], const unsigned (&both)[4]) {
  b[0][0] = both[0];
  b[0][1] = both[1];
  b[1][0] = both[2];
  b[1][1] = both[3];
}

// Two neighbouring fragments b[16, 8], from a tile that holds rows of 16 numbers to be summed over:
// the transposed b, whose first element is (n, k) of the tile.
template <int COLUMNS>
__device__ __forceinline__ void load_b(unsigned (&b)[2][2], const bf16* tile, int n, int k) {
  const int lane = threadIdx.x % WARP;
  unsigned both[4];
  ldmatrix_x4(
      both, fragment_row<COLUMNS>(tile, n, k, lane % 8 + lane / 16 * 8, lane / 8 % 2 * 8));
  pair_of_b(b, both);
}

// As load_b from a tile that holds b itself, whose first element is (k, n) of the tile.
template <int COLUMNS>
__device__ __forceinline__ void load_b_transposed(
    unsigned (&b)[2][2], const bf16* tile, int k, int n) {
  const int lane = threadIdx.x % WARP;
  unsigned both[4];
  ldmatrix_x4_trans(both, fragment_row<COLUMNS>(tile, k, n, lane % 16, lane / 16 * 8));
  pair_of_b(b, both);
}

// d[16 * M_TILES, N] = a b^T of a warp's rows of one tile, from row on, with the N rows of another,
// both D wide.
template <int D, int M_TILES, int N>
__device__ __forceinline__ void multiply_rows(
    float (&d)[M_TILES][N / 8][4], const bf16* a_tile, int row, const bf16* b_tile) {
#pragma unroll
  for (int m = 0; m < M_TILES; m++) {
#pragma unroll
    for (int n = 0; n < N / 8; n++) {
#pragma unroll
      for (int i = 0; i < 4; i++) {
        d[m][n][i] = 0;
      }
    }
  }
#pragma unroll
  for (int k = 0; k < D; k += 16) {
    unsigned a[M_TILES][4];
#pragma unroll
    for (int m = 0; m < M_TILES; m++) {
      load_a<D>(a[m], a_tile, row + 16 * m, k);
    }
#pragma unroll
    for (int n = 0; n < N; n += 16) {
      unsigned b[2][2];
      load_b<D>(b, b_tile, n, k);
#pragma unroll
      for (int m = 0; m < M_TILES; m++) {
        mma_bf16(d[m][n / 8], a[m], b[0]);
        mma_bf16(d[m][n / 8 + 1], a[m], b[1]);
      }
    }
  }
}

// d[16 * M_TILES, N] += a b, where a [16 * M_TILES, K] is the result of products, whose layout is
// that of a factor, rounded, and b the N columns from column on of a tile of K rows, COLUMNS wide.
template <int COLUMNS, int N, int M_TILES, int K>
__device__ __forceinline__ void add_product(
    float (&d)[M_TILES][N / 8][4],
    const float (&a)[M_TILES][K / 8][4],
    const bf16* b_tile,
    int column) {
#pragma unroll
  for (int k = 0; k < K; k += 16) {
    unsigned rounded[M_TILES][4];
#pragma unroll
    for (int m = 0; m < M_TILES; m++) {
#pragma unroll
      for (int i = 0; i < 4; i++) {
        const float* pair = a[m][k / 8 + i / 2] + i % 2 * 2;
        rounded[m][i] = pack_bf16(pair[0], pair[1]);
      }
    }
#pragma unroll
    for (int n = 0; n < N; n += 16) {
      unsigned b[2][2];
      load_b_transposed<COLUMNS>(b, b_tile, k, column + n);
#pragma unroll
      for (int m = 0; m < M_TILES; m++) {
        mma_bf16(d[m][n / 8], rounded[m], b[0]);
        mma_bf16(d[m][n / 8 + 1], rounded[m], b[1]);
      }
    }
  }
}

// Two neighbours of a tile, at an even column.
template <int COLUMNS>
__device__ __forceinline__ void store_pair(
    bf16* tile, int row, int column, float x, float y) {
  *reinterpret_cast<unsigned*>(tile + tile_at<COLUMNS>(row, column) + column % 8) =
      pack_bf16(x, y);
}

// Writes rows of a tile, those from first on, by one warp; rows and columns as for copy_tile.
template <int ROWS, int COLUMNS>
__device__ __forceinline__ void write_tile(
    const bf16* tile, int first, bf16* to, int pitch, int rows, int columns) {
  constexpr int PIECES = COLUMNS / 8;
  for (int piece = threadIdx.x % WARP; piece < ROWS * PIECES; piece += WARP) {
    const int row = piece / PIECES;
    const int column = piece % PIECES * 8;
    if (row < rows && column < columns) {
      *reinterpret_cast<uint4*>(to + row * pitch + column) =
          *reinterpret_cast<const uint4*>(tile + tile_at<COLUMNS>(first + row, column));
    }
  }
}

// A block's tile of rows and its stream, one head of one sequence. Blocks go through the tiles from
// the first on, and for each through the streams of a section: those whose keys and values share L2.
struct HeadTile {
  int tile;
  int stream;
};

__device__ __forceinline__ HeadTile head_tile(int tiles, int streams, int section) {
  const long long block = blockIdx.x;
  const long long of_section = static_cast<long long>(section) * tiles;
  const int begin = static_cast<int>(block / of_section) * section;
  const int inside = static_cast<int>(block % of_section);
  const int width = min(section, streams - begin);
  return HeadTile{inside / width, begin + inside % width};
}

// Slots [begin, end) of one expert, or no expert, -1.
struct ExpertTile {
  int expert;
  int begin;
  int end;
};

// The tile-th of all experts' tiles of ROWS slots, found by each warp for itself; begins
// [experts + 1]. Every lane of a block calls it.
template <int ROWS>
__device__ __forceinline__ ExpertTile expert_tile(const int* begins, int experts, int tile) {
  const int lane = threadIdx.x % WARP;
  for (int first = 0; first < experts; first += WARP) {
    const int expert = min(first + lane, experts);
    const int begin = begins[expert];
    const int end = begins[min(expert + 1, experts)];
    // The tiles up to and with this lane's expert.
    int tiles = (end - begin + ROWS - 1) / ROWS;
#pragma unroll
    for (int distance = 1; distance < WARP; distance *= 2) {
      const int before = __shfl_up_sync(ALL_LANES, tiles, distance);
      tiles += lane >= distance ? before : 0;
    }
    const unsigned reached = __ballot_sync(ALL_LANES, tiles > tile);
    if (reached != 0) {
      const int found = __ffs(static_cast<int>(reached)) - 1;
      const int before = found == 0 ? 0 : __shfl_sync(ALL_LANES, tiles, found - 1);
      const int last = __shfl_sync(ALL_LANES, end, found);
      const int from = __shfl_sync(ALL_LANES, begin, found) + (tile - before) * ROWS;
      return ExpertTile{first + found, from, min(from + ROWS, last)};
    }
    tile -= __shfl_sync(ALL_LANES, tiles, WARP - 1);
  }
  return ExpertTile{-1, 0, 0};
}

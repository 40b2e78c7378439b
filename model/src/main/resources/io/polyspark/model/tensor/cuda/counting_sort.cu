// A stable counting sort of non-negative 32-bit keys, one digit a pass, that gives the same bits
// every time: a block counts the digits of its tile, one scan over (digit, tile) says where those of
// a tile begin, and the tile's keys are placed in their order. Atomics only count.
#include "common.cuh"

constexpr int TILE_THREADS = 256;
constexpr int TILE_WARPS = TILE_THREADS / WARP;
constexpr int KEYS_PER_LANE = 8;
constexpr int WARP_KEYS = WARP * KEYS_PER_LANE;
constexpr int TILE_KEYS = TILE_WARPS * WARP_KEYS;

__device__ __forceinline__ int digit_of(int key, int shift, int bits) {
  return (key >> shift) & ((1 << bits) - 1);
}

// counts[digit][tile]. Dynamic shared memory: an int for each digit.
extern "C" __global__ void __launch_bounds__(TILE_THREADS)
    digit_counts(const int* keys, int count, int shift, int bits, int* counts) {
  DYNAMIC_SHARED(int, of_tile);
  const int digits = 1 << bits;
  for (int digit = threadIdx.x; digit < digits; digit += TILE_THREADS) {
    of_tile[digit] = 0;
  }
  __syncthreads();
  const long long begin = static_cast<long long>(blockIdx.x) * TILE_KEYS;
#pragma unroll
  for (int i = 0; i < KEYS_PER_LANE; i++) {
    const long long at = begin + i * TILE_THREADS + threadIdx.x;
    if (at < count) {
      atomicAdd(&of_tile[digit_of(keys[at], shift, bits)], 1);
    }
  }
  __syncthreads();
  for (int digit = threadIdx.x; digit < digits; digit += TILE_THREADS) {
    counts[static_cast<long long>(digit) * gridDim.x + blockIdx.x] = of_tile[digit];
  }
}

constexpr int SCAN_THREADS = 1024;
constexpr int SCAN_PER_THREAD = 4;

// The sum over the lanes below, and the lane itself.
__device__ __forceinline__ int warp_inclusive_sum(int x) {
  const int lane = threadIdx.x % WARP;
#pragma unroll
  for (int distance = 1; distance < WARP; distance *= 2) {
    const int below = __shfl_up_sync(ALL_LANES, x, distance);
    x += lane >= distance ? below : 0;
  }
  return x;
}

// Every count becomes the sum of those before it, in place, by one block.
extern "C" __global__ void __launch_bounds__(SCAN_THREADS) exclusive_scan(int* counts, int count) {
  __shared__ int of_warp[SCAN_THREADS / WARP];
  const int lane = threadIdx.x % WARP;
  const int warp = threadIdx.x / WARP;
  int carried = 0;
  for (int begin = 0; begin < count; begin += SCAN_THREADS * SCAN_PER_THREAD) {
    const int first = begin + threadIdx.x * SCAN_PER_THREAD;
    int mine[SCAN_PER_THREAD];
    int sum = 0;
#pragma unroll
    for (int i = 0; i < SCAN_PER_THREAD; i++) {
      mine[i] = first + i < count ? counts[first + i] : 0;
      sum += mine[i];
    }
    const int in_warp = warp_inclusive_sum(sum);
    if (lane == WARP - 1) {
      of_warp[warp] = in_warp;
    }
    __syncthreads();
    if (warp == 0) {
      of_warp[lane] = warp_inclusive_sum(of_warp[lane]);
    }
    __syncthreads();
    int before = carried + in_warp - sum + (warp > 0 ? of_warp[warp - 1] : 0);
#pragma unroll
    for (int i = 0; i < SCAN_PER_THREAD; i++) {
      if (first + i < count) {
        counts[first + i] = before;
      }
      before += mine[i];
    }
    carried += of_warp[SCAN_THREADS / WARP - 1];
    __syncthreads();
  }
}

// The lanes whose digit is this lane's; lanes without a key are nobody's equals.
__device__ __forceinline__ unsigned lanes_with(int digit, bool has_key, int bits) {
  unsigned equal = __ballot_sync(ALL_LANES, has_key);
  for (int bit = 0; bit < bits; bit++) {
    const bool set = (digit >> bit) & 1;
    const unsigned lanes = __ballot_sync(ALL_LANES, set);
    equal &= set ? lanes : ~lanes;
  }
  return equal;
}

// Calls place(place in the sorted order, place in the unsorted order, key) for every key of the tile.
// A warp goes through its stretch in order, so the rank of a key among its equals is the number
// met before plus the number in lower lanes. Dynamic shared memory: an int for each digit and warp.
template <typename Place>
__device__ __forceinline__ void place_tile(
    const int* keys, int count, int shift, int bits, const int* begins, Place place) {
  DYNAMIC_SHARED(int, places);
  const int digits = 1 << bits;
  for (int i = threadIdx.x; i < TILE_WARPS * digits; i += TILE_THREADS) {
    places[i] = 0;
  }
  __syncthreads();

  const int lane = threadIdx.x % WARP;
  const int warp = threadIdx.x / WARP;
  int* met = places + warp * digits;
  const long long first =
      static_cast<long long>(blockIdx.x) * TILE_KEYS + warp * WARP_KEYS + lane;
  int key[KEYS_PER_LANE];
  int rank[KEYS_PER_LANE];
#pragma unroll
  for (int i = 0; i < KEYS_PER_LANE; i++) {
    key[i] = first + i * WARP < count ? keys[first + i * WARP] : 0;
  }
#pragma unroll
  for (int i = 0; i < KEYS_PER_LANE; i++) {
    const bool has_key = first + i * WARP < count;
    const int digit = digit_of(key[i], shift, bits);
    const unsigned equal = lanes_with(digit, has_key, bits);
    const unsigned below = equal & ((1u << lane) - 1);
    const int before = met[digit];
    rank[i] = before + __popc(below);
    __syncwarp();
    if (has_key && below == 0) {
      met[digit] = before + __popc(equal);
    }
    __syncwarp();
  }
  __syncthreads();

  // From how many each warp has to where its first goes.
  for (int digit = threadIdx.x; digit < digits; digit += TILE_THREADS) {
    int begin = begins[static_cast<long long>(digit) * gridDim.x + blockIdx.x];
    for (int w = 0; w < TILE_WARPS; w++) {
      const int of_warp = places[w * digits + digit];
      places[w * digits + digit] = begin;
      begin += of_warp;
    }
  }
  __syncthreads();
#pragma unroll
  for (int i = 0; i < KEYS_PER_LANE; i++) {
    const long long at = first + i * WARP;
    if (at < count) {
      place(met[digit_of(key[i], shift, bits)] + rank[i], static_cast<int>(at), key[i]);
    }
  }
}

// One pass. The positions of the keys before the first pass travel with them; null says that this is
// the first.
extern "C" __global__ void __launch_bounds__(TILE_THREADS) place_by_digit(
    const int* keys,
    const int* positions,
    int count,
    int shift,
    int bits,
    const int* begins,
    int* sorted_keys,
    int* sorted_positions) {
  place_tile(keys, count, shift, bits, begins, [=](int to, int from, int key) {
    sorted_keys[to] = key;
    sorted_positions[to] = positions == nullptr ? from : positions[from];
  });
}

// The only pass of a routing, whose keys are the experts chosen [N * K]: the slot of each choice, the
// row of each slot, what multiplies the slot, and where each expert's slots begin, [E + 1].
extern "C" __global__ void __launch_bounds__(TILE_THREADS) place_slots(
    const int* chosen,
    const float* shares,
    int count,
    int bits,
    int per_row,
    int experts,
    const int* begins,
    int* slots,
    int* row_of_slot,
    float* weights,
    int* begin_of_expert) {
  if (blockIdx.x == 0) {
    for (int expert = threadIdx.x; expert <= experts; expert += TILE_THREADS) {
      begin_of_expert[expert] =
          expert < experts ? begins[static_cast<long long>(expert) * gridDim.x] : count;
    }
  }
  place_tile(chosen, count, 0, bits, begins, [=](int slot, int choice, int) {
    slots[choice] = slot;
    row_of_slot[slot] = choice / per_row;
    weights[slot] = shares[choice];
  });
}

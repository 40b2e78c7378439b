// The router of a mixture of experts, a warp for each row; and the way back of the experts' rows.
#include "common.cuh"

constexpr int ROW_WARPS = 8;
constexpr int THREADS = ROW_WARPS * WARP;

constexpr float LEAST = -3.402823466e38f;

__device__ __forceinline__ long long row_of_warp() {
  return static_cast<long long>(blockIdx.x) * ROW_WARPS + threadIdx.x / WARP;
}

struct Candidate {
  float score;
  int expert;
};

constexpr int NOBODY = 0x7fffffff;

// Larger scores first, of equal ones the lowest expert; anybody before nobody.
__device__ __forceinline__ bool is_before(Candidate a, Candidate b) {
  return b.expert == NOBODY ? a.expert != NOBODY
                            : a.expert != NOBODY
                                  && (a.score > b.score
                                      || (a.score == b.score && a.expert < b.expert));
}

// The first of all lanes' candidates, in every lane.
__device__ __forceinline__ Candidate warp_first(Candidate mine) {
#pragma unroll
  for (int distance = WARP / 2; distance > 0; distance /= 2) {
    const Candidate other = {
        __shfl_xor_sync(ALL_LANES, mine.score, distance),
        __shfl_xor_sync(ALL_LANES, mine.expert, distance)};
    if (is_before(other, mine)) {
      mine = other;
    }
  }
  return mine;
}

// Softmax, log-sum-exp and the K experts of a row. Experts lie across the lanes: item i of a lane is
// expert 32 i + lane. The choice is by logits, whose order is that of the probabilities, so that
// rounding makes no ties; a row that is not a number chooses the first K.
template <int ITEMS>
__device__ __forceinline__ void route_row(
    const float* logits,
    long long rows,
    int experts,
    int per_row,
    int normalized,
    float* probabilities,
    float* log_sum_exp,
    int* chosen,
    float* shares) {
  const long long row = row_of_warp();
  if (row >= rows) {
    return;
  }
  const int lane = threadIdx.x % WARP;
  const float* from = logits + row * experts;
  float score[ITEMS];
  float greatest = LEAST;
#pragma unroll
  for (int i = 0; i < ITEMS; i++) {
    const int expert = i * WARP + lane;
    score[i] = expert < experts ? from[expert] : LEAST;
    greatest = fmaxf(greatest, score[i]);
  }
  greatest = warp_max(greatest);

  float p[ITEMS];
  float sum = 0;
#pragma unroll
  for (int i = 0; i < ITEMS; i++) {
    p[i] = i * WARP + lane < experts ? expf(score[i] - greatest) : 0;
    sum += p[i];
  }
  sum = warp_sum(sum);
  const bool is_number = sum == sum;
#pragma unroll
  for (int i = 0; i < ITEMS; i++) {
    const int expert = i * WARP + lane;
    p[i] /= sum;
    score[i] = is_number ? score[i] : 0;
    if (expert < experts) {
      probabilities[row * experts + expert] = p[i];
    }
  }
  if (lane == 0) {
    log_sum_exp[row] = greatest + logf(sum);
  }

  unsigned taken = 0;
  float divisor = 0;
  for (int rank = 0; rank < per_row; rank++) {
    Candidate best = {0, NOBODY};
    float probability = 0;
#pragma unroll
    for (int i = 0; i < ITEMS; i++) {
      const Candidate candidate = {score[i], i * WARP + lane};
      if (candidate.expert < experts && !(taken >> i & 1) && is_before(candidate, best)) {
        best = candidate;
        probability = p[i];
      }
    }
    best = warp_first(best);
    probability = __shfl_sync(ALL_LANES, probability, best.expert % WARP);
    divisor += probability;
    if (best.expert % WARP == lane) {
      taken |= 1u << (best.expert / WARP);
    }
    if (lane == 0) {
      chosen[row * per_row + rank] = best.expert;
      shares[row * per_row + rank] = probability;
    }
  }
  __syncwarp();
  if (normalized) {
    for (int rank = lane; rank < per_row; rank += WARP) {
      shares[row * per_row + rank] /= divisor;
    }
  }
}

// The gradient of the logits of a row, by way of d, that of its probabilities: what balances the
// experts, the same in every row, and what comes through the weights w_k = p_k / s of its experts,
// dp_k += (dw_k - sum over j of dw_j w_j) / s, where s is the sum of the K, else 1 and without the
// mean. Then dlogit_e = p_e (d_e - sum over j of p_j d_j + z_factor z).
template <int ITEMS>
__device__ __forceinline__ void route_gradient_row(
    const float* probabilities,
    const float* log_sum_exp,
    const float* d_weights,
    const int* chosen,
    const int* slots,
    const int* begins,
    long long rows,
    int experts,
    int per_row,
    int normalized,
    float balance_factor,
    float z_factor,
    float* d_logits) {
  const long long row = row_of_warp();
  if (row >= rows) {
    return;
  }
  const int lane = threadIdx.x % WARP;
  float p[ITEMS];
  float d[ITEMS];
#pragma unroll
  for (int i = 0; i < ITEMS; i++) {
    const int expert = i * WARP + lane;
    const bool exists = expert < experts;
    p[i] = exists ? probabilities[row * experts + expert] : 0;
    d[i] = exists ? balance_factor * static_cast<float>(begins[expert + 1] - begins[expert]) : 0;
  }

  float divisor = 1;
  float mean = 0;
  if (normalized) {
    divisor = 0;
    for (int rank = lane; rank < per_row; rank += WARP) {
      const long long choice = row * per_row + rank;
      const float probability = probabilities[row * experts + chosen[choice]];
      divisor += probability;
      mean += d_weights[slots[choice]] * probability;
    }
    divisor = warp_sum(divisor);
    mean = warp_sum(mean) / divisor;
  }
  for (int first = 0; first < per_row; first += WARP) {
    const bool has_choice = first + lane < per_row;
    const long long choice = row * per_row + first + lane;
    const int expert_here = has_choice ? chosen[choice] : NOBODY;
    const float d_here = has_choice ? (d_weights[slots[choice]] - mean) / divisor : 0;
    for (int rank = 0; rank < WARP && first + rank < per_row; rank++) {
      const int expert = __shfl_sync(ALL_LANES, expert_here, rank);
      const float d_probability = __shfl_sync(ALL_LANES, d_here, rank);
#pragma unroll
      for (int i = 0; i < ITEMS; i++) {
        d[i] += expert == i * WARP + lane ? d_probability : 0;
      }
    }
  }

  float dot = 0;
#pragma unroll
  for (int i = 0; i < ITEMS; i++) {
    dot += p[i] * d[i];
  }
  const float shift = z_factor * log_sum_exp[row] - warp_sum(dot);
#pragma unroll
  for (int i = 0; i < ITEMS; i++) {
    const int expert = i * WARP + lane;
    if (expert < experts) {
      d_logits[row * experts + expert] = p[i] * (d[i] + shift);
    }
  }
}

#define ROUTER_KERNELS(items, blocks)                                                             \
  extern "C" __global__ void __launch_bounds__(THREADS, blocks) route_##items(                    \
      const float* logits, long long rows, int experts, int per_row, int normalized,              \
      float* probabilities, float* log_sum_exp, int* chosen, float* shares) {                     \
    route_row<items>(logits, rows, experts, per_row, normalized, probabilities, log_sum_exp,      \
                     chosen, shares);                                                             \
  }                                                                                               \
  extern "C" __global__ void __launch_bounds__(THREADS, blocks) route_gradient_##items(           \
      const float* probabilities, const float* log_sum_exp, const float* d_weights,               \
      const int* chosen, const int* slots, const int* begins, long long rows, int experts,        \
      int per_row, int normalized, float balance_factor, float z_factor, float* d_logits) {       \
    route_gradient_row<items>(probabilities, log_sum_exp, d_weights, chosen, slots, begins, rows, \
                              experts, per_row, normalized, balance_factor, z_factor, d_logits);  \
  }

// By the experts that a lane holds, a power of two: up to 1,024 experts; and the blocks of a
// multiprocessor that registers must suffice for.
ROUTER_KERNELS(1, 4)
ROUTER_KERNELS(2, 4)
ROUTER_KERNELS(4, 4)
ROUTER_KERNELS(8, 2)
ROUTER_KERNELS(16, 2)
ROUTER_KERNELS(32, 1)

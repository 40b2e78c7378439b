// Cross-entropy of rows of logits, a block for each row. A row is read once for its maximum and the
// sum of its exponentials, and once more for the gradient, by then mostly from the second-level
// cache: the rows that all blocks work on fit there.
#include "common.cuh"

constexpr int THREADS = 512;

// Of a multiprocessor: more would not leave their rows in the cache.
constexpr int BLOCKS = 2;

// Loads of 16 bytes that a thread has under way.
constexpr int QUADS = 4;

constexpr float LEAST = -3.402823466e38f;

// The greatest of the logits met so far, and the sum of exp(logit - greatest) (arXiv 1805.02867).
struct OnlineSum {
  float greatest = LEAST;
  float sum = 0;

  __device__ __forceinline__ void raise(float to) {
    sum *= expf(greatest - to);
    greatest = to;
  }

  __device__ __forceinline__ void add(float x) {
    raise(fmaxf(greatest, x));
    sum += expf(x - greatest);
  }

  template <int COUNT>
  __device__ __forceinline__ void add(const float4 (&x)[COUNT]) {
    float greatest_now = greatest;
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
      greatest_now =
          fmaxf(greatest_now, fmaxf(fmaxf(x[i].x, x[i].y), fmaxf(x[i].z, x[i].w)));
    }
    raise(greatest_now);
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
      sum += (expf(x[i].x - greatest) + expf(x[i].y - greatest))
             + (expf(x[i].z - greatest) + expf(x[i].w - greatest));
    }
  }
};

// Where the accesses of 16 bytes of a row lie. Rows of any width follow each other, so a row begins
// and ends with up to three elements of its own.
struct Span {
  long long begin;
  long long first_quad;
  long long last_quad;
  long long end;

  __device__ __forceinline__ explicit Span(int columns) {
    begin = static_cast<long long>(blockIdx.x) * columns;
    end = begin + columns;
    const long long up = (begin + 3) / 4 * 4;
    first_quad = up < end ? up : end;
    const long long down = end / 4 * 4;
    last_quad = down > first_quad ? down : first_quad;
  }

  // Calls what is given for each element outside the quads, at most one a thread.
  template <typename Visit>
  __device__ __forceinline__ void outside(Visit visit) const {
    const long long before = begin + threadIdx.x;
    if (before < first_quad) {
      visit(before);
    }
    const long long after = last_quad + threadIdx.x - WARP;
    if (threadIdx.x >= WARP && after < end) {
      visit(after);
    }
  }
};

__device__ __forceinline__ OnlineSum sum_of_row(const float* logits, const Span& span) {
  OnlineSum mine;
  long long at = span.first_quad + 4 * threadIdx.x;
  for (; at + 4 * THREADS * (QUADS - 1) < span.last_quad; at += 4 * THREADS * QUADS) {
    float4 x[QUADS];
#pragma unroll
    for (int i = 0; i < QUADS; i++) {
      x[i] = load4(logits + at + 4 * THREADS * i);
    }
    mine.add(x);
  }
  for (; at < span.last_quad; at += 4 * THREADS) {
    const float4 x[1] = {load4(logits + at)};
    mine.add(x);
  }
  span.outside([&](long long element) { mine.add(logits[element]); });
  mine.raise(block_max(mine.greatest));
  mine.sum = block_sum(mine.sum);
  return mine;
}

// The loss of the block's row, log(sum of exp(logit - greatest)) - (logit of the target - greatest).
__device__ __forceinline__ OnlineSum loss_of_row(
    const float* logits, const Span& span, int target, float* losses) {
  // Read by everybody before anybody may write the gradient in its place.
  const float of_target = logits[span.begin + target];
  const OnlineSum row = sum_of_row(logits, span);
  if (threadIdx.x == 0) {
    losses[blockIdx.x] = logf(row.sum) - (of_target - row.greatest);
  }
  return row;
}

// Written past the cache's other lines, which hold rows that are read again.
__device__ __forceinline__ void stream4(float* to, float4 x) {
  __stcs(reinterpret_cast<float4*>(to), x);
}

__device__ __forceinline__ void stream4(bf16* to, float4 x) {
  __stcs(reinterpret_cast<uint2*>(to), make_uint2(pack_bf16(x.x, x.y), pack_bf16(x.z, x.w)));
}

template <typename T>
__device__ __forceinline__ void gradient_of_row(
    const float* logits, const int* targets, int columns, float share, float* losses, T* gradient) {
  const Span span(columns);
  const int target = targets[blockIdx.x];
  const OnlineSum row = loss_of_row(logits, span, target, losses);
  const float factor = share / row.sum;
  const long long target_at = span.begin + target;
  const auto of = [&](float x, long long element) {
    return expf(x - row.greatest) * factor - (element == target_at ? share : 0.0f);
  };
  const auto of_quad = [&](float4 x, long long element) {
    return make_float4(
        of(x.x, element), of(x.y, element + 1), of(x.z, element + 2), of(x.w, element + 3));
  };
  // Downwards, so that what was read last, and is surely in the cache, comes first.
  const long long quads = (span.last_quad - span.first_quad) / 4;
  long long quad = quads - 1 - threadIdx.x;
  for (; quad - THREADS * (QUADS - 1) >= 0; quad -= THREADS * QUADS) {
    float4 x[QUADS];
#pragma unroll
    for (int i = 0; i < QUADS; i++) {
      x[i] = load4(logits + span.first_quad + 4 * (quad - THREADS * i));
    }
#pragma unroll
    for (int i = 0; i < QUADS; i++) {
      const long long at = span.first_quad + 4 * (quad - THREADS * i);
      stream4(gradient + at, of_quad(x[i], at));
    }
  }
  for (; quad >= 0; quad -= THREADS) {
    const long long at = span.first_quad + 4 * quad;
    stream4(gradient + at, of_quad(load4(logits + at), at));
  }
  span.outside([&](long long element) {
    gradient[element] = from_float<T>(of(logits[element], element));
  });
}

// Losses [rows] of logits [rows, columns].
extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)
    cross_entropy(const float* logits, const int* targets, int columns, float* losses) {
  loss_of_row(logits, Span(columns), targets[blockIdx.x], losses);
}

// And the gradient of share times their sum, share * (softmax - one at the target); in float32 it may
// take the logits' place.
extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) cross_entropy_gradient_f32(
    const float* logits, const int* targets, int columns, float share, float* losses,
    float* gradient) {
  gradient_of_row(logits, targets, columns, share, losses, gradient);
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) cross_entropy_gradient_bf16(
    const float* logits, const int* targets, int columns, float share, float* losses,
    bf16* gradient) {
  gradient_of_row(logits, targets, columns, share, losses, gradient);
}

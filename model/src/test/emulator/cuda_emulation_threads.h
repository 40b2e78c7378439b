// Barriers, operations of warps, atomics and loads with cache hints.
#pragma once

inline void __syncthreads(int line = __builtin_LINE()) {
  emulated_barrier(BARRIER_PLAIN, 0, line);
}
inline int __syncthreads_or(int predicate, int line = __builtin_LINE()) {
  return emulated_barrier(BARRIER_OR, predicate, line);
}
inline int __syncthreads_and(int predicate, int line = __builtin_LINE()) {
  return emulated_barrier(BARRIER_AND, predicate, line);
}
inline int __syncthreads_count(int predicate, int line = __builtin_LINE()) {
  return emulated_barrier(BARRIER_COUNT, predicate, line);
}

namespace emulation {

inline void meet(void**) {}

// A shuffle: the lane to read from, or a negative number for one's own value.
template <typename T>
struct Shuffle {
  T value;
  int source;
  T result;

  static void exchange(void** arguments) {
    for (int lane = 0; lane < 32; lane++) {
      auto* mine = static_cast<Shuffle*>(arguments[lane]);
      if (mine == nullptr) {
        continue;
      }
      auto* theirs = mine->source < 0 ? mine : static_cast<Shuffle*>(arguments[mine->source]);
      if (theirs == nullptr) {
        // The value of a lane that has returned is undefined.
        __builtin_memset(&mine->result, 0xFF, sizeof mine->result);
      } else {
        mine->result = theirs->value;
      }
    }
  }
};

template <typename T>
inline T shuffle(unsigned mask, T value, int source, const char* name, int line) {
  Shuffle<T> argument = {value, source, value};
  emulated_warp(mask, &argument, Shuffle<T>::exchange, name, line);
  return argument.result;
}

struct Vote {
  int predicate;
  unsigned ballot;

  static void count(void** arguments) {
    unsigned ballot = 0;
    for (int lane = 0; lane < 32; lane++) {
      auto* vote = static_cast<Vote*>(arguments[lane]);
      ballot |= (vote != nullptr && vote->predicate != 0 ? 1u : 0u) << lane;
    }
    for (int lane = 0; lane < 32; lane++) {
      if (arguments[lane] != nullptr) {
        static_cast<Vote*>(arguments[lane])->ballot = ballot;
      }
    }
  }
};

inline unsigned vote(unsigned mask, int predicate, const char* name, int line) {
  Vote argument = {predicate, 0};
  emulated_warp(mask, &argument, Vote::count, name, line);
  return argument.ballot;
}

template <typename T, T (*combine)(T, T)>
struct Reduction {
  T value;

  static void reduce(void** arguments) {
    T result = T();
    bool first = true;
    for (int lane = 0; lane < 32; lane++) {
      if (arguments[lane] != nullptr) {
        T value = static_cast<Reduction*>(arguments[lane])->value;
        result = first ? value : combine(result, value);
        first = false;
      }
    }
    for (int lane = 0; lane < 32; lane++) {
      if (arguments[lane] != nullptr) {
        static_cast<Reduction*>(arguments[lane])->value = result;
      }
    }
  }
};

template <typename T, T (*combine)(T, T)>
inline T reduce(unsigned mask, T value, const char* name, int line) {
  Reduction<T, combine> argument = {value};
  emulated_warp(mask, &argument, Reduction<T, combine>::reduce, name, line);
  return argument.value;
}

template <typename T>
T sum_of(T x, T y) { return x + y; }
template <typename T>
T least_of(T x, T y) { return y < x ? y : x; }
template <typename T>
T greatest_of(T x, T y) { return x < y ? y : x; }
template <typename T>
T and_of(T x, T y) { return x & y; }
template <typename T>
T or_of(T x, T y) { return x | y; }
template <typename T>
T xor_of(T x, T y) { return x ^ y; }

}  // namespace emulation

inline void __syncwarp(unsigned mask = 0xFFFFFFFF, int line = __builtin_LINE()) {
  int nothing;
  emulated_warp(mask, &nothing, emulation::meet, "__syncwarp", line);
}

template <typename T>
inline T __shfl_sync(unsigned mask, T value, int lane, int width = 32, int line = __builtin_LINE()) {
  int first = static_cast<int>(emulated_lane()) & ~(width - 1);
  return emulation::shuffle(mask, value, first | (lane & (width - 1)), "__shfl_sync", line);
}
template <typename T>
inline T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32, int line = __builtin_LINE()) {
  int lane = static_cast<int>(emulated_lane());
  int source = lane ^ bits;
  // As in hardware: not into a later segment.
  return emulation::shuffle(mask, value, source > (lane | (width - 1)) ? -1 : source, "__shfl_xor_sync", line);
}
template <typename T>
inline T __shfl_down_sync(unsigned mask, T value, unsigned by, int width = 32, int line = __builtin_LINE()) {
  int lane = static_cast<int>(emulated_lane());
  int source = lane + static_cast<int>(by);
  return emulation::shuffle(mask, value, source > (lane | (width - 1)) ? -1 : source, "__shfl_down_sync", line);
}
template <typename T>
inline T __shfl_up_sync(unsigned mask, T value, unsigned by, int width = 32, int line = __builtin_LINE()) {
  int lane = static_cast<int>(emulated_lane());
  int source = lane - static_cast<int>(by);
  return emulation::shuffle(mask, value, source < (lane & ~(width - 1)) ? -1 : source, "__shfl_up_sync", line);
}

inline unsigned __ballot_sync(unsigned mask, int predicate, int line = __builtin_LINE()) {
  return emulation::vote(mask, predicate, "__ballot_sync", line);
}
inline int __any_sync(unsigned mask, int predicate, int line = __builtin_LINE()) {
  return emulation::vote(mask, predicate, "__any_sync", line) != 0;
}
inline int __all_sync(unsigned mask, int predicate, int line = __builtin_LINE()) {
  return emulation::vote(mask, !predicate, "__all_sync", line) == 0;
}
inline unsigned __activemask() { return emulated_live_lanes(); }

#define EMULATED_REDUCTION(name, type, combine)                                                        \
  inline type name(unsigned mask, type value, int line = __builtin_LINE()) {                           \
    return emulation::reduce<type, emulation::combine<type>>(mask, value, #name, line);                \
  }

EMULATED_REDUCTION(__reduce_add_sync, int, sum_of)
EMULATED_REDUCTION(__reduce_add_sync, unsigned, sum_of)
EMULATED_REDUCTION(__reduce_min_sync, int, least_of)
EMULATED_REDUCTION(__reduce_min_sync, unsigned, least_of)
EMULATED_REDUCTION(__reduce_max_sync, int, greatest_of)
EMULATED_REDUCTION(__reduce_max_sync, unsigned, greatest_of)
EMULATED_REDUCTION(__reduce_and_sync, unsigned, and_of)
EMULATED_REDUCTION(__reduce_or_sync, unsigned, or_of)
EMULATED_REDUCTION(__reduce_xor_sync, unsigned, xor_of)
#undef EMULATED_REDUCTION

// Threads run one at a time, so plain accesses are atomic. There is no atomicAdd of floats, on purpose: the order of such
// a sum would change from run to run.
#define EMULATED_ATOMIC(name, type, expression) \
  inline type name(type* address, type value) { \
    type old = *address;                        \
    *address = expression;                      \
    return old;                                 \
  }
#define EMULATED_ATOMICS(type)                                       \
  EMULATED_ATOMIC(atomicAdd, type, old + value)                      \
  EMULATED_ATOMIC(atomicExch, type, value)                           \
  EMULATED_ATOMIC(atomicMin, type, value < old ? value : old)        \
  EMULATED_ATOMIC(atomicMax, type, old < value ? value : old)        \
  EMULATED_ATOMIC(atomicAnd, type, old & value)                      \
  EMULATED_ATOMIC(atomicOr, type, old | value)                       \
  EMULATED_ATOMIC(atomicXor, type, old ^ value)                      \
  inline type atomicCAS(type* address, type expected, type value) {  \
    type old = *address;                                             \
    *address = old == expected ? value : old;                        \
    return old;                                                      \
  }

EMULATED_ATOMICS(int)
EMULATED_ATOMICS(unsigned)
EMULATED_ATOMICS(unsigned long long)
#undef EMULATED_ATOMICS
EMULATED_ATOMIC(atomicSub, int, old - value)
EMULATED_ATOMIC(atomicSub, unsigned, old - value)
EMULATED_ATOMIC(atomicInc, unsigned, old >= value ? 0 : old + 1)
EMULATED_ATOMIC(atomicExch, float, value)
#undef EMULATED_ATOMIC

inline void __threadfence() {}
inline void __threadfence_block() {}
inline void __threadfence_system() {}
inline void __nanosleep(unsigned) {}

#define EMULATED_LOAD(name) \
  template <typename T>     \
  inline T name(const T* address) { return *address; }
#define EMULATED_STORE(name) \
  template <typename T>      \
  inline void name(T* address, T value) { *address = value; }

EMULATED_LOAD(__ldg)
EMULATED_LOAD(__ldca)
EMULATED_LOAD(__ldcg)
EMULATED_LOAD(__ldcs)
EMULATED_LOAD(__ldcv)
EMULATED_LOAD(__ldlu)
EMULATED_STORE(__stcg)
EMULATED_STORE(__stcs)
EMULATED_STORE(__stwb)
EMULATED_STORE(__stwt)
#undef EMULATED_LOAD
#undef EMULATED_STORE

inline long long clock64() { return emulated_clock(); }
inline void __trap() { emulated_fail("__trap", 0); }

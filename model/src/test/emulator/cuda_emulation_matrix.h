// The warp-level instructions that common.cuh wraps in PTX on a card: products of small matrices, loads of their
// fragments and asynchronous copies. Layouts: PTX ISA, "Matrix fragments for mma.m16n8k16 with floating point type",
// "... for mma.m16n8k8" and "Warp-level matrix load instruction: ldmatrix".
#pragma once

namespace emulation {

struct Product {
  float* d;
  const unsigned* a;
  const unsigned* b;
};

// Adds a (16, K) times b (K, 8) to d (16, 8). Exact products, summed in double precision before one rounding: the cards
// keep more bits than float32 within an instruction, too, though fewer.
template <int K, typename LoadA, typename LoadB>
inline void multiply(void** arguments, LoadA load_a, LoadB load_b) {
  float a[16][K], b[K][8];
  for (int lane = 0; lane < 32; lane++) {
    auto* product = static_cast<Product*>(arguments[lane]);
    if (product == nullptr) {
      emulated_fail("a lane is missing from a matrix product", 0);
    }
    load_a(a, product->a, lane >> 2, lane & 3);
    load_b(b, product->b, lane >> 2, lane & 3);
  }
  for (int lane = 0; lane < 32; lane++) {
    float* d = static_cast<Product*>(arguments[lane])->d;
    for (int i = 0; i < 4; i++) {
      int row = (lane >> 2) + (i >= 2 ? 8 : 0);
      int column = (lane & 3) * 2 + (i & 1);
      double sum = 0;
      for (int k = 0; k < K; k++) {
        sum += static_cast<double>(a[row][k]) * b[k][column];
      }
      d[i] = static_cast<float>(d[i] + sum);
    }
  }
}

inline float low_bf16(unsigned pair) { return __uint_as_float(pair << 16); }
inline float high_bf16(unsigned pair) { return __uint_as_float(pair & 0xFFFF0000u); }
// The hardware ignores the lowest 13 bits.
inline float tf32(unsigned bits) { return __uint_as_float(bits & 0xFFFFE000u); }

inline void multiply_bf16(void** arguments) {
  multiply<16>(
      arguments,
      [](float (&a)[16][16], const unsigned* r, int group, int within) {
        for (int i = 0; i < 4; i++) {
          int row = group + (i % 2 == 1 ? 8 : 0);
          int column = within * 2 + (i >= 2 ? 8 : 0);
          a[row][column] = low_bf16(r[i]);
          a[row][column + 1] = high_bf16(r[i]);
        }
      },
      [](float (&b)[16][8], const unsigned* r, int group, int within) {
        for (int i = 0; i < 2; i++) {
          int row = within * 2 + i * 8;
          b[row][group] = low_bf16(r[i]);
          b[row + 1][group] = high_bf16(r[i]);
        }
      });
}

inline void multiply_tf32(void** arguments) {
  multiply<8>(
      arguments,
      [](float (&a)[16][8], const unsigned* r, int group, int within) {
        for (int i = 0; i < 4; i++) {
          a[group + (i % 2 == 1 ? 8 : 0)][within + (i >= 2 ? 4 : 0)] = tf32(r[i]);
        }
      },
      [](float (&b)[8][8], const unsigned* r, int group, int within) {
        for (int i = 0; i < 2; i++) {
          b[within + i * 4][group] = tf32(r[i]);
        }
      });
}

struct MatrixLoad {
  const unsigned short* row;
  unsigned* r;
};

// Lane i of the 8 lanes of a matrix passes the address of its row i; each lane gets two neighbours of row lane / 4.
template <int MATRICES, bool TRANSPOSED>
inline void load_matrices(void** arguments) {
  for (int lane = 0; lane < 32; lane++) {
    auto* load = static_cast<MatrixLoad*>(arguments[lane]);
    if (load == nullptr) {
      emulated_fail("a lane is missing from a load of matrices", 0);
    }
    for (int matrix = 0; matrix < MATRICES; matrix++) {
      unsigned pair = 0;
      for (int i = 0; i < 2; i++) {
        int row = TRANSPOSED ? (lane & 3) * 2 + i : lane >> 2;
        int column = TRANSPOSED ? lane >> 2 : (lane & 3) * 2 + i;
        unsigned element = static_cast<MatrixLoad*>(arguments[matrix * 8 + row])->row[column];
        pair |= element << 16 * i;
      }
      load->r[matrix] = pair;
    }
  }
}

template <int MATRICES, bool TRANSPOSED>
inline void ldmatrix(unsigned (&r)[MATRICES], const void* row, const char* name, int line) {
  if (static_cast<int>(emulated_lane()) < MATRICES * 8 && reinterpret_cast<size_t>(row) % 16 != 0) {
    emulated_fail("the address of a row is no multiple of 16", line);
  }
  MatrixLoad argument = {static_cast<const unsigned short*>(row), r};
  emulated_warp(0xFFFFFFFF, &argument, load_matrices<MATRICES, TRANSPOSED>, name, line);
}

}  // namespace emulation

inline void mma_bf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], int line = __builtin_LINE()) {
  emulation::Product argument = {d, a, b};
  emulated_warp(0xFFFFFFFF, &argument, emulation::multiply_bf16, "mma_bf16", line);
}

inline void mma_tf32(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], int line = __builtin_LINE()) {
  emulation::Product argument = {d, a, b};
  emulated_warp(0xFFFFFFFF, &argument, emulation::multiply_tf32, "mma_tf32", line);
}

inline void ldmatrix_x4(unsigned (&r)[4], const void* shared_row, int line = __builtin_LINE()) {
  emulation::ldmatrix<4, false>(r, shared_row, "ldmatrix_x4", line);
}
inline void ldmatrix_x4_trans(unsigned (&r)[4], const void* shared_row, int line = __builtin_LINE()) {
  emulation::ldmatrix<4, true>(r, shared_row, "ldmatrix_x4_trans", line);
}
inline void ldmatrix_x2(unsigned (&r)[2], const void* shared_row, int line = __builtin_LINE()) {
  emulation::ldmatrix<2, false>(r, shared_row, "ldmatrix_x2", line);
}
inline void ldmatrix_x2_trans(unsigned (&r)[2], const void* shared_row, int line = __builtin_LINE()) {
  emulation::ldmatrix<2, true>(r, shared_row, "ldmatrix_x2_trans", line);
}

inline void copy_async_16(void* shared, const void* global, int line = __builtin_LINE()) {
  emulated_copy_async(shared, global, true, line);
}
inline void copy_async_16_or_zero(void* shared, const void* global, bool valid, int line = __builtin_LINE()) {
  emulated_copy_async(shared, global, valid, line);
}
inline void copy_async_commit() {
  emulated_copy_commit();
}
template <int GROUPS_LEFT>
inline void copy_async_wait() {
  emulated_copy_wait(GROUPS_LEFT);
}

// A product of matrices as the emulated cublasLt computes it.
#pragma once

#include <cstdint>

namespace emulation {

// cudaDataType_t.
enum Type { R_32F = 0, R_16BF = 14 };

// An operand, already turned as its description says; strides in elements.
struct Operand {
  const void* start;
  Type type;
  std::int64_t row_stride;
  std::int64_t column_stride;
  std::int64_t batch_stride;
};

// d (rows, columns) = alpha a (rows, inner) b (inner, columns) + beta c, for each of a batch.
struct Product {
  float alpha, beta;
  Operand a, b, c, d;
  std::int64_t rows, columns, inner;
  std::int32_t batch;
  // Bits of the significand of a and b that take part, beyond the leading one: 23, or 10 for TF32.
  int kept_bits;
};

void multiply(const Product& product);

}  // namespace emulation

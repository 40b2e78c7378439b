// Sums in float32, one product after another in the order of the inner dimension.
#include "cublaslt_product.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace emulation {

namespace {

// Tiles of d stay in registers over the inner dimension.
constexpr std::int64_t TILE_ROWS = 64;
constexpr std::int64_t TILE_COLUMNS = 4;

// One matrix of a batch.
class Matrix {
 public:
  Matrix(const Operand& operand, std::int64_t number)
      : operand_(operand), first_(number * operand.batch_stride) {}

  float get(std::int64_t row, std::int64_t column) const {
    std::int64_t at = index(row, column);
    if (operand_.type == R_32F) {
      return static_cast<const float*>(operand_.start)[at];
    }
    std::uint32_t bits = static_cast<std::uint32_t>(static_cast<const std::uint16_t*>(operand_.start)[at]) << 16;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }

  void put(std::int64_t row, std::int64_t column, float value) const {
    void* start = const_cast<void*>(operand_.start);
    std::int64_t at = index(row, column);
    if (operand_.type == R_32F) {
      static_cast<float*>(start)[at] = value;
      return;
    }
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    // To the nearest, ties to even; a NaN stays one.
    bits = std::isnan(value) ? bits | 0x400000 : bits + 0x7FFF + (bits >> 16 & 1);
    static_cast<std::uint16_t*>(start)[at] = static_cast<std::uint16_t>(bits >> 16);
  }

 private:
  std::int64_t index(std::int64_t row, std::int64_t column) const {
    return first_ + row * operand_.row_stride + column * operand_.column_stride;
  }

  const Operand& operand_;
  std::int64_t first_;
};

// To the nearest with so many bits behind the leading one, ties to even.
float rounded(float value, int kept_bits) {
  int dropped = 23 - kept_bits;
  if (dropped == 0 || !std::isfinite(value)) {
    return value;
  }
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  bits += (1u << (dropped - 1)) - 1 + (bits >> dropped & 1);
  bits &= ~((1u << dropped) - 1);
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// Columns of b in groups of TILE_COLUMNS, each by rows.
std::vector<float> pack_b(const Product& product, const Matrix& b) {
  std::int64_t groups = (product.columns + TILE_COLUMNS - 1) / TILE_COLUMNS;
  std::vector<float> packed(static_cast<std::size_t>(groups * TILE_COLUMNS * product.inner));
  for (std::int64_t column = 0; column < product.columns; column++) {
    float* group = packed.data() + column / TILE_COLUMNS * TILE_COLUMNS * product.inner + column % TILE_COLUMNS;
    for (std::int64_t k = 0; k < product.inner; k++) {
      group[k * TILE_COLUMNS] = rounded(b.get(k, column), product.kept_bits);
    }
  }
  return packed;
}

using Tile = float[TILE_COLUMNS][TILE_ROWS];

void sum_tile(Tile& sums, const float* a, const float* b, std::int64_t inner) {
  std::memset(sums, 0, sizeof sums);
  for (std::int64_t k = 0; k < inner; k++) {
    for (int j = 0; j < TILE_COLUMNS; j++) {
      for (int i = 0; i < TILE_ROWS; i++) {
        sums[j][i] += a[k * TILE_ROWS + i] * b[k * TILE_COLUMNS + j];
      }
    }
  }
}

void put_tile(const Product& product, const Tile& sums, const Matrix& c, const Matrix& d, std::int64_t row,
              std::int64_t column) {
  for (std::int64_t j = 0; j < std::min(TILE_COLUMNS, product.columns - column); j++) {
    for (std::int64_t i = 0; i < std::min(TILE_ROWS, product.rows - row); i++) {
      float result = product.alpha * sums[j][i];
      // With a beta of zero c is not read.
      d.put(row + i, column + j, product.beta == 0 ? result : result + product.beta * c.get(row + i, column + j));
    }
  }
}

void multiply_one(const Product& product, std::int64_t number) {
  Matrix a(product.a, number), b(product.b, number), c(product.c, number), d(product.d, number);
  std::vector<float> packed_b = pack_b(product, b);
  std::vector<float> packed_a(static_cast<std::size_t>(TILE_ROWS * product.inner));
  Tile sums;
  for (std::int64_t row = 0; row < product.rows; row += TILE_ROWS) {
    for (std::int64_t k = 0; k < product.inner; k++) {
      for (std::int64_t i = 0; i < std::min(TILE_ROWS, product.rows - row); i++) {
        packed_a[k * TILE_ROWS + i] = rounded(a.get(row + i, k), product.kept_bits);
      }
    }
    for (std::int64_t column = 0; column < product.columns; column += TILE_COLUMNS) {
      sum_tile(sums, packed_a.data(), packed_b.data() + column * product.inner, product.inner);
      put_tile(product, sums, c, d, row, column);
    }
  }
}

}  // namespace

void multiply(const Product& product) {
  for (std::int64_t number = 0; number < product.batch; number++) {
    multiply_one(product, number);
  }
}

}  // namespace emulation

// cublasLt's matrices and products, of float32 and bfloat16 on the host.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <new>
#include <utility>

#include "cublaslt_product.h"

#define CUBLASLT_API extern "C" __attribute__((visibility("default"))) int

extern "C" int emulated_submit(void* stream, int (*run)(void* arguments), void* arguments, void (*release)(void* arguments));
extern "C" bool emulated_on_device(const void* address, std::size_t bytes);

using namespace emulation;

namespace {

enum Result { SUCCESS = 0, INVALID_VALUE = 7, EXECUTION_FAILED = 13, NOT_SUPPORTED = 15 };
enum Compute { COMPUTE_32F = 68, COMPUTE_32F_PEDANTIC = 69, COMPUTE_32F_FAST_16BF = 75, COMPUTE_32F_FAST_TF32 = 77 };

// cublasLtMatmulDescAttributes_t and cublasLtMatrixLayoutAttribute_t, as far as they are known here.
struct Description {
  std::int32_t compute = COMPUTE_32F;
  std::int32_t scale = R_32F;
  std::int32_t pointer_mode = 0;
  std::int32_t transpose_a = 0;
  std::int32_t transpose_b = 0;
  std::int32_t epilogue = 1;

  std::int32_t* attribute(int name) {
    switch (name) {
      case 0:
        return &compute;
      case 1:
        return &scale;
      case 2:
        return &pointer_mode;
      case 3:
        return &transpose_a;
      case 4:
        return &transpose_b;
      case 7:
        return &epilogue;
      default:
        return nullptr;
    }
  }
};

struct Layout {
  std::int32_t type;
  std::int32_t row_major = 0;
  std::uint64_t rows;
  std::uint64_t columns;
  std::int64_t leading;
  std::int32_t batch = 1;
  std::int64_t batch_stride = 0;

  // The attribute's place and size.
  std::pair<void*, std::size_t> attribute(int name) {
    switch (name) {
      case 0:
        return {&type, 4};
      case 1:
        return {&row_major, 4};
      case 2:
        return {&rows, 8};
      case 3:
        return {&columns, 8};
      case 4:
        return {&leading, 8};
      case 5:
        return {&batch, 4};
      case 6:
        return {&batch_stride, 8};
      default:
        return {nullptr, 0};
    }
  }

  std::size_t element_bytes() const { return type == R_32F ? 4 : 2; }
  std::int64_t row_stride() const { return row_major ? leading : 1; }
  std::int64_t column_stride() const { return row_major ? 1 : leading; }
  Operand operand(const void* start, bool transposed) const {
    return {start, static_cast<Type>(type), transposed ? column_stride() : row_stride(),
            transposed ? row_stride() : column_stride(), batch_stride};
  }
  bool valid() const {
    return (type == R_32F || type == R_16BF) && (row_major == 0 || row_major == 1) && rows > 0 && columns > 0 &&
           leading >= static_cast<std::int64_t>(row_major ? columns : rows) && batch >= 1;
  }
  bool lies_on_device(const void* start) const {
    std::int64_t last = (static_cast<std::int64_t>(rows) - 1) * row_stride() +
                        (static_cast<std::int64_t>(columns) - 1) * column_stride() + (batch - 1) * batch_stride;
    return emulated_on_device(start, (last + 1) * element_bytes());
  }
};

// The preferences guide a choice, and there is but one algorithm.
struct Preference {};

int run(void* product) {
  multiply(*static_cast<Product*>(product));
  return 0;
}

bool consistent(const Description& description, const Layout& a, const Layout& b, const Layout& c, const Layout& d) {
  auto rows = [](const Layout& layout, int transpose) { return transpose != 0 ? layout.columns : layout.rows; };
  auto columns = [](const Layout& layout, int transpose) { return transpose != 0 ? layout.rows : layout.columns; };
  return a.valid() && b.valid() && c.valid() && d.valid() && rows(a, description.transpose_a) == d.rows &&
         columns(a, description.transpose_a) == rows(b, description.transpose_b) &&
         columns(b, description.transpose_b) == d.columns && c.rows == d.rows && c.columns == d.columns &&
         a.batch == d.batch && b.batch == d.batch && c.batch == d.batch;
}

bool supported(const Description& description, const Layout& a, const Layout& b, const Layout& c, const Layout& d) {
  bool compute = description.compute == COMPUTE_32F || description.compute == COMPUTE_32F_PEDANTIC ||
                 description.compute == COMPUTE_32F_FAST_16BF || description.compute == COMPUTE_32F_FAST_TF32;
  return compute && description.scale == R_32F && description.pointer_mode == 0 && description.epilogue == 1 &&
         a.type == b.type && c.type == d.type && (a.type == R_16BF || d.type == R_32F);
}

}  // namespace

CUBLASLT_API cublasLtCreate(void** handle) {
  *handle = new int;
  return SUCCESS;
}

CUBLASLT_API cublasLtDestroy(void* handle) {
  delete static_cast<int*>(handle);
  return SUCCESS;
}

extern "C" __attribute__((visibility("default"))) std::size_t cublasLtGetVersion() {
  return 130200;
}

// The forms that end in Init, inline in cublasLt.h, make an object where the caller has the room for it.
CUBLASLT_API cublasLtMatmulDescInit_internal(void* room, std::size_t bytes, int compute, int scale) {
  if (bytes < sizeof(Description)) {
    return INVALID_VALUE;
  }
  auto* description = new (room) Description;
  description->compute = compute;
  description->scale = scale;
  return SUCCESS;
}

CUBLASLT_API cublasLtMatmulDescCreate(Description** description, int compute, int scale) {
  *description = new Description;
  return cublasLtMatmulDescInit_internal(*description, sizeof(Description), compute, scale);
}

CUBLASLT_API cublasLtMatmulDescDestroy(Description* description) {
  delete description;
  return SUCCESS;
}

CUBLASLT_API cublasLtMatmulDescSetAttribute(Description* description, int name, const void* value, std::size_t bytes) {
  std::int32_t* attribute = description->attribute(name);
  if (attribute == nullptr || bytes != sizeof *attribute) {
    return attribute == nullptr ? NOT_SUPPORTED : INVALID_VALUE;
  }
  std::int32_t before = *attribute;
  std::memcpy(attribute, value, bytes);
  if (description->transpose_a < 0 || description->transpose_a > 2 || description->transpose_b < 0 ||
      description->transpose_b > 2) {
    *attribute = before;
    return INVALID_VALUE;
  }
  return SUCCESS;
}

CUBLASLT_API cublasLtMatmulDescGetAttribute(Description* description, int name, void* value, std::size_t bytes,
                                            std::size_t* written) {
  std::int32_t* attribute = description->attribute(name);
  if (attribute == nullptr || bytes < sizeof *attribute) {
    return attribute == nullptr ? NOT_SUPPORTED : INVALID_VALUE;
  }
  std::memcpy(value, attribute, sizeof *attribute);
  if (written != nullptr) {
    *written = sizeof *attribute;
  }
  return SUCCESS;
}

CUBLASLT_API cublasLtMatrixLayoutInit_internal(void* room, std::size_t bytes, int type, std::uint64_t rows,
                                               std::uint64_t columns, std::int64_t leading) {
  if (bytes < sizeof(Layout)) {
    return INVALID_VALUE;
  }
  auto* layout = new (room) Layout;
  layout->type = type;
  layout->rows = rows;
  layout->columns = columns;
  layout->leading = leading;
  return SUCCESS;
}

CUBLASLT_API cublasLtMatrixLayoutCreate(Layout** layout, int type, std::uint64_t rows, std::uint64_t columns,
                                        std::int64_t leading) {
  *layout = new Layout;
  return cublasLtMatrixLayoutInit_internal(*layout, sizeof(Layout), type, rows, columns, leading);
}

CUBLASLT_API cublasLtMatrixLayoutDestroy(Layout* layout) {
  delete layout;
  return SUCCESS;
}

CUBLASLT_API cublasLtMatrixLayoutSetAttribute(Layout* layout, int name, const void* value, std::size_t bytes) {
  auto [attribute, size] = layout->attribute(name);
  if (attribute == nullptr || bytes != size) {
    return attribute == nullptr ? NOT_SUPPORTED : INVALID_VALUE;
  }
  std::memcpy(attribute, value, bytes);
  return SUCCESS;
}

CUBLASLT_API cublasLtMatrixLayoutGetAttribute(Layout* layout, int name, void* value, std::size_t bytes,
                                              std::size_t* written) {
  auto [attribute, size] = layout->attribute(name);
  if (attribute == nullptr || bytes < size) {
    return attribute == nullptr ? NOT_SUPPORTED : INVALID_VALUE;
  }
  std::memcpy(value, attribute, size);
  if (written != nullptr) {
    *written = size;
  }
  return SUCCESS;
}

CUBLASLT_API cublasLtMatmulPreferenceInit_internal(void*, std::size_t) {
  return SUCCESS;
}

CUBLASLT_API cublasLtMatmulPreferenceCreate(Preference** preference) {
  *preference = new Preference;
  return SUCCESS;
}

CUBLASLT_API cublasLtMatmulPreferenceDestroy(Preference* preference) {
  delete preference;
  return SUCCESS;
}

CUBLASLT_API cublasLtMatmulPreferenceSetAttribute(Preference*, int, const void*, std::size_t) {
  return SUCCESS;
}

// cublasLtMatmulHeuristicResult_t.
struct Heuristic {
  std::uint64_t algorithm[8];
  std::size_t workspace_bytes;
  std::int32_t state;
  float waves;
  std::int32_t reserved[4];
};

CUBLASLT_API cublasLtMatmulAlgoGetHeuristic(void*, Description* description, Layout* a, Layout* b, Layout* c, Layout* d,
                                            Preference*, int requested, Heuristic* results, int* returned) {
  *returned = 0;
  if (requested < 1 || !consistent(*description, *a, *b, *c, *d)) {
    return INVALID_VALUE;
  }
  if (!supported(*description, *a, *b, *c, *d)) {
    return NOT_SUPPORTED;
  }
  results[0] = Heuristic{{1}, 0, SUCCESS, 1, {}};
  *returned = 1;
  return SUCCESS;
}

CUBLASLT_API cublasLtMatmul(void*, Description* description, const float* alpha, const void* a, Layout* layout_a,
                            const void* b, Layout* layout_b, const float* beta, const void* c, Layout* layout_c, void* d,
                            Layout* layout_d, const void*, void*, std::size_t, void* stream) {
  if (!consistent(*description, *layout_a, *layout_b, *layout_c, *layout_d)) {
    return INVALID_VALUE;
  }
  if (!supported(*description, *layout_a, *layout_b, *layout_c, *layout_d)) {
    return NOT_SUPPORTED;
  }
  if (!layout_a->lies_on_device(a) || !layout_b->lies_on_device(b) || !layout_d->lies_on_device(d) ||
      (*beta != 0 && !layout_c->lies_on_device(c))) {
    std::fprintf(stderr, "CUDA emulator: a matrix of cublasLtMatmul reaches beyond its allocation\n");
    return INVALID_VALUE;
  }
  int kept_bits = description->compute == COMPUTE_32F_FAST_TF32   ? 10
                  : description->compute == COMPUTE_32F_FAST_16BF ? 7
                                                                  : 23;
  bool transpose_a = description->transpose_a != 0, transpose_b = description->transpose_b != 0;
  auto* product = new Product{*alpha,
                              *beta,
                              layout_a->operand(a, transpose_a),
                              layout_b->operand(b, transpose_b),
                              layout_c->operand(c, false),
                              layout_d->operand(d, false),
                              static_cast<std::int64_t>(layout_d->rows),
                              static_cast<std::int64_t>(layout_d->columns),
                              static_cast<std::int64_t>(transpose_a ? layout_a->rows : layout_a->columns),
                              layout_d->batch,
                              kept_bits};
  int error = emulated_submit(stream, run, product, [](void* p) { delete static_cast<Product*>(p); });
  return error == 0 ? SUCCESS : EXECUTION_FAILED;
}

extern "C" __attribute__((visibility("default"))) const char* cublasLtGetStatusString(int status) {
  switch (status) {
    case SUCCESS:
      return "the operation completed successfully";
    case INVALID_VALUE:
      return "an unsupported value or parameter was passed to the function";
    case EXECUTION_FAILED:
      return "the GPU program failed to execute";
    case NOT_SUPPORTED:
      return "the functionality requested is not supported";
    default:
      return "unknown cublas status";
  }
}

extern "C" __attribute__((visibility("default"))) const char* cublasLtGetStatusName(int status) {
  switch (status) {
    case SUCCESS:
      return "CUBLAS_STATUS_SUCCESS";
    case INVALID_VALUE:
      return "CUBLAS_STATUS_INVALID_VALUE";
    case EXECUTION_FAILED:
      return "CUBLAS_STATUS_EXECUTION_FAILED";
    case NOT_SUPPORTED:
      return "CUBLAS_STATUS_NOT_SUPPORTED";
    default:
      return "CUBLAS_STATUS unknown";
  }
}

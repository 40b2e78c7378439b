// Device memory: host memory that is full of NaNs when it is handed out.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "driver.h"

namespace emulation {

namespace {

constexpr int NAN_BYTE = 0xFF;
constexpr std::size_t ALIGNMENT = 512;
// Behind each allocation; a launch that writes there fails.
constexpr std::size_t GUARD_BYTES = 512;
// From here on pages are full of NaNs only as they are touched.
constexpr std::size_t LARGE_BYTES = 32 << 20;
constexpr std::size_t PATTERN_BYTES = 16 << 20;

struct Allocation {
  std::size_t bytes;
  std::size_t mapped_bytes;  // or 0 for what comes from the heap
};

std::map<char*, Allocation> allocations_;
std::map<char*, std::size_t> registered_;
std::size_t used_;

std::size_t total() {
  const char* bytes = std::getenv("EMULATED_CUDA_MEMORY");
  return bytes == nullptr ? std::size_t{8} << 30 : std::strtoull(bytes, nullptr, 10);
}

std::size_t rounded(std::size_t bytes, std::size_t to) {
  return (bytes + to - 1) / to * to;
}

// A file full of NaNs, of which large allocations are private copies: a page takes memory when it is written.
int pattern() {
  static const int file = [] {
    int created = memfd_create("emulated-cuda-pattern", MFD_CLOEXEC);
    std::string chunk(1 << 20, static_cast<char>(NAN_BYTE));
    for (std::size_t written = 0; written < PATTERN_BYTES; written += chunk.size()) {
      if (write(created, chunk.data(), chunk.size()) != static_cast<ssize_t>(chunk.size())) {
        std::perror("CUDA emulator: no memory for a pattern");
        std::abort();
      }
    }
    return created;
  }();
  return file;
}

char* map_large(std::size_t bytes) {
  void* base = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) {
    return nullptr;
  }
  for (std::size_t offset = 0; offset < bytes; offset += PATTERN_BYTES) {
    void* part = static_cast<char*>(base) + offset;
    int flags = MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE;
    if (mmap(part, std::min(PATTERN_BYTES, bytes - offset), PROT_READ | PROT_WRITE, flags, pattern(), 0) == MAP_FAILED) {
      munmap(base, bytes);
      return nullptr;
    }
  }
  return static_cast<char*>(base);
}

char* allocate(std::size_t bytes, std::size_t* mapped_bytes) {
  std::size_t all = bytes + GUARD_BYTES;
  if (all >= LARGE_BYTES) {
    *mapped_bytes = rounded(all, sysconf(_SC_PAGESIZE));
    return map_large(*mapped_bytes);
  }
  *mapped_bytes = 0;
  void* base = std::aligned_alloc(ALIGNMENT, rounded(all, ALIGNMENT));
  if (base != nullptr) {
    std::memset(base, NAN_BYTE, all);
  }
  return static_cast<char*>(base);
}

void give_back(char* base, const Allocation& allocation) {
  if (allocation.mapped_bytes != 0) {
    munmap(base, allocation.mapped_bytes);
  } else {
    std::free(base);
  }
}

int set(Stream* stream, void* target, std::uint32_t value, std::size_t width, std::size_t count) {
  if (!on_device(target, width * count) || reinterpret_cast<std::size_t>(target) % width != 0) {
    return INVALID_VALUE;
  }
  return submit(stream, Kind::SET, [=] {
    if (width == 1) {
      std::memset(target, static_cast<int>(value & 0xFF), count);
    } else {
      std::fill_n(static_cast<std::uint32_t*>(target), count, value);
    }
    return static_cast<int>(SUCCESS);
  });
}

enum class Ends { HOST_TO_DEVICE, DEVICE_TO_HOST, DEVICE_TO_DEVICE };

int copy(Stream* stream, Ends ends, void* target, const void* source, std::size_t bytes) {
  bool valid = (ends == Ends::DEVICE_TO_HOST || on_device(target, bytes)) &&
               (ends == Ends::HOST_TO_DEVICE || on_device(source, bytes));
  if (!valid) {
    return INVALID_VALUE;
  }
  return submit(stream, Kind::COPY, [=] {
    std::memmove(target, source, bytes);
    return static_cast<int>(SUCCESS);
  });
}

// The calls without a stream wait, which a capture forbids.
int copy_and_wait(Ends ends, void* target, const void* source, std::size_t bytes) {
  int refused = refuse_in_capture();
  return refused != SUCCESS ? refused : copy(stream_of(nullptr), ends, target, source, bytes);
}

}  // namespace

bool on_device(const void* address, std::size_t bytes) {
  char* start = const_cast<char*>(static_cast<const char*>(address));
  auto after = allocations_.upper_bound(start);
  if (after == allocations_.begin()) {
    return false;
  }
  auto& [base, allocation] = *std::prev(after);
  return start + bytes <= base + allocation.bytes;
}

std::string overrun() {
  for (const auto& [base, allocation] : allocations_) {
    const char* guard = base + allocation.bytes;
    if (std::any_of(guard, guard + GUARD_BYTES, [](char c) { return c != static_cast<char>(NAN_BYTE); })) {
      std::memset(base + allocation.bytes, NAN_BYTE, GUARD_BYTES);
      return "wrote behind an allocation of " + std::to_string(allocation.bytes) + " bytes";
    }
  }
  return "";
}

void forget_memory() {
  for (const auto& [base, allocation] : allocations_) {
    give_back(base, allocation);
  }
  allocations_.clear();
  registered_.clear();
  used_ = 0;
}

}  // namespace emulation

using namespace emulation;

extern "C" __attribute__((visibility("default"))) bool emulated_on_device(const void* address, std::size_t bytes) {
  return on_device(address, bytes);
}

DRIVER_API cuDeviceTotalMem_v2(std::size_t* bytes, int device) {
  DRIVER_CALL(INITIALIZED);
  *bytes = total();
  return device == 0 ? SUCCESS : INVALID_DEVICE;
}

DRIVER_API cuMemGetInfo_v2(std::size_t* free, std::size_t* all) {
  DRIVER_CALL(CONTEXT);
  *all = total();
  *free = total() - used_;
  return SUCCESS;
}

DRIVER_API cuMemAlloc_v2(char** pointer, std::size_t bytes) {
  DRIVER_CALL(CONTEXT);
  if (int refused = refuse_in_capture()) {
    return refused;
  }
  if (bytes == 0) {
    return INVALID_VALUE;
  }
  if (bytes > total() - used_) {
    return OUT_OF_MEMORY;
  }
  std::size_t mapped_bytes;
  char* base = allocate(bytes, &mapped_bytes);
  if (base == nullptr) {
    return OUT_OF_MEMORY;
  }
  allocations_[base] = {bytes, mapped_bytes};
  used_ += bytes;
  *pointer = base;
  return SUCCESS;
}

DRIVER_API cuMemFree_v2(char* pointer) {
  DRIVER_CALL(CONTEXT);
  if (int refused = refuse_in_capture()) {
    return refused;
  }
  auto found = allocations_.find(pointer);
  if (found == allocations_.end()) {
    return pointer == nullptr ? SUCCESS : INVALID_VALUE;
  }
  used_ -= found->second.bytes;
  give_back(pointer, found->second);
  allocations_.erase(found);
  return SUCCESS;
}

DRIVER_API cuMemAllocHost_v2(void** pointer, std::size_t bytes) {
  DRIVER_CALL(CONTEXT);
  if (int refused = refuse_in_capture()) {
    return refused;
  }
  *pointer = std::aligned_alloc(4096, rounded(std::max<std::size_t>(bytes, 1), 4096));
  return *pointer == nullptr ? OUT_OF_MEMORY : SUCCESS;
}

DRIVER_API cuMemHostAlloc(void** pointer, std::size_t bytes, unsigned) {
  return cuMemAllocHost_v2(pointer, bytes);
}

DRIVER_API cuMemFreeHost(void* pointer) {
  DRIVER_CALL(CONTEXT);
  if (int refused = refuse_in_capture()) {
    return refused;
  }
  std::free(pointer);
  return SUCCESS;
}

DRIVER_API cuMemHostRegister_v2(char* pointer, std::size_t bytes, unsigned) {
  DRIVER_CALL(CONTEXT);
  if (pointer == nullptr || bytes == 0) {
    return INVALID_VALUE;
  }
  return registered_.emplace(pointer, bytes).second ? SUCCESS : HOST_MEMORY_ALREADY_REGISTERED;
}

DRIVER_API cuMemHostUnregister(char* pointer) {
  DRIVER_CALL(CONTEXT);
  return registered_.erase(pointer) != 0 ? SUCCESS : HOST_MEMORY_NOT_REGISTERED;
}

DRIVER_API cuMemcpyHtoD_v2(void* target, const void* source, std::size_t bytes) {
  DRIVER_CALL(CONTEXT);
  return copy_and_wait(Ends::HOST_TO_DEVICE, target, source, bytes);
}

DRIVER_API cuMemcpyDtoH_v2(void* target, const void* source, std::size_t bytes) {
  DRIVER_CALL(CONTEXT);
  return copy_and_wait(Ends::DEVICE_TO_HOST, target, source, bytes);
}

DRIVER_API cuMemcpyDtoD_v2(void* target, const void* source, std::size_t bytes) {
  DRIVER_CALL(CONTEXT);
  return copy_and_wait(Ends::DEVICE_TO_DEVICE, target, source, bytes);
}

DRIVER_API cuMemcpyHtoDAsync_v2(void* target, const void* source, std::size_t bytes, void* stream) {
  DRIVER_CALL(CONTEXT);
  return copy(stream_of(stream), Ends::HOST_TO_DEVICE, target, source, bytes);
}

DRIVER_API cuMemcpyDtoHAsync_v2(void* target, const void* source, std::size_t bytes, void* stream) {
  DRIVER_CALL(CONTEXT);
  return copy(stream_of(stream), Ends::DEVICE_TO_HOST, target, source, bytes);
}

DRIVER_API cuMemcpyDtoDAsync_v2(void* target, const void* source, std::size_t bytes, void* stream) {
  DRIVER_CALL(CONTEXT);
  return copy(stream_of(stream), Ends::DEVICE_TO_DEVICE, target, source, bytes);
}

DRIVER_API cuMemsetD8_v2(void* target, unsigned char value, std::size_t count) {
  DRIVER_CALL(CONTEXT);
  int refused = refuse_in_capture();
  return refused != SUCCESS ? refused : set(stream_of(nullptr), target, value, 1, count);
}

DRIVER_API cuMemsetD32_v2(void* target, unsigned value, std::size_t count) {
  DRIVER_CALL(CONTEXT);
  int refused = refuse_in_capture();
  return refused != SUCCESS ? refused : set(stream_of(nullptr), target, value, 4, count);
}

DRIVER_API cuMemsetD8Async(void* target, unsigned char value, std::size_t count, void* stream) {
  DRIVER_CALL(CONTEXT);
  return set(stream_of(stream), target, value, 1, count);
}

DRIVER_API cuMemsetD32Async(void* target, unsigned value, std::size_t count, void* stream) {
  DRIVER_CALL(CONTEXT);
  return set(stream_of(stream), target, value, 4, count);
}

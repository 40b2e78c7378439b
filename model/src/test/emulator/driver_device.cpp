// The emulated device, its context and its errors.
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "driver.h"

namespace emulation {

namespace {

std::recursive_mutex lock_;
bool initialized_;
Schedule schedule_ = Schedule::FORWARD;
long launches_;
long lost_after_ = LONG_MAX;
int context_;
thread_local void* current_context_;

// Limits of cuCtxSetLimit that the real driver does not know.
constexpr int LIMIT_SCHEDULE = 0x454D0001;
constexpr int LIMIT_LOSE_AFTER = 0x454D0002;

const char* setting(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == 0 ? otherwise : value;
}

bool lost() {
  static const char* const file = std::getenv("EMULATED_CUDA_LOST_FILE");
  return launches_ >= lost_after_ || (file != nullptr && access(file, F_OK) == 0);
}

void initialize() {
  if (initialized_) {
    return;
  }
  initialized_ = true;
  lost_after_ = std::atol(setting("EMULATED_CUDA_LOST_AFTER", "-1"));
  if (lost_after_ < 0) {
    lost_after_ = LONG_MAX;
  }
  const char* schedule = setting("EMULATED_CUDA_SCHEDULE", "forward");
  if (std::strcmp(schedule, "reverse") == 0) {
    schedule_ = Schedule::REVERSE;
  } else if (std::strcmp(schedule, "shuffle") == 0) {
    schedule_ = Schedule::SHUFFLE;
  }
}

int check(Call::Needs needs) {
  if (needs == Call::Needs::NOTHING) {
    return SUCCESS;
  }
  if (!initialized_) {
    return NOT_INITIALIZED;
  }
  if (lost()) {
    return ECC_UNCORRECTABLE;
  }
  return needs == Call::Needs::CONTEXT && current_context_ == nullptr ? INVALID_CONTEXT : SUCCESS;
}

int attribute(int name) {
  int major = 9, minor = 0;
  std::sscanf(setting("EMULATED_CUDA_CAPABILITY", "9.0"), "%d.%d", &major, &minor);
  static const std::map<int, int> values = {
      {1, 1024},       // threads per block
      {2, 1024},       // block, x
      {3, 1024},       // block, y
      {4, 64},         // block, z
      {5, INT_MAX},    // grid, x
      {6, 65535},      // grid, y
      {7, 65535},      // grid, z
      {8, 49152},      // shared memory per block, bytes
      {9, 65536},      // constant memory, bytes
      {10, 32},        // warp size
      {12, 65536},     // registers per block
      {13, 1000000},   // clock, kHz
      {16, 4},         // multiprocessors
      {31, 1},         // concurrent kernels
      {32, 1},         // error correction
      {36, 1000000},   // memory clock, kHz
      {37, 512},       // memory bus, bits
      {38, 4 << 20},   // second-level cache, bytes
      {39, 2048},      // threads per multiprocessor
      {40, 1},         // copy engines
      {41, 1},         // unified addressing
      {81, 233472},    // shared memory per multiprocessor, bytes
      {82, 65536},     // registers per multiprocessor
      {97, 232448},    // shared memory per block that opts in, bytes
      {99, 1},         // registers host memory
      {106, 32},       // blocks per multiprocessor
      {111, 1024},     // shared memory reserved per block, bytes
      {115, 1},        // memory pools
  };
  if (name == 75) {
    return major;
  }
  if (name == 76) {
    return minor;
  }
  auto found = values.find(name);
  return found == values.end() ? 0 : found->second;
}

struct Error {
  const char* name;
  const char* text;
};

const std::map<int, Error> ERRORS = {
    {SUCCESS, {"CUDA_SUCCESS", "no error"}},
    {INVALID_VALUE, {"CUDA_ERROR_INVALID_VALUE", "invalid argument"}},
    {OUT_OF_MEMORY, {"CUDA_ERROR_OUT_OF_MEMORY", "out of memory"}},
    {NOT_INITIALIZED, {"CUDA_ERROR_NOT_INITIALIZED", "initialization error"}},
    {INVALID_DEVICE, {"CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"}},
    {INVALID_IMAGE, {"CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"}},
    {INVALID_CONTEXT, {"CUDA_ERROR_INVALID_CONTEXT", "invalid device context"}},
    {ECC_UNCORRECTABLE, {"CUDA_ERROR_ECC_UNCORRECTABLE", "uncorrectable ECC error encountered"}},
    {UNSUPPORTED_LIMIT, {"CUDA_ERROR_UNSUPPORTED_LIMIT", "limit is not supported on this architecture"}},
    {INVALID_HANDLE, {"CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"}},
    {NOT_FOUND, {"CUDA_ERROR_NOT_FOUND", "named symbol not found"}},
    {ILLEGAL_ADDRESS, {"CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"}},
    {LAUNCH_OUT_OF_RESOURCES, {"CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"}},
    {HOST_MEMORY_ALREADY_REGISTERED,
     {"CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED", "part or all of the requested memory range is already mapped"}},
    {HOST_MEMORY_NOT_REGISTERED,
     {"CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED", "pointer does not correspond to a registered memory region"}},
    {LAUNCH_FAILED, {"CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"}},
    {CAPTURE_UNSUPPORTED,
     {"CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"}},
    {CAPTURE_INVALIDATED,
     {"CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", "operation failed due to a previous error during capture"}},
    {CAPTURE_UNMATCHED,
     {"CUDA_ERROR_STREAM_CAPTURE_UNMATCHED", "capture was not initiated in this stream"}},
    {CAPTURE_UNJOINED, {"CUDA_ERROR_STREAM_CAPTURE_UNJOINED", "capturing stream has unjoined work"}},
    {CAPTURE_ISOLATION,
     {"CUDA_ERROR_STREAM_CAPTURE_ISOLATION", "dependency created on uncaptured work in another stream"}},
    {CAPTURE_IMPLICIT,
     {"CUDA_ERROR_STREAM_CAPTURE_IMPLICIT", "operation would make the legacy stream depend on a capturing stream"}},
};

constexpr unsigned char UUID[16] = {'E', 'm', 'u', 'l', 'a', 't', 'e', 'd', ' ', 'd', 'e', 'v', 'i', 'c', 'e', 0};

}  // namespace

Call::Call(Needs needs) : lock_(emulation::lock_), error_(check(needs)) {}

void count_launch() {
  launches_++;
}

Schedule current_schedule() {
  return schedule_;
}

}  // namespace emulation

using namespace emulation;

DRIVER_API cuInit(unsigned flags) {
  DRIVER_CALL(NOTHING);
  initialize();
  return flags != 0 ? INVALID_VALUE : lost() ? ECC_UNCORRECTABLE : SUCCESS;
}

DRIVER_API cuDriverGetVersion(int* version) {
  *version = std::atoi(setting("EMULATED_CUDA_DRIVER", "13000"));
  return SUCCESS;
}

DRIVER_API cuDeviceGetCount(int* count) {
  DRIVER_CALL(INITIALIZED);
  *count = 1;
  return SUCCESS;
}

DRIVER_API cuDeviceGet(int* device, int ordinal) {
  DRIVER_CALL(INITIALIZED);
  *device = 0;
  return ordinal == 0 ? SUCCESS : INVALID_DEVICE;
}

DRIVER_API cuDeviceGetName(char* name, int length, int device) {
  DRIVER_CALL(INITIALIZED);
  std::snprintf(name, length, "Emulated CUDA device");
  return device == 0 ? SUCCESS : INVALID_DEVICE;
}

DRIVER_API cuDeviceGetUuid_v2(unsigned char* uuid, int device) {
  DRIVER_CALL(INITIALIZED);
  std::memcpy(uuid, UUID, sizeof UUID);
  return device == 0 ? SUCCESS : INVALID_DEVICE;
}

DRIVER_API cuDeviceGetPCIBusId(char* identifier, int length, int device) {
  DRIVER_CALL(INITIALIZED);
  std::snprintf(identifier, length, "0000:01:00.0");
  return device == 0 ? SUCCESS : INVALID_DEVICE;
}

DRIVER_API cuDeviceGetAttribute(int* value, int name, int device) {
  DRIVER_CALL(INITIALIZED);
  *value = attribute(name);
  return device == 0 ? SUCCESS : INVALID_DEVICE;
}

DRIVER_API cuDevicePrimaryCtxRetain(void** context, int device) {
  DRIVER_CALL(INITIALIZED);
  *context = &context_;
  return device == 0 ? SUCCESS : INVALID_DEVICE;
}

DRIVER_API cuDevicePrimaryCtxRelease_v2(int device) {
  DRIVER_CALL(INITIALIZED);
  return device == 0 ? SUCCESS : INVALID_DEVICE;
}

// Works on a lost device too, which is well again afterwards unless a file says that it is lost.
DRIVER_API cuDevicePrimaryCtxReset_v2(int device) {
  lost_after_ = LONG_MAX;
  DRIVER_CALL(NOTHING);
  if (device != 0) {
    return INVALID_DEVICE;
  }
  forget_streams();
  forget_graphs();
  forget_modules();
  forget_memory();
  return SUCCESS;
}

DRIVER_API cuCtxSetCurrent(void* context) {
  DRIVER_CALL(INITIALIZED);
  if (context != nullptr && context != &context_) {
    return INVALID_CONTEXT;
  }
  current_context_ = context;
  return SUCCESS;
}

DRIVER_API cuCtxGetCurrent(void** context) {
  DRIVER_CALL(INITIALIZED);
  *context = current_context_;
  return SUCCESS;
}

DRIVER_API cuCtxGetDevice(int* device) {
  DRIVER_CALL(CONTEXT);
  *device = 0;
  return SUCCESS;
}

DRIVER_API cuCtxSynchronize() {
  DRIVER_CALL(CONTEXT);
  return refuse_in_capture();
}

// The emulator's own limits work on a lost device too, and before cuInit.
DRIVER_API cuCtxSetLimit(int limit, std::size_t value) {
  if (limit == LIMIT_SCHEDULE || limit == LIMIT_LOSE_AFTER) {
    DRIVER_CALL(NOTHING);
    initialize();
    if (limit == LIMIT_LOSE_AFTER) {
      lost_after_ = static_cast<long>(value) < 0 ? LONG_MAX : launches_ + static_cast<long>(value);
      return SUCCESS;
    }
    schedule_ = static_cast<Schedule>(value);
    return value <= 2 ? SUCCESS : INVALID_VALUE;
  }
  DRIVER_CALL(CONTEXT);
  return UNSUPPORTED_LIMIT;
}

DRIVER_API cuGetErrorName(int error, const char** name) {
  auto found = ERRORS.find(error);
  *name = found == ERRORS.end() ? nullptr : found->second.name;
  return found == ERRORS.end() ? INVALID_VALUE : SUCCESS;
}

// For failed launches also what was wrong, which a real card does not say.
DRIVER_API cuGetErrorString(int error, const char** text) {
  DRIVER_CALL(NOTHING);
  auto found = ERRORS.find(error);
  if (found == ERRORS.end()) {
    *text = nullptr;
    return INVALID_VALUE;
  }
  static std::string detailed;
  *text = found->second.text;
  if ((error == LAUNCH_FAILED || error == ILLEGAL_ADDRESS) && !last_failure().empty()) {
    detailed = std::string(found->second.text) + " (" + last_failure() + ")";
    *text = detailed.c_str();
  }
  return SUCCESS;
}

// What the parts of the emulated driver share: the lock, the state of the device, allocations, streams and graphs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "execution.h"

#define DRIVER_API extern "C" __attribute__((visibility("default"))) int

namespace emulation {

// CUresult, as far as it is given here.
enum Result {
  SUCCESS = 0,
  INVALID_VALUE = 1,
  OUT_OF_MEMORY = 2,
  NOT_INITIALIZED = 3,
  INVALID_DEVICE = 101,
  INVALID_IMAGE = 200,
  INVALID_CONTEXT = 201,
  ECC_UNCORRECTABLE = 214,
  UNSUPPORTED_LIMIT = 215,
  INVALID_HANDLE = 400,
  NOT_FOUND = 500,
  ILLEGAL_ADDRESS = 700,
  LAUNCH_OUT_OF_RESOURCES = 701,
  HOST_MEMORY_ALREADY_REGISTERED = 712,
  HOST_MEMORY_NOT_REGISTERED = 713,
  LAUNCH_FAILED = 719,
  CAPTURE_UNSUPPORTED = 900,
  CAPTURE_INVALIDATED = 901,
  CAPTURE_UNMATCHED = 903,
  CAPTURE_UNJOINED = 904,
  CAPTURE_ISOLATION = 905,
  CAPTURE_IMPLICIT = 906,
};

// CUgraphNodeType.
enum class Kind { KERNEL = 0, COPY = 1, SET = 2 };

using Operation = std::function<int()>;

struct Node {
  Kind kind;
  Operation operation;
};

struct Graph {
  // In the order of their recording, which every launch follows.
  std::vector<std::shared_ptr<Node>> nodes;
  bool invalidated = false;
};

// The graph of a capture that has ended, which cuGraphDestroy ends.
Graph* keep(const Graph& recorded);

struct Stream;
// A null stream and the constants 1 and 2 mean the default stream.
Stream* stream_of(void* handle);
bool known(Stream* stream);

// Holds the driver's lock during a call and says whether the call may go on.
class Call {
 public:
  // The device must be initialised, present and, but for the calls that come before, have a current context.
  enum class Needs { NOTHING, INITIALIZED, CONTEXT };
  explicit Call(Needs needs = Needs::CONTEXT);
  int error() const { return error_; }

 private:
  std::lock_guard<std::recursive_mutex> lock_;
  int error_;
};

#define DRIVER_CALL(needs)                             \
  emulation::Call call_(emulation::Call::Needs::needs); \
  if (call_.error() != emulation::SUCCESS) {            \
    return call_.error();                               \
  }

// Counts a launch, of a kernel or of a graph, towards the loss of the device.
void count_launch();

Schedule current_schedule();

// Runs the operation, or records it where the stream is being captured.
int submit(Stream* stream, Kind kind, Operation operation);
bool capturing(Stream* stream);
// For calls that wait or that a capture forbids: refuses them, and ends the captures under way, if there are any.
int refuse_in_capture();

// Whether all of the bytes lie within one allocation of the device.
bool on_device(const void* address, std::size_t bytes);
// Behind which allocation something was written; empty if behind none.
std::string overrun();

// Ends what a handle names, if it is known.
template <typename T>
int destroy(std::set<T*>& known, void* handle) {
  auto* object = static_cast<T*>(handle);
  if (known.erase(object) == 0) {
    return INVALID_HANDLE;
  }
  delete object;
  return SUCCESS;
}

// Ends all there is of a kind.
template <typename T>
void destroy_all(std::set<T*>& known) {
  for (T* object : known) {
    delete object;
  }
  known.clear();
}

// What a reset of the context throws away.
void forget_graphs();
void forget_memory();
void forget_modules();
void forget_streams();

}  // namespace emulation

// For the other emulated libraries: runs or records what a library submits to a stream. The arguments' copy is released
// after the run or, once recorded, with the graph. Gives a CUresult.
extern "C" int emulated_submit(void* stream, int (*run)(void* arguments), void* arguments, void (*release)(void* arguments));
extern "C" bool emulated_on_device(const void* address, std::size_t bytes);

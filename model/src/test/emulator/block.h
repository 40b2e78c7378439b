// The threads of the block that runs, for the scheduler and for what kernels call.
#pragma once

#include <string>
#include <vector>

#include "kernel_interface.h"

namespace emulation {

constexpr unsigned WARP = 32;
// Bytes of a NaN, of float32 as of bfloat16.
constexpr int NAN_BYTE = 0xFF;

enum class State { RUNNABLE, AT_BARRIER, IN_WARP, RETURNED };

struct Copy {
  void* target;
  const void* source;
  bool valid;
};

struct Thread : EmulatedThread {
  State state;
  unsigned number;
  void* context;
  char* stack;
  // Where it waits: at a barrier or for the lanes of a mask.
  EmulatedBarrier barrier;
  int predicate;
  unsigned mask;
  void* argument;
  EmulatedWarpOperation operation;
  const char* name;
  int line;
  // Asynchronous copies by group; the last group is still open.
  std::vector<std::vector<Copy>> copies;
};

struct Warp {
  Thread* lanes;
  unsigned size;
  // The lanes that have not returned, and those of them that wait for others in an operation.
  unsigned live;
  unsigned waiting;
};

inline Thread& current() {
  return *static_cast<Thread*>(emulated_thread);
}

Warp& current_warp();
char* dynamic_shared();

// Lets other threads run until this one, which is not runnable, is so again.
void wait();
// Computes the operation that the live lanes of a mask wait for, if all of them do.
void complete(Warp& warp, unsigned mask);

// Ends the launch with an error; the caller must not return to the kernel.
void fail(const std::string& what);
[[noreturn]] void leave();
// Which thread it is and what it does, for errors.
std::string describe(const Thread& thread);

}  // namespace emulation

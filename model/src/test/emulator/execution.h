// Runs the blocks of a launch one after another, each thread as a fiber, on the calling thread.
#pragma once

#include <cstddef>
#include <string>

#include "kernel_interface.h"

namespace emulation {

enum class Schedule { FORWARD, REVERSE, SHUFFLE };

struct Launch {
  std::string kernel;
  void (*entry)(void** parameters);
  void** parameters;
  uint3 grid;
  uint3 block;
  unsigned dynamic_shared_bytes;
  // The module's variables in shared memory, which the first block finds full of NaNs, and mostly all others.
  char* shared_begin;
  char* shared_end;
};

enum class Outcome { SUCCESS, FAILED, ILLEGAL_ADDRESS };

// The caller holds the driver's lock: one launch runs at a time.
Outcome execute(const Launch& launch, Schedule schedule);

// What was wrong with the last launch that failed.
const std::string& last_failure();

void report(const std::string& failure);

}  // namespace emulation

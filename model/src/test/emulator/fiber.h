// Stacks of kernel threads and the switch between them. x86-64, System V calling convention.
#pragma once

#include <cstddef>
#include <vector>

namespace emulation {

// Saves the running context's stack pointer where the first argument points and goes on at the second.
extern "C" void emulated_switch_fiber(void** saved, void* target) __attribute__((visibility("hidden")));

// Stacks that are mapped once, each above a page that faults, and handed out again most recently used first.
class Stacks {
 public:
  // A context that starts at entry, which never returns, on a stack taken from here.
  void* start(void (*entry)(), char** stack);
  void release(char* stack);

 private:
  std::vector<char*> free_;
  std::size_t mapped_ = 0;
};

}  // namespace emulation

// Turns a fault of a kernel (an address that is not there, a stack that overflows) into an error of its launch.
#pragma once

#include <signal.h>

#include <string>

namespace emulation {

// While it lives, a fault of this thread goes on in a function, on a stack of its own; that of any other thread goes to
// whoever handled it before, the JVM for one.
class FaultGuard {
 public:
  explicit FaultGuard(void (*leave)());
  ~FaultGuard();
  FaultGuard(const FaultGuard&) = delete;
  FaultGuard& operator=(const FaultGuard&) = delete;
  bool faulted() const;

 private:
  stack_t previous_;
};

std::string fault_description();

}  // namespace emulation

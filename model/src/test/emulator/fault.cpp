#include "fault.h"

#include <sys/ucontext.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>

namespace emulation {

namespace {

constexpr int SIGNALS[] = {SIGSEGV, SIGBUS, SIGFPE};

struct sigaction previous_handlers_[64];
pid_t guarded_thread_;
void (*leave_)();
bool faulted_;
int signal_;
void* address_;
alignas(16) char signal_stack_[64 * 1024];
alignas(16) char leaving_stack_[64 * 1024];

void forward(int signal, siginfo_t* info, void* context) {
  const struct sigaction& previous = previous_handlers_[signal];
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
  } else {
    // Nobody's: the instruction faults again, now under the default.
    sigaction(signal, &previous, nullptr);
  }
}

void handle(int signal, siginfo_t* info, void* context) {
  if (guarded_thread_ != gettid() || faulted_) {
    forward(signal, info, context);
    return;
  }
  faulted_ = true;
  signal_ = signal;
  address_ = info->si_addr;
  greg_t* registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  // As after a call: the return address, which is never used, lies on top.
  registers[REG_RSP] = reinterpret_cast<greg_t>(leaving_stack_ + sizeof leaving_stack_ - 8);
  registers[REG_RIP] = reinterpret_cast<greg_t>(leave_);
}

void install() {
  struct sigaction action = {};
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (int signal : SIGNALS) {
    sigaction(signal, &action, &previous_handlers_[signal]);
  }
}

}  // namespace

FaultGuard::FaultGuard(void (*leave)()) {
  static bool installed = (install(), true);
  (void)installed;
  leave_ = leave;
  faulted_ = false;
  stack_t own = {};
  own.ss_sp = signal_stack_;
  own.ss_size = sizeof signal_stack_;
  sigaltstack(&own, &previous_);
  guarded_thread_ = gettid();
}

FaultGuard::~FaultGuard() {
  guarded_thread_ = 0;
  sigaltstack(&previous_, nullptr);
}

bool FaultGuard::faulted() const {
  return faulted_;
}

std::string fault_description() {
  char text[96];
  std::snprintf(text, sizeof text, "%s at address %p",
                signal_ == SIGFPE ? "integer division by zero" : "illegal or misaligned access", address_);
  return text;
}

}  // namespace emulation

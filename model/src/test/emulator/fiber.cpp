#include "fiber.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

asm(R"(
  .text
  .globl emulated_switch_fiber
  .hidden emulated_switch_fiber
  .type emulated_switch_fiber, @function
emulated_switch_fiber:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  popq %rcx
  jmp *%rcx
  .size emulated_switch_fiber, . - emulated_switch_fiber
)");

namespace emulation {

namespace {

constexpr std::size_t STACK_BYTES = 128 * 1024;
constexpr std::size_t PAGE_BYTES = 4096;
constexpr int SAVED_REGISTERS = 6;

}  // namespace

void* Stacks::start(void (*entry)(), char** stack) {
  if (free_.empty()) {
    void* mapping = mmap(nullptr, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED || mprotect(mapping, PAGE_BYTES, PROT_NONE) != 0) {
      std::perror("CUDA emulator: no memory for the stack of a thread");
      std::abort();
    }
    mapped_++;
    // Tops at different places within a page, or all stacks would compete for the same few sets of the cache.
    std::size_t color = mapped_ % 16 * 256;
    free_.push_back(static_cast<char*>(mapping) + STACK_BYTES - color);
  }
  *stack = free_.back();
  free_.pop_back();
  // The first switch pops the registers and returns into entry, which finds the stack as after a call.
  auto* top = reinterpret_cast<std::uintptr_t*>(*stack);
  *--top = 0;
  *--top = reinterpret_cast<std::uintptr_t>(entry);
  for (int i = 0; i < SAVED_REGISTERS; i++) {
    *--top = 0;
  }
  return top;
}

void Stacks::release(char* stack) {
  free_.push_back(stack);
}

}  // namespace emulation

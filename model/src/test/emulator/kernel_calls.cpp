// What kernels call: barriers, operations of warps and asynchronous copies.
#include <chrono>
#include <cstring>

#include "block.h"

using namespace emulation;

int emulated_barrier(EmulatedBarrier kind, int predicate, int line) {
  static const char* const names[] = {"__syncthreads", "__syncthreads_or", "__syncthreads_and", "__syncthreads_count"};
  Thread& thread = current();
  thread.state = State::AT_BARRIER;
  thread.barrier = kind;
  thread.predicate = predicate;
  thread.name = names[kind];
  thread.line = line;
  wait();
  return thread.predicate;
}

void emulated_warp(unsigned mask, void* argument, EmulatedWarpOperation operation, const char* name, int line) {
  Thread& thread = current();
  Warp& warp = current_warp();
  unsigned lane = 1u << thread.number % WARP;
  thread.state = State::IN_WARP;
  thread.mask = mask;
  thread.argument = argument;
  thread.operation = operation;
  thread.name = name;
  thread.line = line;
  warp.waiting |= lane;
  if ((mask & lane) == 0) {
    emulated_fail("the mask leaves out the calling lane", line);
  }
  complete(warp, mask);
  if (thread.state != State::RUNNABLE) {
    wait();
  }
}

unsigned emulated_lane() {
  return current().number % WARP;
}

unsigned emulated_live_lanes() {
  return current_warp().live;
}

void* emulated_dynamic_shared() {
  return dynamic_shared();
}

void emulated_copy_async(void* target, const void* source, bool valid, int line) {
  if (reinterpret_cast<std::size_t>(target) % 16 != 0 || (valid && reinterpret_cast<std::size_t>(source) % 16 != 0)) {
    emulated_fail("an asynchronous copy's address is no multiple of 16", line);
  }
  auto& copies = current().copies;
  if (copies.empty()) {
    copies.emplace_back();
  }
  copies.back().push_back({target, source, valid});
  std::memset(target, NAN_BYTE, 16);
}

void emulated_copy_commit() {
  auto& copies = current().copies;
  if (copies.empty()) {
    copies.emplace_back();
  }
  copies.emplace_back();
}

// A group that is not committed is not waited for.
void emulated_copy_wait(int groups_left) {
  auto& copies = current().copies;
  std::size_t committed = copies.empty() ? 0 : copies.size() - 1;
  std::size_t done = committed > static_cast<std::size_t>(groups_left) ? committed - groups_left : 0;
  for (std::size_t group = 0; group < done; group++) {
    for (const Copy& copy : copies[group]) {
      if (copy.valid) {
        std::memcpy(copy.target, copy.source, 16);
      } else {
        std::memset(copy.target, 0, 16);
      }
    }
  }
  copies.erase(copies.begin(), copies.begin() + done);
}

long long emulated_clock() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

void emulated_fail(const char* message, int line) {
  fail(std::string(message) + ", line " + std::to_string(line) + ": " + describe(current()));
  leave();
}

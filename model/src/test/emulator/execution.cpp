#include "execution.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <random>
#include <vector>

#include "block.h"
#include "fault.h"
#include "fiber.h"

EmulatedThread* emulated_thread;
uint3 emulated_block_index, emulated_block_size, emulated_grid_size;

namespace emulation {

namespace {

constexpr std::size_t LARGEST_SHARED_BYTES = 232448;
// Behind the dynamic shared memory that a launch asked for; a kernel that writes there is told so.
constexpr std::size_t GUARD_BYTES = 256;
// Static shared memory up to this size is filled for every block, beyond it for the first of a launch.
constexpr std::size_t OFTEN_FILLED_BYTES = 32768;

const Launch* launch_;
Schedule schedule_;
std::vector<Thread> threads_;
std::vector<Warp> warps_;
unsigned count_;
unsigned live_;
void* scheduler_;
bool failed_;
std::string failure_;
Stacks stacks_;
std::mt19937 random_;
alignas(1024) char dynamic_shared_[LARGEST_SHARED_BYTES + GUARD_BYTES];

// The order of the lanes of the warp that runs, and how many of them this pass has come to.
std::vector<unsigned> lane_order_;
unsigned lanes_passed_;
Warp* warp_;

void to_scheduler() {
  emulated_switch_fiber(&current().context, scheduler_);
}

void run_thread() {
  launch_->entry(launch_->parameters);
  emulated_copy_wait(0);
  Thread& thread = current();
  Warp& warp = current_warp();
  thread.state = State::RETURNED;
  live_--;
  warp.live &= ~(1u << thread.number % WARP);
  // Others of the warp may have waited only for this lane.
  for (unsigned lane = 0; lane < warp.size; lane++) {
    if ((warp.waiting >> lane & 1) != 0) {
      complete(warp, warp.lanes[lane].mask);
    }
  }
  to_scheduler();
}

// The next runnable lane of this pass, made current and ready to be switched to, or null.
Thread* next_lane() {
  while (lanes_passed_ < lane_order_.size()) {
    Thread& thread = warp_->lanes[lane_order_[lanes_passed_++]];
    if (thread.state == State::RUNNABLE) {
      if (thread.context == nullptr) {
        thread.context = stacks_.start(run_thread, &thread.stack);
      }
      emulated_thread = &thread;
      return &thread;
    }
  }
  return nullptr;
}

void arrange(std::vector<unsigned>& order, unsigned size) {
  if (order.size() == size && schedule_ != Schedule::SHUFFLE) {
    return;
  }
  order.resize(size);
  std::iota(order.begin(), order.end(), 0u);
  if (schedule_ == Schedule::REVERSE) {
    std::reverse(order.begin(), order.end());
  } else if (schedule_ == Schedule::SHUFFLE) {
    std::shuffle(order.begin(), order.end(), random_);
  }
}

// Runs the lanes of a warp until each has returned or waits for others than themselves.
void run_warp(Warp& warp) {
  warp_ = &warp;
  bool progress = true;
  while (progress && !failed_) {
    progress = false;
    arrange(lane_order_, warp.size);
    lanes_passed_ = 0;
    while (Thread* thread = next_lane()) {
      progress = true;
      emulated_switch_fiber(&scheduler_, thread->context);
      if (failed_) {
        return;
      }
      // A lane that waits switches to the next by itself; here one has returned, or none was left.
      if (current().state == State::RETURNED) {
        stacks_.release(current().stack);
        current().stack = nullptr;
      }
    }
  }
}

// Lets the live threads go on from the barrier at which all of them are.
void open_barrier() {
  const Thread* first = nullptr;
  int count = 0;
  for (unsigned i = 0; i < count_; i++) {
    const Thread& thread = threads_[i];
    if (thread.state == State::RETURNED) {
      continue;
    }
    if (first == nullptr) {
      first = &thread;
    }
    if (thread.state != State::AT_BARRIER || first->state != State::AT_BARRIER || thread.barrier != first->barrier ||
        thread.line != first->line) {
      fail("not all threads arrive: " + describe(*first) + ", " + describe(thread));
      return;
    }
    count += thread.predicate != 0;
  }
  int results[] = {0, count > 0, count == static_cast<int>(live_), count};
  for (unsigned i = 0; i < count_; i++) {
    if (threads_[i].state == State::AT_BARRIER) {
      threads_[i].predicate = results[threads_[i].barrier];
      threads_[i].state = State::RUNNABLE;
    }
  }
}

void prepare_block(bool first) {
  std::size_t static_bytes = launch_->shared_end - launch_->shared_begin;
  if (first || static_bytes <= OFTEN_FILLED_BYTES) {
    std::memset(launch_->shared_begin, NAN_BYTE, static_bytes);
  }
  std::memset(dynamic_shared_, NAN_BYTE, launch_->dynamic_shared_bytes + GUARD_BYTES);
  live_ = count_;
  for (unsigned i = 0; i < count_; i++) {
    Thread& thread = threads_[i];
    thread.index = {i % launch_->block.x, i / launch_->block.x % launch_->block.y,
                    i / (launch_->block.x * launch_->block.y)};
    thread.number = i;
    thread.state = State::RUNNABLE;
    thread.context = nullptr;
    thread.stack = nullptr;
    thread.copies.clear();
  }
  for (unsigned i = 0; i < warps_.size(); i++) {
    unsigned size = std::min(WARP, count_ - i * WARP);
    warps_[i] = {&threads_[i * WARP], size, size == WARP ? ~0u : (1u << size) - 1, 0};
  }
}

void check_guard() {
  const char* guard = dynamic_shared_ + launch_->dynamic_shared_bytes;
  if (std::any_of(guard, guard + GUARD_BYTES, [](char c) { return c != static_cast<char>(NAN_BYTE); })) {
    fail("wrote behind its dynamic shared memory of " + std::to_string(launch_->dynamic_shared_bytes) + " bytes");
  }
}

void run_block(bool first) {
  prepare_block(first);
  std::vector<unsigned> order;
  while (live_ > 0 && !failed_) {
    arrange(order, static_cast<unsigned>(warps_.size()));
    for (unsigned i = 0; i < order.size() && !failed_; i++) {
      run_warp(warps_[order[i]]);
    }
    if (live_ > 0 && !failed_) {
      open_barrier();
    }
  }
  if (!failed_) {
    check_guard();
  }
  for (unsigned i = 0; failed_ && i < count_; i++) {
    if (threads_[i].stack != nullptr) {
      stacks_.release(threads_[i].stack);
    }
  }
}

void leave_after_fault() {
  fail(fault_description());
  leave();
}

}  // namespace

Warp& current_warp() {
  return warps_[current().number / WARP];
}

char* dynamic_shared() {
  return dynamic_shared_;
}

void wait() {
  Thread& thread = current();
  Thread* next = next_lane();
  emulated_switch_fiber(&thread.context, next == nullptr ? scheduler_ : next->context);
}

void complete(Warp& warp, unsigned mask) {
  unsigned lanes = mask & warp.live;
  if (lanes == 0 || (lanes & ~warp.waiting) != 0) {
    return;
  }
  void* arguments[WARP] = {};
  const Thread& leader = warp.lanes[__builtin_ctz(lanes)];
  for (unsigned lane = 0; lane < warp.size; lane++) {
    if ((lanes >> lane & 1) == 0) {
      continue;
    }
    const Thread& thread = warp.lanes[lane];
    if (thread.mask != mask || thread.operation != leader.operation) {
      fail("lanes of one mask are in different warp operations: " + describe(leader) + ", " + describe(thread));
      leave();
    }
    arguments[lane] = thread.argument;
  }
  leader.operation(arguments);
  for (unsigned lane = 0; lane < warp.size; lane++) {
    if (arguments[lane] != nullptr) {
      warp.lanes[lane].state = State::RUNNABLE;
    }
  }
  warp.waiting &= ~lanes;
}

void fail(const std::string& what) {
  char block[96];
  std::snprintf(block, sizeof block, ", block (%u, %u, %u): ", emulated_block_index.x, emulated_block_index.y,
                emulated_block_index.z);
  failed_ = true;
  report("kernel " + launch_->kernel + block + what);
}

void leave() {
  void* abandoned;
  emulated_switch_fiber(&abandoned, scheduler_);
  __builtin_unreachable();
}

std::string describe(const Thread& thread) {
  char text[160];
  std::snprintf(text, sizeof text, "thread (%u, %u, %u) ", thread.index.x, thread.index.y, thread.index.z);
  std::string where = text;
  switch (thread.state) {
    case State::AT_BARRIER:
    case State::IN_WARP:
      return where + "waits in " + thread.name + " of line " + std::to_string(thread.line);
    case State::RETURNED:
      return where + "has returned";
    case State::RUNNABLE:
      break;
  }
  return where + "runs";
}

Outcome execute(const Launch& launch, Schedule schedule) {
  launch_ = &launch;
  schedule_ = schedule;
  count_ = launch.block.x * launch.block.y * launch.block.z;
  threads_.resize(std::max<std::size_t>(threads_.size(), count_));
  warps_.resize((count_ + WARP - 1) / WARP);
  lane_order_.clear();
  emulated_block_size = launch.block;
  emulated_grid_size = launch.grid;
  failed_ = false;
  random_.seed(1);
  std::vector<unsigned> order;
  arrange(order, launch.grid.x * launch.grid.y * launch.grid.z);
  FaultGuard guard(leave_after_fault);
  for (unsigned i = 0; i < order.size() && !failed_; i++) {
    emulated_block_index = {order[i] % launch.grid.x, order[i] / launch.grid.x % launch.grid.y,
                            order[i] / launch.grid.x / launch.grid.y};
    run_block(i == 0);
  }
  if (!failed_) {
    return Outcome::SUCCESS;
  }
  return guard.faulted() ? Outcome::ILLEGAL_ADDRESS : Outcome::FAILED;
}

const std::string& last_failure() {
  return failure_;
}

void report(const std::string& failure) {
  failure_ = failure;
  std::fprintf(stderr, "CUDA emulator: %s\n", failure.c_str());
}

}  // namespace emulation

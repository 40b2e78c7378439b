// Streams and events. Work runs when it is submitted; a stream under capture records it instead.
#include <chrono>

#include "driver.h"

namespace emulation {

struct Stream {
  // Where work is recorded, or null.
  std::shared_ptr<Graph> capture;
  // Whether the capture began here, not in a stream that this one waited for.
  bool origin = false;
  // Whether the origin has waited for all that was recorded here.
  bool joined = true;
};

struct Event {
  bool recorded = false;
  std::shared_ptr<Graph> capture;
  Stream* stream = nullptr;
  std::chrono::steady_clock::time_point time;
};

namespace {

Stream default_stream_;
std::set<Stream*> streams_;
std::set<Event*> events_;

void invalidate_captures() {
  for (Stream* stream : streams_) {
    if (stream->capture != nullptr) {
      stream->capture->invalidated = true;
    }
  }
}

bool any_capture() {
  for (Stream* stream : streams_) {
    if (stream->capture != nullptr) {
      return true;
    }
  }
  return false;
}

}  // namespace

void forget_streams() {
  destroy_all(streams_);
  destroy_all(events_);
}

Stream* stream_of(void* handle) {
  return reinterpret_cast<std::uintptr_t>(handle) <= 2 ? &default_stream_ : static_cast<Stream*>(handle);
}

bool known(Stream* stream) {
  return stream == &default_stream_ || streams_.count(stream) != 0;
}

bool capturing(Stream* stream) {
  return stream->capture != nullptr;
}

int submit(Stream* stream, Kind kind, Operation operation) {
  if (!known(stream)) {
    return INVALID_HANDLE;
  }
  if (stream->capture != nullptr) {
    if (stream->capture->invalidated) {
      return CAPTURE_INVALIDATED;
    }
    stream->capture->nodes.push_back(std::make_shared<Node>(Node{kind, std::move(operation)}));
    stream->joined = stream->origin;
    return SUCCESS;
  }
  if (stream == &default_stream_ && any_capture()) {
    invalidate_captures();
    return CAPTURE_IMPLICIT;
  }
  return operation();
}

int refuse_in_capture() {
  if (!any_capture()) {
    return SUCCESS;
  }
  invalidate_captures();
  return CAPTURE_UNSUPPORTED;
}

}  // namespace emulation

using namespace emulation;

extern "C" __attribute__((visibility("default"))) int emulated_submit(void* stream, int (*run)(void*), void* arguments,
                                                                      void (*release)(void*)) {
  std::shared_ptr<void> owned(arguments, release);
  DRIVER_CALL(CONTEXT);
  return submit(stream_of(stream), Kind::KERNEL, [run, owned] { return run(owned.get()); });
}

DRIVER_API cuStreamCreate(Stream** stream, unsigned) {
  DRIVER_CALL(CONTEXT);
  *stream = *streams_.insert(new Stream).first;
  return SUCCESS;
}

DRIVER_API cuStreamCreateWithPriority(Stream** stream, unsigned flags, int) {
  return cuStreamCreate(stream, flags);
}

DRIVER_API cuStreamDestroy_v2(void* stream) {
  DRIVER_CALL(CONTEXT);
  return destroy(streams_, stream);
}

DRIVER_API cuStreamSynchronize(void* handle) {
  DRIVER_CALL(CONTEXT);
  Stream* stream = stream_of(handle);
  if (!known(stream)) {
    return INVALID_HANDLE;
  }
  return capturing(stream) || stream == &default_stream_ ? refuse_in_capture() : static_cast<int>(SUCCESS);
}

DRIVER_API cuStreamQuery(void* handle) {
  return cuStreamSynchronize(handle);
}

DRIVER_API cuStreamBeginCapture_v2(void* handle, int mode) {
  DRIVER_CALL(CONTEXT);
  auto* stream = static_cast<Stream*>(handle);
  if (streams_.count(stream) == 0) {
    return CAPTURE_UNSUPPORTED;
  }
  if (stream->capture != nullptr || mode < 0 || mode > 2) {
    return INVALID_VALUE;
  }
  stream->capture = std::make_shared<Graph>();
  stream->origin = true;
  return SUCCESS;
}

DRIVER_API cuStreamEndCapture(void* handle, Graph** graph) {
  DRIVER_CALL(CONTEXT);
  *graph = nullptr;
  auto* stream = static_cast<Stream*>(handle);
  if (streams_.count(stream) == 0) {
    return INVALID_HANDLE;
  }
  if (stream->capture == nullptr || !stream->origin) {
    return stream->capture == nullptr ? INVALID_VALUE : CAPTURE_UNMATCHED;
  }
  std::shared_ptr<Graph> recorded = stream->capture;
  bool joined = true;
  for (Stream* each : streams_) {
    if (each->capture == recorded) {
      joined &= each->joined;
      *each = Stream();
    }
  }
  if (recorded->invalidated || !joined) {
    return recorded->invalidated ? CAPTURE_INVALIDATED : CAPTURE_UNJOINED;
  }
  *graph = keep(*recorded);
  return SUCCESS;
}

DRIVER_API cuStreamIsCapturing(void* handle, int* status) {
  DRIVER_CALL(CONTEXT);
  Stream* stream = stream_of(handle);
  if (!known(stream)) {
    return INVALID_HANDLE;
  }
  *status = stream->capture == nullptr ? 0 : stream->capture->invalidated ? 2 : 1;
  return SUCCESS;
}

// Work runs as it is submitted, so there is nothing to wait for but in a capture, which the waiting stream joins.
DRIVER_API cuStreamWaitEvent(void* handle, Event* event, unsigned) {
  DRIVER_CALL(CONTEXT);
  Stream* stream = stream_of(handle);
  if (!known(stream) || events_.count(event) == 0) {
    return INVALID_HANDLE;
  }
  if (event->capture == nullptr) {
    if (stream->capture == nullptr || !event->recorded) {
      return SUCCESS;
    }
    stream->capture->invalidated = true;
    return CAPTURE_ISOLATION;
  }
  if (stream->capture == nullptr) {
    if (event->stream->capture != event->capture || stream == &default_stream_) {
      return CAPTURE_ISOLATION;
    }
    stream->capture = event->capture;
    stream->joined = false;
    return SUCCESS;
  }
  if (stream->capture == event->capture) {
    event->stream->joined = true;
  }
  return SUCCESS;
}

DRIVER_API cuEventCreate(Event** event, unsigned) {
  DRIVER_CALL(CONTEXT);
  *event = *events_.insert(new Event).first;
  return SUCCESS;
}

DRIVER_API cuEventDestroy_v2(void* event) {
  DRIVER_CALL(CONTEXT);
  return destroy(events_, event);
}

DRIVER_API cuEventRecord(Event* event, void* handle) {
  DRIVER_CALL(CONTEXT);
  Stream* stream = stream_of(handle);
  if (!known(stream) || events_.count(event) == 0) {
    return INVALID_HANDLE;
  }
  event->recorded = true;
  event->capture = stream->capture;
  event->stream = stream;
  event->time = std::chrono::steady_clock::now();
  return SUCCESS;
}

DRIVER_API cuEventSynchronize(Event* event) {
  DRIVER_CALL(CONTEXT);
  if (events_.count(event) == 0) {
    return INVALID_HANDLE;
  }
  return refuse_in_capture();
}

DRIVER_API cuEventQuery(Event* event) {
  return cuEventSynchronize(event);
}

DRIVER_API cuEventElapsedTime_v2(float* milliseconds, Event* start, Event* end) {
  DRIVER_CALL(CONTEXT);
  if (events_.count(start) == 0 || events_.count(end) == 0 || !start->recorded || !end->recorded) {
    return INVALID_HANDLE;
  }
  *milliseconds = std::chrono::duration<float, std::milli>(end->time - start->time).count();
  return SUCCESS;
}

// Graphs: what a capture recorded, to be run again and again.

#include "driver.h"

namespace emulation {

namespace {

struct Executable {
  std::vector<std::shared_ptr<Node>> nodes;
};

std::set<Graph*> graphs_;
std::set<Executable*> executables_;

int run(const std::vector<std::shared_ptr<Node>>& nodes) {
  for (const auto& node : nodes) {
    if (int error = node->operation()) {
      return error;
    }
  }
  return SUCCESS;
}

}  // namespace

Graph* keep(const Graph& recorded) {
  return *graphs_.insert(new Graph(recorded)).first;
}

void forget_graphs() {
  destroy_all(graphs_);
  destroy_all(executables_);
}

}  // namespace emulation

using namespace emulation;

DRIVER_API cuGraphInstantiateWithFlags(Executable** executable, Graph* graph, unsigned long long) {
  DRIVER_CALL(CONTEXT);
  if (graphs_.count(graph) == 0) {
    return INVALID_VALUE;
  }
  *executable = *executables_.insert(new Executable{graph->nodes}).first;
  return SUCCESS;
}

DRIVER_API cuGraphLaunch(Executable* executable, void* handle) {
  DRIVER_CALL(CONTEXT);
  Stream* stream = stream_of(handle);
  if (executables_.count(executable) == 0) {
    return INVALID_HANDLE;
  }
  count_launch();
  auto nodes = executable->nodes;
  return submit(stream, Kind::KERNEL, [nodes] { return run(nodes); });
}

DRIVER_API cuGraphUpload(Executable* executable, void*) {
  DRIVER_CALL(CONTEXT);
  return executables_.count(executable) == 0 ? INVALID_HANDLE : SUCCESS;
}

DRIVER_API cuGraphDestroy(void* graph) {
  DRIVER_CALL(CONTEXT);
  return destroy(graphs_, graph);
}

DRIVER_API cuGraphExecDestroy(void* executable) {
  DRIVER_CALL(CONTEXT);
  return destroy(executables_, executable);
}

DRIVER_API cuGraphGetNodes(Graph* graph, Node** nodes, std::size_t* count) {
  DRIVER_CALL(CONTEXT);
  if (graphs_.count(graph) == 0) {
    return INVALID_VALUE;
  }
  for (std::size_t i = 0; nodes != nullptr && i < *count; i++) {
    nodes[i] = i < graph->nodes.size() ? graph->nodes[i].get() : nullptr;
  }
  *count = graph->nodes.size();
  return SUCCESS;
}

DRIVER_API cuGraphNodeGetType(const Node* node, int* type) {
  *type = static_cast<int>(node->kind);
  return SUCCESS;
}

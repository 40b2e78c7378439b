package io.polyspark.model.tensor.cuda;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.global.cudart;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sequences of operations that are always the same: launched one by one the first time, when memory
 * is taken and kernels are compiled, captured as a CUDA graph the second, and from then on launched
 * as that. A sequence that waits for the card in its middle stays as it is.
 */
final class Replays implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Replays.class);

  private final CudaSession session;
  private final IdentityHashMap<Object, State> states = new IdentityHashMap<>();

  /** What is known of a sequence. */
  private enum Kind {
    /** It ran once, and can be captured. */
    READY,
    /** It is a graph. */
    CAPTURED,
    /** It waits in its middle. */
    WAITING
  }

  private record State(Kind kind, CUgraphExec_st graph, long scratchGrowth) {}

  Replays(CudaSession session) {
    this.session = session;
  }

  void run(Object sequence, Runnable operations) {
    State state = states.get(sequence);
    if (state == null) {
      states.put(sequence, first(operations));
      return;
    }
    switch (state.kind()) {
      case WAITING -> operations.run();
      case READY -> {
        State captured = new State(Kind.CAPTURED, capture(operations), session.scratchGrowth());
        states.put(sequence, captured);
        launch(captured.graph());
      }
      case CAPTURED -> {
        if (state.scratchGrowth() == session.scratchGrowth()) {
          launch(state.graph());
        } else {
          // The graph would work in memory that has been replaced.
          destroy(state.graph());
          states.put(sequence, first(operations));
        }
      }
    }
  }

  private State first(Runnable operations) {
    long before = session.exchanges();
    operations.run();
    if (session.exchanges() > before) {
      LOG.info(
          "An operation of the step waits for the card, as an activation without kernels of its own"
              + " does: the step is launched operation by operation, not as a graph");
      return new State(Kind.WAITING, null, 0);
    }
    return new State(Kind.READY, null, 0);
  }

  private CUgraphExec_st capture(Runnable operations) {
    // What is captured must not build on what was computed just before it, nor anything else on
    // what was captured and has not run.
    session.writing();
    CUgraph_st graph = new CUgraph_st();
    session.check(
        cudart.cuStreamBeginCapture(session.stream(), cudart.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
        "cuStreamBeginCapture");
    try {
      operations.run();
    } catch (RuntimeException | Error e) {
      session.endBrokenCapture();
      throw e;
    } finally {
      session.writing();
    }
    session.check(cudart.cuStreamEndCapture(session.stream(), graph), "cuStreamEndCapture");
    CUgraphExec_st executable = new CUgraphExec_st();
    session.check(cudart.cuGraphInstantiate(executable, graph, 0), "cuGraphInstantiate");
    session.check(cudart.cuGraphDestroy(graph), "cuGraphDestroy");
    return executable;
  }

  private void launch(CUgraphExec_st graph) {
    session.writing();
    session.check(cudart.cuGraphLaunch(graph, session.stream()), "cuGraphLaunch");
  }

  /** Whether a sequence is replayed. */
  boolean isCaptured(Object sequence) {
    State state = states.get(sequence);
    return state != null && state.kind() == Kind.CAPTURED;
  }

  @Override
  public void close() {
    List<State> captured = new ArrayList<>(states.values());
    states.clear();
    if (!session.isLost()) {
      captured.stream().filter(state -> state.graph() != null).forEach(s -> destroy(s.graph()));
    }
  }

  private void destroy(CUgraphExec_st graph) {
    session.check(cudart.cuGraphExecDestroy(graph), "cuGraphExecDestroy");
  }
}

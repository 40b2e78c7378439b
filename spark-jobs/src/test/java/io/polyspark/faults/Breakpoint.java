package io.polyspark.faults;

import com.sun.jdi.Bootstrap;
import com.sun.jdi.ClassType;
import com.sun.jdi.InterfaceType;
import com.sun.jdi.LongValue;
import com.sun.jdi.Method;
import com.sun.jdi.ObjectReference;
import com.sun.jdi.ReferenceType;
import com.sun.jdi.ThreadReference;
import com.sun.jdi.VMDisconnectedException;
import com.sun.jdi.VirtualMachine;
import com.sun.jdi.connect.Connector;
import com.sun.jdi.connect.IllegalConnectorArgumentsException;
import com.sun.jdi.connect.ListeningConnector;
import com.sun.jdi.event.BreakpointEvent;
import com.sun.jdi.event.ClassPrepareEvent;
import com.sun.jdi.event.Event;
import com.sun.jdi.event.EventSet;
import com.sun.jdi.request.BreakpointRequest;
import com.sun.jdi.request.ClassPrepareRequest;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Stops the first process that enters a method for the n-th time, at that very moment, so that it
 * can be killed there. The processes connect to us over the JDK's debug interface when they start;
 * nothing of the program itself is changed.
 */
final class Breakpoint implements AutoCloseable {
  private static final int LONGEST_MINUTES = 3;

  private final String type;
  private final String method;
  private final int hit;
  private final ListeningConnector connector;
  private final Map<String, Connector.Argument> arguments;
  private final String address;
  private final CompletableFuture<ProcessHandle> stopped = new CompletableFuture<>();

  /**
   * @param type the name of the class
   * @param method of it
   * @param hit stops there when it is entered for so many times by one process
   */
  Breakpoint(String type, String method, int hit) throws Exception {
    this.type = type;
    this.method = method;
    this.hit = hit;
    this.connector =
        Bootstrap.virtualMachineManager().listeningConnectors().stream()
            .filter(candidate -> candidate.transport().name().equals("dt_socket"))
            .findFirst()
            .orElseThrow();
    this.arguments = connector.defaultArguments();
    arguments.get("localAddress").setValue("127.0.0.1");
    this.address = connector.startListening(arguments);
    daemon(this::accept);
  }

  /** What processes that are to be watched are started with. */
  String options() {
    return "-agentlib:jdwp=transport=dt_socket,server=n,suspend=y,address=" + address;
  }

  /** The process that stands at the place; it stands there until it is killed. */
  ProcessHandle await() throws InterruptedException, ExecutionException, TimeoutException {
    return stopped.get(LONGEST_MINUTES, TimeUnit.MINUTES);
  }

  private static void daemon(Runnable body) {
    Thread thread = new Thread(body, "breakpoint");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        VirtualMachine machine = connector.accept(arguments);
        daemon(() -> watch(machine));
      }
    } catch (IOException | IllegalConnectorArgumentsException e) {
      // Closed.
      stopped.completeExceptionally(e);
    }
  }

  private void watch(VirtualMachine machine) {
    try {
      ClassPrepareRequest prepare = machine.eventRequestManager().createClassPrepareRequest();
      prepare.addClassFilter(type);
      prepare.enable();
      while (true) {
        EventSet events = machine.eventQueue().remove();
        boolean stay = false;
        for (Event event : events) {
          stay |= handle(machine, event);
        }
        if (!stay) {
          events.resume();
        }
      }
    } catch (VMDisconnectedException killed) {
      // As it should be, or it came to its end.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      stopped.completeExceptionally(e);
    }
  }

  /** Whether the process stays where it is. */
  private boolean handle(VirtualMachine machine, Event event) throws Exception {
    if (event instanceof ClassPrepareEvent prepared) {
      set(machine, prepared.referenceType());
      return false;
    }
    if (event instanceof BreakpointEvent reached && !stopped.isDone()) {
      return stopped.complete(process(machine, reached.thread()));
    }
    return false;
  }

  private void set(VirtualMachine machine, ReferenceType loaded) {
    for (Method found : loaded.methodsByName(method)) {
      if (!found.isBridge()) {
        BreakpointRequest request =
            machine.eventRequestManager().createBreakpointRequest(found.location());
        request.addCountFilter(hit);
        request.enable();
      }
    }
  }

  /** Asks the process for its number. */
  private static ProcessHandle process(VirtualMachine machine, ThreadReference thread)
      throws Exception {
    ClassType type = (ClassType) machine.classesByName("java.lang.Class").get(0);
    type.invokeMethod(
        thread,
        type.concreteMethodByName("forName", "(Ljava/lang/String;)Ljava/lang/Class;"),
        List.of(machine.mirrorOf("java.lang.ProcessHandle")),
        ClassType.INVOKE_SINGLE_THREADED);
    InterfaceType handle = (InterfaceType) machine.classesByName("java.lang.ProcessHandle").get(0);
    ObjectReference current =
        (ObjectReference)
            handle.invokeMethod(
                thread,
                handle.methodsByName("current").get(0),
                List.of(),
                ClassType.INVOKE_SINGLE_THREADED);
    Method pid = ((ClassType) current.referenceType()).concreteMethodByName("pid", "()J");
    LongValue number =
        (LongValue)
            current.invokeMethod(thread, pid, List.of(), ObjectReference.INVOKE_SINGLE_THREADED);
    return ProcessHandle.of(number.value()).orElseThrow();
  }

  @Override
  public void close() throws IOException, IllegalConnectorArgumentsException {
    connector.stopListening(arguments);
  }
}

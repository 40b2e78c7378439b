package io.polyspark.model.benchmark;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Runs tests by name where there is no Maven: on a machine with a card. */
public final class CardChecks {
  private static final int FRAMES = 20;

  private CardChecks() {}

  /**
   * Runs the tests, says what failed, and ends with 1 if anything did or a class ran nothing.
   *
   * @param arguments the file, to whose end a line of JSON goes for each class, then the classes
   */
  public static void main(String[] arguments) {
    CardRecords records = new CardRecords(Path.of(arguments[0]));
    boolean good = true;
    for (String name : Arrays.asList(arguments).subList(1, arguments.length)) {
      good &= run(name, records);
    }
    // Threads of a library must not keep the process.
    System.exit(good ? 0 : 1);
  }

  private static boolean run(String name, CardRecords records) {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request().selectors(selectClass(name)).build();
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherFactory.create().execute(request, listener);
    TestExecutionSummary summary = listener.getSummary();
    summary.printFailuresTo(new PrintWriter(System.out, true, StandardCharsets.UTF_8), FRAMES);
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("passed", summary.getTestsSucceededCount());
    result.put("failed", summary.getTotalFailureCount());
    result.put("left_out", summary.getTestsSkippedCount() + summary.getTestsAbortedCount());
    result.put("failures", failures(summary));
    records.add(name, result);
    return summary.getTotalFailureCount() == 0 && summary.getTestsSucceededCount() > 0;
  }

  private static List<String> failures(TestExecutionSummary summary) {
    return summary.getFailures().stream()
        .map(each -> each.getTestIdentifier().getDisplayName() + ": " + each.getException())
        .toList();
  }
}

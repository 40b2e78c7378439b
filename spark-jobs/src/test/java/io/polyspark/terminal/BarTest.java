package io.polyspark.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressState;
import org.junit.jupiter.api.Test;

class BarTest {
  private static final BarText TEXT = new BarText("tasks");

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  @Test
  void whatIsOverAtOnceIsNotShown() {
    try (Bar bar = Bar.plain("reading", 2, "files", out)) {
      bar.to(2);
    }
    try (Bar bar = Bar.moving("reading", 2, "files", new StatusLine(out), out)) {
      bar.to(2);
    }
    assertThat(bytes.size()).isZero();
  }

  @Test
  void aPlainLineSaysHowFarItIs() {
    assertThat(text(27, 27, "6.1 MB/s", TEXT::plain))
        .isEqualTo("100%  clean  27 of 27 tasks, 6.1 MB/s, 0s left");
    assertThat(text(0, 1_200, "", TEXT::plain)).matches("  0%  clean  0 of 1,200 tasks, \\d+s");
    assertThat(text(0, -1, "", TEXT::plain)).matches("      clean, \\d+s");
  }

  @Test
  void theEndSaysWhatItTook() {
    assertThat(text(27, 27, "6.1 MB/s", TEXT::end))
        .matches("100%  clean  27 tasks, 6.1 MB/s, took \\d+s");
  }

  @Test
  void aBarTakesTheRoomThatIsLeft() {
    assertThat(text(27, 27, "", state -> TEXT.render(state, 40)))
        .isEqualTo("clean 100% |██████| 27/27 tasks, 0s left");
    assertThat(text(27, 27, "", state -> TEXT.render(state, 36)))
        .isEqualTo("clean 100% 27/27 tasks, 0s left");
    assertThat(text(27, 27, "", state -> TEXT.render(state, 16))).isEqualTo("clean 100% 27/27");
    assertThat(text(27, 54, "", state -> TEXT.render(state, 80)))
        .contains(" 50% |████████████████████                    | 27/54 tasks, ");
  }

  /** What is made of a bar of the library's. */
  private static String text(
      long done, long total, String note, Function<ProgressState, String> words) {
    StringBuilder last = new StringBuilder();
    ProgressBarBuilder builder =
        new ProgressBarBuilder()
            .setTaskName("clean")
            .setInitialMax(total)
            .setConsumer(
                new OnLine(
                    new StatusLine(
                        new PrintStream(
                            new ByteArrayOutputStream(), false, StandardCharsets.UTF_8)),
                    java.time.Duration.ofHours(1)))
            .setRenderer(
                (state, width) -> {
                  synchronized (last) {
                    last.setLength(0);
                    last.append(words.apply(state));
                    return "";
                  }
                });
    try (ProgressBar bar = builder.build()) {
      bar.stepTo(done);
      bar.setExtraMessage(note);
    }
    synchronized (last) {
      return last.toString();
    }
  }
}

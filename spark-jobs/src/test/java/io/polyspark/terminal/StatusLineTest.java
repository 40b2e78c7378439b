package io.polyspark.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class StatusLineTest {
  private static final String CLEAR = "\r\u001B[K";

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final StatusLine line =
      new StatusLine(new PrintStream(bytes, true, StandardCharsets.UTF_8));
  private final PrintStream above = line.above(bytes);

  @Test
  void theLineMakesWayForWhatIsPrintedAndComesBack() {
    line.show("50%");
    above.print("2 errors\n");
    assertThat(shown()).isEqualTo(CLEAR + "50%" + CLEAR + "2 errors\n" + CLEAR + "50%");
  }

  @Test
  void aLineThatSomebodyHasBegunIsNotDrawnOver() {
    line.show("50%");
    above.print("begun");
    line.show("60%");
    above.print(", ended\n");
    assertThat(shown()).isEqualTo(CLEAR + "50%" + CLEAR + "begun, ended\n" + CLEAR + "60%");
  }

  @Test
  void nothingComesBackWhenTheLineHasEnded() {
    line.show("50%");
    line.end();
    line.show("60%");
    above.print("Stopping now.\n");
    assertThat(shown()).isEqualTo(CLEAR + "50%" + CLEAR + "Stopping now.\n");
  }

  @Test
  void charactersOfManyBytesStayWhole() {
    above.print("größer\n");
    assertThat(shown()).isEqualTo("größer\n");
  }

  private String shown() {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}

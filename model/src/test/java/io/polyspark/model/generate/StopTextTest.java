package io.polyspark.model.generate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StopTextTest {
  @Test
  void withoutStopsEveryPieceIsGivenAtOnce() {
    assertThat(pieces(List.of(), "a", "bc", "d")).containsExactly("a", "bc", "d");
  }

  @Test
  void theTextEndsBeforeAStop() {
    assertThat(pieces(List.of("END"), "one E", "N", "Dtwo", "three")).containsExactly("one ");
  }

  @Test
  void theFirstOfSeveralEndsIt() {
    assertThat(pieces(List.of("cd", "bcde"), "abcdef")).containsExactly("a");
    assertThat(pieces(List.of("e", "b"), "abcdef")).containsExactly("a");
  }

  @Test
  void whatBeginsLikeAStopIsGivenOnceItIsNone() {
    assertThat(pieces(List.of("aab"), "xa", "a", "a", "c")).containsExactly("x", "a", "aac");
  }

  @Test
  void whatIsHeldBackIsGivenAtTheEnd() {
    assertThat(pieces(List.of("abc"), "xab")).containsExactly("x", "ab");
  }

  private static List<String> pieces(List<String> stops, String... pieces) {
    StopText text = new StopText(stops);
    List<String> given = new ArrayList<>();
    for (String piece : pieces) {
      given.add(text.add(piece));
    }
    given.add(text.finish());
    return given.stream().filter(piece -> !piece.isEmpty()).toList();
  }
}

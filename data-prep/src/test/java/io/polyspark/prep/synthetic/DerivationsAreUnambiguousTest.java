package io.polyspark.prep.synthetic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.polyspark.prep.read.Document;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Takes texts apart again: follows every decision that the grammar could have made, as far as its
 * words agree with the text. Exactly one derivation gives the whole text, and what it says is what
 * the generator recorded: so the probability of a text is that of its derivation.
 */
class DerivationsAreUnambiguousTest {
  @Test
  void aTextHasOneDerivationWithTheRecordedInformation() {
    for (int number = 0; number < 8; number++) {
      Document document = SyntheticSource.document(20, number);
      List<Double> derivations = derivations(document.text());
      assertThat(derivations).as("derivations of %s", document.text()).hasSize(1);
      assertThat(derivations.get(0)).isCloseTo(document.bits(), within(1e-6));
    }
  }

  @Test
  void aTextOfAnotherSourceHasNone() {
    String text = SyntheticSource.document(20, 0).text();
    assertThat(derivations(text.replaceFirst(" from ", " of "))).isEmpty();
    assertThat(derivations(text + "\n")).isEmpty();
  }

  /** The information of every derivation of a text, in bits. */
  private static List<Double> derivations(String text) {
    List<Double> found = new ArrayList<>();
    Deque<int[]> open = new ArrayDeque<>();
    open.push(new int[0]);
    while (!open.isEmpty()) {
      int[] decided = open.pop();
      FollowedChooser chooser = new FollowedChooser(decided);
      ComparedProse prose = new ComparedProse(text);
      try {
        Story.tell(Lexicon.english(), chooser, prose);
        if (prose.at == text.length()) {
          found.add(chooser.bits);
        }
      } catch (UndecidedException undecided) {
        for (int choice : undecided.choices) {
          int[] longer = Arrays.copyOf(decided, decided.length + 1);
          longer[decided.length] = choice;
          open.push(longer);
        }
      } catch (DifferentTextException e) {
        // This derivation gives another text.
      }
    }
    return found;
  }

  /** Decides as it is told, and stops at the first decision beyond. */
  private static final class FollowedChooser implements Chooser {
    private final int[] decided;
    private int next;
    private double bits;

    FollowedChooser(int[] decided) {
      this.decided = decided;
    }

    @Override
    public int choose(int... weights) {
      List<Integer> possible = new ArrayList<>();
      for (int i = 0; i < weights.length; i++) {
        if (weights[i] > 0) {
          possible.add(i);
        }
      }
      if (next == decided.length) {
        throw new UndecidedException(possible);
      }
      int choice = decided[next++];
      bits += Math.log((double) Arrays.stream(weights).sum() / weights[choice]) / Math.log(2);
      return choice;
    }
  }

  /** Compares what is said with a text. */
  private static final class ComparedProse extends Prose {
    private final String text;
    private int at;

    ComparedProse(String text) {
      this.text = text;
    }

    @Override
    void write(String piece) {
      if (!text.startsWith(piece, at)) {
        throw new DifferentTextException();
      }
      at += piece.length();
    }
  }

  private static final class UndecidedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient List<Integer> choices;

    UndecidedException(List<Integer> choices) {
      super(null, null, false, false);
      this.choices = choices;
    }
  }

  private static final class DifferentTextException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DifferentTextException() {
      super(null, null, false, false);
    }
  }
}

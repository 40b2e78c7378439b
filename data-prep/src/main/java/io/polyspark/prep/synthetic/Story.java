package io.polyspark.prep.synthetic;

import io.polyspark.prep.synthetic.Lexicon.Topic;
import java.util.List;

/**
 * One document: a title, then paragraphs of sentences, each on the day after the last. After every
 * sentence comes a decision whether another follows, or a new paragraph, or the end; so lengths are
 * geometric and the end is never known ahead.
 */
final class Story {
  private static final int SENTENCE = 0;
  private static final int PARAGRAPH = 1;

  private final Chooser chooser;
  private final Prose prose;
  private final Cast cast;
  private final Sentences sentences;
  private final Property property;

  /** Tells a document by the decisions of a chooser. */
  static void tell(Lexicon lexicon, Chooser chooser, Prose prose) {
    Topic topic = chooser.pick(lexicon.topics());
    prose.say(topic.title()).say("\n\n");
    int day = chooser.uniform(lexicon.days().size());
    boolean past = chooser.uniform(2) == 0;
    new Story(lexicon, topic, past, chooser, prose).paragraphs(lexicon.days(), day);
  }

  private Story(Lexicon lexicon, Topic topic, boolean past, Chooser chooser, Prose prose) {
    this.chooser = chooser;
    this.prose = prose;
    this.cast = new Cast(lexicon, topic, chooser, prose);
    this.sentences = new Sentences(lexicon, topic, past, cast, chooser, prose);
    this.property = new Property(lexicon, topic, sentences, cast, chooser, prose);
  }

  private void paragraphs(List<String> days, int firstDay) {
    int day = firstDay;
    int next = PARAGRAPH;
    do {
      boolean opensParagraph = next == PARAGRAPH;
      if (opensParagraph) {
        prose.say("On ").say(days.get(day++ % days.size())).say(", ");
        cast.forgetSubject();
      } else {
        prose.startSentence();
      }
      sentence(opensParagraph);
      next = chooser.choose(20, 4, 1);
      prose.say(next == SENTENCE ? " " : next == PARAGRAPH ? "\n\n" : "\n");
    } while (next == SENTENCE || next == PARAGRAPH);
  }

  private void sentence(boolean opensParagraph) {
    boolean known = cast.size() > 0;
    int form =
        chooser.choose(
            8,
            3,
            when(sentences.notLocated() > 0, 2),
            when(sentences.located() > 0, 2),
            when(sentences.located() > 0 && cast.size() > 1 && !opensParagraph, 3),
            when(known, 1),
            when(property.canStart(), 3),
            when(property.canGain(), 2),
            when(property.canGive(), 3),
            when(property.canRecall(), 2),
            when(property.canCompare(), 2),
            when(property.canCompare(), 2),
            2);
    switch (form) {
      case 0 -> sentences.action();
      case 1 -> sentences.state();
      case 2 -> sentences.locate();
      case 3 -> sentences.move();
      case 4 -> sentences.ask();
      case 5 -> sentences.identity();
      case 6 -> property.start();
      case 7 -> property.gain();
      case 8 -> property.give();
      case 9 -> property.recall();
      case 10 -> property.total();
      case 11 -> property.compare();
      default -> property.product();
    }
  }

  private static int when(boolean possible, int weight) {
    return possible ? weight : 0;
  }
}

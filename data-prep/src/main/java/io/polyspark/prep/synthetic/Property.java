package io.polyspark.prep.synthetic;

import io.polyspark.prep.synthetic.Lexicon.Noun;
import io.polyspark.prep.synthetic.Lexicon.Topic;
import io.polyspark.prep.synthetic.Lexicon.Verb;
import java.util.ArrayList;
import java.util.List;

/** Sentences about who owns how much, whose arithmetic is right. */
final class Property {
  private static final Verb HAVE = new Verb("have", "has", "had");
  private static final Verb GIVE = new Verb("give", "gives", "gave");
  private static final Verb KEEP = new Verb("keep", "keeps", "kept");
  private static final Verb COUNT = new Verb("count", "counts", "counted");

  /** How much likelier it is that someone owns what the first owner in the document owns. */
  private static final int SAME_PROPERTY = 20;

  private static final int LARGEST_START = 40;
  private static final int LARGEST_GAIN = 20;
  private static final int LARGEST_FACTOR = 9;
  private static final int ENOUGH = 300;

  private final Lexicon lexicon;
  private final Topic topic;
  private final Sentences sentences;
  private final Cast cast;
  private final Chooser chooser;
  private final Prose prose;

  Property(
      Lexicon lexicon, Topic topic, Sentences sentences, Cast cast, Chooser chooser, Prose prose) {
    this.lexicon = lexicon;
    this.topic = topic;
    this.sentences = sentences;
    this.cast = cast;
    this.chooser = chooser;
    this.prose = prose;
  }

  boolean canStart() {
    return cast.canGrow() || !withoutProperty().isEmpty();
  }

  /** "Mara has twelve nets." */
  void start() {
    Person owner = cast.subject(withoutProperty(), cast.canGrow() ? 1 : 0);
    int count = 1 + chooser.uniform(LARGEST_START);
    prose.say(" ").say(sentences.verb(HAVE, false)).say(" ").say(Prose.number(count)).say(" ");
    Noun noun = topic.nouns().get(chooser.choose(nounWeights()));
    prose.say(noun.form(count)).say(".");
    owner.owns(noun, count);
  }

  boolean canGain() {
    return !gainers().isEmpty();
  }

  /** "She bought seven more nets and then had 19." */
  void gain() {
    Person owner = cast.subject(gainers(), 0);
    prose.say(" ").say(sentences.verb(chooser.pick(lexicon.gains()), false)).say(" ");
    int more = 1 + chooser.uniform(LARGEST_GAIN);
    Noun noun = owner.property();
    owner.owns(noun, owner.count() + more);
    prose.say(Prose.number(more)).say(" more ").say(noun.form(more)).say(" and then ");
    prose.say(sentences.verb(HAVE, false)).say(" ").say(Prose.number(owner.count())).say(".");
  }

  boolean canGive() {
    return !givers().isEmpty();
  }

  /** "Mara gave five of the 19 nets to Tomas and kept 14." */
  void give() {
    Person giver = cast.subject(givers(), 0);
    Noun noun = giver.property();
    int before = giver.count();
    int given = 1 + chooser.uniform(before);
    prose.say(" ").say(sentences.verb(GIVE, false)).say(" ").say(Prose.number(given));
    prose.say(" of the ").say(Prose.number(before)).say(" ").say(noun.plural()).say(" to ");
    Person receiver = chooser.pick(receivers(giver));
    prose.say(receiver.name()).say(" and ").say(sentences.verb(KEEP, false)).say(" ");
    prose.say(given == before ? "none" : Prose.number(before - given)).say(".");
    giver.owns(noun, before - given);
    receiver.owns(noun, receiver.count() + given);
  }

  boolean canRecall() {
    return !owners().isEmpty();
  }

  /** "Tomas still had five nets." What and how many is no choice. */
  void recall() {
    Person owner = cast.subject(owners(), 0);
    prose.say(" still ").say(sentences.verb(HAVE, false)).say(" ");
    prose.say(counted(owner.count(), owner.property())).say(".");
  }

  boolean canCompare() {
    return !pairs().isEmpty();
  }

  /** "Together Mara and Tomas had 19 nets." */
  void total() {
    List<Person> pair = chooser.pick(pairs());
    prose.say("together ").say(pair.get(0).name()).say(" and ").say(pair.get(1).name());
    prose.say(" ").say(sentences.verb(HAVE, true)).say(" ");
    int sum = pair.get(0).count() + pair.get(1).count();
    prose.say(counted(sum, pair.get(0).property())).say(".");
    cast.forgetSubject();
  }

  /** "Mara had nine more nets than Tomas." Who has more, and by how much, is no choice. */
  void compare() {
    List<Person> pair = chooser.pick(pairs());
    int difference = pair.get(0).count() - pair.get(1).count();
    Person more = pair.get(difference >= 0 ? 0 : 1);
    Person less = pair.get(difference >= 0 ? 1 : 0);
    Noun noun = more.property();
    prose.say(more.name()).say(" ").say(sentences.verb(HAVE, false)).say(" ");
    if (difference == 0) {
      prose.say("as many ").say(noun.plural()).say(" as ");
    } else {
      int by = Math.abs(difference);
      prose.say(Prose.number(by)).say(" more ").say(noun.form(by)).say(" than ");
    }
    prose.say(less.name()).say(".");
    cast.forgetSubject();
  }

  /** "Tomas counted six ropes in each of three crates, 18 ropes in all." */
  void product() {
    cast.subject();
    int each = 2 + chooser.uniform(LARGEST_FACTOR - 1);
    prose.say(" ").say(sentences.verb(COUNT, false)).say(" ").say(Prose.number(each)).say(" ");
    Noun noun = chooser.pick(topic.nouns());
    prose.say(noun.plural()).say(" in each of ");
    int times = 2 + chooser.uniform(LARGEST_FACTOR - 1);
    prose.say(Prose.number(times)).say(" ").say(chooser.pick(topic.containers()).plural());
    prose.say(", ").say(counted(each * times, noun)).say(" in all.");
  }

  private static String counted(int count, Noun noun) {
    return Prose.number(count) + " " + noun.form(count);
  }

  private List<Person> withoutProperty() {
    return cast.those(person -> person.property() == null);
  }

  private List<Person> owners() {
    return cast.those(person -> person.property() != null);
  }

  private List<Person> gainers() {
    return cast.those(person -> person.property() != null && person.count() < ENOUGH);
  }

  private List<Person> givers() {
    return cast.those(person -> person.count() > 1 && !receivers(person).isEmpty());
  }

  private List<Person> receivers(Person giver) {
    return cast.those(
        person ->
            !person.equals(giver)
                && (person.property() == null || person.property().equals(giver.property())));
  }

  /** Two owners of the same thing, in the order of their appearance. */
  private List<List<Person>> pairs() {
    List<Person> owners = owners();
    List<List<Person>> pairs = new ArrayList<>();
    for (int first = 0; first < owners.size(); first++) {
      for (int second = first + 1; second < owners.size(); second++) {
        if (owners.get(first).property().equals(owners.get(second).property())) {
          pairs.add(List.of(owners.get(first), owners.get(second)));
        }
      }
    }
    return pairs;
  }

  private int[] nounWeights() {
    int[] weights = new int[topic.nouns().size()];
    List<Person> owners = owners();
    for (int i = 0; i < weights.length; i++) {
      boolean owned = !owners.isEmpty() && owners.get(0).property().equals(topic.nouns().get(i));
      weights[i] = owned ? SAME_PROPERTY : 1;
    }
    return weights;
  }
}

package io.polyspark.prep.synthetic;

import io.polyspark.prep.synthetic.Lexicon.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** The people of a document: who they are, and how a sentence calls them. */
final class Cast {
  private static final int LARGEST = 6;

  private final Lexicon lexicon;
  private final Topic topic;
  private final Chooser chooser;
  private final Prose prose;
  private final List<Person> people = new ArrayList<>();

  /** Whom a pronoun means; null where nobody or more than one. */
  private Person lastSubject;

  Cast(Lexicon lexicon, Topic topic, Chooser chooser, Prose prose) {
    this.lexicon = lexicon;
    this.topic = topic;
    this.chooser = chooser;
    this.prose = prose;
  }

  /** Those of whom something is true, in the order of their first appearance. */
  List<Person> those(Predicate<Person> property) {
    return people.stream().filter(property).toList();
  }

  int size() {
    return people.size();
  }

  boolean canGrow() {
    return people.size() < LARGEST;
  }

  /** From here on a pronoun means nobody. */
  void forgetSubject() {
    lastSubject = null;
  }

  /** Says a subject, someone known or new, and returns who it is. */
  Person subject() {
    int newcomer = people.size() < 2 ? 3 : people.size() < LARGEST ? 1 : 0;
    return subject(people, newcomer);
  }

  /** Says a subject out of some people or, with the weight of {@code newcomer}, a new one. */
  Person subject(List<Person> known, int newcomer) {
    int[] weights = new int[known.size() + 1];
    for (int i = 0; i < known.size(); i++) {
      weights[i] = known.get(i).equals(lastSubject) ? 3 : 2;
    }
    weights[known.size()] = newcomer;
    int chosen = chooser.choose(weights);
    if (chosen == known.size()) {
      lastSubject = introduce();
    } else if (known.get(chosen).equals(lastSubject)) {
      prose.say(chooser.uniform(2) == 0 ? lastSubject.pronoun() : lastSubject.name());
    } else {
      lastSubject = known.get(chosen);
      prose.say(lastSubject.name());
    }
    return lastSubject;
  }

  /** Says a subject of two people who are known. */
  void pairAsSubject() {
    int first = chooser.uniform(people.size() - 1);
    int second = first + 1 + chooser.uniform(people.size() - 1 - first);
    prose.say(people.get(first).name()).say(" and ").say(people.get(second).name());
    forgetSubject();
  }

  private Person introduce() {
    boolean woman = chooser.uniform(2) == 0;
    List<String> names =
        (woman ? lexicon.women() : lexicon.men())
            .stream()
                .filter(name -> people.stream().noneMatch(person -> person.name().equals(name)))
                .toList();
    String name = chooser.pick(names);
    prose.say(name).say(", ");
    String profession = chooser.pick(topic.professions());
    prose.say(Prose.indefinite(profession)).say(" from ");
    String town = chooser.pick(lexicon.towns());
    prose.say(town).say(",");
    Person person = new Person(name, woman, profession, town);
    people.add(person);
    return person;
  }
}

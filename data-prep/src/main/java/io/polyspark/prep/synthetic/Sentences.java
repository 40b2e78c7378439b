package io.polyspark.prep.synthetic;

import io.polyspark.prep.synthetic.Lexicon.Noun;
import io.polyspark.prep.synthetic.Lexicon.Place;
import io.polyspark.prep.synthetic.Lexicon.Topic;
import io.polyspark.prep.synthetic.Lexicon.Verb;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Sentences about what people do and where things are, and the phrases that they are made of. */
final class Sentences {
  private static final List<String> CONJUNCTIONS = List.of(", and ", ", while ", ", but ");
  private static final Verb ASK = new Verb("ask", "asks", "asked");
  private static final Verb ANSWER = new Verb("answer", "answers", "answered");
  private static final Verb MOVE = new Verb("move", "moves", "moved");
  private static final Verb KNOW = new Verb("know", "knows", "knew");

  private final Lexicon lexicon;
  private final Topic topic;
  private final boolean past;
  private final Cast cast;
  private final Chooser chooser;
  private final Prose prose;

  /** The adjective that a noun was given and keeps. */
  private final Map<Noun, String> adjectives = new HashMap<>();

  private final Map<Noun, Place> locations = new LinkedHashMap<>();

  Sentences(Lexicon lexicon, Topic topic, boolean past, Cast cast, Chooser chooser, Prose prose) {
    this.lexicon = lexicon;
    this.topic = topic;
    this.past = past;
    this.cast = cast;
    this.chooser = chooser;
    this.prose = prose;
  }

  /** Things whose place is known. */
  int located() {
    return locations.size();
  }

  /** Things whose place is not known yet. */
  int notLocated() {
    return topic.nouns().size() - locations.size();
  }

  /** "Mara slowly mends the old net on the pier at dawn, and she carries three oars." */
  void action() {
    clause();
    if (chooser.choose(4, 1) == 1) {
      prose.say(chooser.pick(CONJUNCTIONS));
      clause();
    }
    prose.say(".");
  }

  /** "The nets in the boathouse are dry." */
  void state() {
    boolean plural = chooser.uniform(2) == 1;
    Noun noun = chooser.pick(topic.nouns());
    prose.say("the ").say(described(noun, plural));
    if (chooser.choose(2, 1) == 1) {
      prose.say(" ").say(chooser.pick(topic.places()).where());
    }
    prose.say(" ").say(be(plural)).say(" ").say(chooser.pick(lexicon.states())).say(".");
    cast.forgetSubject();
  }

  /** "The anchor is under the bridge." */
  void locate() {
    Noun noun =
        chooser.pick(
            topic.nouns().stream().filter(thing -> !locations.containsKey(thing)).toList());
    prose.say("the ").say(noun.singular()).say(" ").say(be(false)).say(" ");
    Place place = chooser.pick(topic.places());
    prose.say(place.where()).say(".");
    locations.put(noun, place);
    cast.forgetSubject();
  }

  /** "He moved the anchor from the bridge to the tavern." Where from is no choice. */
  void move() {
    cast.subject();
    prose.say(" ").say(verb(MOVE, false)).say(" the ");
    Noun noun = chooser.pick(List.copyOf(locations.keySet()));
    Place from = locations.get(noun);
    prose.say(noun.singular()).say(" from the ").say(from.noun()).say(" to the ");
    Place to = chooser.pick(topic.places().stream().filter(place -> !place.equals(from)).toList());
    prose.say(to.noun()).say(".");
    locations.put(noun, to);
  }

  /** "Where is the anchor?" asked Mara. "It is in the tavern," answered Tomas. */
  void ask() {
    Noun noun = chooser.pick(List.copyOf(locations.keySet()));
    prose.say("\"where is the " + noun.singular() + "?\" ").say(verb(ASK, false)).say(" ");
    Person asking = chooser.pick(cast.those(person -> true));
    prose.say(asking.name()).say(". \"It is " + locations.get(noun).where() + ",\" ");
    Person answering = chooser.pick(cast.those(person -> !person.equals(asking)));
    prose.say(verb(ANSWER, false)).say(" ").say(answering.name()).say(".");
    cast.forgetSubject();
  }

  /**
   * "Nobody knew Lindow better than Mara, the sailmaker." Who is no choice where one is from it.
   */
  void identity() {
    Person person = chooser.pick(cast.those(known -> true));
    prose.say("nobody ").say(verb(KNOW, false)).say(" ").say(person.town());
    prose.say(" better than ").say(person.name()).say(", the ").say(person.profession()).say(".");
    cast.forgetSubject();
  }

  String verb(Verb verb, boolean plural) {
    return past ? verb.past() : plural ? verb.base() : verb.third();
  }

  private String be(boolean plural) {
    return past ? plural ? "were" : "was" : plural ? "are" : "is";
  }

  private void clause() {
    boolean plural = cast.size() >= 2 && chooser.choose(4, 1) == 1;
    if (plural) {
      cast.pairAsSubject();
    } else {
      cast.subject();
    }
    if (chooser.choose(4, 1) == 1) {
      prose.say(" ").say(chooser.pick(lexicon.adverbs()));
    }
    prose.say(" ").say(verb(chooser.pick(topic.verbs()), plural)).say(" ");
    object();
    if (chooser.choose(3, 2) == 1) {
      prose.say(" ").say(chooser.pick(topic.places()).where());
    }
    if (chooser.choose(4, 1) == 1) {
      prose.say(" ").say(chooser.pick(lexicon.times()));
    }
  }

  private void object() {
    switch (chooser.choose(4, 2, 3, 1)) {
      case 0 -> prose.say("the ").say(described(chooser.pick(topic.nouns()), false));
      case 1 -> prose.say(Prose.indefinite(described(chooser.pick(topic.nouns()), false)));
      case 2 -> prose.say("the ").say(described(chooser.pick(topic.nouns()), true));
      default -> {
        prose.say(Prose.number(2 + chooser.uniform(11))).say(" ");
        prose.say(described(chooser.pick(topic.nouns()), true));
      }
    }
  }

  /** A noun, perhaps with its adjective; which one is a choice the first time only. */
  private String described(Noun noun, boolean plural) {
    String form = plural ? noun.plural() : noun.singular();
    if (chooser.choose(2, 1) == 0) {
      return form;
    }
    String adjective = adjectives.get(noun);
    if (adjective == null) {
      adjective = chooser.pick(topic.adjectives());
      adjectives.put(noun, adjective);
    }
    return adjective + " " + form;
  }
}

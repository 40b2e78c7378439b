package io.polyspark.prep.synthetic;

import io.polyspark.prep.synthetic.Lexicon.Noun;

/** Someone in a document, who keeps name, work and town, and owns a number of one thing. */
final class Person {
  private final String name;
  private final boolean woman;
  private final String profession;
  private final String town;
  private Noun property;
  private int count;

  Person(String name, boolean woman, String profession, String town) {
    this.name = name;
    this.woman = woman;
    this.profession = profession;
    this.town = town;
  }

  String name() {
    return name;
  }

  String pronoun() {
    return woman ? "she" : "he";
  }

  String profession() {
    return profession;
  }

  String town() {
    return town;
  }

  /** What the person owns; null before that was told. */
  Noun property() {
    return property;
  }

  /** How many. */
  int count() {
    return count;
  }

  void owns(Noun noun, int number) {
    property = noun;
    count = number;
  }
}

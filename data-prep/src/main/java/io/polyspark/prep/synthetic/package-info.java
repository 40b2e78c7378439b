/**
 * English-like prose from a probabilistic grammar written for this project, with its exact
 * information in bits.
 *
 * <p><b>What there is to learn.</b> Spelling and words; agreement of verbs with singular and plural
 * subjects in one of two tenses, which a document keeps; a and an; names, professions and towns
 * that recur; adjectives that stay with their nouns; where things lie and were moved to; what
 * people own, with sums, differences and products that are right; days that follow each other;
 * vocabulary that belongs to a topic.
 *
 * <p><b>Why the information is exact.</b> Documents are independent draws. Every random decision in
 * one goes through a {@link Chooser}, with probabilities that are functions of the decisions before
 * it. Different decisions always show in the text (at a place where each could have been made,
 * their words differ, and what a decision leads to never brings two texts together again), so a
 * text has one derivation and its probability is the product of the probabilities in it: -log2
 * p(text) = sum of -log2 p(decision). A test takes texts apart again and finds that one derivation,
 * with the same sum. Where a document ends is a decision like any other, the one that a model sees
 * as the end-of-text token; so the sum is the information of the text and of its end.
 *
 * <p><b>What bits per byte means.</b> The sum over the documents of a split, divided by the bytes
 * of their UTF-8 text; the end-of-text token is no byte of text, but what it says is counted. It is
 * the cross-entropy of the source itself on exactly this text: a model's own number is its summed
 * loss over all tokens, ends of text included, in bits, divided by the same bytes. No model does
 * better than the source on average over corpora; on one finite corpus the difference has mean zero
 * or more, with the spread of a sample. How many documents there are is fixed by the size that is
 * asked for, before the first is drawn, so that stopping does not favour short or likely ones.
 */
package io.polyspark.prep.synthetic;

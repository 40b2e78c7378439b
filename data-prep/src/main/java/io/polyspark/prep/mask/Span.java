package io.polyspark.prep.mask;

/**
 * A part of a text in UTF-16 units.
 *
 * @param start of its first
 * @param end behind its last
 */
record Span(int start, int end) {}

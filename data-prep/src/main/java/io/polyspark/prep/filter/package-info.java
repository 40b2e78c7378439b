/**
 * Stages that look at one document at a time and keep, change or remove it, and the pipeline that
 * applies them in order and counts. The rules are those published for Gopher, C4 and FineWeb; they
 * are pure functions of a text's statistics, which one pass over its characters gathers.
 */
package io.polyspark.prep.filter;

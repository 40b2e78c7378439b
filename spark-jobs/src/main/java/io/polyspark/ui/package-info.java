/**
 * What our tabs of Spark's web interface have in common: {@link io.polyspark.ui.WebInterface} shows
 * one while an application runs, {@link io.polyspark.ui.TabHistory} in the History Server after it;
 * {@link io.polyspark.ui.TabPage} is its page, {@link io.polyspark.ui.StaticFiles} its scripts and
 * styles. A listener turns events into rows of the store that Spark keeps for its own tabs, live or
 * replayed from an event log; the page reads those rows ({@link io.polyspark.ui.StoreRows}) and
 * nothing else.
 */
package io.polyspark.ui;

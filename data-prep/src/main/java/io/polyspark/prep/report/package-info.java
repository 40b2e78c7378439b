/** What a preparation did, for programs as {@code report.json} and for people as one HTML page. */
package io.polyspark.prep.report;

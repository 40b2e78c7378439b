/** From text to a tokenizer: words are counted on Spark and merged on the driver. */
package io.polyspark.prep.tokenizer;

/** One way to write the same text, and the language that it is in. */
package io.polyspark.prep.normalize;

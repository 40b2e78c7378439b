/** Keeps the texts of evaluations out of the text that is trained on. */
package io.polyspark.prep.decontaminate;

/** From documents to tokens of the two splits, with everything counted on the way. */
package io.polyspark.prep.tokenize;

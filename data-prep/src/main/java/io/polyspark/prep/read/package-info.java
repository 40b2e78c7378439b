/** From files to documents: listing, dividing among tasks, decoding. */
package io.polyspark.prep.read;

/** Holds a prepared corpus against its manifest. */
package io.polyspark.prep.verify;

/** Random bits that are the same on every machine, Java version and attempt. */
package io.polyspark.model.random;

/**
 * What computes: ND4J's back end, and the GPUs of a machine. Everything here is known from the
 * class path and from the driver's own tool, so that a card which cannot run the back end is
 * refused before a native library of CUDA's is loaded.
 */
package io.polyspark.model.device;

/**
 * Reading files that nobody vouches for. Every length is held against the file's size or a limit of
 * {@link io.polyspark.model.read.ReadLimits} before anything of that length is allocated, and what
 * is no file of its kind is refused in one sentence. Nothing here, nor anywhere else in the
 * project, deserializes Java objects from a file.
 */
package io.polyspark.model.read;

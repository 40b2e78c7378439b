/**
 * A prepared corpus that grows: its versions, which of them is current, what inputs they hold, and
 * the lease that keeps two runs from changing it at once.
 *
 * <pre>
 * DATA/manifest.json               the bytes of the current version's manifest
 * DATA/manifest-000002.json        a version: all of its files, old and new
 * DATA/train/000002-00000.npy      a file that version 2 has added
 * DATA/tokenizer.json
 * DATA/_state/000002.json          what the run after it must know: {@link
 *                                  io.polyspark.prep.version.CorpusState}
 * DATA/_state/index/batch-000002/  the fingerprints of what it has added
 * DATA/_lease/000001               who changes it now: {@link io.polyspark.prep.version.Lease}
 * </pre>
 */
package io.polyspark.prep.version;

/**
 * Megatron-LM's indexed dataset, which Megatron, NeMo and GPT-NeoX read and write: {@code
 * PREFIX.bin} with nothing but ids, {@code PREFIX.idx} with where sequences and documents are. The
 * format is that of {@code megatron/core/datasets/indexed_dataset.py}.
 */
package io.polyspark.model.shards.megatron;

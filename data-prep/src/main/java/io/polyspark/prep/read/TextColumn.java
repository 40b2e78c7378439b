package io.polyspark.prep.read;

import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.Converter;
import org.apache.parquet.io.api.GroupConverter;
import org.apache.parquet.io.api.PrimitiveConverter;
import org.apache.parquet.io.api.RecordMaterializer;

/** Takes the only column of a row as the row's value: its bytes, or null. */
final class TextColumn extends RecordMaterializer<Binary> {
  private Binary value;

  private final PrimitiveConverter column =
      new PrimitiveConverter() {
        @Override
        public void addBinary(Binary bytes) {
          value = bytes;
        }
      };

  private final GroupConverter row =
      new GroupConverter() {
        @Override
        public Converter getConverter(int field) {
          return column;
        }

        @Override
        public void start() {
          value = null;
        }

        @Override
        public void end() {}
      };

  @Override
  public Binary getCurrentRecord() {
    return value;
  }

  @Override
  public GroupConverter getRootConverter() {
    return row;
  }
}

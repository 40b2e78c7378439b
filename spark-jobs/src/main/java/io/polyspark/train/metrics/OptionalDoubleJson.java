package io.polyspark.train.metrics;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import java.io.IOException;
import java.util.OptionalDouble;

/**
 * An {@link OptionalDouble} as a number or nothing. Spark's event log writes with a mapper of its
 * own, which does not know the type, so the record carries the rule.
 */
final class OptionalDoubleJson {
  private OptionalDoubleJson() {}

  /** Writes the number; the property is left out where there is none. */
  static final class Writer extends StdSerializer<OptionalDouble> {
    private static final long serialVersionUID = 1L;

    Writer() {
      super(OptionalDouble.class);
    }

    @Override
    public boolean isEmpty(SerializerProvider provider, OptionalDouble value) {
      return value.isEmpty();
    }

    @Override
    public void serialize(OptionalDouble value, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      if (value.isPresent()) {
        out.writeNumber(value.getAsDouble());
      } else {
        out.writeNull();
      }
    }
  }

  /** Reads a number, null or a missing property. */
  static final class Reader extends StdDeserializer<OptionalDouble> {
    private static final long serialVersionUID = 1L;

    Reader() {
      super(OptionalDouble.class);
    }

    @Override
    public OptionalDouble deserialize(JsonParser in, DeserializationContext context)
        throws IOException {
      return OptionalDouble.of(_parseDoublePrimitive(in, context));
    }

    @Override
    public OptionalDouble getNullValue(DeserializationContext context) {
      return OptionalDouble.empty();
    }
  }
}

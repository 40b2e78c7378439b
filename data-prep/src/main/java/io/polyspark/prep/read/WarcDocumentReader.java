package io.polyspark.prep.read;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.netpreserve.jwarc.HttpResponse;
import org.netpreserve.jwarc.MediaType;
import org.netpreserve.jwarc.MessageBody;
import org.netpreserve.jwarc.WarcConversion;
import org.netpreserve.jwarc.WarcReader;
import org.netpreserve.jwarc.WarcRecord;
import org.netpreserve.jwarc.WarcResponse;

/**
 * The pages of a web crawl: of responses that brought HTML (status 200) the main text, of
 * conversions, which WET files have, the text as it is. Other records are no documents. After a
 * record that cannot be read there is no telling where the next one starts, so it is the last; a
 * page that cannot be read in a record that can costs only itself.
 */
final class WarcDocumentReader implements DocumentReader {
  private final InputFile file;
  private final InputStream in;
  private final DocumentLimit textLimit;
  private final DocumentLimit pageLimit;
  private WarcReader records;
  private long nextRecord;
  private boolean ended;

  /**
   * Reads nothing yet.
   *
   * @param in the file's bytes, or what they are when decompressed; gzip may be left to this reader
   */
  WarcDocumentReader(InputFile file, InputStream in, ReadOptions options) {
    this.file = file;
    this.in = in;
    this.textLimit = DocumentLimit.ofText(options);
    this.pageLimit = DocumentLimit.ofPages(options);
  }

  @Override
  public ReadResult next() throws IOException {
    while (!ended) {
      long number = nextRecord;
      try {
        Optional<WarcRecord> record = nextRecord();
        ended = record.isEmpty();
        ReadResult result = ended ? null : read(record.get(), number);
        if (result != null) {
          return result;
        }
      } catch (IOException | RuntimeException e) {
        StorageException.rethrow(e);
        ended = true;
        return damage(number, "cannot be read from record " + (number + 1) + " on", e);
      }
    }
    return null;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  private Optional<WarcRecord> nextRecord() throws IOException {
    if (records == null) {
      records = new WarcReader(in);
      // Crawlers write header lines that the standard does not allow.
      records.setLenient(true);
    }
    nextRecord++;
    return records.next();
  }

  /** The document of a record, the reason why it has none, or null where it should have none. */
  private ReadResult read(WarcRecord record, long number) throws IOException {
    if (record instanceof WarcConversion) {
      return text(record.body(), number);
    }
    if (record instanceof WarcResponse response
        && response.contentType().base().equals(MediaType.HTTP)) {
      return page(response, number);
    }
    return null;
  }

  private ReadResult text(MessageBody body, long number) throws IOException {
    byte[] bytes = bytes(body, textLimit);
    return bytes == null
        ? textLimit.reject(file.place(number), () -> subject(number))
        : Utf8.document(file.place(number), bytes, () -> subject(number));
  }

  private ReadResult page(WarcResponse response, long number) throws IOException {
    byte[] bytes;
    MediaType type;
    try {
      HttpResponse http = response.http();
      type = http.contentType();
      boolean html = type.base().equals(MediaType.HTML) || type.base().equals(MediaType.XHTML);
      if (http.status() != 200 || !html) {
        return null;
      }
      bytes = bytes(http.bodyDecoded(), pageLimit);
    } catch (IOException | RuntimeException e) {
      StorageException.rethrow(e);
      // The record must be whole for the next one to be found; if it is not, this throws.
      response.body().consume();
      return damage(number, "record " + (number + 1) + " has no page that can be read", e);
    }
    if (bytes == null) {
      return pageLimit.reject(file.place(number), () -> subject(number));
    }
    String text;
    try {
      text = MainText.of(bytes, type.parameters().get("charset"));
    } catch (RuntimeException e) {
      return damage(number, "record " + (number + 1) + " has a page whose text is not found", e);
    }
    return new Document(text, text.getBytes(StandardCharsets.UTF_8), file.place(number));
  }

  /** All of a body; null if it is too large. */
  private static byte[] bytes(MessageBody body, DocumentLimit limit) throws IOException {
    int most = (int) limit.bytes();
    byte[] bytes = body.stream().readNBytes(most + 1);
    return bytes.length > most ? null : bytes;
  }

  private String subject(long number) {
    return String.format("%s record %d", file.display(), number + 1);
  }

  private Rejection damage(long number, String what, Exception e) {
    String cause = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    String firstLine = cause.lines().findFirst().orElse("");
    return new Rejection(
        Rejection.DAMAGED_WARC,
        file.place(number),
        () -> String.format("%s %s (%s)", file.display(), what, firstLine));
  }
}

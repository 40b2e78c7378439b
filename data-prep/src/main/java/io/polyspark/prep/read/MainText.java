package io.polyspark.prep.read;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import net.dankito.readability4j.Readability4J;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;

/**
 * What a page says, without its menus, notes and advertisements: Mozilla's Readability, in the port
 * Readability4J, on jsoup's tree. (Of what was tried it alone kept pages of HTML 5 whole:
 * boilerpipe, of 2011, drops sentences with {@code code} in them, and c4corpus's jusText brings a
 * jsoup of its own, which is old.)
 */
final class MainText {
  /** Links are not followed: any base will do. */
  private static final String BASE = "http://page.invalid/";

  /**
   * Of pages with more all text is taken. Readability takes time with the square of their number: a
   * second for so many that stand in each other, minutes for pages of a megabyte of nothing else.
   */
  private static final int MOST_ELEMENTS = 10_000;

  private MainText() {}

  /**
   * The text, a line for each paragraph; empty where there is none.
   *
   * @param html the page's bytes
   * @param charset its encoding, by the HTTP header, or null; a byte order mark is believed first,
   *     what the page says of itself last, and without any it is UTF-8
   */
  static String of(byte[] html, String charset) {
    Document page;
    try {
      page = Jsoup.parse(new ByteArrayInputStream(html), known(charset), BASE);
      // Readability prints the page, for which pretty is slow.
      page.outputSettings().prettyPrint(false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (page.getAllElements().size() > MOST_ELEMENTS) {
      return BlockText.of(page.body());
    }
    Element article = new Readability4J(BASE, page).parse().getArticleContent();
    return article == null ? "" : BlockText.of(article);
  }

  /** A name that Java knows, or null. */
  private static String known(String charset) {
    try {
      return charset != null && Charset.isSupported(charset) ? charset : null;
    } catch (IllegalCharsetNameException e) {
      return null;
    }
  }
}

package io.polyspark.prep.read;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What is left of a page. */
class MainTextTest {
  private static final String SENTENCE =
      "The ships of the north lie in the harbour until the ice is gone, and so do their crews. ";

  @Test
  void menusAndFootersAreLeftOut() {
    String links = "<a href='/a'>Home</a> <a href='/b'>News</a> <a href='/c'>Contact</a>";
    String page =
        "<html><head><title>Title</title><style>p {}</style></head><body><div class='menu'>"
            + links
            + "</div><nav>"
            + links
            + "</nav><div id='content'><p>"
            + SENTENCE.repeat(3)
            + "</p><p>"
            + SENTENCE.repeat(4)
            + "</p></div><script>var a = 1;</script><div class='footer'>All rights reserved "
            + links
            + "</div></body></html>";
    assertThat(of(page)).isEqualTo(SENTENCE.repeat(3).strip() + "\n" + SENTENCE.repeat(4).strip());
  }

  @Test
  void linesAreThoseOfABrowser() {
    assertThat(
            of(
                "<h1>Head</h1><p>One\n  two<br>three&nbsp;four <b>five</b>.<pre>a {\n  b\n}</pre>"
                    + "<ul><li>x<li>y</ul><table><tr><td>1<td>2<tr><td>3<td>4</table>"))
        .isEqualTo("Head\nOne two\nthree four five.\na {\n  b\n}\nx\ny\n1 2\n3 4");
  }

  @Test
  void encodingIsThatOfMarkHeaderOrPage() {
    String page = "<html><head><meta charset='windows-1252'></head><body><p>Größe €</body></html>";
    Charset western = Charset.forName("windows-1252");
    assertThat(MainText.of(page.getBytes(western), null)).isEqualTo("Größe €");
    assertThat(MainText.of(page.getBytes(StandardCharsets.UTF_8), "utf-8")).isEqualTo("Größe €");
    assertThat(MainText.of(("\ufeff" + page).getBytes(StandardCharsets.UTF_8), "windows-1252"))
        .isEqualTo("Größe €");
    assertThat(MainText.of(page.getBytes(western), "no such charset")).isEqualTo("Größe €");
    assertThat(MainText.of("<p>Größe €".getBytes(StandardCharsets.UTF_8), null))
        .isEqualTo("Größe €");
  }

  @Test
  void pagesThatSayNothing() {
    assertThat(of("")).isEmpty();
    assertThat(of("<!-- x -->")).isEmpty();
    assertThat(of("<html><body><script>x</script></body></html>")).isEmpty();
    assertThat(of("plain words")).isEqualTo("plain words");
  }

  @Test
  void pagesThatWouldTakeMinutes() {
    assertThat(of("<div>".repeat(50_000) + "deep")).isEqualTo("deep");
    assertThat(of("<p>a</p>".repeat(50_000)).lines()).hasSize(50_000);
  }

  private static String of(String page) {
    return MainText.of(page.getBytes(StandardCharsets.UTF_8), null);
  }
}

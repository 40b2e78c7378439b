package io.polyspark.prep.read;

import java.util.Set;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.nodes.TextNode;
import org.jsoup.select.NodeFilter;

/**
 * The text of HTML as a browser lays it out: a line for each block, white space in it as one space,
 * preformatted text as it stands. What HTML itself sets apart from the matter, as menus are, is
 * left out.
 */
final class BlockText implements NodeFilter {
  private static final Set<String> ASIDE =
      Set.of(
          "title", "nav", "footer", "aside", "script", "style", "noscript", "template", "button");

  private final StringBuilder text = new StringBuilder();
  private int preformatted;

  private BlockText() {}

  static String of(Element element) {
    BlockText blocks = new BlockText();
    element.filter(blocks);
    return blocks.text.toString().strip();
  }

  @Override
  public FilterResult head(Node node, int depth) {
    if (node instanceof TextNode words) {
      append(words.getWholeText());
    } else if (node instanceof Element element) {
      if (ASIDE.contains(element.normalName())) {
        return FilterResult.SKIP_ENTIRELY;
      }
      if (isCell(element)) {
        append(" ");
      } else if (element.isBlock() || element.normalName().equals("br")) {
        breakLine();
      }
      preformatted += isPreformatted(element) ? 1 : 0;
    }
    return FilterResult.CONTINUE;
  }

  @Override
  public FilterResult tail(Node node, int depth) {
    if (node instanceof Element element) {
      preformatted -= isPreformatted(element) ? 1 : 0;
      if (element.isBlock() && !isCell(element)) {
        breakLine();
      }
    }
    return FilterResult.CONTINUE;
  }

  private void append(String words) {
    if (preformatted > 0) {
      text.append(words);
      return;
    }
    for (int i = 0; i < words.length(); i++) {
      char character = words.charAt(i);
      if (!isSpace(character)) {
        text.append(character);
      } else if (!text.isEmpty() && !isSpace(text.charAt(text.length() - 1))) {
        text.append(' ');
      }
    }
  }

  private void breakLine() {
    int end = text.length();
    while (end > 0 && text.charAt(end - 1) == ' ') {
      end--;
    }
    text.setLength(end);
    if (end > 0 && text.charAt(end - 1) != '\n') {
      text.append('\n');
    }
  }

  private static boolean isPreformatted(Element element) {
    return element.normalName().equals("pre");
  }

  private static boolean isCell(Element element) {
    return element.normalName().equals("td") || element.normalName().equals("th");
  }

  /** White space of HTML, and the space that must not break. */
  private static boolean isSpace(char character) {
    return character == ' '
        || character == '\n'
        || character == '\t'
        || character == '\r'
        || character == '\f'
        || character == '\u00a0';
  }
}

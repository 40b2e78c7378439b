package io.polyspark.prep.mask;

/**
 * Finds e-mail addresses of the usual form: a local part of ASCII letters, digits and RFC 5322's
 * marks, an at sign, and a domain of two labels or more, the last of two letters or more.
 */
final class EmailAddress {
  private static final String LOCAL_MARKS = "!#$%&'*+/=?^_`{|}~.-";

  private EmailAddress() {}

  /**
   * The address around an at sign; null if there is none.
   *
   * @param from where the part of the text starts that is still free
   */
  static Span around(String text, int at, int from) {
    int start = at;
    while (start > from && isLocal(text.charAt(start - 1))) {
      start--;
    }
    // A path or a quotation mark in front is no part of the address.
    while (start < at && !isAlphanumeric(text.charAt(start))) {
      start++;
    }
    if (start == at || text.charAt(at - 1) == '.') {
      return null;
    }
    int end = domainEnd(text, at + 1);
    return end < 0 ? null : new Span(start, end);
  }

  /** Where the longest domain ends that starts here; -1 if none does. */
  private static int domainEnd(String text, int start) {
    int end = -1;
    int label = start;
    for (int labels = 1; ; labels++) {
      int labelEnd = labelEnd(text, label);
      if (labelEnd == label) {
        return end;
      }
      if (labels > 1 && labelEnd - label > 1 && lettersOnly(text, label, labelEnd)) {
        end = labelEnd;
      }
      if (labelEnd == text.length() || text.charAt(labelEnd) != '.') {
        return end;
      }
      label = labelEnd + 1;
    }
  }

  /** Where a label of a domain ends, which neither starts nor ends with a dash. */
  private static int labelEnd(String text, int start) {
    int end = start;
    while (end < text.length() && isDomain(text.charAt(end))) {
      end++;
    }
    while (end > start && text.charAt(end - 1) == '-') {
      end--;
    }
    return end > start && text.charAt(start) == '-' ? start : end;
  }

  private static boolean lettersOnly(String text, int start, int end) {
    for (int i = start; i < end; i++) {
      if (!Ascii.isLetter(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isAlphanumeric(char c) {
    return Ascii.isLetter(c) || Ascii.isDigit(c);
  }

  private static boolean isLocal(char c) {
    return isAlphanumeric(c) || LOCAL_MARKS.indexOf(c) >= 0;
  }

  private static boolean isDomain(char c) {
    return isAlphanumeric(c) || c == '-';
  }
}

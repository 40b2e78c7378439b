package io.polyspark.prep.mask;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** Finds the IP addresses that can belong to somebody on the internet. */
final class IpAddress {
  private static final int LONGEST_IPV6 = 45;

  /** IANA's registry of special IPv4 addresses: network and bits of prefix; and multicast. */
  private static final int[][] SPECIAL_IPV4 = {
    {network(0, 0, 0), 8},
    {network(10, 0, 0), 8},
    {network(100, 64, 0), 10},
    {network(127, 0, 0), 8},
    {network(169, 254, 0), 16},
    {network(172, 16, 0), 12},
    {network(192, 0, 0), 24},
    {network(192, 0, 2), 24},
    {network(192, 88, 99), 24},
    {network(192, 168, 0), 16},
    {network(198, 18, 0), 15},
    {network(198, 51, 100), 24},
    {network(203, 0, 113), 24},
    {network(224, 0, 0), 3},
  };

  private IpAddress() {}

  /** Whether an address may start here: at the first character of a run of its characters. */
  static boolean mayStart(String text, int at) {
    char c = text.charAt(at);
    if (!Ascii.isHexDigit(c) && c != ':') {
      return false;
    }
    char before = at == 0 ? ' ' : text.charAt(at - 1);
    return !Ascii.isWord(before) && before != ':' && before != '.';
  }

  /** The public address that starts here; null if there is none. */
  static Span from(String text, int start) {
    int end = ipv4End(text, start);
    if (end >= 0) {
      return isPublicIpv4(text.substring(start, end)) ? new Span(start, end) : null;
    }
    end = ipv6End(text, start);
    return end >= 0 && isPublicIpv6(text.substring(start, end)) ? new Span(start, end) : null;
  }

  /** Where four numbers of up to three digits with dots between them end; -1 if they do not. */
  private static int ipv4End(String text, int start) {
    int at = start;
    for (int octet = 0; octet < 4; octet++) {
      if (octet > 0) {
        if (at == text.length() || text.charAt(at) != '.') {
          return -1;
        }
        at++;
      }
      int first = at;
      while (at < text.length() && at < first + 3 && Ascii.isDigit(text.charAt(at))) {
        at++;
      }
      if (at == first || Integer.parseInt(text, first, at, 10) > 255) {
        return -1;
      }
    }
    // A fifth number makes it the number of a version or of a section.
    boolean goesOn =
        at < text.length()
            && (Ascii.isWord(text.charAt(at))
                || (text.charAt(at) == '.'
                    && at + 1 < text.length()
                    && Ascii.isDigit(text.charAt(at + 1))));
    return goesOn ? -1 : at;
  }

  private static boolean isPublicIpv4(String address) {
    int bits = 0;
    for (String octet : address.split("\\.", -1)) {
      bits = bits << 8 | Integer.parseInt(octet);
    }
    for (int[] special : SPECIAL_IPV4) {
      if ((bits ^ special[0]) >>> (32 - special[1]) == 0) {
        return false;
      }
    }
    return true;
  }

  /** Where a run of hexadecimal digits, colons and dots ends that has two colons; or -1. */
  private static int ipv6End(String text, int start) {
    int at = start;
    int colons = 0;
    while (at < text.length() && at - start <= LONGEST_IPV6) {
      char c = text.charAt(at);
      if (!Ascii.isHexDigit(c) && c != ':' && c != '.') {
        break;
      }
      colons += c == ':' ? 1 : 0;
      at++;
    }
    if (colons < 2 || at - start > LONGEST_IPV6) {
      return -1;
    }
    if (at < text.length() && Ascii.isWord(text.charAt(at))) {
      return -1;
    }
    // A dot or a single colon at the end belongs to the sentence.
    while (text.charAt(at - 1) == '.'
        || (text.charAt(at - 1) == ':' && text.charAt(at - 2) != ':')) {
      at--;
    }
    return at;
  }

  /** Global unicast, 2000::/3, without the addresses for documentation, 2001:db8::/32. */
  private static boolean isPublicIpv6(String address) {
    byte[] bytes;
    try {
      // In brackets Java takes it for an address or for an error, and never asks a name server.
      InetAddress parsed = InetAddress.getByName("[" + address + "]");
      if (!(parsed instanceof Inet6Address)) {
        return false;
      }
      bytes = parsed.getAddress();
    } catch (UnknownHostException e) {
      return false;
    }
    boolean global = (bytes[0] & 0xe0) == 0x20;
    boolean documentation =
        bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0x0d && bytes[3] == (byte) 0xb8;
    return global && !documentation;
  }

  private static int network(int first, int second, int third) {
    return first << 24 | second << 16 | third << 8;
  }
}

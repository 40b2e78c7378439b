package io.polyspark.prep.mask;

import io.polyspark.model.config.UserError;
import io.polyspark.prep.filter.Candidate;
import io.polyspark.prep.filter.Stage;
import io.polyspark.prep.filter.Verdict;
import java.util.Map;
import java.util.TreeMap;

/**
 * Puts placeholders for e-mail addresses and public IP addresses, as Dolma (arXiv 2402.00159) and
 * FineWeb (arXiv 2406.17557, section 3.8) do. Private, local, multicast and documentation addresses
 * identify nobody and stay.
 *
 * @param email what stands for an e-mail address; Dolma's by default, FineWeb writes {@code
 *     email@example.com}
 * @param ip what stands for an IP address; Dolma's by default
 */
public record MaskAddresses(String email, String ip) implements Stage {
  /** The name of the stage. */
  public static final String NAME = "mask_addresses";

  /** Dolma's placeholders. */
  public static final MaskAddresses DEFAULTS =
      new MaskAddresses("|||EMAIL_ADDRESS|||", "|||IP_ADDRESS|||");

  /**
   * Checks the placeholders.
   *
   * @throws UserError naming one that is empty
   */
  public MaskAddresses {
    if (email.isEmpty() || ip.isEmpty()) {
      throw UserError.of(
          "%s.%s is empty; give the text that stands in the place of an address.",
          NAME, email.isEmpty() ? "email" : "ip");
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  /** Events count the addresses, as {@code email} and {@code ip}. */
  @Override
  public Verdict apply(Candidate candidate) {
    String text = candidate.text();
    StringBuilder masked = new StringBuilder();
    Map<String, Long> events = new TreeMap<>();
    int copied = 0;
    for (int at = 0; at < text.length(); at++) {
      char c = text.charAt(at);
      Span found = null;
      String placeholder = email;
      String event = "email";
      if (c == '@') {
        found = EmailAddress.around(text, at, copied);
      } else if (IpAddress.mayStart(text, at)) {
        found = IpAddress.from(text, at);
        placeholder = ip;
        event = "ip";
      }
      if (found != null) {
        masked.append(text, copied, found.start()).append(placeholder);
        events.merge(event, 1L, Long::sum);
        copied = found.end();
        at = copied - 1;
      }
    }
    return copied == 0
        ? Verdict.keep(candidate)
        : new Verdict.Kept(
            candidate.withText(masked.append(text, copied, text.length()).toString()), events);
  }
}

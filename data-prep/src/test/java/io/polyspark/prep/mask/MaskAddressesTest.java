package io.polyspark.prep.mask;

import static io.polyspark.prep.filter.Documents.kept;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import io.polyspark.prep.filter.Candidate;
import io.polyspark.prep.filter.Documents;
import io.polyspark.prep.filter.Verdict;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MaskAddressesTest {
  private static final MaskAddresses STAGE = new MaskAddresses("EMAIL", "IP");

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "write to jane.doe+x@mail.example.com.; write to EMAIL.",
        "<a_b@c-d.org>; <EMAIL>",
        "mailto:A1@B2.DE?subject=x; mailto:EMAIL?subject=x",
        "a@b.com,c@d.net; EMAIL,EMAIL",
        "'x@y.info'; 'EMAIL'",
        "\"q@r.co.uk\" - s@t.io-; \"EMAIL\" - EMAIL-",
        "a@b.com@c.org; EMAIL@c.org",
        "x@y.museum/path; EMAIL/path",
        "o'neil@host.com; EMAIL"
      })
  void emailAddressesGo(String text, String masked) {
    assertThat(kept(STAGE, text)).isEqualTo(masked);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "@",
        "@user",
        "a@b",
        "a @b.com",
        "a.@b.com",
        "a@.com",
        "a@-b.com",
        "a@b.c",
        "a@b.12",
        "me @ home.com",
        "a@b..com",
        "..@b.com"
      })
  void whatIsNoEmailAddressStays(String text) {
    assertThat(kept(STAGE, text)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "from 8.8.8.8, and 1.1.1.1.; from IP, and IP.",
        "8.8.4.4:53/24; IP:53/24",
        "172.15.255.255 172.32.0.1; IP IP",
        "100.63.0.1 100.128.0.1; IP IP",
        "[2001:4860:4860::8888]:53; [IP]:53",
        "it is 2a00:1450:4001:81b::200e.; it is IP.",
        "at 2606:4700:0:0:0:0:0:1111: yes; at IP: yes"
      })
  void publicIpAddressesGo(String text, String masked) {
    assertThat(kept(STAGE, text)).isEqualTo(masked);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.1 192.168.1.1 172.16.0.1 172.31.255.255 127.0.0.1 169.254.1.1 100.64.0.1 0.0.0.0",
        "192.0.2.1 198.51.100.1 203.0.113.9 198.18.0.1 198.19.0.1 224.0.0.1 255.255.255.255",
        "256.1.1.1",
        "1.2.3",
        "1.2.3.4.5",
        "v1.2.3.4",
        "1.2.3.4a",
        "1..2.3.4",
        "1234.1.1.1",
        "fe80::1 ::1 fc00::1 2001:db8::1 ff02::1 ::ffff:8.8.8.8x",
        "12:30:45",
        "std::cafe",
        "a::b",
        "::",
        "1:2:3:4:5:6:7:8:9",
        "2001:4860:::1",
        "x:y:z"
      })
  void whatIsNoPublicIpAddressStays(String text) {
    assertThat(kept(STAGE, text)).isEqualTo(text);
  }

  @Test
  void addressesAreCounted() {
    Verdict verdict = STAGE.apply(new Candidate(Documents.of("a@b.de c@d.de 9.9.9.9")));
    assertThat(((Verdict.Kept) verdict).events()).isEqualTo(Map.of("email", 2L, "ip", 1L));
    Candidate plain = new Candidate(Documents.of("nothing here"));
    assertThat(((Verdict.Kept) STAGE.apply(plain)).candidate()).isSameAs(plain);
  }

  @Test
  void dolmasPlaceholdersStayWhereTheyAre() {
    String once = kept(MaskAddresses.DEFAULTS, "a@b.de 9.9.9.9");
    assertThat(once).isEqualTo("|||EMAIL_ADDRESS||| |||IP_ADDRESS|||");
    assertThat(kept(MaskAddresses.DEFAULTS, once)).isEqualTo(once);
  }

  @Test
  void longRunsTakeTimeInProportion() {
    String ats = "a@".repeat(200_000);
    assertThat(kept(STAGE, ats)).isEqualTo(ats);
    String dots = "1.".repeat(200_000) + ":".repeat(200_000);
    assertThat(kept(STAGE, dots)).isEqualTo(dots);
  }

  @Test
  void emptyPlaceholdersAreNamed() {
    assertThatThrownBy(() -> new MaskAddresses("x", ""))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "mask_addresses.ip is empty; give the text that stands in the place of an address.");
  }
}

package io.polyspark.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.testing.Outcome;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Reads Spark's pages over TLS from who has the certificate of a keystore, and from nobody else.
 */
final class TrustingClient {
  private static final Pattern APPLICATION = Pattern.compile("\"id\" : \"(app-[^\"]+)\"");
  private static final int LOOK_AGAIN_MILLISECONDS = 50;

  private final HttpClient client;

  TrustingClient(Path keystore, String password) throws IOException, GeneralSecurityException {
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(KeyStore.getInstance(keystore.toFile(), password.toCharArray()));
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    client =
        HttpClient.newBuilder()
            .sslContext(context)
            .followRedirects(HttpClient.Redirect.ALWAYS)
            .build();
  }

  /** As docs/cluster.md says, with the password on no command line. */
  static Path makeKeystore(Path directory, String password)
      throws IOException, InterruptedException {
    Path keystore = directory.resolve("keystore.p12");
    Outcome outcome =
        Outcome.of(
            directory,
            Map.of("POLYSPARK_KEYSTORE_PASSWORD", password),
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-genkeypair",
            "-keystore",
            keystore.toString(),
            "-storetype",
            "PKCS12",
            "-storepass:env",
            "POLYSPARK_KEYSTORE_PASSWORD",
            "-keyalg",
            "EC",
            "-alias",
            "spark",
            "-dname",
            "CN=localhost",
            "-ext",
            "san=dns:localhost,ip:127.0.0.1",
            "-validity",
            "365");
    assertThat(outcome.code()).as(outcome.output()).isZero();
    return keystore;
  }

  /** A page as text. */
  String get(String address) throws IOException, InterruptedException {
    return client
        .send(
            HttpRequest.newBuilder(URI.create(address)).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  /**
   * What a driver's REST interface says of its application, as soon as it says it.
   *
   * @param port where it sends those who ask without TLS to the port that has it
   */
  String awaitPage(Process driver, int port, String name, String part)
      throws IOException, InterruptedException {
    while (true) {
      try {
        String applications = "http://127.0.0.1:" + port + "/api/v1/applications";
        Matcher id = APPLICATION.matcher(get(applications));
        if (id.find()) {
          String page = get(applications + "/" + id.group(1) + "/" + name);
          if (page.contains(part)) {
            return page;
          }
        }
      } catch (IOException notYet) {
        assertThat(driver.isAlive()).isTrue();
      }
      assertThat(driver.waitFor(LOOK_AGAIN_MILLISECONDS, TimeUnit.MILLISECONDS)).isFalse();
    }
  }
}

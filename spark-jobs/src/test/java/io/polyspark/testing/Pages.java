package io.polyspark.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Pages of Spark's web interface, over HTTP. */
public final class Pages {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP =
      HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build();

  private Pages() {}

  /** A page that is there. */
  public static String get(String address) throws IOException, InterruptedException {
    HttpResponse<String> response = send(HttpRequest.newBuilder(URI.create(address)).build());
    assertThat(response.statusCode()).as(address).isEqualTo(200);
    return response.body();
  }

  /** The answer of a page for scripts. */
  public static JsonNode json(String address) throws IOException, InterruptedException {
    return JSON.readTree(get(address));
  }

  /** The status of an answer. */
  public static int status(String address) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(URI.create(address)).build()).statusCode();
  }

  /** A page as a proxy asks for it that shows it below a path. */
  public static String behindProxy(String address, String path)
      throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(URI.create(address))
            .header("X-Forwarded-Context", path)
            .build())
        .body();
  }

  /** Whether a browser that asks for an address leaves the machine alone. */
  public static boolean isHere(String address) {
    return address.startsWith("http://127.0.0.1:")
        || address.startsWith("data:")
        || address.equals("about:blank");
  }

  private static HttpResponse<String> send(HttpRequest request)
      throws IOException, InterruptedException {
    return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
  }
}

package io.polyspark.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A page in a headless Chromium, driven by its DevTools protocol over the JDK's own WebSocket:
 * neither a driver nor a library has to match the browser's version.
 */
public final class Browser implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SECONDS = 120;

  private final Process process;
  private final WebSocket socket;
  private final Map<Integer, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
  private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
  private final List<String> complaints = Collections.synchronizedList(new ArrayList<>());
  private int last;

  private Browser(Process process, String page) throws IOException {
    this.process = process;
    this.socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(URI.create(page), new Ear())
            .join();
    call("Page.enable", Map.of());
    call("Network.enable", Map.of());
    call("Runtime.enable", Map.of());
    call("Log.enable", Map.of());
  }

  /** The path of Debian's Chromium, where there is one. */
  public static Optional<Path> program() {
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
        .map(directory -> Path.of(directory, "chromium"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * Starts one.
   *
   * @param profile a directory for what it keeps
   */
  public static Browser start(Path program, Path profile) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                program.toString(),
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--no-first-run",
                "--window-size=1300,1000",
                "--remote-debugging-port=0",
                "--remote-allow-origins=*",
                "--user-data-dir=" + profile,
                "about:blank")
            .redirectErrorStream(true)
            .start();
    // It says where it listens, and must be read to its end lest it waits for a reader.
    CompletableFuture<String> address = new CompletableFuture<>();
    Thread reader =
        new Thread(
            () -> {
              try (var lines = process.inputReader()) {
                lines
                    .lines()
                    .filter(line -> line.startsWith("DevTools listening on "))
                    .forEach(line -> address.complete(line.substring(22)));
                address.completeExceptionally(new IOException("Chromium ended"));
              } catch (IOException e) {
                address.completeExceptionally(e);
              }
            });
    reader.setDaemon(true);
    reader.start();
    try {
      URI devTools = URI.create(address.get(SECONDS, TimeUnit.SECONDS));
      JsonNode pages =
          JSON.readTree(new URL("http", devTools.getHost(), devTools.getPort(), "/json/list"));
      for (JsonNode page : pages) {
        if (page.get("type").asText().equals("page")) {
          return new Browser(process, page.get("webSocketDebuggerUrl").asText());
        }
      }
      throw new IOException("Chromium has no page");
    } catch (ExecutionException | TimeoutException | IOException e) {
      process.destroyForcibly();
      throw new IOException("Chromium cannot be driven", e);
    }
  }

  /** Goes to an address. */
  public void open(String address) throws IOException {
    call("Page.navigate", Map.of("url", address));
  }

  /** Shows pages as where people prefer dark or light colours, on a screen of that size. */
  public void prefer(String scheme, int width, int height) throws IOException {
    call(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    call(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
  }

  /** Presses a key, such as {@code ArrowRight}. */
  public void press(String key) throws IOException {
    for (String type : List.of("rawKeyDown", "keyUp")) {
      call("Input.dispatchKeyEvent", Map.of("type", type, "key", key, "code", key));
    }
  }

  /**
   * What a script's last expression gives, as JSON; a promise is waited for.
   *
   * @throws IOException if the script throws
   */
  public JsonNode evaluate(String script) throws IOException {
    JsonNode answer =
        call(
            "Runtime.evaluate",
            Map.of("expression", script, "awaitPromise", true, "returnByValue", true));
    if (answer.has("exceptionDetails")) {
      throw new IOException(answer.get("exceptionDetails").toString());
    }
    return answer.at("/result/value");
  }

  /** What people read of the first element that a selector finds. */
  public String text(String selector) throws IOException {
    return evaluate("document.querySelector('" + selector + "').innerText").asText();
  }

  /** Waits until a script's expression is true of the page, whichever page it is by then. */
  public void await(String condition) throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    while (!evaluate("Boolean(" + condition + ")").asBoolean()) {
      if (System.nanoTime() > end) {
        throw new IOException(
            "The page has not come to "
                + condition
                + ": "
                + complaints()
                + evaluate("document.body.innerText"));
      }
      Thread.sleep(50);
    }
  }

  /** The whole page as it looks, a PNG. */
  public byte[] picture() throws IOException {
    JsonNode answer =
        call("Page.captureScreenshot", Map.of("format", "png", "captureBeyondViewport", true));
    return Base64.getDecoder().decode(answer.get("data").asText());
  }

  /** The addresses of everything that was asked for over a network so far. */
  public List<String> requests() {
    return List.copyOf(requests);
  }

  /** What the console and the log of the browser have of errors and warnings so far. */
  public List<String> complaints() {
    return List.copyOf(complaints);
  }

  @Override
  public void close() throws IOException {
    try {
      call("Browser.close", Map.of());
      process.waitFor(SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      process.destroyForcibly();
    }
  }

  private JsonNode call(String method, Map<String, Object> parameters) throws IOException {
    int id = ++last;
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    waiting.put(id, answer);
    ObjectNode message = JSON.createObjectNode().put("id", id).put("method", method);
    message.set("params", JSON.valueToTree(parameters));
    socket.sendText(message.toString(), true).join();
    try {
      JsonNode reply = answer.get(SECONDS, TimeUnit.SECONDS);
      if (reply.has("error")) {
        throw new IOException(method + ": " + reply.get("error"));
      }
      return reply.get("result");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException(method + " was not answered", e);
    }
  }

  private void take(JsonNode message) {
    if (message.has("id")) {
      waiting.remove(message.get("id").asInt()).complete(message);
      return;
    }
    JsonNode parameters = message.path("params");
    switch (message.path("method").asText()) {
      case "Network.requestWillBeSent" -> requests.add(parameters.at("/request/url").asText());
      case "Runtime.exceptionThrown" -> complaints.add(parameters.toString());
      case "Runtime.consoleAPICalled" -> {
        if (List.of("error", "warning", "assert").contains(parameters.get("type").asText())) {
          complaints.add(parameters.toString());
        }
      }
      case "Log.entryAdded" -> {
        if (!List.of("verbose", "info").contains(parameters.at("/entry/level").asText())) {
          complaints.add(parameters.toString());
        }
      }
      default -> {
        // Of no interest.
      }
    }
  }

  /** Hears what the browser says, in pieces. */
  private final class Ear implements WebSocket.Listener {
    private final StringBuilder message = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence piece, boolean isLast) {
      message.append(piece);
      if (isLast) {
        try {
          take(JSON.readTree(message.toString()));
        } catch (IOException e) {
          complaints.add(e.toString());
        }
        message.setLength(0);
      }
      from.request(1);
      return null;
    }
  }
}

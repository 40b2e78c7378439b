package io.polyspark.prep.version;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polyspark.model.read.StrictJson;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.apache.hadoop.security.UserGroupInformation;

/**
 * The process that has a lease.
 *
 * @param host name of its machine
 * @param processes what process ids are counted in: the machine's boot and the name space of a
 *     container; empty where that is not known
 * @param pid its process id there
 * @param user who runs it
 * @param start when the lease was taken, ISO 8601
 * @param token tells it from every other lease
 */
record LeaseOwner(
    String host, String processes, long pid, String user, String start, String token) {
  private static final ObjectMapper JSON = StrictJson.builder().build();
  private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");
  private static final Path NAME_SPACE = Path.of("/proc/self/ns/pid");

  /** This process. */
  static LeaseOwner now(Instant start) throws IOException {
    return new LeaseOwner(
        hostName(),
        processSpace(),
        ProcessHandle.current().pid(),
        UserGroupInformation.getCurrentUser().getShortUserName(),
        start.toString(),
        UUID.randomUUID().toString());
  }

  /** Reads what {@link #json} wrote; empty where it was not written to its end. */
  static Optional<LeaseOwner> parse(byte[] json) throws IOException {
    try {
      LeaseOwner owner = JSON.readValue(json, LeaseOwner.class);
      return Optional.ofNullable(owner).filter(found -> found.token() != null);
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  byte[] json() throws IOException {
    return JSON.writeValueAsBytes(this);
  }

  /**
   * Whether the process is known to have ended: only one that would be seen from here can be. A
   * host's name alone does not say so: containers share it, and number their processes themselves.
   */
  boolean hasEnded(LeaseOwner here) {
    return host != null
        && host.equals(here.host())
        && !here.processes().isEmpty()
        && here.processes().equals(processes)
        && !ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }

  /** Linux alone tells. */
  private static String processSpace() {
    try {
      return Files.readString(BOOT).strip() + " " + Files.readSymbolicLink(NAME_SPACE);
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }
}

package io.polyspark.model.device;

import io.polyspark.model.config.UserError;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.nd4j.linalg.factory.Nd4j;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Binds a thread to one of several GPUs: for ND4J's CUDA back end, or for our own kernels. */
public final class DeviceChoice {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceChoice.class);

  private static final String VISIBLE = "CUDA_VISIBLE_DEVICES";

  /** The card that each thread was bound to; nothing where it was to none. */
  private static final ThreadLocal<Bound> BOUND = new ThreadLocal<>();

  /**
   * A card.
   *
   * @param ordinal as CUDA counts
   * @param index as {@code nvidia-smi} counts
   */
  private record Bound(int ordinal, int index) {}

  /** Where a thread computes by our kernels that was bound to no card; asked for once. */
  private static final class First {
    static final Bound CARD =
        NvidiaSmi.ask().visible().cards().stream()
            .filter(card -> CudaRequirements.OF_OUR_KERNELS.problem(card).isEmpty())
            .findFirst()
            .map(card -> bound(Integer.toString(card.index())))
            .orElse(new Bound(0, 0));
  }

  private DeviceChoice() {}

  /**
   * The card that this thread was bound to, as CUDA counts; where it was to none, the first that
   * our kernels run on.
   */
  public static int ordinal() {
    return here().ordinal();
  }

  /** The same card, as {@code nvidia-smi} counts. */
  public static int index() {
    return here().index();
  }

  private static Bound here() {
    Bound bound = BOUND.get();
    return bound == null ? First.CARD : bound;
  }

  /** Takes back what {@link #bind} has said of this thread to our kernels. */
  public static void unbind() {
    BOUND.remove();
  }

  /**
   * Lets this thread compute on a card; loads ND4J where its CUDA back end computes. CUDA must
   * count as {@code nvidia-smi} does, which it does with {@code CUDA_DEVICE_ORDER=PCI_BUS_ID} in
   * the environment.
   *
   * @param address the card's index, as {@code nvidia-smi} counts
   * @throws UserError if CUDA does not see that card
   */
  public static void bind(String address) {
    Bound card = bound(address);
    if (Nd4jBackend.here() == Nd4jBackend.CUDA) {
      Integer before = Nd4j.getAffinityManager().getDeviceForCurrentThread();
      if (before == null || before != card.ordinal()) {
        Nd4j.getAffinityManager().unsafeSetDevice(card.ordinal());
      }
    }
    if (!card.equals(BOUND.get())) {
      BOUND.set(card);
      LOG.info("GPU {} computes for this task (CUDA device {})", address, card.ordinal());
    }
  }

  private static Bound bound(String address) {
    int ordinal = ordinal(address, System.getenv(VISIBLE), () -> NvidiaSmi.ask().cards());
    return new Bound(ordinal, Integer.parseInt(address));
  }

  /**
   * CUDA's number for a card: it counts those that a process may see, {@code nvidia-smi} counts
   * all.
   *
   * @param address the card's index
   * @param visible the variable {@code CUDA_VISIBLE_DEVICES}, indices or UUIDs (their beginnings
   *     do); null where not set
   * @param cards the machine's; not asked for where they do not matter
   * @throws UserError if the address is no index or the card is hidden
   */
  static int ordinal(String address, String visible, Supplier<List<GraphicsCard>> cards) {
    if (!address.matches("\\d{1,4}")) {
      throw UserError.of(
          "Spark hands out the GPU '%s', but PolySpark needs indices as nvidia-smi counts: let the"
              + " discovery script print those.",
          address);
    }
    if (visible == null) {
      return Integer.parseInt(address);
    }
    List<String> seen = Arrays.stream(visible.split(",")).map(String::strip).toList();
    if (seen.contains(address)) {
      return seen.indexOf(address);
    }
    int index = Integer.parseInt(address);
    return cards.get().stream()
        .filter(card -> card.index() == index)
        .flatMapToInt(
            card ->
                IntStream.range(0, seen.size())
                    .filter(at -> !seen.get(at).isEmpty() && card.uuid().startsWith(seen.get(at))))
        .findFirst()
        .orElseThrow(
            () ->
                UserError.of(
                    "Spark hands out GPU %s, but CUDA_VISIBLE_DEVICES=%s hides it from this"
                        + " process: unset that, or let the discovery script print only what it"
                        + " shows.",
                    address, visible));
  }
}

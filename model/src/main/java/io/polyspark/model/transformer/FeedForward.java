package io.polyspark.model.transformer;

import io.polyspark.model.tensor.Tensor;
import java.util.Optional;

/** What follows attention in a block: an {@link Mlp} or a {@link MixtureOfExperts}. */
interface FeedForward {
  /** {@code y += f(x)}; x, y [N, D]. */
  void forward(Tensor x, Tensor y);

  /** {@code y = summand + f(x)}; x, summand, y [N, D]. */
  void forward(Tensor x, Tensor summand, Tensor y);

  /**
   * The first part of {@link #forward}, up to the activation: fills what {@link #backward} reads.
   * It is called again where other layers have used that memory since.
   *
   * @param x the input of the forward pass
   */
  void activate(Tensor x);

  /**
   * Adds to the gradients of the parameters.
   *
   * @param x the input of the forward pass
   * @param dY the gradient of what {@link #forward} added; only read
   * @param dX overwritten with the gradient of x
   */
  void backward(Tensor x, Tensor dY, Tensor dX);

  /** What the forward pass that has just ended put into the activation and took out of it. */
  ActivationRows activationRows();

  /**
   * How the forward pass that has just ended used the activation; overwrites memory that the
   * backward pass fills.
   */
  ActivationHealth activationHealth();

  /** How the last forward pass used the experts; nothing where there are none. */
  Optional<ExpertLoad> expertLoad();
}

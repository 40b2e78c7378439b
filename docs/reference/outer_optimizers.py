#!/usr/bin/env python3
"""Outer optimizers, computed by PyTorch.

Makes the case that OuterOptimizerTest holds PolySpark's outer optimizers against: random parameters, the mean
pseudo-gradients of several rounds, and what torch.optim makes of them in float64, one outer step per round.
Parameters and hyper-parameters are printed in full.

    python3 docs/reference/outer_optimizers.py > spark-jobs/src/test/resources/outer-optimizers.json

It needs Python 3.8 and PyTorch 1.13.
"""

import json

import torch

ELEMENTS = 8
ROUNDS = 6

OPTIMIZERS = {
    "sgd": ({"lr": 0.8}, lambda p, lr: torch.optim.SGD(p, lr=lr), []),
    "nesterov": (
        {"lr": 0.7, "momentum": 0.9},
        lambda p, lr, momentum: torch.optim.SGD(p, lr=lr, momentum=momentum, nesterov=True),
        ["momentum_buffer"],
    ),
    "adam": (
        {"lr": 0.003, "beta1": 0.9, "beta2": 0.95, "eps": 1e-5},
        lambda p, lr, beta1, beta2, eps: torch.optim.Adam(p, lr=lr, betas=(beta1, beta2), eps=eps),
        ["exp_avg", "exp_avg_sq"],
    ),
}


def trained(parameters, gradients, name):
    """The parameters and the optimizer's state after every round."""
    numbers, make, states = OPTIMIZERS[name]
    theta = parameters.clone().requires_grad_()
    optimizer = make([theta], **numbers)
    rounds = []
    for gradient in gradients:
        theta.grad = gradient.clone()
        optimizer.step()
        state = [optimizer.state[theta][key].tolist() for key in states]
        rounds.append({"parameters": theta.detach().tolist(), "state": state})
    return {"outer": {"outer": name, **numbers}, "rounds": rounds}


def main():
    generator = torch.Generator().manual_seed(7)
    # What float32 holds exactly, because that is what PolySpark starts from.
    parameters = torch.randn(ELEMENTS, generator=generator).double()
    gradients = 0.02 * torch.randn(ROUNDS, ELEMENTS, generator=generator, dtype=torch.float64)
    case = {
        "parameters": parameters.tolist(),
        "pseudo_gradients": gradients.tolist(),
        "optimizers": [trained(parameters, gradients, name) for name in OPTIMIZERS],
    }
    print(json.dumps(case, indent=1))


if __name__ == "__main__":
    main()

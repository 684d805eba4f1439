#!/usr/bin/env python3
"""Golden numbers for SimCLR's step on a small net, from PyTorch in float64.

    python3 tests/golden/simclr.py        (from the project's root; made with torch 2.13)

writes tests/golden/simclr.h, which tests/models/test_golden_simclr.c compares with Basin's workers that
meet in synchronised batch norm and in the gather. Here there are no workers: batch norm and the loss
see all views at once, and the loss is written as equation 1 of Chen et al. 2020 has it.
"""
import torch
from torch import nn
import torch.nn.functional as F

from resnet import array, convolution, fill_parameters, filled, samples, write

BATCH, SIZE, WIDTH, DIM, TEMPERATURE = 8, 8, 4, 8, 0.5


class Net(nn.Module):
    """Basin's convnet with its head mlp_bn; momentum=1: running statistics are the batch's."""

    def __init__(self):
        super().__init__()
        channels = 3
        for i in range(4):
            setattr(self, f"conv{i + 1}", convolution(channels, WIDTH << i, 3, 1 if i == 0 else 2))
            channels = WIDTH << i
            setattr(self, f"bn{i + 1}", nn.BatchNorm2d(channels, momentum=1.0))
        self.fc = nn.ModuleDict({"0": nn.Linear(channels, channels),
                                 "1": nn.BatchNorm1d(channels, momentum=1.0),
                                 "2": nn.Linear(channels, DIM),
                                 "3": nn.BatchNorm1d(DIM, momentum=1.0)})

    def forward(self, x):
        for i in range(4):
            x = F.relu(getattr(self, f"bn{i + 1}")(getattr(self, f"conv{i + 1}")(x)))
        x = F.relu(self.fc["1"](self.fc["0"](x.mean(dim=(2, 3)))))
        return F.normalize(self.fc["3"](self.fc["2"](x)))


def pair_loss(z, i, j):
    """l(i, j) of eq. 1: the exponentials over all k but i in the denominator."""
    others = [torch.exp(z[i] @ z[k] / TEMPERATURE) for k in range(len(z)) if k != i]
    return -torch.log(torch.exp(z[i] @ z[j] / TEMPERATURE) / sum(others))


def main():
    net = Net().double()
    fill_parameters(net)
    views = [filled(name, (BATCH, 3, SIZE, SIZE), 4.0) for name in ("first", "second")]
    z = net(torch.cat(views))
    energies = torch.stack([pair_loss(z, i, (i + BATCH) % (2 * BATCH)) for i in range(2 * BATCH)])
    energies.mean().backward()
    gradients = samples("golden_gradients", [(n, p.grad) for n, p in net.named_parameters()])
    statistics = samples("golden_statistics", [(n, b) for n, b in net.named_buffers() if "running" in n])
    write("simclr.h", array("golden_energies", energies) + gradients + statistics,
          "SimCLR on a convnet of width 4: energies of the first, then of the\n// second views; "
          "gradients of their mean; batch statistics.", "simclr.py")


main()

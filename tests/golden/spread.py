#!/usr/bin/env python3
"""Golden numbers for VICReg's and SIGReg's energies, from PyTorch in float64.

    python3 tests/golden/spread.py        (from the project's root; made with torch 2.13)

writes tests/golden/spread.h, which tests/models/test_golden_spread.c compares with workers that meet.
Here there are no workers. VICReg is written with torch.cov; SIGReg's statistic is integrated with
torch.trapezoid over the complex characteristic function.
"""
import torch

from resnet import array, filled, write

VIEWS, BATCH, DIM, DIRECTIONS = 2, 8, 5, 6


def vicreg(z, std=0.7, cov=3.0):
    total = 0
    for view in z:
        c = torch.cov(view.T)
        hinge = torch.relu(1 - torch.sqrt(torch.diagonal(c) + 1e-4)).mean()
        off = c[~torch.eye(DIM, dtype=bool)]
        total = total + std * hinge + cov * off.square().mean()
    return total


def sigreg(z, directions, form):
    total = 0
    for view in z:
        s = view @ directions.T
        t = torch.linspace(0, 3, 17).double() if form == "lejepa" else torch.linspace(-3, 3, 10).double()
        phi = torch.exp(1j * t[:, None, None] * s).mean(1)
        normal = torch.exp(-t.square() / 2)
        integrand = normal[:, None] * (phi - normal[:, None]).abs().square()
        statistic = torch.trapezoid(integrand, t, dim=0)
        if form == "lejepa":
            statistic = 2 * statistic * BATCH
        total = total + statistic.mean() / VIEWS
    return total


def invariance(z):
    return (z - z.mean(0)).square().mean()


def golden(name, energy, z):
    z.grad = None
    energy.backward()
    return array(f"golden_{name}", energy) + array(f"golden_{name}_gradient", z.grad)


z = filled("z", (VIEWS, BATCH, DIM), 3.0, 0.25).requires_grad_()
directions = filled("directions", (DIRECTIONS, DIM), 2.0)
text = golden("vicreg", vicreg(z), z)
text += golden("lejepa", sigreg(z, directions, "lejepa"), z)
text += golden("eb_jepa", sigreg(z, directions, "eb_jepa"), z)
text += golden("invariance", invariance(z), z)
write("spread.h", text, "energies of two views of 8 samples and their gradients.", "spread.py")

#!/usr/bin/env python3
"""The variational auto-encoder of jobs/vae_mnist.yaml in PyTorch: 784-400-20-400-784.

usage: vae_twin.py MNIST_FOLDER [EPOCHS [THREADS]]     (needs torch, numpy; by hand, never in tests)
Prints -ELBO of the 10,000 test digits in nats and training images/s after each epoch. All digits
lie in memory as floats, and batches are picked by index: the fastest way PyTorch has here. Written
from the paper (Kingma & Welling 2014), independently of Basin's code.
"""
import gzip
import sys
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


def digits(path):
    with gzip.open(path) as file:
        values = np.frombuffer(file.read(), np.uint8, offset=16)
    return torch.from_numpy(values.reshape(-1, 784).astype(np.float32) / 255)


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.mean, self.log_variance = (nn.Linear(784, 400), nn.Linear(400, 20),
                                                     nn.Linear(400, 20))
        self.widen, self.pixels = nn.Linear(20, 400), nn.Linear(400, 784)

    def forward(self, y):
        h = F.relu(self.hidden(y))
        mean, log_variance = self.mean(h), self.log_variance(h)
        z = mean + torch.exp(log_variance / 2) * torch.randn_like(mean)
        logits = self.pixels(F.relu(self.widen(z)))
        error = F.binary_cross_entropy_with_logits(logits, y, reduction="sum")
        kl = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum()
        return error + kl


def main():
    folder = sys.argv[1]
    epochs = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    torch.set_num_threads(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    torch.manual_seed(1)
    train = digits(folder + "/train-images-idx3-ubyte.gz")
    test = digits(folder + "/t10k-images-idx3-ubyte.gz")
    model = Autoencoder()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(1, epochs + 1):
        start = time.time()
        order = torch.randperm(len(train))
        for first in range(0, len(train) - 127, 128):
            optimizer.zero_grad()
            loss = model(train[order[first:first + 128]]) / 128
            loss.backward()
            optimizer.step()
        seconds = time.time() - start
        with torch.no_grad():
            energy = sum(model(part).item() for part in test.split(1000)) / len(test)
        print(f"epoch {epoch}  -ELBO {energy:.2f}  {len(train) / seconds:.0f} images/s", flush=True)


main()

#!/usr/bin/env python3
"""The same MoCo steps in PyTorch, on the very batches, permutations and first weights of a Basin run.

usage: moco_twin.py DUMP.h5 RUN     (needs torch, h5py, numpy; by hand, never in the test suite)
  basin dump JOB.yaml 20 DUMP.h5 run=RUN ...     first weights and 20 steps of batches
  basin train JOB.yaml run=RUN log_every=1 stop_after=20 ...     losses into RUN/metrics.jsonl
Prints both losses of each step and their relative difference. Written independently of Basin's code:
ResNet-18 as in torchvision, autograd, SGD of torch.optim.
"""
import json
import re
import sys

import h5py
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


class Block(nn.Module):
    def __init__(self, channels_in, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        if stride != 1 or channels_in != channels:
            self.downsample = nn.Sequential(nn.Conv2d(channels_in, channels, 1, stride, bias=False),
                                            nn.BatchNorm2d(channels))
        else:
            self.downsample = nn.Identity()

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class Encoder(nn.Module):
    """ResNet-18 with the CIFAR stem and a linear or MLP head; unit vectors."""

    def __init__(self, width, dim, head, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        channels_in = width
        for stage in range(4):
            blocks = []
            for i in range(2):
                blocks.append(Block(channels_in, width << stage, 2 if stage and not i else 1))
                channels_in = width << stage
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.fc = (nn.Linear(channels_in, dim) if head == "linear" else
                   nn.Sequential(nn.Linear(channels_in, channels_in), nn.ReLU(),
                                 nn.Linear(channels_in, dim)))

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        for stage in range(4):
            x = getattr(self, f"layer{stage + 1}")(x)
        return F.normalize(self.fc(x.mean((2, 3))), dim=1)


def job_value(job, key):
    """A scalar of the resolved job, by its last name."""
    return re.search(rf"\b{key}: *\"?([^\s,}}\"]+)", job).group(1)


def load(encoder, file, prefix):
    state = {name: torch.from_numpy(file[f"{prefix}/{name}"][()]) if f"{prefix}/{name}" in file
             else value for name, value in encoder.state_dict().items()}
    encoder.load_state_dict(state)


def in_workers(encoder, x, workers):
    """Each worker's rows on their own: batch norm sees one worker's samples."""
    return torch.cat([encoder(part) for part in x.split(len(x) // workers)])


def main():
    dump, run = h5py.File(sys.argv[1], "r"), sys.argv[2]
    job = dump.attrs["job"]
    job = job.decode() if isinstance(job, bytes) else str(job)
    lines = [json.loads(line) for line in open(run + "/metrics.jsonl")]
    ours = {line["step"]: line for line in lines if "loss" in line}
    workers, batch = int(job_value(job, "workers")), int(job_value(job, "batch"))
    temperature = float(job_value(job, "temperature"))
    view0, view1 = dump["batch/view0"], dump["batch/view1"]
    encoders = []
    for prefix in ("query", "key"):
        encoder = Encoder(int(job_value(job, "width")), int(job_value(job, "dim")),
                          job_value(job, "head"), view0.shape[1])
        load(encoder, dump, prefix)
        encoders.append(encoder)
    query, key = encoders
    method = job[job.index("method:"):]
    ema = float(job_value(method, "momentum"))
    symmetric = re.search(r"symmetric: *true", method) is not None
    optimizer_text = job[job.index("optimizer:"):]
    queue, pointer = torch.from_numpy(dump["queue"][()]), 0
    sgd = torch.optim.SGD(query.parameters(), 1.0, float(job_value(optimizer_text, "momentum")),
                          weight_decay=float(job_value(optimizer_text, "weight_decay")))

    def contrast(q, k):
        logits = torch.cat([(q * k).sum(1, keepdim=True), q @ queue.T], 1) / temperature
        return F.cross_entropy(logits, torch.zeros(len(q), dtype=torch.long))

    worst = 0.0
    for step in range(view0.shape[0] // batch):
        rows = slice(step * batch, (step + 1) * batch)
        shuffle = torch.from_numpy(dump["batch/shuffle"][rows].astype(np.int64))
        with torch.no_grad():
            for k, q in zip(key.parameters(), query.parameters()):
                k.mul_(ema).add_(q, alpha=1 - ema)

        def keys_of(view):
            """`view` in shuffled rows; keys back in the order of positions."""
            with torch.no_grad():
                shuffled = in_workers(key, view, workers)
                keys = torch.empty_like(shuffled)
                keys[shuffle] = shuffled
            return keys

        x0, x1 = (torch.from_numpy(view[rows]) for view in (view0, view1))
        if symmetric:
            # The dump's four views: two in the order of positions, the same two in shuffled rows.
            x2, x3 = (torch.from_numpy(dump[f"batch/view{v}"][rows]) for v in (2, 3))
            keys = [keys_of(x2), keys_of(x3)]
            loss = contrast(in_workers(query, x0, workers), keys[1]) + \
                contrast(in_workers(query, x1, workers), keys[0])
        else:
            keys = [keys_of(x1)]
            loss = contrast(in_workers(query, x0, workers), keys[0])
        sgd.param_groups[0]["lr"] = ours[step + 1]["lr"]
        sgd.zero_grad()
        loss.backward()
        sgd.step()
        for k in keys:
            for row in k:
                queue[pointer] = row
                pointer = (pointer + 1) % len(queue)
        difference = abs(ours[step + 1]["loss"] - loss.item()) / loss.item()
        worst = max(worst, difference)
        print(f"step {step + 1:3d}  basin {ours[step + 1]['loss']:.6f}  torch {loss.item():.6f}  "
              f"relative difference {difference:.1e}")
    print(f"torch {torch.__version__}, largest relative difference {worst:.1e}")


main()

#!/usr/bin/env python3
"""The same MoCo steps in PyTorch, on the very batches, permutations and first weights of a Basin run.

usage: moco_twin.py DUMP.h5 RUN     (needs torch, h5py, numpy; by hand, never in the test suite)
  basin dump JOB.yaml 20 DUMP.h5 run=RUN ...     first weights and 20 steps of batches
  basin train JOB.yaml run=RUN log_every=1 stop_after=20 ...     losses into RUN/metrics.jsonl
Prints the losses of each step by Basin, by torch in float32 and in float64: how far two float32
programs drift from the true course says what agreement can be asked for. Written independently of Basin's code:
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


def contrast(q, k, queue, temperature):
    logits = torch.cat([(q * k).sum(1, keepdim=True), q @ queue.T], 1) / temperature
    return F.cross_entropy(logits, torch.zeros(len(q), dtype=torch.long))


def losses(dump, ours, job, dtype):
    """Loss of each step, in the precision asked for."""
    workers, batch = int(job_value(job, "workers")), int(job_value(job, "batch"))
    temperature = float(job_value(job, "temperature"))
    encoders = []
    for prefix in ("query", "key"):
        encoder = Encoder(int(job_value(job, "width")), int(job_value(job, "dim")),
                          job_value(job, "head"), dump["batch/view0"].shape[1])
        load(encoder, dump, prefix)
        encoders.append(encoder.to(dtype))
    query, key = encoders
    method, optimizer = job[job.index("method:"):], job[job.index("optimizer:"):]
    momentum = float(job_value(method, "momentum"))
    symmetric = re.search(r"symmetric: *true", method) is not None
    queue, pointer = torch.from_numpy(dump["queue"][()]).to(dtype), 0
    sgd = torch.optim.SGD(query.parameters(), 1.0, float(job_value(optimizer, "momentum")),
                          weight_decay=float(job_value(optimizer, "weight_decay")))
    result = []
    for step in range(dump["batch/view0"].shape[0] // batch):
        rows = slice(step * batch, (step + 1) * batch)
        shuffle = torch.from_numpy(dump["batch/shuffle"][rows].astype(np.int64))

        def view(slot):
            return torch.from_numpy(dump[f"batch/view{slot}"][rows]).to(dtype)

        def keys_of(slot):
            """A view in shuffled rows; its keys back in the order of positions."""
            with torch.no_grad():
                shuffled = in_workers(key, view(slot), workers)
                keys = torch.empty_like(shuffled)
                keys[shuffle] = shuffled
            return keys

        with torch.no_grad():
            for k, q in zip(key.parameters(), query.parameters()):
                k.mul_(momentum).add_(q, alpha=1 - momentum)
        if symmetric:  # views 0, 1 in the order of positions; 2, 3 the same two in shuffled rows
            keys = [keys_of(2), keys_of(3)]
            loss = contrast(in_workers(query, view(0), workers), keys[1], queue, temperature) + \
                contrast(in_workers(query, view(1), workers), keys[0], queue, temperature)
        else:
            keys = [keys_of(1)]
            loss = contrast(in_workers(query, view(0), workers), keys[0], queue, temperature)
        sgd.param_groups[0]["lr"] = ours[step]["lr"]
        sgd.zero_grad()
        loss.backward()
        sgd.step()
        for row in torch.cat(keys):
            queue[pointer] = row
            pointer = (pointer + 1) % len(queue)
        result.append(loss.item())
    return result


def main():
    dump, run = h5py.File(sys.argv[1], "r"), sys.argv[2]
    job = dump.attrs["job"]
    job = job.decode() if isinstance(job, bytes) else str(job)
    lines = [json.loads(line) for line in open(run + "/metrics.jsonl")]
    ours = [line for line in lines if "loss" in line]
    single = losses(dump, ours, job, torch.float32)
    double = losses(dump, ours, job, torch.float64)
    print(f"torch {torch.__version__}; differences relative to float64")
    for i, (s, d) in enumerate(zip(single, double)):
        b = ours[i]["loss"]
        print(f"step {i + 1:3d}  float64 {d:.6f}  torch {s:.6f} ({abs(s - d) / d:.1e})  "
              f"basin {b:.6f} ({abs(b - d) / d:.1e})")


main()
